import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { access, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const modules = ['party', 'product', 'stock', 'sale', 'company']
// An empty database takes about a minute to make and is the same every time; it is kept for the next run.
const cache = fileURLToPath(new URL('../../node_modules/.cache/atrium-tryton/', import.meta.url))

export type Trytond = { url: string; password: string; stop(): Promise<void> }

/** The version of the Tryton server installed here; undefined when there is none. */
export async function trytonVersion(): Promise<string | undefined> {
  try {
    return (await run('trytond-admin', ['--version'])).stdout.trim() || undefined
  } catch {
    return undefined
  }
}

/**
 * Starts Debian's Tryton server on an empty SQLite database in a folder of its own, with a random password of `admin`.
 * @throws Error when it does not answer within half a minute
 */
export async function startTrytond(options: { dir: string; port: number; version: string }): Promise<Trytond> {
  const { dir, port } = options
  const password = randomUUID()
  await mkdir(dir, { recursive: true })
  const configuration = await configure(dir, port)
  await copyFile(await emptyDatabase(options.version), join(dir, 'erp.sqlite'))
  await admin(dir, configuration, ['-p'], password)
  const server = spawn('trytond', ['-c', configuration, '-d', 'erp'], { stdio: 'ignore' })
  const origin = `http://127.0.0.1:${port}/`
  try {
    await answering(origin, server)
  } catch (error) {
    await end(server)
    throw error
  }
  return { url: `${origin}erp/`, password, stop: () => end(server) }
}

async function configure(dir: string, port: number): Promise<string> {
  const path = join(dir, 'trytond.conf')
  await writeFile(path, `[web]\nlisten = 127.0.0.1:${port}\n[database]\nuri = sqlite://\npath = ${dir}\n`)
  return path
}

async function emptyDatabase(version: string): Promise<string> {
  const key = createHash('sha256').update(`${version} ${modules}`).digest('hex').slice(0, 16)
  const kept = join(cache, `${key}.sqlite`)
  const isKept = await access(kept).then(
    () => true,
    () => false,
  )
  if (isKept) return kept
  const work = join(cache, `work-${randomUUID()}`)
  await mkdir(work, { recursive: true })
  try {
    const configuration = await configure(work, 0)
    await writeFile(join(work, 'erp.sqlite'), '')
    const initialise = ['-u', ...modules, '--activate-dependencies', '--email', 'admin@huaxin.example', '-l', 'en']
    await admin(work, configuration, initialise, randomUUID())
    // Only a finished database gets the name by which it is found.
    await rename(join(work, 'erp.sqlite'), kept)
    return kept
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function admin(dir: string, configuration: string, more: string[], password: string): Promise<void> {
  const file = join(dir, 'password')
  await writeFile(file, password, { mode: 0o600 })
  const env = { ...process.env, TRYTONPASSFILE: file }
  try {
    await run('trytond-admin', ['-c', configuration, '-d', 'erp', ...more], { env, timeout: 300_000 })
  } finally {
    await rm(file, { force: true })
  }
}

async function answering(origin: string, server: ChildProcess): Promise<void> {
  const body = JSON.stringify({ id: 1, method: 'common.server.version', params: [] })
  for (let tries = 0; tries < 150; tries += 1) {
    if (server.exitCode !== null) throw new Error(`trytond ended with ${server.exitCode}`)
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(origin, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer?.ok) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error('trytond did not answer')
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise(resolve => server.once('exit', resolve))
  server.kill('SIGTERM')
  const late = setTimeout(() => server.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(late)
}
