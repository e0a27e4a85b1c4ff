import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectedGateway } from '../gateway.fixture.ts'
import type { Kingdee } from './kingdee.ts'
import { application, connectTo, queryDirectly, startSeededKingdee } from './world.fixture.ts'

describe('a Kingdee that answers wrongly', () => {
  let kingdee: Kingdee
  let gateway: ConnectedGateway
  beforeAll(async () => {
    kingdee = await startSeededKingdee()
    // So many faults in a row would open the circuit breaker, and it would be the breaker that is tested.
    gateway = await connectTo(kingdee, {}, { limits: { breaker: { requestThreshold: 1000 } } })
  })
  afterEach(() => {
    kingdee.meddle = undefined
    kingdee.instead = undefined
  })
  afterAll(async () => {
    await gateway?.stop()
    await kingdee?.stop()
  })

  test('a dirty answer costs the dirty values only', async () => {
    kingdee.meddle = (form, rows) => {
      if (form !== 'SAL_SaleOrder') return rows
      const [first = [], ...rest] = rows
      const [, , second = []] = rows
      const spoilt = second.map(value =>
        typeof value === 'object' || /^\d{4}-/.test(String(value)) ? '2026-02-30T00:00:00' : value,
      )
      return [null, 'nonsense', {}, [], first.slice(1), [...first, 'one more'], ...rest.slice(0, 1), spoilt, rest[0]]
    }
    const { data, errors, extensions } = await gateway.ask(
      'boss',
      '{ orders { nodes { number orderDate netAmount customerName } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.orders.nodes).toEqual([
      { number: 'XSDD0005', orderDate: '2026-03-06', netAmount: '1000.1', customerName: '北京远航' },
      { number: 'XSDD0002', orderDate: null, netAmount: null, customerName: '北京远航' },
    ])
    expect(JSON.stringify(extensions)).toContain('no record')
    expect(JSON.stringify(extensions)).toContain('the same record twice')
  })

  test('rows in another order, missing and unasked ones never end up at another key', async () => {
    kingdee.meddle = (form, rows) =>
      form !== 'BD_Customer'
        ? rows
        : [...rows.slice(1).reverse(), rows[0]?.map(value => (value === 'C001' ? 'C999' : value))]
    const { data } = await gateway.ask('boss', '{ orders { nodes { number customer { code name } } } }')
    const names = Object.fromEntries(
      data.orders.nodes.map((one: { number: string; customer: { name: string | null } }) => [
        one.number,
        one.customer.name,
      ]),
    )
    expect(names).toEqual({ XSDD0001: null, XSDD0002: null, XSDD0004: '50%_折扣[店]', XSDD0005: null, XSDD0006: null })
  })

  test.each([
    ['a page of HTML', { status: 200, type: 'text/html', body: '<html>系统维护</html>' }],
    ['half a document', { status: 200, type: 'application/json', body: '[["C001","北' }],
    ['an object', { status: 200, type: 'application/json', body: '{"rows":[]}' }],
    ['nothing', { status: 200, type: 'application/json', body: '' }],
    ['a failure of the server', { status: 502, type: 'text/html', body: 'Bad Gateway' }],
    [
      'the refusal of a gateway',
      { status: 519, type: 'application/json', body: '{"errcode":5001,"description_cn":"网关"}' },
    ],
    [
      'an exception',
      {
        status: 200,
        type: 'text/plain',
        body: 'response_error:{"Message":"未将对象引用设置到对象的实例","InnerExWrapper":null}',
      },
    ],
  ])('%s is an error with a code, and its words stay inside', async (_, instead) => {
    kingdee.instead = instead
    const { data, errors } = await gateway.ask('boss', '{ stock { nodes { id } } me { id } }')
    expect(data.stock).toBeNull()
    expect(data.me.id).toBe('boss')
    expect(errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_(BAD_ANSWER|UNAVAILABLE)$/)
    expect(JSON.stringify(errors)).not.toMatch(/维护|Bad Gateway|网关|对象/)
  })

  test('an error inside the only row of a success is no row', async () => {
    const status = (IsSuccess: unknown, MsgCode: number) => ({
      Result: { ResponseStatus: { ErrorCode: 500, IsSuccess, MsgCode, Errors: [{ Message: '库存表已损坏' }] } },
    })
    for (const told of [[[status(false, 6)]], [[status('false', 0)]], status(false, 4)]) {
      kingdee.instead = { status: 200, type: 'application/json', body: JSON.stringify(told) }
      const { data, errors } = await gateway.ask('boss', '{ stock { nodes { id } } }')
      expect(data.stock).toBeNull()
      expect(errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_/)
      expect(JSON.stringify(errors)).not.toContain('损坏')
    }
  })

  test('told that it asks too often, the gateway asks once more', async () => {
    kingdee.busy = 1
    const { data, errors } = await gateway.ask('boss', '{ stock { nodes { id } } }')
    expect(errors).toBeUndefined()
    expect(data.stock.nodes).toHaveLength(2)
    expect(kingdee.busy).toBe(0)
  })

  test('a write whose answer is lost is not sent twice', async () => {
    kingdee.asked.length = 0
    kingdee.meddle = (_form, rows) => {
      kingdee.instead = { status: 502, type: 'text/html', body: 'Bad Gateway' }
      return rows
    }
    const { errors } = await gateway.ask('boss', 'mutation { submitKingdeeOrder(number: "XSDD0006") { number } }')
    expect(errors?.[0]?.extensions.code).toBe('UPSTREAM_UNAVAILABLE')
    expect(kingdee.asked).toEqual(['ExecuteBillQuery', 'Submit'])
  })
})

describe('what can be wrong with a Kingdee', () => {
  let kingdee: Kingdee
  beforeAll(async () => {
    kingdee = await startSeededKingdee()
  })
  afterAll(() => kingdee.stop())

  test.each([
    ['a wrong secret', { appSecret: 'wrong' }],
    ['an application without its second part', { appId: '229015' }],
    ['another data centre', { acctId: 'other' }],
    ['a user who is not there', { user: '无此人' }],
  ])('%s is a refusal of the sign-in, and no secret is in the answer', async (_, settings) => {
    const refused = await queryDirectly(kingdee, settings)
    expect(refused).toMatchObject({ code: 'UPSTREAM_UNAUTHENTICATED', system: 'kingdee', outcome: 'refused' })
    expect(String(refused)).not.toMatch(/ecret|229015/)
    expect(await queryDirectly(kingdee, {})).toEqual([['CNY']])
  })

  test('a field that is not there is refused in its form alone, and another can be named; without an organisation twins are told', async () => {
    const entities = {
      Invoice: { fields: { grossAmount: 'F_GONE' } },
      StockLevel: { fields: { quantity: 'FBaseQty' } },
    }
    const gateway = await connectTo(kingdee, { organization: '' }, { entities })
    try {
      const { data, errors, extensions } = await gateway.ask(
        'boss',
        '{ invoices { totalCount } stock { nodes { quantity } } customers(codes: ["C001"]) { nodes { code } } orders { totalCount } }',
      )
      expect(data.invoices).toBeNull()
      expect(errors?.map(one => one.extensions.code)).toEqual(['UPSTREAM_REFUSED'])
      expect(JSON.stringify(errors)).not.toContain('F_GONE')
      expect(data.stock.nodes).toEqual([{ quantity: '40.5' }, { quantity: '0' }])
      // A customer that two organisations share is there twice.
      expect(data.customers.nodes).toEqual([{ code: 'C001' }])
      expect(JSON.stringify(extensions)).toContain('the same record twice')
      expect(data.orders.totalCount).toBe(6)
    } finally {
      await gateway.stop()
    }
  })

  describe('signed in by session', () => {
    const authentication = {
      kind: 'session',
      login: { operation: 'login', input: {} },
      header: {
        name: 'cookie',
        value: "result.IsSuccessByAPI or result.LoginResultType = 1 ? 'kdservice-sessionid=' & result.KDSVCSessionId",
      },
    }
    const logins = () => kingdee.calls.filter(call => call.method === 'LoginByAppSecret')

    test('one session serves all, one that was lost is opened again unnoticed, and nothing is written by it', async () => {
      const gateway = await connectTo(kingdee, {}, { authentication })
      kingdee.calls.length = 0
      kingdee.endSessions()
      try {
        const query = '{ stock { nodes { id } } customers(first: 1) { nodes { code } } }'
        const first = await gateway.ask('boss', query)
        expect(first.errors).toBeUndefined()
        const opened = logins().length
        expect(opened).toBeGreaterThan(0)
        await gateway.ask('boss', query)
        expect(logins()).toHaveLength(opened)
        kingdee.endSessions()
        expect((await gateway.ask('boss', '{ stock { nodes { id } } }')).data.stock.nodes).toHaveLength(2)
        expect(logins().length).toBeGreaterThan(opened)
        const { errors } = await gateway.ask('boss', 'mutation { submitKingdeeOrder(number: "XSDD0006") { number } }')
        expect(errors?.[0]?.extensions.code).toBe('UPSTREAM_REFUSED')
        expect(kingdee.store.find('SAL_SaleOrder', 'XSDD0006')?.head.FDocumentStatus).toBe('A')
      } finally {
        await gateway.stop()
      }
    })

    test('a wrong secret opens none', async () => {
      const refused = await queryDirectly(kingdee, { appSecret: 'wrong' }, { authentication })
      expect(refused).toMatchObject({ code: 'UPSTREAM_UNAUTHENTICATED' })
      expect(String(refused)).not.toContain(application.appId)
    })
  })
})
