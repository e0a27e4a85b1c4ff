import { fork } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from '@atrium/platform/database'
import { entry } from '../src/access/directory.fixture.ts'
import { type Page, pages, writeBenchConfig } from './gateway-config.ts'
import { type BenchGateway, startBenchGateway } from './gateway-process.ts'
import { atRate, callerOf, median, percentile, type Subject, saturate, spread } from './load.ts'
import { startHive } from './peers/hive.ts'
import { startPeer } from './peers/own-process.ts'
import type { Row } from './row.ts'
import { messageRows } from './subgraphs/data.ts'
import type { Subgraph } from './subgraphs/schemas.ts'

const connections = 8
const rounds = 7
// Counted, not timed: on a busy machine too a round is long enough, and what was asked before it has compiled what it will.
const requestsPerRound = 400
const warmUp = 1500

/**
 * The gateway's process against its peers over the same subgraphs: resolvers written by hand, @graphql-tools/stitch, Hive Gateway,
 * and no gateway at all: the systems' calls and the inbox's statement alone, which nothing can be cheaper than by much. All are asked in turn, so that a noisy machine disturbs all alike; what counts is the CPU of each one's process.
 */
export async function benchGateway(): Promise<Row[]> {
  const upstream = await startSubgraphs()
  const configDir = await writeBenchConfig(upstream.ports)
  const stops: (() => Promise<unknown>)[] = [() => upstream.stop(), () => rm(configDir, { recursive: true })]
  try {
    const gateway = await startBenchGateway(1, {
      configDir,
      prepare: directory => {
        for (const id of people) directory.put(entry(id, { roles: ['general-manager'], systems: rights }))
      },
      env: { MAX_COST: '100000' },
      execArgv: process.env.BENCH_GATEWAY_ARGS?.split(' ') ?? [],
    })
    stops.unshift(() => gateway.stop())
    await fillInbox(gateway)
    const hand = await startPeer('hand-written', upstream.ports, gateway.databaseUrl)
    stops.unshift(async () => hand.stop())
    const none = await startPeer('no-gateway', upstream.ports, gateway.databaseUrl)
    stops.unshift(async () => none.stop())
    const library = await startPeer('stitched', upstream.ports)
    stops.unshift(async () => library.stop())
    const hive = await startHive(upstream.ports).catch((error: Error) => {
      console.log(`  Hive Gateway is left out: ${error.message}`)
      return undefined
    })
    if (hive) stops.unshift(() => hive.stop())

    const tokens = await Promise.all(
      people.map(sub => gateway.directory.token({ sub, client_id: 'portal' }, { expiresIn: '1h' })),
    )
    const everybody = tokens.map(token => ({ authorization: `Bearer ${token}` }))
    const ours = (name: string, body: object): Subject => ({
      name,
      url: `${gateway.url}/graphql`,
      pid: gateway.pid,
      people: everybody,
      body: JSON.stringify(body),
    })
    const subjectsOf = (page: Page, first: number): Record<string, Subject> => {
      const variables = { first }
      const body = JSON.stringify({ query: pages[page], variables })
      return {
        stored: ours('stored operation', { documentId: page, variables }),
        adHoc: ours('ad hoc', { query: pages[page], variables }),
        hand: { name: 'written by hand', ...hand, people: everybody, body },
        none: { name: 'no gateway', ...none, people: everybody, body },
        library: { name: '@graphql-tools/stitch', ...library, people: everybody, body },
        ...(hive && { hive: { name: 'Hive Gateway', url: hive.url, pid: hive.pid, people: everybody, body } }),
      }
    }
    await untilAnswered(subjectsOf('BenchPage', 20).stored as Subject)
    const rows: Row[] = []
    const three = await compare(subjectsOf('BenchPage', 20))
    const one = await compare(subjectsOf('BenchCustomers', 20), ['stored', 'hand', 'hive'])
    rows.push(...costRows(three, one))
    rows.push(...(await latencyRows(subjectsOf('BenchPage', 20), three, upstream)))
    rows.push(await callsRow(first => subjectsOf('BenchJoin', first), upstream))
    return rows
  } finally {
    for (const stop of stops) await stop()
  }
}

/** Everybody asks for themselves, as people do; nobody's answer can be given to another. */
const people = Array.from({ length: 2 * connections }, (_, n) => `boss${n}`)

const rights = {
  crm: { id: 'U-1000', roles: ['Manager'], scope: 'all' },
  oa: { id: 'zhaolei', roles: ['Approver', 'Finance'], scope: 'all' },
  erp: { id: '00001', roles: ['ReadOnly', 'Controller'], scope: 'all' },
}

interface Subgraphs {
  ports: Record<Subgraph, number>
  delays(delays: Partial<Record<Subgraph, number>>): void
  /** calls since the last time */
  calls(): Promise<Partial<Record<Subgraph, number>>>
  stop(): Promise<void>
}

type Measured = Record<string, { cpuMs: number[]; perSecond: number[] }>

/** CPU and throughput of each subject, in rounds that take turns. All must give the same data. */
async function compare(subjects: Record<string, Subject>, only = Object.keys(subjects)): Promise<Measured> {
  const chosen = Object.entries(subjects).filter(([key]) => only.includes(key))
  const expected = await dataOf(subjects.hand as Subject)
  const callers = chosen.map(([key, subject]) => [key, callerOf(subject, connections, expected)] as const)
  const measured: Measured = Object.fromEntries(chosen.map(([key]) => [key, { cpuMs: [], perSecond: [] }]))
  for (const [, caller] of callers) await saturate(caller, connections, warmUp)
  for (let round = 0; round < rounds; round += 1)
    for (const [key, caller] of callers) {
      const { cpuMs, perSecond } = await saturate(caller, connections, requestsPerRound)
      measured[key]?.cpuMs.push(cpuMs)
      measured[key]?.perSecond.push(perSecond)
    }
  for (const [, caller] of callers) await caller.close()
  return measured
}

async function dataOf(subject: Subject): Promise<string> {
  const answer = await fetch(subject.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...subject.people?.[0] },
    body: subject.body ?? null,
  })
  const body = (await answer.json()) as { data?: unknown; errors?: unknown }
  if (body.errors || !body.data) throw new Error(`${subject.name}: ${JSON.stringify(body).slice(0, 500)}`)
  return JSON.stringify(body.data)
}

const peers = {
  hand: 'resolvers written by hand',
  library: 'stitched by @graphql-tools/stitch',
  none: 'no gateway (the calls and the JSON alone)',
} as const

function costRows(three: Measured, one: Measured): Row[] {
  const cpu = (measured: Measured, key: string): number => median(measured[key]?.cpuMs ?? [])
  const told = (measured: Measured, key: string): string =>
    `${cpu(measured, key).toFixed(2)} ms ±${(spread(measured[key]?.cpuMs ?? []) * 100).toFixed(0)} %`
  const rows: Row[] = []
  const times = (name: string, measured: Measured, key: string, least: number): void => {
    if (!measured.hive) return
    const value = cpu(measured, 'hive') / cpu(measured, key)
    rows.push({
      name: `${name}: requests a CPU second, Hive Gateway being 1`,
      value,
      unit: '',
      baseline: `${told(measured, key)} to ${told(measured, 'hive')}`,
      target: `≥ ${least}`,
      pass: value >= least,
    })
  }
  const atMost = (
    name: string,
    measured: Measured,
    key: string,
    most: number,
    peer: keyof typeof peers = 'hand',
  ): void => {
    const value = cpu(measured, key) / cpu(measured, peer)
    rows.push({
      name: `${name}: CPU, ${peers[peer]} being 1`,
      value,
      unit: '',
      baseline: `${told(measured, key)} to ${told(measured, peer)}`,
      target: Number.isFinite(most) ? `≤ ${most.toFixed(1)}` : 'none, for comparison',
      pass: value <= most,
    })
  }
  times('three systems and the inbox, stored operation', three, 'stored', 4)
  atMost('three systems and the inbox, stored operation', three, 'stored', 1)
  atMost('three systems and the inbox, stored operation', three, 'stored', Number.POSITIVE_INFINITY, 'none')
  if (three.hive) atMost('three systems and the inbox, Hive Gateway', three, 'hive', Number.POSITIVE_INFINITY, 'none')
  times('three systems and the inbox, ad hoc', three, 'adHoc', 1)
  atMost('three systems and the inbox, ad hoc', three, 'adHoc', 1.8)
  atMost('three systems and the inbox, ad hoc', three, 'adHoc', 1, 'library')
  times('one system, stored operation', one, 'stored', 2)
  return rows
}

const slow = 10

/** What the gateways add to the slowest system, each at half of what it can take. */
async function latencyRows(subjects: Record<string, Subject>, measured: Measured, upstream: Subgraphs): Promise<Row[]> {
  upstream.delays({ oa: slow })
  const direct: Subject = {
    name: 'the system itself',
    url: `http://127.0.0.1:${upstream.ports.oa}/graphql`,
    pid: 0,
    body: JSON.stringify({ query: '{approvals(mine:ALL,first:20){totalCount nodes{id title}}}' }),
  }
  const added: Record<string, { p50: number[]; p99: number[] }> = {}
  const chosen = Object.entries(subjects).filter(([key]) => key === 'stored' || key === 'hive')
  const callers = chosen.map(([key, subject]) => [key, callerOf(subject, 64)] as const)
  const raw = callerOf(direct, 16)
  for (let round = -1; round < 3; round += 1) {
    for (const [key, caller] of callers) {
      const rate = median(measured[key]?.perSecond ?? []) / 2
      const [own, its] = await Promise.all([atRate(caller, rate, 4000), atRate(raw, 20, 4000)])
      if (round < 0) continue
      const base = percentile(its, 50)
      added[key] ??= { p50: [], p99: [] }
      added[key].p50.push(percentile(own, 50) - base)
      added[key].p99.push(percentile(own, 99) - base)
    }
  }
  upstream.delays({ oa: 0 })
  for (const caller of [raw, ...callers.map(([, one]) => one)]) await caller.close()
  return (['p50', 'p99'] as const).map(at => {
    const value = median(added.stored?.[at] ?? [])
    const most = at === 'p50' ? 3 : 15
    const rate = (key: string): string => `${Math.round(median(measured[key]?.perSecond ?? []) / 2)}/s`
    const theirs = added.hive ? `Hive Gateway ${median(added.hive[at]).toFixed(1)} ms at ${rate('hive')}` : ''
    return {
      name: `added to the slowest system (${slow} ms) at half of saturation, ${rate('stored')}, ${at}`,
      value,
      unit: 'ms',
      ...(theirs && { baseline: theirs }),
      target: `< ${most}`,
      pass: value < most,
    }
  })
}

/** Calls to the systems for one page of N customers; two hundred is the most that a list gives. */
async function callsRow(subjectsOf: (first: number) => Record<string, Subject>, upstream: Subgraphs): Promise<Row> {
  const counts: number[] = []
  for (const first of [1, 10, 50, 200]) {
    await upstream.calls()
    await dataOf(subjectsOf(first).stored as Subject)
    const calls = await upstream.calls()
    counts.push(Object.values(calls).reduce((sum, one) => sum + one, 0))
  }
  const most = Math.max(...counts)
  return {
    name: 'calls to three systems for 1, 10, 50, 200 customers with orders and contracts',
    value: most,
    unit: '',
    baseline: counts.join(', '),
    target: '3 for each',
    pass: counts.every(count => count === 3),
  }
}

async function startSubgraphs(): Promise<Subgraphs> {
  const child = fork(fileURLToPath(new URL('./subgraphs/process.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const message = <T>(): Promise<T> => new Promise(resolve => child.once('message', one => resolve(one as T)))
  const { ports } = await message<{ ports: Record<Subgraph, number> }>()
  return {
    ports,
    delays: delays => void child.send({ delays }),
    async calls() {
      child.send('calls')
      return (await message<{ calls: Partial<Record<Subgraph, number>> }>()).calls
    },
    stop: async () => child.disconnect(),
  }
}

async function fillInbox({ db }: BenchGateway): Promise<void> {
  const text = (zh: string): string => JSON.stringify({ zh, en: zh })
  for (const person of people)
    for (const row of messageRows)
      await sql`
      insert into inbox_message (person_id, seq, changed_seq, source, event_id, system, type, slot, subject_type, subject_id, kind,
        priority, title, summary, thread_key, created_at, due_at, sort_at, changed_at, search_text)
      values (${person}, ${row.seq}, ${row.seq}, '/oa', ${row.threadKey}, ${row.system}, ${row.type}, 'main', 'approval',
        ${row.threadKey}, ${row.kind}, ${row.priority}, ${text(row.title)}::jsonb, ${text(row.summary)}::jsonb, ${row.threadKey},
        ${row.createdAt}, ${row.dueAt}, ${row.dueAt}, ${row.createdAt}, ${row.title})`.execute(db)
}

/** The directory's people arrive a moment after the start. */
async function untilAnswered(subject: Subject): Promise<void> {
  for (let n = 0; ; n += 1) {
    const failed = await dataOf(subject).then(
      () => undefined,
      error => error as Error,
    )
    if (!failed) return
    if (n === 100) throw failed
    await wait(100)
  }
}
