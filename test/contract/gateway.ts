import type { Kysely } from 'kysely'
import { createPermissions } from '../../gateway/src/access/permissions.ts'
import type { Person, Viewer } from '../../gateway/src/access/person.ts'
import { ReadNotes } from '../../gateway/src/access/read-notes.ts'
import type { Database } from '../../gateway/src/database/schema.ts'
import { CallNotes } from '../../gateway/src/observing/call-notes.ts'
import type { RequestContext } from '../../gateway/src/schema/context.ts'
import { converterFor, Unfit } from '../../gateway/src/schema/convert.ts'
import { compileDictionary } from '../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities, type Entity } from '../../gateway/src/schema/entities.ts'
import { createLoaders } from '../../gateway/src/schema/loaders.ts'
import { fetchPage } from '../../gateway/src/schema/rows.ts'
import { SourceNotes } from '../../gateway/src/schema/source-notes.ts'
import { TimeShares } from '../../gateway/src/schema/time-shares.ts'
import { parseSystems } from '../../gateway/src/systems/configuration.ts'
import { Connector } from '../../gateway/src/systems/connector.ts'
import type { Condition } from '../../gateway/src/systems/protocols/protocol.ts'
import type { Systems, Tokens } from '../../gateway/src/systems/types.ts'
import type { Adapter } from './adapters.ts'
import type { Thing } from './source.ts'

const types = { id: 'ID', group: 'ID', name: 'String', amount: 'Decimal', big: 'ID', at: 'DateTime' } as const
const sdl = `scalar Decimal scalar DateTime
  type Thing @entity(key: "id", system: "s") @read(roles: ["s:*"]) {
    ${Object.entries(types)
      .map(([name, type]) => `${name}: ${type} @from(system: "s", path: "${name}")`)
      .join(' ')}
  }`
const dictionary = compileDictionary(sdl)
const person: Person = {
  id: 'e1',
  username: 'e1',
  name: { zh: '人', en: 'Person' },
  email: null,
  position: { zh: '', en: '' },
  departmentId: null,
  departmentName: { zh: '', en: '' },
  departmentPath: [],
  managerId: null,
  businessRoles: [],
  systems: { s: { id: 'n1', roles: ['Any'], scope: 'all' } },
  active: true,
}
const viewer: Viewer = { kind: 'person', person, accessToken: 't', tokenExpiresAt: Date.now() / 1000 + 3600 }
const tokens: Tokens = { forPerson: async () => 'token', forService: async () => 'token', forget: () => {} }

/** What a slot of an answer holds: a record in the dictionary's terms, null, or the error. */
export type Slot = Thing | null | Error

/** The gateway's way to one system, from the loaders of a request down to the wire. */
export interface Gateway {
  load(keys: readonly string[], patienceMs?: number): Promise<Slot[]>
  children(parents: readonly string[]): Promise<(Slot[] | Error)[]>
  /** a page of what fulfils the conditions, by their keys */
  page(
    where: Condition[],
    offset: number,
    limit: number,
  ): Promise<{ keys: string[]; total: number | null; more: boolean | undefined }>
  connector: Connector
}

export async function gatewayTo(url: string, adapter: Adapter, limits: object = {}): Promise<Gateway> {
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url,
        authentication: { kind: 'none' },
        ...adapter.definition(url),
        limits: {
          retries: 0,
          maxBytes: 1_000_000,
          documentBytes: 1_000_000,
          breaker: { requestThreshold: 100_000 },
          ...limits,
        },
        entities: { Thing: { scope: 'none', ...adapter.entity } },
      },
    },
  })
  const entities = compileEntities(dictionary, file)
  const connector = new Connector('s', file.systems.s as NonNullable<typeof file.systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: ({ description }) => checkEntities(entities, 's', description),
  })
  await connector.description(Date.now() + 5000)
  const entity = entities.get('s.Thing') as Entity
  const permissions = createPermissions(dictionary)

  function request(patienceMs: number): RequestContext {
    const deadline = Date.now() + patienceMs
    const context: RequestContext = {
      viewer,
      locale: 'en',
      deadline,
      shares: new TimeShares(deadline),
      traceId: 't',
      sources: new SourceNotes(),
      // Neither is touched by the loading of records.
      db: undefined as unknown as Kysely<Database>,
      systems: undefined as unknown as Systems,
      access: permissions(viewer),
      reads: new ReadNotes(undefined),
      operation: { id: null, text: null },
      calls: new CallNotes(),
      loaders: createLoaders(
        () => connector,
        'UTC',
        () => context,
      ),
      credential: { kind: 'person', personId: 'e1', accessToken: 't' },
    }
    return context
  }

  return {
    connector,
    async page(where, offset, limit) {
      const asked = { offset, limit, count: true }
      const conditions = { where, scope: 'all' as const }
      const { rows, total, more } = await fetchPage(() => connector, entity, conditions, asked, request(5000))
      return { keys: rows.slice(0, limit).map(row => String(row.id)), total, more }
    },
    async load(keys, patienceMs = 5000) {
      const { loaders } = request(patienceMs)
      return await Promise.all(
        keys.map(key =>
          loaders.row(entity, key).then(
            row => row && inTerms(row),
            (error: Error) => error,
          ),
        ),
      )
    },
    async children(parents) {
      const { loaders } = request(5000)
      return await Promise.all(
        parents.map(parent =>
          loaders.children(entity, 'group', 'group', parent, 100, false).then(
            rows => rows.map(inTerms),
            (error: Error) => error,
          ),
        ),
      )
    },
  }
}

const converters = Object.entries(types).map(([name, type]) => [name, converterFor(type, undefined)] as const)

/** A value that does not fit the dictionary is null, as in the graph. */
function inTerms(row: Record<string, unknown>): Thing {
  const values = converters.map(([name, convert]) => {
    const value = convert(row[name])
    return [name, value instanceof Unfit ? null : value]
  })
  const { amount, at, ...rest } = Object.fromEntries(values) as Record<string, string | null>
  return {
    ...rest,
    amount: amount?.includes('.') ? amount.replace(/\.?0+$/, '') : amount,
    at: at && new Date(at).toISOString(),
  } as Thing
}

/** A record as `load` is to give it. */
export const inTermsOf = (thing: Thing): Thing => inTerms({ ...thing })
