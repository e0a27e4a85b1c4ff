import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openapiDocument } from './openapi.ts'
import { type Answer, startTestCrm, type TestCrm } from './testing/crm.ts'

let crm: TestCrm
beforeAll(async () => {
  crm = await startTestCrm()
  crm.give('U-1000', 'Manager')
  crm.give('U-1002', 'Rep')
  crm.give('U-1003', 'ReadOnly')
  crm.give('U-0001', 'Admin')
})
afterAll(() => crm.stop())

type Operation = {
  operationId: string
  parameters?: { name: string; in: string }[]
  responses: Record<string, { content: Record<string, { schema: object }> }>
}
const document = openapiDocument('http://crm.example')
const operations = Object.values(document.paths).flatMap(item =>
  Object.entries(item)
    .filter(([method]) => method !== 'parameters')
    .map(([, operation]) => operation as Operation),
)

const ajv = new Ajv2020({ strict: false, allErrors: true })
// ajv-formats is CommonJS: its function is the default of the default
;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
ajv.addSchema({ $id: 'crm', components: document.components })

/** The answer must be one the operation declares, in the form it declares. */
function conforms(operationId: string, { status, type, body }: Answer) {
  const declared = operations.find(operation => operation.operationId === operationId)?.responses[status]
  expect(declared, `${operationId} declares ${status}`).toBeDefined()
  const [mediaType, { schema }] = Object.entries(declared!.content)[0]!
  expect(type).toContain(mediaType)
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"crm#/')))
  expect(validate(body), `${operationId}: ${ajv.errorsText(validate.errors)}`).toBe(true)
}

describe('the CRM’s OpenAPI document', () => {
  it('is served and of version 3.1', async () => {
    const served = (await (await fetch(`${crm.url}/openapi.json`)).json()) as {
      openapi: string
      servers: { url: string }[]
      paths: object
    }
    expect(served.openapi).toBe('3.1.0')
    expect(served.servers[0]!.url).toBe(`${crm.url}/api/v1`)
    expect(served.paths).toEqual(JSON.parse(JSON.stringify(document.paths)))
  })

  it('holds against real answers of every reading operation, for every kind of reader', async () => {
    const reads: [string, string][] = [
      ['listCustomers', '/customers?limit=200'],
      ['listCustomers', '/customers?limit=200&offset=200&sort=-createdAt&createdFrom=2025-01-01'],
      ['getCustomer', '/customers/C00017'],
      ['listContacts', '/contacts?customerNo=C00001,C00002,C00017&limit=200'],
      ...[0, 200, 400, 600, 800, 1000].map((offset): [string, string] => [
        'listOpportunities',
        `/opportunities?limit=200&offset=${offset}`,
      ]),
      ['listFollowUps', '/followups?limit=200&sort=-dueAt'],
      ['listFollowUps', '/followups?limit=200&status=PLANNED'],
      ['reportPipeline', '/reports/pipeline'],
      ['reportNewCustomers', '/reports/new-customers?from=2026-01-01&to=2026-11-20&groupBy=month'],
      ['reportFollowUpConversion', '/reports/followup-conversion'],
      ['getMe', '/users/me'],
    ]
    for (const who of ['U-1000', 'U-1003', `Bearer ${await crm.issuer.service('crm', 'gateway', 'service')}`])
      for (const [operationId, path] of reads) {
        const answer = await crm.call(who, 'GET', path)
        expect(answer.status, path).toBe(200)
        conforms(operationId, answer)
      }
  })

  it('holds against real answers of every writing operation', async () => {
    conforms(
      'createCustomer',
      await crm.call('U-1000', 'POST', '/customers', { name: '苏州新客户有限公司', ownerId: 'U-1002' }),
    )
    conforms('updateCustomer', await crm.call('U-1000', 'PATCH', '/customers/C00003', { level: 'A' }))
    conforms(
      'updateOpportunity',
      await crm.call('U-1000', 'PATCH', '/opportunities/OP-01200', { stage: 'QUOTED', amount: '120000.5' }),
    )
    conforms(
      'createFollowUp',
      await crm.call('U-1000', 'POST', '/followups', {
        customerNo: 'C00003',
        content: '电话沟通',
        nextAt: '2099-01-01T10:00:00+08:00',
      }),
    )
    const planned = (await crm.call('U-1000', 'GET', '/followups?status=PLANNED&limit=1')).body.items[0].followUpId
    conforms(
      'completeFollowUp',
      await crm.call('U-1000', 'POST', `/followups/${planned}/completion`, { result: '已约见', converted: true }),
    )
    conforms(
      'completeFollowUp',
      await crm.call('U-1000', 'POST', `/followups/${planned}/completion`, { result: '再来一次' }),
    )
    conforms('setUserRoles', await crm.call('U-0001', 'PUT', '/users/U-1005/roles', { roles: ['Rep'] }))
  })

  it('declares the refusals, too', async () => {
    conforms('listCustomers', await crm.call(null, 'GET', '/customers'))
    conforms('listCustomers', await crm.call('U-1004', 'GET', '/customers'))
    conforms('listCustomers', await crm.call('U-1000', 'GET', '/customers?limit=1000'))
    conforms('getCustomer', await crm.call('U-1000', 'GET', '/customers/C99999'))
    conforms('updateCustomer', await crm.call('U-1003', 'PATCH', '/customers/C00001', { level: 'A' }))
  })

  it('names each parameter that its lists understand', async () => {
    for (const operation of operations)
      for (const { name, in: place } of operation.parameters ?? []) {
        if (place !== 'query') continue
        const path = Object.entries(document.paths).find(([, item]) =>
          Object.values(item).includes(operation as never),
        )![0]
        const bad = await crm.call(
          'U-1000',
          'GET',
          `${path}?${name}=${name === 'q' ? 'x'.repeat(101) : encodeURIComponent(Array(202).fill('x').join(','))}`,
        )
        expect(bad.status, `${operation.operationId} ${name}`).toBe(400)
        expect(bad.body.errors[0].path, `${operation.operationId} ${name}`).toContain(name)
      }
  })
})
