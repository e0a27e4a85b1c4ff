import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { vi } from 'vitest'
import { stringify } from 'yaml'
import { entry, startTestDirectory } from '../../../gateway/src/access/directory.fixture.ts'
import type { Trouble } from './trouble.ts'

export type SystemId = 'alpha' | 'beta' | 'gamma'
const ids: readonly SystemId[] = ['alpha', 'beta', 'gamma']
const types = { alpha: 'Part', beta: 'Price', gamma: 'Stock' } as const

/** What a query of these tests gives. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by path in the tests
  data: any
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string; system?: string } }[]
  extensions: { sources: { system: string; ageSeconds: number; stale: boolean }[]; faults?: { count: number } }
  /** from the first byte sent to the last byte read */
  ms: number
}

/** Three systems and the gateway, each a process of its own, asked over HTTP. */
export interface Company {
  ask(query: string, options?: { language?: string; signal?: AbortSignal }): Promise<Answer>
  /**
   * Asks for an answer in parts, and gives each payload with the time at which it was there. Who takes no more goes away.
   */
  askInParts(query: string): AsyncGenerator<{ text: string; ms: number }>
  /** Asks in parts until all of these words were told. @returns what was told until then, and after how long */
  toldWith(query: string, words: readonly string[]): Promise<{ told: string; ms: number }>
  trouble(system: SystemId, trouble: Trouble): Promise<void>
  /** how often a system was asked since its last trouble began */
  seen(system: SystemId): Promise<number>
  kill(system: SystemId): Promise<void>
  restart(system: SystemId): Promise<void>
  /** resident memory of the gateway, MB */
  memory(): Promise<number>
  stop(): Promise<void>
}

const dictionary = `
  type Part @entity(key: "id", system: "alpha") @read(roles: ["*"]) @label(zh: "零件", en: "Part") {
    id: ID! @from(system: "alpha", path: "id") @label(zh: "编号", en: "Id")
    value: String @from(system: "alpha", path: "value") @label(zh: "值", en: "Value")
    price: Price @row @label(zh: "价格", en: "Price")
    stock: Stock @row @label(zh: "库存", en: "Stock")
  }
  type Price @entity(key: "id", system: "beta") @read(roles: ["*"]) @label(zh: "价格", en: "Price") {
    id: ID! @from(system: "beta", path: "id") @label(zh: "编号", en: "Id")
    value: String @from(system: "beta", path: "value") @label(zh: "值", en: "Value")
  }
  type Stock @entity(key: "id", system: "gamma") @read(roles: ["*"]) @label(zh: "库存", en: "Stock") {
    id: ID! @from(system: "gamma", path: "id") @label(zh: "编号", en: "Id")
    value: String @from(system: "gamma", path: "value") @label(zh: "值", en: "Value")
  }
  type PartConnection { nodes: [Part!]! totalCount: Int pageInfo: PageInfo! }
  type PriceConnection { nodes: [Price!]! totalCount: Int pageInfo: PageInfo! }
  type StockConnection { nodes: [Stock!]! totalCount: Int pageInfo: PageInfo! }
  extend type Query {
    parts(first: Int = 20, after: String): PartConnection @list
    prices(first: Int = 20, after: String): PriceConnection @list
    stocks(first: Int = 20, after: String): StockConnection @list
  }
`

/** @param limits of beta, the one that misbehaves
 * @param cache of the type of gamma */
export async function startCompany(limits: object, cache?: object): Promise<Company> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-faults-'))
  const directory = await startTestDirectory()
  const processes = new Map<string, ChildProcess>()
  const ports = Object.fromEntries(await Promise.all(ids.map(async id => [id, await freePort()]))) as Record<
    SystemId,
    number
  >

  async function start(name: string, script: string, env: object, ready: RegExp, flags: string[] = []): Promise<void> {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...flags, path], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    processes.set(name, child)
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', data => ready.test(String(data)) && resolve())
      child.on('exit', code => reject(new Error(`${name} ended with ${code}`)))
    })
  }
  async function kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = processes.get(name)
    processes.delete(name)
    if (!child || child.exitCode !== null) return
    child.removeAllListeners('exit')
    child.kill(signal)
    await once(child, 'exit')
  }
  const startSystem = (id: SystemId): Promise<void> =>
    start(id, './upstream.ts', { NAME: id, PORT: String(ports[id]) }, /^\d+/)

  const systems = ids.map(id => [
    id,
    {
      name: { zh: `系统 ${id}`, en: `System ${id}` },
      url: `http://127.0.0.1:${ports[id]}`,
      protocol: 'openapi',
      document: `http://127.0.0.1:${ports[id]}/openapi.json`,
      endpoint: `http://127.0.0.1:${ports[id]}`,
      authentication: { kind: 'exchange', audience: `urn:${id}` },
      // Alpha is asked however often it failed.
      limits: id === 'beta' ? limits : id === 'alpha' ? { breaker: { requestThreshold: 1_000_000 } } : {},
      ...(id === 'alpha' && { dictionary: 'parts.graphql' }),
      entities: {
        [types[id]]: {
          operation: 'list',
          rows: 'items',
          total: 'total',
          filter: { id: 'ids', ids: { field: 'ids', reads: ['id'] } },
          scope: 'none',
          ...(id === 'gamma' && cache && { cache }),
        },
      },
    },
  ])
  const files = {
    'systems.yaml': stringify({ company: { zone: 'UTC', currency: 'CNY' }, systems: Object.fromEntries(systems) }),
    'parts.graphql': dictionary,
    'messages.yaml': 'timeZone: UTC\nsources: {}\nevents: {}\n',
    'boards.yaml': 'zone: UTC\nboards: {}\nkpis: {}\n',
    'provisioning.yaml': 'systems: {}\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  directory.put(entry('e1', { roles: ['employee', 'administrator'] }))
  const token = await directory.token({ sub: 'e1', client_id: 'portal' }, { expiresIn: '1h' })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`

  const post = (query: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
      ...(signal && { signal }),
    })
  async function ask(query: string, options: { language?: string; signal?: AbortSignal } = {}): Promise<Answer> {
    const started = performance.now()
    const answer = await post(query, { 'accept-language': options.language ?? 'en' }, options.signal)
    const body = (await answer.json()) as Omit<Answer, 'ms'>
    return { ...body, ms: performance.now() - started }
  }
  async function* askInParts(query: string): AsyncGenerator<{ text: string; ms: number }> {
    const gone = new AbortController()
    const started = performance.now()
    try {
      const accept = 'multipart/mixed;deferSpec=20220824, application/json'
      const answer = await post(query, { accept }, gone.signal)
      const inParts = answer.headers.get('content-type')?.startsWith('multipart/mixed')
      let text = ''
      for await (const chunk of answer.body!) {
        text += Buffer.from(chunk).toString()
        const parts = text.split('\r\n---')
        if (!inParts || parts.length < 3) continue
        text = `\r\n---${parts.at(-1)}`
        for (const part of parts.slice(1, -1)) yield { text: part, ms: performance.now() - started }
      }
      if (!inParts) yield { text, ms: performance.now() - started }
    } finally {
      gone.abort()
    }
  }
  const stop = async (): Promise<void> => {
    await kill('gateway', 'SIGTERM')
    await Promise.all(ids.map(id => kill(id)))
    await directory.stop()
    await rm(dir, { recursive: true, force: true })
  }
  const system = (id: SystemId, path: string): string => `http://127.0.0.1:${ports[id]}${path}`
  try {
    await Promise.all(ids.map(startSystem))
    const env = {
      PORT: String(port),
      LOG_LEVEL: 'info',
      DATABASE_URL: await testDatabase(),
      ISSUER: directory.issuer,
      PORTAL_URL: 'http://localhost:9',
      CLIENT_SECRET: 'secret',
      ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      CONFIG_DIR: dir,
    }
    // Too little for a gateway that keeps what it should throw away.
    await start('gateway', '../../../gateway/src/main.ts', env, /listening|listens/, ['--max-old-space-size=192'])
    await vi.waitFor(
      async () => {
        const { data } = await ask('{ parts { nodes { id } } }')
        if (!data?.parts) throw new Error('the gateway is not ready')
      },
      { timeout: 20_000, interval: 100 },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ask,
    askInParts,
    async toldWith(query, words) {
      let told = ''
      for await (const { text, ms } of askInParts(query)) {
        told += text
        if (words.every(word => told.includes(word))) return { told, ms }
      }
      throw new Error(`it ended with ${told}`)
    },
    trouble: async (id, trouble) =>
      void (await fetch(system(id, '/_trouble'), { method: 'PUT', body: JSON.stringify(trouble) })),
    seen: async id => Number(await (await fetch(system(id, '/_seen'))).text()),
    kill: id => kill(id),
    restart: startSystem,
    memory: async () => {
      const status = await readFile(`/proc/${processes.get('gateway')?.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
    },
    stop,
  }
}
