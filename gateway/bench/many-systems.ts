import { fork } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ManySystems, typeNames, writeManySystems, yamlOf } from './many-systems-config.ts'
import { administrator, type RestartableGateway, startRestartable } from './many-systems-process.ts'
import { processCpu } from './process-cpu.ts'
import type { Row } from './row.ts'

const many: ManySystems = { systems: 60, types: 67 }
const publications = 5
const mostMb = 500

/**
 * A gateway process with 60 systems that describe themselves and 4,020 types of the dictionary, all attached: how soon it is
 * ready when it starts warm, what memory it holds, and how long it keeps requests waiting while a change is published. A
 * client asks for something that no system is needed for, every 5 ms; an answer that is wrong is a failure.
 */
export async function benchManySystems(): Promise<Row[]> {
  const upstream = fork(fileURLToPath(new URL('./many-systems-upstream.ts', import.meta.url)), [String(many.types)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const configDir = await mkdtemp(join(tmpdir(), 'atrium-bench-systems-'))
  let gateway: RestartableGateway | undefined
  try {
    const port = await new Promise<number>((resolve, reject) => {
      upstream.once('message', message => resolve(Number(message)))
      upstream.once('exit', code => reject(new Error(`the systems ended with ${code}`)))
    })
    const origin = `http://127.0.0.1:${port}`
    await mkdir(join(configDir, 'operations'))
    await writeManySystems(configDir, origin, many)
    gateway = await startRestartable(configDir)
    await untilDescribed(gateway)
    const cold = gateway.startedInMs
    await gateway.restart()
    const ready = gateway.startedInMs
    const cpu = processCpu(gateway.pid)
    const ask = asker(gateway)
    await attached(ask)
    const memory = await rss(gateway.pid)
    const held: Held[] = []
    for (let round = 1; round <= publications; round += 1) held.push(await publishing(ask, origin, round))
    const after = await settled(gateway.pid)
    const waits = held.map(one => one.longestMs).toSorted((a, b) => a - b)
    const quiet = held.map(one => one.quietMs).toSorted((a, b) => a - b)
    const longest = waits[Math.floor(waits.length / 2)] ?? Number.NaN
    const name = `${many.systems} systems with ${many.systems * many.types} types`
    return [
      {
        name: `${name}: ready, warm start`,
        value: ready / 1000,
        unit: 's',
        baseline: `CPU ${(cpu / 1000).toFixed(1)} s; first start ${(cold / 1000).toFixed(1)} s`,
        target: '< 5',
        pass: ready < 5000,
      },
      {
        name: `${name}: memory, ready`,
        value: memory,
        unit: 'MB',
        target: `< ${mostMb}`,
        pass: memory < mostMb,
      },
      {
        name: `${name}: memory, within a minute after ${publications} publications`,
        value: after,
        unit: 'MB',
        baseline: `ready ${memory.toFixed(0)} MB`,
        target: `< ${mostMb}`,
        pass: after < mostMb,
      },
      {
        name: `${name}: longest wait of a request while one change is published`,
        value: longest,
        unit: 'ms',
        baseline: `${waits.map(ms => ms.toFixed(0)).join(', ')} ms; without publishing ${quiet.map(ms => ms.toFixed(0)).join(', ')} ms`,
        target: '< 50',
        pass: longest < 50,
      },
      {
        name: `${name}: one change published`,
        value: median(held.map(one => one.tookMs)) / 1000,
        unit: 's',
        target: '–',
        pass: true,
      },
    ]
  } finally {
    await gateway?.stop()
    upstream.removeAllListeners('exit')
    upstream.disconnect()
    await rm(configDir, { recursive: true, force: true })
  }
}

interface Held {
  longestMs: number
  quietMs: number
  tookMs: number
}
type Ask = (query: string, variables?: object) => Promise<{ data: Record<string, never>; errors?: unknown }>

/** Publishes one change while a client asks, and the same client for as long without. */
async function publishing(ask: Ask, origin: string, round: number): Promise<Held> {
  const yaml = yamlOf(0, origin, many.types).replace('timeoutMs: 1000', `timeoutMs: ${1000 + round}`)
  const quiet = client(ask)
  await wait(1500)
  const quietMs = await quiet.stop()
  const busy = client(ask)
  const started = performance.now()
  const answer = await ask(
    'mutation ($yaml: String!, $expected: Int!) { publishSystem(id: "s0", yaml: $yaml, comment: "bench", expectedRevision: $expected) { outcome faults { message } } }',
    { yaml, expected: round - 1 },
  )
  const tookMs = performance.now() - started
  const { outcome } = (answer.data as { publishSystem?: { outcome: string } } | null)?.publishSystem ?? {}
  if (outcome !== 'PUBLISHED') throw new Error(`not published: ${JSON.stringify(answer).slice(0, 500)}`)
  const longestMs = await busy.stop()
  return { longestMs, quietMs, tookMs }
}

/** Asks every 5 ms, and gives the longest time an answer took. */
function client(ask: Ask): { stop(): Promise<number> } {
  let going = true
  let longest = 0
  const asked: Promise<void>[] = []
  const loop = (async () => {
    while (going) {
      const started = performance.now()
      asked.push(
        ask('{ me { id } }').then(answer => {
          if ((answer.data as { me?: { id: string } } | null)?.me?.id !== administrator)
            throw new Error(`a wrong answer: ${JSON.stringify(answer).slice(0, 500)}`)
          longest = Math.max(longest, performance.now() - started)
        }),
      )
      await wait(5)
    }
  })()
  return {
    async stop() {
      going = false
      await loop
      await Promise.all(asked)
      return longest
    },
  }
}

function asker(gateway: RestartableGateway): Ask {
  let token: Promise<string> | undefined
  return async (query, variables = {}) => {
    token ??= gateway.directory.token({ sub: administrator, client_id: 'bench' })
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Awaited<ReturnType<Ask>>
  }
}

/** Every system answers a record of one of its types. */
async function attached(ask: Ask): Promise<void> {
  const [first = ''] = typeNames(many.systems - 1, many.types)
  const answer = await ask(`{ ${first.toLowerCase()}s(first: 1) { nodes { id name } } }`)
  const nodes = (answer.data as Record<string, { nodes: object[] } | null> | null)?.[`${first.toLowerCase()}s`]?.nodes
  if (nodes?.length !== 1) throw new Error(`a wrong answer: ${JSON.stringify(answer).slice(0, 500)}`)
}

async function untilDescribed(gateway: RestartableGateway): Promise<void> {
  for (let n = 0; n < 300; n += 1) {
    const rows = await gateway.db.selectFrom('system_description').select('system').execute()
    if (rows.length === many.systems) return
    await wait(100)
  }
  throw new Error('not every system was described within 30 s')
}

/** What it holds once it is below the most it may, or after a minute. */
async function settled(pid: number): Promise<number> {
  const until = performance.now() + 60_000
  for (;;) {
    const held = await rss(pid)
    if (held < mostMb || performance.now() > until) return held
  }
}

async function rss(pid: number): Promise<number> {
  await wait(3000)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
