/** JSON Schemas (draft 2020-12, as OpenAPI 3.1 uses them) of what the CRM answers. Authored by hand, not taken from the code. */

const text = (description: string) => ({ type: 'string', description })
const nullable = (schema: { type: string } & Record<string, unknown>) => ({ ...schema, type: [schema.type, 'null'] })
const moment = (description: string) => ({ type: 'string', format: 'date-time', description })
const day = (description: string) => ({ type: 'string', format: 'date', description })
const count = (description: string) => ({ type: 'integer', minimum: 0, description })
const money = (description: string) => ({ type: 'string', pattern: '^-?\\d+\\.\\d{2}$', description })
const userId = (description: string) => ({ type: 'string', pattern: '^U-\\d{4}$', description })

type Properties = Record<string, object>

/** An object in which every property is present and no other. */
const strict = (properties: Properties, description?: string) => ({
  type: 'object',
  ...(description && { description }),
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
})

const listOf = (name: string) =>
  strict({
    items: { type: 'array', items: { $ref: `#/components/schemas/${name}` } },
    total: count('How many there are on all pages'),
  })

const followUp: Properties = {
  followUpId: text('FU-000001'),
  customerNo: text('The customer’s number'),
  customerName: text('The customer’s name'),
  ownerId: userId('Who does it'),
  dueAt: moment('When it is due, or took place'),
  channel: { type: 'string', enum: ['PHONE', 'VISIT', 'WECHAT', 'EMAIL', 'MEETING'] },
  content: text('What it is about'),
  status: { type: 'string', enum: ['PLANNED', 'DONE'] },
  result: nullable(text('What came of it')),
  converted: { type: 'boolean', description: 'Whether it led to an opportunity or moved one on' },
  opportunityAmount: nullable(money('The largest open opportunity with the customer, in yuan')),
  createdAt: moment('When it was entered'),
}

const report = (properties: Properties) => strict({ asOf: moment('The moment the figures hold for'), ...properties })

export const schemas = {
  Customer: strict({
    customerNo: { type: 'string', pattern: '^C\\d{5}$', description: 'The number all systems of the company share' },
    name: text('Registered name'),
    shortName: text('What people call it'),
    industry: text('Industry, in Chinese'),
    region: text('Province or municipality; may be empty'),
    level: text('A, B or C'),
    phone: nullable(text('Null for those who only read figures')),
    email: nullable(text('Null for those who only read figures')),
    address: nullable(text('Null for those who only read figures')),
    ownerId: userId('Who looks after the customer'),
    ownerDepartment: text('That user’s department'),
    status: { type: 'string', enum: ['ACTIVE', 'PROSPECT', 'DORMANT'] },
    createdAt: moment('When the customer was entered'),
    updatedAt: moment('When the record changed last'),
    lastContactAt: nullable(moment('When somebody last spoke with the customer')),
  }),
  CustomerList: listOf('Customer'),
  Contact: strict({
    contactId: text('CT-00001-1'),
    customerNo: text('The customer’s number'),
    name: text('Name'),
    title: text('Position'),
    mobile: nullable(text('Null for those who only read figures')),
    email: nullable(text('Null for those who only read figures')),
    isPrimary: { type: 'boolean' },
  }),
  ContactList: listOf('Contact'),
  Opportunity: strict({
    oppId: text('OP-00001'),
    customerNo: text('The customer’s number'),
    customerName: text('The customer’s name'),
    title: text('What is to be sold'),
    stage: { type: 'string', enum: ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION', 'WON', 'LOST'] },
    amount: money('Expected amount in `currency`'),
    currency: { type: 'string', enum: ['CNY'] },
    probability: { type: 'integer', description: 'Percent' },
    ownerId: userId('Who works on it'),
    expectedClose: day('When it is expected to be decided'),
    nextStep: text('What is to be done next; may be empty'),
    createdAt: moment('When it was entered'),
    updatedAt: moment('When it changed last'),
  }),
  OpportunityList: listOf('Opportunity'),
  FollowUp: strict(followUp),
  FollowUpList: listOf('FollowUp'),
  FollowUpCreated: strict({
    ...followUp,
    next: {
      oneOf: [{ $ref: '#/components/schemas/FollowUp' }, { type: 'null' }],
      description: 'The one planned after it',
    },
  }),
  PipelineReport: report({
    currency: { type: 'string', enum: ['CNY'] },
    stages: {
      type: 'array',
      description: 'Open opportunities by stage, from LEAD to NEGOTIATION, empty stages included',
      items: strict({
        stage: { type: 'string', enum: ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'] },
        count: count('Opportunities'),
        amount: money('Their sum'),
      }),
    },
  }),
  NewCustomersReport: report({
    total: count('Customers in the whole period'),
    buckets: {
      type: 'array',
      items: strict({ key: { type: 'string', pattern: '^\\d{4}-\\d{2}$' }, count: count('Customers in that month') }),
    },
  }),
  FollowUpConversionReport: report({
    followUps: count('Follow-ups done in the whole period'),
    converted: count('Those that led to an opportunity or moved one on'),
    buckets: {
      type: 'array',
      items: strict({
        key: { type: 'string', pattern: '^\\d{4}-\\d{2}$' },
        followUps: count('Done in that month'),
        converted: count('Of them converted'),
      }),
    },
  }),
  User: strict({
    kind: { type: 'string', enum: ['user', 'service'] },
    userId: text('U-1001, or the client’s id'),
    name: text('Name'),
    department: nullable(text('Department id')),
    roles: { type: 'array', items: { type: 'string', enum: ['Rep', 'TeamLead', 'ReadOnly', 'Manager', 'Admin'] } },
  }),
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    required: ['type', 'title', 'status', 'detail', 'code'],
    properties: {
      type: text('Names the kind of problem'),
      title: text('The code in words'),
      status: { type: 'integer' },
      detail: text('What was wrong and what would be right, in the caller’s language'),
      code: text('Stable name for programs'),
      traceId: text('To find the request in the logs'),
      errors: { type: 'array', items: strict({ path: text('Where'), message: text('What') }) },
    },
  },
}
