import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'portal/dist')
const mark = join(dist, '.sources')
const sources = [
  'portal/src',
  'portal/public',
  'widgets/src',
  'portal/index.html',
  'portal/vite.config.ts',
  'package-lock.json',
]

/**
 * Builds the portal into portal/dist, unless what lies there was built from these very sources.
 * @param say hears one line when there is something to build
 */
export async function buildPortal(say: (line: string) => void = () => {}): Promise<void> {
  const digest = await digestOf(sources)
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === digest) return
  say('Building the portal …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  // Built beside and put in place whole: two copies that start together never serve half of the other's files.
  const fresh = `${dist}.${process.pid}`
  try {
    await promisify(execFile)(
      process.execPath,
      [vite, 'build', '--logLevel', 'warn', '--outDir', fresh, '--emptyOutDir'],
      {
        cwd: join(root, 'portal'),
        // Whoever builds (a test runner sets its own NODE_ENV), the files are those of production.
        env: { ...process.env, NODE_ENV: 'production' },
      },
    )
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`the portal could not be built:\n${stderr || stdout || String(error)}`)
  }
  await writeFile(join(fresh, basename(mark)), digest)
  await putInPlace(fresh)
}

async function putInPlace(fresh: string): Promise<void> {
  const old = `${fresh}.old`
  await rename(dist, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(fresh, dist).catch(async (error: NodeJS.ErrnoException) => {
    // Somebody else's build of the same sources came first.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(fresh, { recursive: true, force: true })
  })
  await rm(old, { recursive: true, force: true })
}

async function digestOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const entries = path.includes('.') ? [path] : await filesUnder(path)
    for (const file of entries.sort())
      hash
        .update(file)
        .update('\0')
        .update(await readFile(join(root, file)))
  }
  return hash.digest('hex')
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && !/\.(test|fixture)\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(root.length))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPortal(line => console.log(line))
