import { migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { testDatabase } from '@atrium/platform/testing'
import { type ExecutionResult, graphql } from 'graphql'
import type { Kysely } from 'kysely'
import { createPermissions } from '../../../gateway/src/access/permissions.ts'
import type { Person, SystemRights, Viewer } from '../../../gateway/src/access/person.ts'
import type { Database } from '../../../gateway/src/database/schema.ts'
import type { Locale } from '../../../gateway/src/schema/context.ts'
import { readDictionary } from '../../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities } from '../../../gateway/src/schema/entities.ts'
import { finish } from '../../../gateway/src/schema/finish.ts'
import { buildGraph, type Graph } from '../../../gateway/src/schema/graph.ts'
import { ownResolvers } from '../../../gateway/src/schema/own-resolvers.ts'
import { ownTypeDefs } from '../../../gateway/src/schema/own-schema.ts'
import { createContext, type RequestDeps } from '../../../gateway/src/schema/request.ts'
import { compileOperation } from '../../../gateway/src/schema/stored-operations.ts'
import { readSystemsFile } from '../../../gateway/src/systems/configuration.ts'
import { createSystems, type Registry } from '../../../gateway/src/systems/registry.ts'
import type { Tokens } from '../../../gateway/src/systems/types.ts'
import { generateCompany } from '../data/generate.ts'
import { type RunningCompany, startCompany } from './company.fixture.ts'

type SystemId = 'crm' | 'oa' | 'erp'

/** The gateway's graph over the running sample company, asked as its people, and every request that reaches a system counted. */
export interface TestGraph {
  company: RunningCompany
  db: Kysely<Database>
  systems: Registry
  graph: Graph
  request: RequestDeps
  person(username: string): Person
  /** runs a query */
  ask(username: string, query: string, variables?: Record<string, unknown>, options?: AskOptions): Promise<Answer>
  /** runs the same query as a stored operation would be */
  askStored(username: string, query: string, variables?: Record<string, unknown>, options?: AskOptions): Promise<Answer>
  /** operations that reached a system since the last call */
  calls(): { system: string; operation: string }[]
  fault(system: SystemId, faults: object[]): Promise<void>
  close(): Promise<void>
}

export interface AskOptions {
  locale?: Locale
  deadlineMs?: number
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read by path in the tests
export type Answer = ExecutionResult<any> & { extensions: any }

/** Starts the company of the given day and gives its people their native roles, as provisioning would. */
export async function startGraph(today: string): Promise<TestGraph> {
  const company = await startCompany(today)
  const db = openDatabase<Database>(await testDatabase())
  await platformMigrate(db)
  await migrate(db, new URL('../../../gateway/src/database/migrations/', import.meta.url))
  const people = peopleOf(today)
  for (const person of people.values()) await insertPerson(db, person)

  const tokens: Tokens = {
    ...company.tokens,
    forPerson: (system, audience, personId) => {
      const native = [...people.values()].find(one => one.id === personId)?.systems[system]?.id
      return company.directory.token(
        { sub: personId, client_id: 'gateway', act: { sub: 'gateway' }, native_id: native },
        { audience },
      )
    },
  }
  const env = { ...process.env, CRM_URL: company.url.crm, OA_URL: company.url.oa, ERP_URL: company.url.erp }
  const file = await readSystemsFile(new URL('.', import.meta.url).pathname, env)
  const dictionary = await readDictionary()
  const entities = compileEntities(dictionary, file)
  const systems = createSystems({
    definitions: file.systems,
    tokens,
    db,
    check: (system, description) => checkEntities(entities, system, description),
  })
  await systems.start()
  await provision(systems, people)

  const counted: { system: string; operation: string }[] = []
  for (const id of ['crm', 'oa', 'erp']) {
    const connector = systems.connector(id)
    const invoke = connector.invoke.bind(connector)
    connector.invoke = (operation, input, options) => {
      counted.push({ system: id, operation })
      return invoke(operation, input, options)
    }
  }
  const connectors = systems.connector
  const own = ownResolvers({
    dictionary,
    entities,
    connectors,
    inboxStatus: async () => new Map(),
    findMessages: async () => [],
    boardsOf: () => [],
  })
  const standIns =
    'type Board { id: ID! name: String! } type TrendPoint { key: String! value: Decimal! } type Message { id: ID! }'
  const graph = buildGraph({
    dictionary,
    entities,
    connectors,
    currency: file.company.currency,
    local: { typeDefs: [ownTypeDefs, standIns], resolvers: [own] },
  })
  const request: RequestDeps = {
    db,
    systems,
    connectors,
    permissions: createPermissions(dictionary),
    zone: file.company.zone,
    budgetMs: 8000,
  }

  const contextFor = (username: string, options: AskOptions) =>
    createContext(
      { ...request, budgetMs: options.deadlineMs ?? 8000 },
      viewer(people, username),
      options.locale ?? 'zh-CN',
    )
  return {
    company,
    db,
    systems,
    graph,
    request,
    person: username => find(people, username),
    async ask(username, query, variables = {}, options = {}) {
      const context = contextFor(username, options)
      const result = await graphql({
        schema: graph.schema,
        source: query,
        contextValue: context,
        variableValues: variables,
      })
      return finish(result, context) as Answer
    },
    async askStored(username, query, variables = {}, options = {}) {
      const context = contextFor(username, options)
      return finish(await compileOperation('test', query, graph.schema).run(context, variables), context) as Answer
    },
    calls: () => counted.splice(0),
    async fault(system, faults) {
      const answer = await fetch(`${company.url[system]}/_control/faults`, {
        method: faults.length > 0 ? 'PUT' : 'DELETE',
        headers: { 'x-control-token': 'control', 'content-type': 'application/json' },
        ...(faults.length > 0 && { body: JSON.stringify(faults) }),
      })
      if (!answer.ok) throw new Error(`faults were not taken: ${answer.status} ${await answer.text()}`)
    },
    async close() {
      await systems.stop()
      await db.destroy()
      await company.close()
    },
  }
}

function viewer(people: Map<string, Person>, username: string): Viewer {
  return {
    kind: 'person',
    person: find(people, username),
    accessToken: `token-of-${username}`,
    tokenExpiresAt: Date.now() / 1000 + 300,
  }
}

function find(people: Map<string, Person>, username: string): Person {
  const person = people.get(username)
  if (!person) throw new Error(`nobody is called ${username}`)
  return person
}

/** The generated people with the native roles and scopes that the published mapping gives them. */
function peopleOf(today: string): Map<string, Person> {
  const generated = generateCompany({ today })
  const departments = new Map(generated.departments.map(one => [one.id, one]))
  const path = (id: string): string[] => {
    const department = departments.get(id)
    return department ? [...(department.parentId ? path(department.parentId) : []), id] : []
  }
  const order = ['none', 'own', 'department', 'department_and_below', 'all']
  return new Map(
    generated.people.map(person => {
      const roles = new Set(generated.assignments.filter(one => one.personId === person.id).map(one => one.roleId))
      for (const rule of generated.rules) {
        if (
          (!rule.departmentId || path(person.departmentId).includes(rule.departmentId)) &&
          (!rule.position || [person.position.zh, person.position.en].includes(rule.position))
        )
          roles.add(rule.roleId)
      }
      const systems: Record<string, SystemRights> = {}
      for (const system of ['crm', 'oa', 'erp'] as const) {
        const cells = generated.mapping.filter(cell => cell.system === system && roles.has(cell.roleId))
        const scope = cells.map(cell => cell.scope).sort((a, b) => order.indexOf(b) - order.indexOf(a))[0] ?? 'none'
        systems[system] = {
          id: person.native[system] ?? null,
          roles: [...new Set(cells.flatMap(cell => cell.nativeRoles))],
          scope,
        }
      }
      const department = departments.get(person.departmentId)
      return [
        person.username,
        {
          id: person.id,
          username: person.username,
          name: person.name,
          email: person.email,
          position: person.position,
          departmentId: person.departmentId,
          departmentName: department?.name ?? { zh: '', en: '' },
          departmentPath: path(person.departmentId),
          managerId: person.managerId,
          businessRoles: [...roles],
          systems,
          active: person.active,
        },
      ]
    }),
  )
}

async function insertPerson(db: Kysely<Database>, person: Person): Promise<void> {
  await db
    .insertInto('people')
    .values({
      id: person.id,
      username: person.username,
      name: JSON.stringify(person.name),
      email: person.email,
      position: JSON.stringify(person.position),
      department_id: person.departmentId,
      department_name: JSON.stringify(person.departmentName),
      department_path: person.departmentPath,
      manager_id: person.managerId,
      business_roles: person.businessRoles,
      systems: JSON.stringify(person.systems),
      active: person.active,
      modified_at: new Date(),
      digest: '',
      version: 1,
    })
    .execute()
  for (const [system, { id }] of Object.entries(person.systems)) {
    if (id)
      await db
        .insertInto('person_account')
        .values({ person_id: person.id, system, native_id: id })
        .onConflict(conflict => conflict.doNothing())
        .execute()
  }
}

/** Roles as provisioning writes them: by SCIM into the CRM, by SaveUser into the OA, by PUT Users into the ERP. */
async function provision(systems: Registry, people: Map<string, Person>): Promise<void> {
  const deadline = Date.now() + 60_000
  const crm = systems.connector('crm')
  const token = await crm.exchange({ kind: 'service' })
  const base = `${new URL(crm.describe().url).origin}/scim/v2/Users`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
  for (const person of people.values()) {
    const manager = [...people.values()].find(one => one.id === person.managerId)
    const { crm: inCrm, oa: inOa, erp: inErp } = person.systems
    if (inCrm?.id) {
      const found = (await (
        await fetch(`${base}?filter=${encodeURIComponent(`userName eq "${inCrm.id}"`)}`, { headers })
      ).json()) as { Resources?: { id: string }[] }
      const body = JSON.stringify({
        schemas: [
          'urn:ietf:params:scim:schemas:core:2.0:User',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
          'urn:atrium:scim:native',
        ],
        userName: inCrm.id,
        externalId: person.id,
        displayName: person.name.zh,
        active: person.active,
        roles: inCrm.roles.map(value => ({ value })),
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: person.departmentId },
        'urn:atrium:scim:native': {
          names: person.name,
          departmentPath: person.departmentPath,
          managerNativeId: manager?.systems.crm?.id ?? null,
          scope: inCrm.scope,
        },
      })
      const existing = found.Resources?.[0]?.id
      const answer = await fetch(existing ? `${base}/${existing}` : base, {
        method: existing ? 'PUT' : 'POST',
        headers,
        body,
      })
      if (!answer.ok) throw new Error(`CRM did not take ${inCrm.id}: ${answer.status} ${await answer.text()}`)
    }
    const call = { credential: { kind: 'service' } as const, deadline, safe: false }
    if (inOa?.id) {
      const managerId = manager?.systems.oa?.id
      await systems.connector('oa').invoke(
        'SaveUser',
        {
          userId: inOa.id,
          externalId: person.id,
          name: person.name.zh,
          department: person.departmentId,
          departmentPath: person.departmentPath,
          ...(managerId && { managerId }),
          roles: inOa.roles,
          active: person.active,
        },
        call,
      )
    }
    if (inErp?.id) {
      await systems.connector('erp').invoke(
        'update:Users',
        {
          key: inErp.id,
          body: {
            ExternalId: person.id,
            Name: person.name.zh,
            Department: person.departmentId,
            DepartmentPath: person.departmentPath,
            Roles: inErp.roles,
            Active: person.active,
          },
        },
        call,
      )
    }
  }
}
