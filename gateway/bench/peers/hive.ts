import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sha256 } from '@atrium/platform/secrets'
import { freePort } from '@atrium/platform/testing'
import { parse } from 'graphql'
import { federatedSdl, type Subgraph } from '../subgraphs/schemas.ts'

const here = fileURLToPath(new URL('./hive/', import.meta.url))

/**
 * @graphql-hive/gateway over the subgraphs as a federation: its own way of composing, with its compiled execution (--jit) switched on.
 * It is 500 MB and no dependency of ours, so it is installed when it is first measured, in a folder of its own beside other temporary files.
 * @throws Error when it cannot be installed or does not start
 */
export async function startHive(
  ports: Record<Subgraph, number>,
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const folder = await installed()
  const composition = await import(
    pathToFileURL(join(folder, 'node_modules/@theguild/federation-composition/esm/index.js')).href
  )
  const services = (Object.keys(ports) as Subgraph[]).map(name => ({
    name,
    typeDefs: parse(federatedSdl(name)),
    url: `http://127.0.0.1:${ports[name]}/graphql`,
  }))
  const composed = composition.composeServices(services) as { supergraphSdl?: string; errors?: unknown }
  if (!composed.supergraphSdl) throw new Error(`the subgraphs cannot be composed: ${JSON.stringify(composed.errors)}`)
  const port = await freePort()
  const config = join(folder, `gateway-${port}.mjs`)
  await writeFile(config, settings)
  const supergraph = join(folder, `supergraph-${port}.graphql`)
  await writeFile(supergraph, composed.supergraphSdl)
  const binary = join(folder, 'node_modules/@graphql-hive/gateway/dist/bin.js')
  const child = spawn(
    process.execPath,
    [
      binary,
      'supergraph',
      supergraph,
      '-c',
      config,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--jit',
      '--disable-websockets',
    ],
    { stdio: 'ignore', cwd: folder, env: { PATH: process.env.PATH, NODE_ENV: 'production', LOG_LEVEL: 'error' } },
  )
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([ended, wait(5000).then(() => child.kill('SIGKILL'))])
    }
    await Promise.all([supergraph, config].map(file => rm(file, { force: true })))
  }
  const url = `http://127.0.0.1:${port}/graphql`
  try {
    await untilItAnswers(url, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid: child.pid ?? 0, stop }
}

// The person's token goes along to the systems, as with every gateway that acts for people.
const settings = `export const gatewayConfig = {
  graphqlPath: '/graphql',
  landingPage: false,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
  },
}
`

/** The folder that holds it, named by its lock file: a new version is a new folder. */
async function installed(): Promise<string> {
  const lock = await readFile(join(here, 'package-lock.json'), 'utf8')
  const folder = join(tmpdir(), `atrium-bench-hive-${sha256(lock).slice(0, 12)}`)
  if (await stat(folder).catch(() => undefined)) return folder
  const fresh = `${folder}.${process.pid}`
  await mkdir(fresh)
  for (const file of ['package.json', 'package-lock.json']) await cp(join(here, file), join(fresh, file))
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], fresh)
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    // Two runs at once: the other one was first.
    if (!(await stat(folder).catch(() => undefined))) throw error
  }
  return folder
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 })
  let told = ''
  child.stderr.on('data', chunk => {
    told += chunk
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${told.slice(-500)}`)),
    )
  })
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let n = 0; n < 300; n += 1) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
    }).catch(() => undefined)
    if (answer?.ok) return
    await wait(100)
  }
  throw new Error('it did not answer within 30 s')
}
