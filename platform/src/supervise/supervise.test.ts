import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { type Supervisor, supervise } from './supervise.ts'

const made: string[] = []
const running: Supervisor[] = []
afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stopAll()
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function program(code: string): Promise<{ folder: string; script: string; port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-supervise-'))
  made.push(folder)
  const script = join(folder, 'service.mjs')
  await writeFile(script, code)
  return { folder, script, port: await freePort() }
}

const server = `import { createServer } from 'node:http'
createServer((q, r) => q.url === '/crash' ? process.exit(3) : r.end(String(process.pid))).listen(process.env.PORT, '127.0.0.1')`

async function pidAt(port: number): Promise<number | undefined> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    async answer => Number(await answer.text()),
    () => undefined,
  )
}

async function until<T>(read: () => Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const value = await read()
    if (value) return value
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('it did not happen within 10 s')
}

test('a service that crashes is started again, one that was stopped stays down', async () => {
  const { folder, script, port } = await program(server)
  const crashes: string[] = []
  const supervisor = await supervise(
    [{ name: 'a', script, env: { PORT: String(port) }, ready: `http://127.0.0.1:${port}/` }],
    { folder, onCrash: name => crashes.push(name) },
  )
  running.push(supervisor)
  await supervisor.start('a')
  const first = await pidAt(port)
  await fetch(`http://127.0.0.1:${port}/crash`).catch(() => {})
  const second = await until(() => pidAt(port))
  expect(second).not.toBe(first)
  expect(crashes).toEqual(['a'])
  await supervisor.stop('a', 'SIGKILL')
  await new Promise(resolve => setTimeout(resolve, 1300))
  expect(await pidAt(port)).toBeUndefined()
})

test('a service that cannot start says why', async () => {
  const { folder, script, port } = await program(`console.error('DATABASE_URL is missing'); process.exit(2)`)
  const supervisor = await supervise([{ name: 'a', script, env: {}, ready: `http://127.0.0.1:${port}/` }], { folder })
  running.push(supervisor)
  await expect(supervisor.start('a')).rejects.toThrow('DATABASE_URL is missing')
})

test('the next supervisor ends what a killed one left behind, and touches no process with the same number that runs something else', async () => {
  const { folder, script, port } = await program(server)
  const left = spawn(process.execPath, [script], { env: { PORT: String(port) }, stdio: 'ignore', detached: true })
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await until(() => pidAt(port))
  await writeFile(
    join(folder, 'processes.json'),
    JSON.stringify([
      { pid: left.pid, script },
      { pid: stranger.pid, script: join(folder, 'other.mjs') },
    ]),
  )
  const supervisor = await supervise(
    [{ name: 'a', script, env: { PORT: String(port) }, ready: `http://127.0.0.1:${port}/` }],
    { folder },
  )
  running.push(supervisor)
  await supervisor.start('a')
  expect(await pidAt(port)).toBe(supervisor.pid('a'))
  expect(stranger.exitCode).toBeNull()
  stranger.kill()
})
