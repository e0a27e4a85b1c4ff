import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startOa } from '../testing/oa.ts'

let oa: Awaited<ReturnType<typeof startOa>>

beforeAll(async () => {
  oa = await startOa()
  await oa.grant('lina', ['Staff', 'Approver'])
  await oa.grant('zhangwei', ['Staff'])
})
afterAll(() => oa.stop())

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const envelope = (body: string) =>
  `<s:Envelope xmlns:s="${SOAP}" xmlns:o="urn:huaxin:oa:v1"><s:Body>${body}</s:Body></s:Envelope>`
const post = async (body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${oa.url}/services/oa`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml',
      authorization: `Bearer ${await oa.issuer.service('oa', 'gateway', 'service')}`,
      ...headers,
    },
    body,
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text: await response.text(),
  }
}

describe('the WSDL', () => {
  test('is read by a foreign client without a token, and names every operation and its address', async () => {
    const client = await oa.clientWith('none')
    const { OaService } = client.describe()
    expect(Object.keys(OaService.OaPort).sort()).toEqual([
      'CompleteTask',
      'DecideApproval',
      'GetApproval',
      'GetStatistics',
      'ListAnnouncements',
      'ListApprovals',
      'ListChanges',
      'ListClaims',
      'ListContracts',
      'ListTasks',
      'ListUsers',
      'SaveUser',
      'SubmitApproval',
    ])
    const wsdl = await (await fetch(`${oa.url}/services/oa?wsdl`)).text()
    expect(wsdl).toContain(`location="${oa.url}/services/oa"`)
  })
})

describe('a message that is no request of ours is answered by a SOAP Fault', () => {
  test.each([
    ['no XML', 'hello', {}, 500, 'oa:BadMessage'],
    ['nothing', '', {}, 500, 'oa:BadMessage'],
    ['no envelope', '<a><b/></a>', {}, 500, 'oa:BadMessage'],
    ['an empty body', envelope(''), {}, 500, 'oa:BadMessage'],
    ['an unknown operation', envelope('<o:DropEverything/>'), {}, 500, 'oa:UnknownOperation'],
    ['an operation from Object.prototype', envelope('<o:constructor/>'), {}, 500, 'oa:UnknownOperation'],
    [
      'another operation in SOAPAction',
      envelope('<o:ListTasks/>'),
      { soapaction: '"urn:huaxin:oa:v1/DecideApproval"' },
      500,
      'oa:BadMessage',
    ],
    [
      'entities that explode',
      `<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]>${envelope('<o:ListTasks/>')}`,
      {},
      500,
      'oa:BadMessage',
    ],
    [
      'an entity from a file',
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${envelope('<o:GetApproval><o:approvalId>&x;</o:approvalId></o:GetApproval>')}`,
      {},
      500,
      'oa:BadMessage',
    ],
    ['a number that is none', envelope('<o:ListTasks><o:limit>ten</o:limit></o:ListTasks>'), {}, 500, 'oa:BadInput'],
    ['too much', envelope(`<o:ListTasks>${' '.repeat(1_100_000)}</o:ListTasks>`), {}, 413, 'oa:BadMessage'],
    ['another media type', '{}', { 'content-type': 'application/json' }, 415, 'oa:BadMessage'],
    ['no token', envelope('<o:ListTasks/>'), { authorization: '' }, 401, 'oa:Unauthenticated'],
    ['a token that is none', envelope('<o:ListTasks/>'), { authorization: 'Bearer abc' }, 401, 'oa:Unauthenticated'],
  ])('%s', async (_what, body, headers, status, code) => {
    const answer = await post(body, headers)
    expect(answer).toMatchObject({ status, type: expect.stringContaining('text/xml') })
    expect(answer.text).toContain(`<faultcode>soap:Client</faultcode>`)
    expect(answer.text).toContain(`code>${code}</`)
    expect(answer.text).not.toMatch(/\.ts:\d|node_modules|TypeError/)
  })

  test('XML that breaks off behind its operation', async () => {
    const answer = await post(
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><o:ListTasks xmlns:o="urn:huaxin:oa:v1"><o:state>OPEN',
    )
    expect(answer.status).toBe(500)
    expect(answer.text).toContain('Fault>')
    expect(answer.text).not.toMatch(/\.js:\d|node_modules/)
  })

  test('and the OA goes on', async () => {
    expect((await oa.service('ListUsers', { userIds: ['lina'] })).users[0]).toMatchObject({
      userId: 'lina',
      roles: ['Staff', 'Approver'],
    })
  })
})

describe('a caller', () => {
  test('with a token for another system is refused with 401', async () => {
    const answer = await post(envelope('<o:ListTasks/>'), {
      authorization: `Bearer ${await oa.issuer.user('erp', 'lina')}`,
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  test('whose account is not active here is refused, whatever the token says', async () => {
    const [user] = (await oa.service('ListUsers', { userIds: ['chenjie'] })).users
    await oa.service('SaveUser', { ...user, roles: ['Staff'], active: false })
    const chenjie = await oa.as('chenjie')
    expect(await chenjie('ListTasks')).toMatchObject({ fault: 'oa:NoAccount' })
    expect(await (await oa.as('nobody'))('ListTasks')).toMatchObject({ fault: 'oa:NoAccount' })
  })

  test('who is a person may neither poll changes nor write users', async () => {
    const lina = await oa.as('lina')
    expect(await lina('ListChanges', { limit: 10 })).toMatchObject({ fault: 'oa:Forbidden' })
    expect(await lina('ListUsers')).toMatchObject({ fault: 'oa:Forbidden' })
    const user = {
      userId: 'lina',
      externalId: 'e0007',
      name: '李娜',
      department: 'sales',
      roles: ['Admin'],
      active: true,
    }
    expect(await lina('SaveUser', user)).toMatchObject({ fault: 'oa:Forbidden' })
    expect(await (await oa.asClient('crm', 'service'))('SaveUser', user)).toMatchObject({ fault: 'oa:Forbidden' })
  })

  test('who provisions writes a user whole, and not with a role that is none', async () => {
    const idp = await oa.asClient('idp', 'scim')
    const user = {
      userId: 'xin.ren',
      externalId: 'e0999',
      name: '新人',
      department: 'it',
      departmentPath: ['hx', 'it'],
      managerId: 'lina',
      roles: ['Staff'],
      active: true,
    }
    expect(await idp('SaveUser', user)).toEqual(user)
    expect(await idp('SaveUser', { ...user, roles: ['Emperor'] })).toMatchObject({ fault: 'oa:BadInput' })
    expect((await oa.service('ListUsers', { userIds: ['xin.ren'] })).users).toEqual([user])
  })
})

describe('faults that a test asks for', () => {
  const tasks = async () => (await oa.service('ListTasks', { limit: 5 })).tasks.map((task: Answer) => task.taskId)

  test('reorder, lose and repeat rows', async () => {
    const true_ = await tasks()
    expect(true_).toHaveLength(5)
    await oa.faults(['shuffle', 'drop', 'duplicate'].map(mode => ({ match: '^ListTasks$', mode, times: 1 })))
    expect(await tasks()).toEqual(true_.toReversed())
    expect(await tasks()).toEqual(true_.slice(1))
    expect(await tasks()).toEqual([true_[0], ...true_])
    expect(await tasks()).toEqual(true_)
  })

  test('answer with HTML, with broken XML, with an inner error, with a bare status', async () => {
    await oa.faults([
      { match: 'ListTasks', mode: 'html', times: 1 },
      { match: 'ListTasks', mode: 'badJson', times: 1 },
      { match: 'ListTasks', mode: 'fault', times: 1 },
      { match: 'ListTasks', mode: 'status', status: 503, times: 1 },
    ])
    expect(await post(envelope('<o:ListTasks/>'))).toMatchObject({
      status: 200,
      type: expect.stringContaining('text/html'),
    })
    expect((await post(envelope('<o:ListTasks/>'))).text).not.toContain('</soap:Envelope>')
    expect((await post(envelope('<o:ListTasks/>'))).text).toContain('<faultcode>soap:Server</faultcode>')
    expect((await post(envelope('<o:ListTasks/>'))).status).toBe(503)
    expect((await post(envelope('<o:ListTasks/>'))).status).toBe(200)
  })

  test('a decision can be recorded and its answer come too late', async () => {
    const zhangwei = await oa.as('zhangwei')
    const { approvalId } = await zhangwei('SubmitApproval', {
      kind: 'SEAL',
      title: '用印',
      summary: '投标',
      assigneeId: 'lina',
    })
    await oa.faults([{ match: 'DecideApproval', mode: 'delayAfter', ms: 1500, times: 1 }])
    const message = envelope(
      `<o:DecideApproval><o:approvalId>${approvalId}</o:approvalId><o:action>APPROVE</o:action></o:DecideApproval>`,
    )
    const late = fetch(`${oa.url}/services/oa`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml', authorization: `Bearer ${await oa.issuer.user('oa', 'lina')}` },
      body: message,
      signal: AbortSignal.timeout(400),
    })
    await expect(late).rejects.toThrow()
    expect(await zhangwei('GetApproval', { approvalId })).toMatchObject({ state: 'APPROVED', decidedBy: 'lina' })
  })

  test('a call can hang until the caller gives up', async () => {
    await oa.faults([{ match: 'ListTasks', mode: 'hang', times: 1 }])
    const hanging = fetch(`${oa.url}/services/oa`, {
      method: 'POST',
      headers: {
        'content-type': 'text/xml',
        authorization: `Bearer ${await oa.issuer.service('oa', 'gateway', 'service')}`,
      },
      body: envelope('<o:ListTasks/>'),
      signal: AbortSignal.timeout(400),
    })
    await expect(hanging).rejects.toThrow()
    expect((await post(envelope('<o:ListTasks/>'))).status).toBe(200)
  })
})
