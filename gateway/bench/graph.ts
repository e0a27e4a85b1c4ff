import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import { createPermissions } from '../src/access/permissions.ts'
import type { Viewer } from '../src/access/person.ts'
import { createClients } from '../src/clients/clients.ts'
import { parseClients } from '../src/clients/definition.ts'
import type { Database } from '../src/database/schema.ts'
import { readDictionary } from '../src/schema/dictionary.ts'
import { createEndpoint } from '../src/schema/endpoint.ts'
import { checkEntities, compileEntities } from '../src/schema/entities.ts'
import { buildGraph } from '../src/schema/graph.ts'
import { createContext } from '../src/schema/request.ts'
import { compileOperation } from '../src/schema/stored-operations.ts'
import { readSystemsFile } from '../src/systems/configuration.ts'
import { Connector } from '../src/systems/connector.ts'
import type { Systems, Tokens } from '../src/systems/types.ts'
import { handWrittenEndpoint } from './hand-written.ts'
import type { Row } from './row.ts'

const query = /* GraphQL */ `
  query Page($first: Int) {
    customers(first: $first) {
      totalCount
      nodes {
        code name phone level
        orders(first: 5) { number netAmount currency status orderDate }
        contracts { number title amount state }
        receivable { open overdue currency invoices }
        creditLimit
      }
    }
  }
`
const variables = { first: 50 }
const rounds = 60
const perRound = 8

type Fetch = (body: object) => Promise<{ data: unknown; errors?: unknown }>

/**
 * CPU of one page of 50 customers joined over three systems: ad hoc and as a stored operation, against resolvers written
 * by hand over the same systems. Medians of rounds that take turns, so that a noisy machine disturbs all alike.
 */
export async function benchGraph(): Promise<Row[]> {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  const upstream = fork(here('./graph-upstream.ts'), [here('../../test/company/oa/soap/oa.wsdl')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const port = await new Promise<number>((resolve, reject) => {
      upstream.once('message', message => resolve(Number(message)))
      upstream.once('exit', code => reject(new Error(`the systems ended with ${code}`)))
    })
    const origin = `http://127.0.0.1:${port}`
    const peer = handWrittenEndpoint(origin)
    const ours = await gatewayEndpoint(origin)
    const subjects: Record<'hand' | 'adHoc' | 'stored', Fetch> = {
      hand: body => post(request => peer.fetch(request), body),
      adHoc: ours,
      stored: ({ variables: given }: { variables?: object }) => ours({ documentId: 'Page', variables: given }),
    }
    const body = { query, variables }
    // A wrong answer has no speed.
    const expected = JSON.stringify((await subjects.hand(body)).data)
    for (const [name, ask] of Object.entries(subjects)) {
      const answer = await ask(body)
      if (JSON.stringify(answer.data) !== expected || answer.errors)
        throw new Error(`${name} answers otherwise: ${JSON.stringify(answer).slice(0, 2000)}`)
    }
    const samples: Record<string, number[]> = { hand: [], adHoc: [], stored: [] }
    for (let round = -10; round < rounds; round += 1) {
      for (const [name, ask] of Object.entries(subjects)) {
        const ms = await cpuOf(() => ask(body))
        if (round >= 0) samples[name]?.push(ms)
      }
    }
    const hand = median(samples.hand)
    const row = (name: string, ms: number, most: number): Row => ({
      name: `50 customers over three systems, ${name}: CPU, resolvers written by hand being 1`,
      value: ms / hand,
      unit: '',
      baseline: `${ms.toFixed(2)} ms to ${hand.toFixed(2)} ms`,
      target: `≤ ${most.toFixed(1)}`,
      pass: ms / hand <= most,
    })
    return [row('ad hoc', median(samples.adHoc), 2), row('stored operation', median(samples.stored), 1.2)]
  } finally {
    upstream.removeAllListeners('exit')
    upstream.disconnect()
  }
}

async function cpuOf(ask: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let index = 0; index < perRound; index += 1) await ask()
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000 / perRound
}

async function gatewayEndpoint(origin: string): Promise<Fetch> {
  const env = { ...process.env, CRM_URL: origin, OA_URL: origin, ERP_URL: origin }
  const file = await readSystemsFile(fileURLToPath(new URL('../../test/company/gateway', import.meta.url)), env)
  const { crm, oa, erp } = file.systems
  if (!crm || !oa || !erp) throw new Error('systems.yaml of the sample company lacks a system')
  // Only what the page needs is mapped: the systems here describe no more.
  const only = (definition: typeof crm, names: string[]) =>
    Object.fromEntries(Object.entries(definition.entities).filter(([name]) => names.includes(name)))
  file.systems = {
    crm: { ...crm, document: `${origin}/openapi.json`, endpoint: `${origin}/api`, entities: only(crm, ['Customer']) },
    oa: { ...oa, document: `${origin}/oa?wsdl`, endpoint: `${origin}/oa`, entities: only(oa, ['Contract']) },
    erp: {
      ...erp,
      document: `${origin}/odata/$metadata`,
      endpoint: `${origin}/odata`,
      entities: only(erp, ['Customer', 'Order', 'Receivable']),
    },
  }
  const dictionary = await readDictionary()
  const entities = compileEntities(dictionary, file)
  const tokens: Tokens = { forPerson: async () => 'token', forService: async () => 'token', forget: () => {} }
  const connectors = new Map<string, Connector>()
  for (const [id, definition] of Object.entries(file.systems)) {
    const connector = new Connector(id, definition, tokens, {
      onBreaker: () => {},
      onCall: () => {},
      onDescribed: ({ description }) => checkEntities(entities, id, description),
    })
    await connector.description(Date.now() + 3000)
    connectors.set(id, connector)
  }
  const connectorOf = (id: string): Connector => connectors.get(id) as Connector
  const systems = { get: connectorOf, has: (id: string) => connectors.has(id) } as unknown as Systems // the page needs no more of it
  const graph = buildGraph({
    dictionary,
    entities,
    connectors: connectorOf,
    currency: 'CNY',
    local: { typeDefs: ['extend type Subscription { idle: Boolean }'], resolvers: [] },
  })
  const request = {
    // A viewer who sees everything needs no row scope, and with it no database.
    db: undefined as unknown as Kysely<Database>,
    systems,
    connectors: connectorOf,
    permissions: createPermissions(dictionary),
    zone: file.company.zone,
    budgetMs: 8000,
  }
  const stored = new Map([['Page', compileOperation('Page', query, graph.schema)]])
  const endpoint = createEndpoint({
    graph,
    stored,
    request,
    clients: createClients(parseClients({}), {
      limits: { depth: 9, breadth: 400, cost: 20_000 },
      introspection: false,
    }),
    authenticate: async () => viewer,
  })
  return body => post(one => endpoint.fetch(one, { prepared: createContext(request, viewer, 'zh-CN') } as never), body)
}

const viewer: Viewer = {
  kind: 'person',
  accessToken: 'token',
  tokenExpiresAt: Number.MAX_SAFE_INTEGER,
  person: {
    id: 'e0001',
    username: 'zhao.lei',
    name: { zh: '赵磊', en: 'Zhao Lei' },
    email: null,
    position: { zh: '总经理', en: 'General manager' },
    departmentId: 'hx',
    departmentName: { zh: '华信', en: 'Huaxin' },
    departmentPath: ['hx'],
    managerId: null,
    businessRoles: ['general-manager'],
    systems: {
      crm: { id: 'U-1000', roles: ['Manager'], scope: 'all' },
      oa: { id: 'zhaolei', roles: ['Approver', 'Finance'], scope: 'all' },
      erp: { id: '00001', roles: ['ReadOnly', 'Controller'], scope: 'all' },
    },
    active: true,
  },
}

async function post(
  fetch: (request: Request) => Promise<Response> | Response,
  body: object,
): Promise<{ data: unknown; errors?: unknown }> {
  const request = new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  const response = await fetch(request)
  return JSON.parse(await response.text()) as { data: unknown; errors?: unknown }
}

function median(values: number[] | undefined): number {
  const sorted = (values ?? []).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
