import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startErp } from '../testing/erp.ts'

let erp: Awaited<ReturnType<typeof startErp>>
let accountant: Awaited<ReturnType<typeof erp.as>>

beforeAll(async () => {
  erp = await startErp()
  accountant = await erp.as('00021', ['Accountant'])
})
afterAll(() => erp.stop())

const filter = (text: string) => `SalesOrders?$filter=${encodeURIComponent(text)}`
const apply = (text: string) => `SalesOrders?$apply=${encodeURIComponent(text)}`

describe('a request that cannot be answered gets an OData error body', () => {
  test.each([
    ['SQL after a quote', filter("Status eq 'A' OR 1=1 --"), 400],
    ['SQL instead of a property', filter('1=1; DROP TABLE sales_order'), 400],
    ['a column of the table that is no property', filter("sales_order eq 'x'"), 400],
    ['a quote that stays open', filter("Status eq 'A"), 400],
    ['an unknown property', filter("Nonsense eq 'A'"), 400],
    ['a property of Object.prototype', filter("constructor eq 'A'"), 400],
    ['a function from Object.prototype', filter("toString(Status) eq 'A'"), 400],
    ['an unknown function', filter("evil(Status) eq 'A'"), 400],
    ['a function that OData has and we do not', filter("indexof(PartnerName,'x') eq 1"), 501],
    ['arithmetic', filter('NetAmount add 1 gt 5'), 501],
    ['a lambda', filter('Items/any(i:i/Quantity gt 1)'), 501],
    ['a path through a collection', filter('Items/Quantity gt 1'), 501],
    ['a text against a number', filter("NetAmount gt 'x'"), 400],
    ['a number against a text', filter('Status eq 5'), 400],
    ['a quoted date', filter("OrderDate ge '2026-01-01'"), 400],
    ['a day that does not exist', filter('OrderDate ge 2026-02-30'), 400],
    ['a condition that is none', filter('Status'), 400],
    ['deep nesting', filter(`${'('.repeat(60)}NetAmount gt 1${')'.repeat(60)}`), 400],
    ['deep nesting by not', filter(`${'not '.repeat(60)}NetAmount gt 1`), 400],
    ['a thousand comparisons', filter(Array.from({ length: 600 }, () => 'Item eq 1').join(' or ')), 400],
    ['an expression of 20,000 characters', `SalesOrders/$query`, 400],
    ['a number beyond all measure', filter(`NetAmount gt 1e999`), 400],
    ['an unknown option', 'SalesOrders?$filtr=Status', 400],
    ['an option given twice', 'SalesOrders?$top=1&$top=2', 400],
    ['an option that OData has and we do not', 'SalesOrders?$search=x', 501],
    ['broken percent-encoding', 'SalesOrders?$filter=%E4%A', 400],
    ['a negative $top', 'SalesOrders?$top=-1', 400],
    ['a $skiptoken made up', 'SalesOrders?$skiptoken=abc', 400],
    [
      'a $skiptoken with an object',
      `SalesOrders?$skiptoken=${Buffer.from('[[{"a":1}],null]').toString('base64url')}`,
      400,
    ],
    ['an unknown navigation', 'SalesOrders?$expand=Nonsense', 400],
    ['two levels of $expand', 'SalesOrders?$expand=Partner($expand=Invoices)', 501],
    ['an open parenthesis in $expand', 'SalesOrders?$expand=Items($top=1', 400],
    ['an unknown property in $select', 'SalesOrders?$select=Nonsense', 400],
    ['an unknown property in $orderby', 'SalesOrders?$orderby=Nonsense', 400],
    ['SQL in $orderby', 'SalesOrders?$orderby=NetAmount;DROP', 400],
    ['an unknown transformation', apply('evil(1)'), 400],
    ['a transformation that OData has and we do not', apply('topcount(5,NetAmount)'), 501],
    ['an alias with SQL', apply('aggregate(NetAmount with sum as "x")'), 400],
    ['an alias that is a property', apply('aggregate(NetAmount with sum as NetAmount)'), 400],
    ['a sum over texts', apply('aggregate(Status with sum as S)'), 400],
    ['an unknown method', apply('aggregate(NetAmount with evil as S)'), 501],
    ['an unknown entity set', 'Nonsense', 404],
    ['an unknown key', "SalesOrders('none')", 404],
    ['a key with SQL', "SalesOrders('x'' OR ''1''=''1')", 404],
    ['half a key', "StockLevels(Product='HX-B107')", 400],
    ['a format that is no JSON', 'SalesOrders?$format=xml', 406],
  ])('%s', async (what, path, status) => {
    const long = what.startsWith('an expression of')
    const answer = long
      ? await accountant.post(path, `$filter=${'x'.repeat(20_000)}`, { 'content-type': 'text/plain' })
      : await accountant.get(path)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({
      error: expect.objectContaining({ code: expect.any(String), message: expect.stringMatching(/\S/) }),
    })
    expect(JSON.stringify(answer.body)).not.toMatch(/sqlite|SELECT |\.ts:/)
  })

  test('and the store is as it was', async () => {
    const { body } = await accountant.get('SalesOrders/$count')
    expect(Number(body)).toBe(erp.company.erp.orders.length)
  })

  test('values with wildcards, quotes and percent signs are taken literally', async () => {
    for (const value of ["%' OR 1=1", '_', '%', "''"]) {
      const { status, body } = await accountant.get(filter(`contains(PartnerName,'${value.replaceAll("'", "''")}')`))
      expect({ status, rows: body.value }).toEqual({ status: 200, rows: [] })
    }
  })
})

describe('a caller without a good token is refused', () => {
  const person = { sub: 'e0021', aud: 'urn:atrium:system:erp', native_id: '00021' }

  test.each([
    ['none', () => Promise.resolve('')],
    ['one for another system', () => erp.issuer.user('crm', '00021')],
    ['one that has expired', () => erp.issuer.sign(person, { exp: 1_600_000_000 })],
    ['one signed by somebody else', () => erp.issuer.sign(person, { forged: true })],
    ['one of another issuer', () => erp.issuer.sign({ ...person, iss: 'http://localhost:9/realms/atrium' })],
    ['one for no account here', () => erp.issuer.sign({ sub: 'e0021', aud: 'urn:atrium:system:erp' })],
  ])('%s', async (_what, token) => {
    const answer = await fetch(`${erp.root}/SalesOrders`, { headers: { authorization: `Bearer ${await token()}` } })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await answer.json()).toMatchObject({ error: { code: expect.any(String) } })
  })

  test('a user unknown or inactive here has no access, whatever the token says', async () => {
    const token = await erp.issuer.user('erp', '99999')
    const answer = await fetch(`${erp.root}/SalesOrders`, { headers: { authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(403)
    const once = await erp.as('00018', ['SalesViewer'])
    expect((await once.get('SalesOrders?$top=1')).status).toBe(200)
    await erp.service.patch("Users('00018')", { Active: false })
    expect((await once.get('SalesOrders?$top=1')).status).toBe(403)
  })
})

describe('a body that cannot be taken', () => {
  test.each([
    ['broken JSON', '{"Invoice":', { 'content-type': 'application/json' }, 400],
    ['a list', '[]', { 'content-type': 'application/json' }, 400],
    ['another media type', '<x/>', { 'content-type': 'application/xml' }, 415],
    [
      'an unknown property',
      '{"Invoice":"INV-2026-0001","Amount":1,"Evil":1}',
      { 'content-type': 'application/json' },
      400,
    ],
    ['a missing property', '{"Amount":1}', { 'content-type': 'application/json' }, 400],
    ['a wrong type', '{"Invoice":"INV-2026-0001","Amount":"viel"}', { 'content-type': 'application/json' }, 400],
    ['too many decimals', '{"Invoice":"INV-2026-0001","Amount":1.005}', { 'content-type': 'application/json' }, 400],
    [
      'too much',
      JSON.stringify({ Invoice: 'x'.repeat(2_100_000), Amount: 1 }),
      { 'content-type': 'application/json' },
      413,
    ],
  ])('%s is refused and changes nothing', async (_what, body, headers, status) => {
    const count = async () => (await accountant.get('Payments/$count')).body
    const before = await count()
    expect((await accountant.post('Payments', body, headers)).status).toBe(status)
    expect(await count()).toBe(before)
    expect(erp.events).toEqual([])
  })
})
