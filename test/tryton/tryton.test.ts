import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { type Served, serve } from '@atrium/platform/http'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { entry, startTestDirectory, type TestDirectory } from '../../gateway/src/access/directory.fixture.ts'
import { type App, buildApp } from '../../gateway/src/app.ts'
import { configSchema } from '../../gateway/src/config.ts'
import type { Database } from '../../gateway/src/database/schema.ts'
import { DeclarativeContent, totalOf } from '../../widgets/src/declarative/index.tsx'
import { readManifest, type WidgetManifest } from '../../widgets/src/sdk/manifest.ts'
import { type Rpc, signIn } from './rpc.ts'
import { partners, products, sales, seed } from './seed.ts'
import { startTrytond, type Trytond, trytonVersion } from './trytond.ts'

const version = await trytonVersion()
if (!version) console.warn('Tryton is not installed here (Debian: tryton-server), so its tests are skipped')

type Answer = {
  data: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
  extensions?: Record<string, unknown>
}

/** A field of the answer. @throws Error with the answer's errors when it is missing */
function part<T>(answer: Answer, field: string): T {
  const value = answer.data?.[field]
  if (value === undefined || value === null) throw new Error(`no ${field}: ${JSON.stringify(answer.errors)}`)
  // The query written next to the call says what it holds.
  return value as T
}

describe.skipIf(!version)('a system that nobody here wrote: Tryton, attached by configuration alone', () => {
  let folder: string
  let tryton: Trytond
  let rpc: Rpc
  let directory: TestDirectory
  let db: Kysely<Database>
  let app: App
  let gateway: Served
  let trytonPort: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrium-tryton-'))
    trytonPort = await freePort()
    tryton = await startTrytond({ dir: folder, port: trytonPort, version: version ?? '' })
    rpc = await signIn(tryton.url, 'admin', tryton.password)
    await seed(rpc)

    directory = await startTestDirectory()
    directory.put(entry('e0001', { zh: '赵磊', roles: ['employee', 'general-manager'] }))
    directory.put(entry('e0007', { zh: '李娜', roles: ['employee', 'sales-manager'] }))
    directory.put(entry('e0021', { zh: '王芳', roles: ['employee', 'accountant'] }))
    const url = await testDatabase()
    db = openDatabase<Database>(url)
    await platformMigrate(db)
    await migrate(db, new URL('../../gateway/src/database/migrations/', import.meta.url))
    Object.assign(process.env, { TRYTON_URL: tryton.url, TRYTON_USER: 'admin', TRYTON_PASSWORD: tryton.password })
    const config = configSchema.parse({
      DATABASE_URL: url,
      ISSUER: directory.issuer,
      PORTAL_URL: 'http://localhost:9',
      CLIENT_SECRET: 'secret',
      ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      CONFIG_DIR: fileURLToPath(new URL('./gateway/', import.meta.url)),
    })
    app = await buildApp(config, db)
    gateway = await serve(app.koa, { name: 'gateway', port: 0 })
    await vi.waitFor(() => app.health.people?.(), 15_000)
  }, 240_000)

  afterAll(async () => {
    await gateway?.stop()
    await app?.stop()
    await db?.destroy()
    await directory?.stop()
    await tryton?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  const ask = (person: string, query: string, variables: Record<string, unknown> = {}) =>
    post(person, { query, variables })
  const run = (person: string, documentId: string) => post(person, { documentId })

  async function post(person: string, body: Record<string, unknown>): Promise<Answer> {
    const token = await directory.token({ sub: person, client_id: 'portal' })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': 'en' }
    const answer = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Answer
  }

  test('its partners are in the graph, with composite ids, found by name and paged with their total', async () => {
    const all = await ask('e0001', '{ partners { totalCount nodes { id system code name city email createdAt } } }')
    expect(all.errors).toBeUndefined()
    const expected = [...partners.map(one => one.name), 'Huaxin Europe GmbH'].sort()
    const { nodes, totalCount } = part<{ nodes: Record<string, string>[]; totalCount: number }>(all, 'partners')
    expect(nodes.map(node => node.name).sort()).toEqual(expected)
    expect(totalCount).toBe(expected.length)
    expect(nodes.find(node => node.code === 'EU-101')).toMatchObject({
      id: 'tryton.EU-101',
      system: 'tryton',
      city: 'Bergen',
    })
    const found = await ask(
      'e0001',
      'query ($text: String) { partners(search: $text) { totalCount nodes { code } } }',
      { text: '槟城' },
    )
    expect(found.data).toEqual({ partners: { totalCount: 1, nodes: [{ code: 'AS-200' }] } })
    const seen: string[] = []
    let after: string | null = null
    do {
      const page = await ask(
        'e0001',
        'query ($after: String) { partners(first: 2, after: $after) { nodes { code } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      const { nodes, pageInfo } = part<{
        nodes: { code: string }[]
        pageInfo: { hasNextPage: boolean; endCursor: string }
      }>(page, 'partners')
      seen.push(...nodes.map(node => node.code))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after)
    expect(seen.sort()).toEqual(['HX-EU', ...partners.map(one => one.code)].sort())
  })

  test('its sales are in the graph, amounts exact, days as days, states in the words of the dictionary', async () => {
    const answer = await ask(
      'e0001',
      '{ partnerSales { totalCount nodes { system reference partnerId partnerName date state total currency } } }',
    )
    expect(answer.errors).toBeUndefined()
    const cents = (text: string): number => Math.round(Number(text) * 100)
    const total = (lines: { product: string; quantity: number }[]): string =>
      (
        lines.reduce(
          (sum, line) => sum + cents(products.find(one => one.code === line.product)?.price ?? '') * line.quantity,
          0,
        ) / 100
      ).toFixed(2)
    const expected = [...sales].reverse().map(sale => ({
      system: 'tryton',
      reference: sale.reference,
      partnerId: `tryton.${sale.partner}`,
      partnerName: partners.find(one => one.code === sale.partner)?.name,
      date: sale.date,
      state: sale.state.toUpperCase(),
      total: total(sale.lines),
      currency: 'EUR',
    }))
    expect(answer.data).toEqual({ partnerSales: { totalCount: 3, nodes: expected } })
    expect(answer.extensions?.sources).toMatchObject([{ system: 'tryton', stale: false }])
  })

  test('its stock is in the graph, less what was shipped and nothing else', async () => {
    const answer = await ask('e0001', '{ partnerStock { nodes { id product description quantity unit listPrice } } }')
    expect(answer.errors).toBeUndefined()
    const { nodes } = part<{ nodes: { product: string; quantity: string; listPrice: string }[] }>(
      answer,
      'partnerStock',
    )
    expect(nodes.map(node => [node.product, Number(node.quantity), node.listPrice])).toEqual(
      products.map(one => [one.code, one.stock, one.price]),
    )
  })

  test('a change made in Tryton is in the next answer, and a figure of a board follows', async () => {
    const kpi = async () =>
      part<object[]>(await ask('e0001', '{ kpis(board: "abroad") { value system error { message } } }'), 'kpis')[0]
    await vi.waitFor(async () => expect(await kpi()).toEqual({ value: '1', system: 'tryton', error: null }), 5000)
    const [draft] = await rpc<number[]>('model.sale.sale.search', [['state', '=', 'draft']], 0, 1, null, {})
    await rpc('model.sale.sale.quote', [draft], { company: 1 })
    const answer = await ask('e0001', '{ partnerSales(search: "PO-79") { nodes { state } } }')
    expect(answer.data).toEqual({ partnerSales: { nodes: [{ state: 'QUOTATION' }] } })
    const rows = await ask('e0001', '{ kpiRows(kpi: "quotations-abroad") { totalCount rows } }')
    expect(rows.data?.kpiRows).toMatchObject({
      totalCount: 2,
      rows: [
        ['PO-79', '槟城齿轮贸易', '2026-11-12', '1250.50'],
        ['PO-78', 'Fjord Maskin AS', '2026-11-03', '5780.00'],
      ],
    })
  })

  async function widgetsOf(person: string): Promise<WidgetManifest[]> {
    return part<unknown[]>(await run(person, 'HomeWidgets'), 'widgets').map(readManifest)
  }

  test('its widgets come by configuration alone and show its partners, sales and stock', async () => {
    const shown: Record<string, { total: number | undefined; zh: string; en: string }> = {}
    for (const manifest of await widgetsOf('e0001')) {
      const answer = await run('e0001', manifest.operation)
      expect(answer.errors).toBeUndefined()
      const render = (locale: 'zh-CN' | 'en') =>
        renderToStaticMarkup(
          createElement(DeclarativeContent, {
            manifest,
            data: answer.data,
            locale,
            now: Date.now(),
            onAction: () => {},
          }),
        )
      shown[manifest.id] = { total: totalOf(manifest, answer.data), zh: render('zh-CN'), en: render('en') }
    }
    expect(Object.keys(shown)).toEqual(['partners-abroad', 'sales-abroad', 'stock-abroad'])
    const { 'partners-abroad': partner, 'sales-abroad': sale, 'stock-abroad': stock } = shown
    expect([partner?.total, sale?.total, stock?.total]).toEqual([5, 3, 3])
    for (const { name, city, code } of partners)
      for (const text of [name, city, code]) expect(partner?.zh).toContain(text)
    for (const { reference } of sales) expect(sale?.en).toContain(reference)
    expect(sale?.zh).toMatch(/已确认|完成/)
    expect(sale?.en).toContain('€5,780')
    for (const { name, stock: quantity } of products) {
      expect(stock?.en).toContain(name)
      expect(stock?.en).toContain(`>${quantity}<`)
    }
  })

  test('its widgets are not sent to who may read nothing of it', async () => {
    expect((await widgetsOf('e0007')).map(one => one.id)).toContain('sales-abroad')
    expect(await widgetsOf('e0021')).toEqual([])
  })

  test('who may not read it is refused, and who may see an address only masked sees it masked', async () => {
    const refused = await ask('e0021', '{ partners { totalCount } }')
    expect(refused.data?.partners ?? null).toBeNull()
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    const emailFor = async (person: string) => {
      const answer = await ask(person, '{ partners(search: "Fjord") { nodes { email } } }')
      return part<{ nodes: { email: string }[] }>(answer, 'partners').nodes[0]?.email
    }
    expect(await emailFor('e0007')).toBe('innkjop@fjord.example')
    expect(await emailFor('e0001')).not.toBe('innkjop@fjord.example')
    expect(await emailFor('e0001')).toContain('*')
  })

  test('a session that ended is opened anew', async () => {
    const store = new DatabaseSync(join(folder, 'erp.sqlite'))
    expect(store.prepare('delete from ir_session').run().changes).toBeGreaterThan(0)
    store.close()
    const answer = await ask('e0001', '{ partners { totalCount } }')
    expect(answer.errors).toBeUndefined()
    expect(answer.data).toEqual({ partners: { totalCount: 5 } })
  })

  test('with Tryton stopped its part is missing and says why; the rest of the answer comes', async () => {
    await tryton.stop()
    const answer = await ask('e0001', '{ me { id } partners { totalCount } }')
    expect(answer.data).toEqual({ me: { id: 'e0001' }, partners: null })
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      system: 'tryton',
      code: 'UPSTREAM_UNAVAILABLE',
      retryable: true,
    })
  })
})
