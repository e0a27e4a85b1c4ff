import type { IResolvers } from '@graphql-tools/utils'
import { type AuditArguments, auditPage } from '../access/audit-page.ts'
import { searchPeople } from '../access/people-search.ts'
import { type Person, personOf, rightsIn } from '../access/person.ts'
import type { FoundMessage } from '../search/messages.ts'
import { mayFindPeople, search } from '../search/search.ts'
import type { SystemStatus, Text } from '../systems/types.ts'
import type { RequestContext } from './context.ts'
import type { Dictionary } from './dictionary.ts'
import type { Entities } from './entities.ts'
import { badInput, forbidden } from './errors.ts'
import { explainField } from './explain.ts'
import { toEmployee } from './fields.ts'
import type { Connectors } from './rows.ts'

/** The business role that administers Atrium. */
const administratorRole = 'administrator'

/** What the gateway's own part of the graph needs of the other parts. */
export interface OwnDeps {
  dictionary: Dictionary
  entities: Entities
  connectors: Connectors
  /** events held back and freshness by polling, by system */
  inboxStatus(): Promise<Map<string, { quarantined: number; freshAt: Date | null }>>
  /** messages of the viewer that hold a text */
  findMessages(text: string, first: number, context: RequestContext): Promise<FoundMessage[]>
  boardsOf(context: RequestContext): { id: string; name: string }[]
}

/** The resolvers of own-schema.ts. */
export function ownResolvers(deps: OwnDeps): IResolvers {
  const { dictionary, entities } = deps
  return {
    Query: {
      me: (_: unknown, __: object, context: RequestContext) => viewerOf(context),
      apps: (_: unknown, __: object, context: RequestContext) => apps(viewerOf(context), context),
      employees: async (
        _: unknown,
        args: { search?: string; first?: number; after?: string },
        context: RequestContext,
      ) => {
        viewerOf(context)
        if (args.search && !mayFindPeople(dictionary, context)) throw forbidden(context, null, 'employees')
        const page = await searchPeople(context.db, args)
        return { ...page, nodes: page.nodes.map(person => toEmployee(person, context)) }
      },
      search: (_: unknown, args: { text: string; first?: number }, context: RequestContext) => {
        viewerOf(context)
        return search({ ...deps, text: args.text, first: args.first ?? 10 }, context)
      },
      systems: async (_: unknown, __: object, context: RequestContext) => {
        viewerOf(context)
        return await withInbox(context.systems.list(), deps)
      },
      auditLog: async (_: unknown, args: AuditArguments, context: RequestContext) => {
        administratorOf(context)
        return await auditPage(context.db, args)
      },
      explainField: (
        _: unknown,
        args: { type: string; field: string; key?: string | null },
        context: RequestContext,
      ) => {
        const field = dictionary.types.get(args.type)?.fields.get(args.field)
        if (!field || args.type === 'Query')
          throw badInput(`the dictionary has no field ${args.type.slice(0, 60)}.${args.field.slice(0, 60)}`)
        return explainField({ dictionary, entities }, field, args.key ?? null, context)
      },
    },
    Mutation: {
      probeSystem: async (_: unknown, { id }: { id: string }, context: RequestContext) => {
        administratorOf(context)
        if (!context.systems.has(id)) throw badInput(`there is no system ${id.slice(0, 60)}`)
        return (await withInbox([await context.systems.probe(id)], deps))[0]
      },
    },
    Subscription: {
      systemChanges: {
        subscribe: (_: unknown, __: object, context: RequestContext) => {
          viewerOf(context)
          return changes(listener => context.systems.onStatus(listener))
        },
        resolve: async (status: SystemStatus) => (await withInbox([status], deps))[0],
      },
    },
    Me: {
      name: (person: Person, _: object, context: RequestContext) => say(person.name, context),
      names: (person: Person) => ({ zhCN: person.name.zh, en: person.name.en }),
      position: (person: Person, _: object, context: RequestContext) => say(person.position, context),
      department: (person: Person, _: object, context: RequestContext) => say(person.departmentName, context),
      businessRoles: (person: Person) => person.businessRoles.map(id => ({ id })),
      rights: (person: Person) =>
        Object.entries(person.systems).map(([system, { id, roles, scope }]) => ({
          system,
          nativeId: id,
          roles,
          scope,
        })),
      administrator: isAdministrator,
      boards: (_: Person, __: object, context: RequestContext) => deps.boardsOf(context),
    },
    System: {
      name: (status: SystemStatus, _: object, context: RequestContext) => say(status.name, context),
      lastSuccessAt: forAdministrators(status => status.lastSuccessAt),
      freshAt: (status: WithInbox) => status.inbox?.freshAt ?? status.lastSuccessAt,
      p95Ms: forAdministrators(status => status.p95Ms),
      errorRate: forAdministrators(status => (status.errorRate === null ? null : status.errorRate.toFixed(4))),
      nextProbeAt: forAdministrators(status => status.nextProbeAt),
      quarantined: (status: WithInbox, _: object, context: RequestContext) =>
        isAdministrator(personOf(context.viewer)) ? (status.inbox?.quarantined ?? 0) : 0,
      explanation: (status: SystemStatus, _: object, context: RequestContext) =>
        status.explanation && say(status.explanation, context),
      latency: (status: SystemStatus, _: object, context: RequestContext) =>
        isAdministrator(personOf(context.viewer))
          ? status.latency.map(({ at, p95Ms }) => ({ key: at.toISOString(), value: String(p95Ms) }))
          : [],
      events: (status: SystemStatus, _: object, context: RequestContext) =>
        isAdministrator(personOf(context.viewer))
          ? status.events.map(event => ({ ...event, text: say(event.text, context) }))
          : [],
    },
    SearchHitSubject: { __resolveType: (subject: { __typename?: string }) => subject.__typename ?? 'Message' },
  } as IResolvers
}

type WithInbox = SystemStatus & { inbox?: { quarantined: number; freshAt: Date | null } | undefined }

async function withInbox(statuses: SystemStatus[], deps: OwnDeps): Promise<WithInbox[]> {
  const held = await deps.inboxStatus()
  return statuses.map(status => ({ ...status, inbox: held.get(status.id) }))
}

function forAdministrators<T>(
  read: (status: SystemStatus) => T,
): (status: SystemStatus, args: object, context: RequestContext) => T | null {
  return (status, _args, context) => (isAdministrator(personOf(context.viewer)) ? read(status) : null)
}

function apps(person: Person, context: RequestContext): object[] {
  return context.systems.list().flatMap(({ id, name, url, state }) => {
    const { id: account, roles } = rightsIn(person, id)
    const { description, audience } = context.systems.get(id).describe()
    // A system without sign-in of its own people is no application to open.
    if (account === null || roles.length === 0 || audience === null) return []
    return [{ id, name: say(name, context), url, description: description && say(description, context), state, roles }]
  })
}

function viewerOf(context: RequestContext): Person {
  const person = personOf(context.viewer)
  if (!person) throw forbidden(context, null, 'people')
  return person
}

function administratorOf(context: RequestContext): Person {
  const person = viewerOf(context)
  if (!isAdministrator(person)) throw forbidden(context, null, 'administration')
  return person
}

function isAdministrator(person: Person | undefined): boolean {
  return person?.businessRoles.includes(administratorRole) === true
}

function say(text: Text, { locale }: Pick<RequestContext, 'locale'>): string {
  return locale === 'en' ? text.en : text.zh
}

/** What a source tells, as an async iterator whose `return` takes effect at once; the newest state of each system is kept. */
function changes(
  listen: (listener: (status: SystemStatus) => void) => () => void,
): AsyncIterableIterator<SystemStatus> {
  const pending = new Map<string, SystemStatus>()
  let wake: (() => void) | undefined
  let ended = false
  const stop = listen(status => {
    pending.set(status.id, status)
    wake?.()
  })
  return {
    async next() {
      for (;;) {
        if (ended) return { done: true, value: undefined }
        for (const [id, status] of pending) {
          pending.delete(id)
          return { done: false, value: status }
        }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async return() {
      ended = true
      stop()
      wake?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
