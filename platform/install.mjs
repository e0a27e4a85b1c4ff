// Runs before `npm start`, `npm test` and `npm run bench`, under whatever Node the machine has: installs the packages of the
// lock file when they are missing or stale, and sees to it that Node 24 is there. Plain JavaScript without packages, since
// nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const mark = join(root, 'node_modules', '.atrium-lock')
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
  console.log('Installing packages …')
  const windows = process.platform === 'win32'
  const done = spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit', shell: windows })
  if (done.status !== 0) {
    console.error('The packages could not be installed; the lines above say why.')
    process.exit(1)
  }
  writeFileSync(mark, lock)
}

const pinned = existsSync(join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'))
if (!pinned && Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Atrium needs Node 24 or later; this is ${process.version}, and there is no packaged Node 24 for ${process.platform}-${process.arch}.`,
  )
  process.exit(1)
}
