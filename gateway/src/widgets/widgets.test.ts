import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { type Served, serve } from '@atrium/platform/http'
import { testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { entry, startTestDirectory, type TestDirectory } from '../access/directory.fixture.ts'
import { type App, buildApp } from '../app.ts'
import { configSchema } from '../config.ts'
import type { Database } from '../database/schema.ts'
import { companyFolder } from './company-folder.fixture.ts'

const widget = (access: string, order: number, title: string): string => `
    title: { zh: ${title}, en: ${title} }
    systems: [idp]
    operation: Colleagues
    variables: { search: "" }
    access: ${access}
    order: ${order}
    empty: { title: { zh: 没有同事, en: Nobody } }
    content: { kind: list, rows: employees.nodes, key: id, total: employees.totalCount, primary: name, note: [{ path: department, tones: { x: dim } }] }
`
const widgets = `
publisher: 华信机械
widgets:
  for-managers:${widget('{ businessRoles: [general-manager] }', 20, 'Managers')}
  for-readers:${widget('{ rights: { crm: [ReadOnly, TeamLead] } }', 30, 'Readers')}
  for-everybody:${widget('{}', 10, 'Everybody')}
`
// Nobody listens there: whom a widget is meant for does not depend on its system.
const systems = `
company: { zone: Asia/Shanghai, currency: CNY }
systems:
  crm: { name: { zh: 客户, en: Customers }, url: "http://127.0.0.1:9", endpoint: "http://127.0.0.1:9", protocol: json-rpc, authentication: { kind: none } }
`
const messages = `
timeZone: Asia/Shanghai
sources: { /atrium/idp: { system: atrium, client: idp } }
events: { atrium.directory.changed: { source: /atrium/idp, schema: { personIds: "ids?" }, tell: true } }
`
const colleagues = `query Colleagues($search: String) {
  employees(search: $search, first: 50) { totalCount nodes { id name department } }
}
`

type Answer = {
  data: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
}

describe('widgets that a company brings by configuration', () => {
  let folder: Awaited<ReturnType<typeof companyFolder>>
  let directory: TestDirectory
  let db: Kysely<Database>
  let app: App
  let gateway: Served

  beforeAll(async () => {
    folder = await companyFolder({
      'systems.yaml': systems,
      'messages.yaml': messages,
      'widgets.yaml': widgets,
      'operations/Colleagues.graphql': colleagues,
    })
    directory = await startTestDirectory()
    directory.put(entry('e1', { zh: '赵磊', roles: ['employee', 'general-manager'] }))
    directory.put(entry('e2', { zh: '李娜', systems: { crm: { id: 'U-2', roles: ['TeamLead'], scope: 'all' } } }))
    directory.put(entry('e3', { zh: '王芳' }))
    const url = await testDatabase()
    db = openDatabase<Database>(url)
    await platformMigrate(db)
    await migrate(db, new URL('../database/migrations/', import.meta.url))
    app = await buildApp(
      configSchema.parse({
        DATABASE_URL: url,
        ISSUER: directory.issuer,
        PORTAL_URL: 'http://localhost:9',
        CLIENT_SECRET: 'secret',
        ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
        CONFIG_DIR: folder.dir,
      }),
      db,
    )
    gateway = await serve(app.koa, { name: 'gateway', port: 0 })
    await vi.waitFor(() => app.health.people?.(), 15_000)
  })

  afterAll(async () => {
    await gateway?.stop()
    await app?.stop()
    await db?.destroy()
    await directory?.stop()
    await folder?.remove()
  })

  async function run(claims: Record<string, unknown>, documentId: string, variables: object = {}): Promise<Answer> {
    const token = await directory.token(claims)
    const answer = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': 'en' },
      body: JSON.stringify({ documentId, variables }),
    })
    return (await answer.json()) as Answer
  }
  const as = (sub: string) => ({ sub, client_id: 'portal' })
  const idsFor = async (sub: string): Promise<unknown> => {
    const answer = await run(as(sub), 'HomeWidgets')
    expect(answer.errors).toBeUndefined()
    // The stored operation asks for nothing else.
    const { widgets } = answer.data as { widgets: { id: string }[] }
    return widgets.map(one => one.id)
  }

  test('reach those whom a business role or a native right entitles, in their order', async () => {
    expect(await idsFor('e1')).toEqual(['for-everybody', 'for-managers'])
    expect(await idsFor('e2')).toEqual(['for-everybody', 'for-readers'])
    expect(await idsFor('e3')).toEqual(['for-everybody'])
  })

  test('leave as a manifest in both languages, without a word on who else gets them', async () => {
    const answer = await run(as('e3'), 'HomeWidgets')
    expect(answer.data?.widgets).toEqual([
      {
        id: 'for-everybody',
        version: '1.0.0',
        publisher: '华信机械',
        title: { 'zh-CN': 'Everybody', en: 'Everybody' },
        systems: ['idp'],
        operation: 'Colleagues',
        variables: { search: '' },
        refreshSeconds: 60,
        size: 'third',
        audience: [],
        order: 10,
        empty: { title: { 'zh-CN': '没有同事', en: 'Nobody' } },
        content: {
          kind: 'list',
          look: 'two-line',
          rows: 'employees.nodes',
          key: 'id',
          total: 'employees.totalCount',
          primary: [{ path: 'name' }],
          note: [{ path: 'department', tones: { x: 'dim' } }],
        },
        actions: [],
      },
    ])
  })

  test('run the operation stored beside them, as the reader', async () => {
    const answer = await run(as('e3'), 'Colleagues', { search: 'e2' })
    expect(answer.data).toEqual({
      employees: { totalCount: 1, nodes: [{ id: 'e2', name: 'Name e2', department: 'Department hx' }] },
    })
  })

  test('are refused to an application that asks for itself', async () => {
    const answer = await run({ sub: 'reports', client_id: 'reports', azp: 'reports', scope: 'service' }, 'HomeWidgets')
    expect(answer.errors?.[0]?.extensions.code).toMatch(/FORBIDDEN|UNAUTHENTICATED/)
    expect(answer.data?.widgets).toBeUndefined()
  })

  test('are withdrawn with the right', async () => {
    directory.put(entry('e1', { zh: '赵磊', roles: ['employee'] }))
    const hint = {
      specversion: '1.0',
      id: 'h1',
      source: '/atrium/idp',
      type: 'atrium.directory.changed',
      data: { personIds: ['e1'] },
    }
    const told = await fetch(`${gateway.url}/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await directory.token({ sub: 'idp', client_id: 'idp', scope: 'events:write' })}`,
        'content-type': 'application/cloudevents+json',
      },
      body: JSON.stringify(hint),
    })
    expect(told.status).toBeLessThan(300)
    await vi.waitFor(async () => expect(await idsFor('e1')).toEqual(['for-everybody']), 15_000)
  })
})
