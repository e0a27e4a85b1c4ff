import { type SpawnOptions, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { chmod, chown, cp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** How to run PostgreSQL's programs so that they do not see themselves as root, which they refuse. */
export type Launch = {
  dataDir: string
  run(program: 'initdb' | 'postgres', args: string[]): { command: string; args: string[]; options: SpawnOptions }
  /** Hands a file that root wrote to the user PostgreSQL runs as. */
  own(path: string): Promise<void>
}

const nobody = 65534

/**
 * The way to run PostgreSQL here: directly as an ordinary user; as root in a user namespace, where files stay root's and a
 * folder of mode 0700 stays closed; where namespaces are refused, from a copy of the binaries under another uid.
 */
export async function asOrdinaryUser(native: string, dataDir: string): Promise<Launch> {
  if (process.getuid?.() !== 0) return direct(native, dataDir)
  return userNamespacesWork() ? inUserNamespace(native, dataDir) : await underAnotherUid(native, dataDir)
}

function direct(native: string, dataDir: string): Launch {
  return {
    dataDir,
    run: (program, args) => ({ command: join(native, 'bin', program), args, options: {} }),
    own: async () => {},
  }
}

const namespace = ['--user', '--map-user=1000', '--map-group=1000', '--']

function userNamespacesWork(): boolean {
  if (process.env.ATRIUM_NO_USER_NAMESPACE) return false
  return spawnSync('unshare', [...namespace, 'true'], { stdio: 'ignore' }).status === 0
}

function inUserNamespace(native: string, dataDir: string): Launch {
  return {
    dataDir,
    run: (program, args) => ({
      command: 'unshare',
      args: [...namespace, join(native, 'bin', program), ...args],
      options: {},
    }),
    own: async () => {},
  }
}

async function underAnotherUid(native: string, dataDir: string): Promise<Launch> {
  const version = createHash('sha256').update(native).digest('hex').slice(0, 12)
  const binaries = traversable(native) ? native : join(tmpdir(), `atrium-postgres-${version}`)
  if (binaries !== native && !existsSync(join(binaries, 'complete'))) {
    await cp(native, binaries, { recursive: true, verbatimSymlinks: true })
    await chmod(binaries, 0o755)
    await mkdir(join(binaries, 'complete'))
  }
  // The other uid cannot enter a closed folder: then the cluster lies beside the system's other data, named after the folder it belongs to.
  const open = traversable(dirname(dataDir))
  const place = open
    ? dataDir
    : join('/var/lib/atrium', `${basename(dataDir)}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`)
  await mkdir(place, { recursive: true, mode: 0o700 })
  if (!open) await chmod('/var/lib/atrium', 0o755)
  await chown(place, nobody, nobody)
  return {
    dataDir: place,
    run: (program, args) => ({
      command: join(binaries, 'bin', program),
      args,
      options: { uid: nobody, gid: nobody, cwd: place },
    }),
    own: path => chown(path, nobody, nobody),
  }
}

function traversable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
