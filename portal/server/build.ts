import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const portal = fileURLToPath(new URL('..', import.meta.url))
const sources = ['src', 'index.html', 'public', 'vite.config.ts', '../widgets/src', '../package-lock.json'].map(path =>
  join(portal, path),
)
const mark = join(portal, 'dist', '.built-from')

/**
 * Builds the portal's files into `portal/dist` when they are missing or older than their sources.
 * @throws Error with the builder's output when it fails
 */
export async function buildPortal(say: (line: string) => void = console.log): Promise<void> {
  const fingerprint = await fingerprintOf(sources)
  if ((await readFile(mark, 'utf8').catch(() => '')) === fingerprint) return
  say('Building the portal …')
  await run(join(portal, '..', 'node_modules', 'vite', 'bin', 'vite.js'), ['build', '--logLevel', 'warn'])
  await writeFile(mark, fingerprint)
}

async function run(script: string, args: string[]): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { cwd: portal, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  const code = await new Promise(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`the portal could not be built:\n${output.trim()}`)
}

async function fingerprintOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) await digest(path, hash)
  return hash.digest('hex')
}

async function digest(path: string, hash: ReturnType<typeof createHash>): Promise<void> {
  const info = await stat(path).catch(() => undefined)
  if (!info) return
  if (info.isDirectory()) {
    for (const name of (await readdir(path)).sort()) await digest(join(path, name), hash)
    return
  }
  hash.update(path).update(await readFile(path))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPortal()
