import { schemas } from './openapi-schemas.ts'

type Parameter = { name: string; in: 'query' | 'path'; required?: boolean; description: string; schema: object }

const ref = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` })
const query = (name: string, description: string, schema: object = { type: 'string' }): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
})
const path = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

const customerNos = query('customerNo', 'Customer numbers, separated by commas, at most 200')
const owner = query('owner', 'User ids of owners, separated by commas, at most 200')
const paging = [
  query('offset', 'How many to leave out', { type: 'integer', minimum: 0, default: 0 }),
  query('limit', 'How many at most', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
]
const sort = (fields: string, fallback: string) =>
  query('sort', `One of ${fields}; with - before it, descending`, { type: 'string', default: fallback })
const period = [
  query('from', 'First day; eleven months before the present one unless given', { type: 'string', format: 'date' }),
  query('to', 'Last day; today unless given', { type: 'string', format: 'date' }),
  query('groupBy', 'The only grouping there is', { type: 'string', enum: ['month'], default: 'month' }),
  owner,
]

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
})
const refusals = {
  400: problem('A parameter or the body has faults'),
  401: problem('No valid access token'),
  403: problem('The account or its roles do not allow it'),
  503: problem('The issuer’s keys cannot be had'),
}
const ok = (name: keyof typeof schemas, status = 200, description = 'The answer') => ({
  [status]: { description, content: { 'application/json': { schema: ref(name) } } },
  ...refusals,
})
const missing = { 404: problem('There is none that the caller may see') }
const body = (properties: Record<string, object>, required: string[] = []) => ({
  required: true,
  content: { 'application/json': { schema: { type: 'object', additionalProperties: false, properties, required } } },
})

const string = { type: 'string' }
const customerProperties = {
  name: { type: 'string', minLength: 2, maxLength: 100 },
  shortName: string,
  industry: string,
  region: string,
  level: { type: 'string', enum: ['A', 'B', 'C'] },
  phone: string,
  email: { type: 'string', format: 'email' },
  address: string,
  status: { type: 'string', enum: ['ACTIVE', 'PROSPECT', 'DORMANT'] },
  ownerId: string,
}

/** The CRM's description of itself (OpenAPI 3.1), which integrations are built on. */
export const openapiDocument = (publicUrl: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Huaxin CRM',
    version: '1.0.0',
    description:
      'Customers, contacts, opportunities and follow-ups. Whose records a user sees and changes follows from the roles the user has in the CRM at that moment.',
  },
  servers: [{ url: `${publicUrl}/api/v1` }],
  security: [{ bearer: [] }],
  paths: {
    '/customers': {
      get: {
        operationId: 'listCustomers',
        summary: 'Customers',
        parameters: [
          customerNos,
          owner,
          query('q', 'Part of the name or number'),
          query('status', 'ACTIVE, PROSPECT, DORMANT, separated by commas'),
          query('createdFrom', 'Entered at this moment or later; a day means its beginning'),
          query('createdTo', 'Entered before this moment; a day means its beginning'),
          ...paging,
          sort('customerNo, name, createdAt, updatedAt, lastContactAt, level', 'customerNo'),
        ],
        responses: ok('CustomerList'),
      },
      post: {
        operationId: 'createCustomer',
        summary: 'Enters a customer',
        requestBody: body(customerProperties, ['name']),
        responses: ok('Customer', 201, 'Entered'),
      },
    },
    '/customers/{customerNo}': {
      parameters: [path('customerNo', 'The customer’s number')],
      get: { operationId: 'getCustomer', summary: 'One customer', responses: { ...ok('Customer'), ...missing } },
      patch: {
        operationId: 'updateCustomer',
        summary: 'Changes a customer',
        requestBody: body(customerProperties),
        responses: { ...ok('Customer'), ...missing },
      },
    },
    '/contacts': {
      get: {
        operationId: 'listContacts',
        summary: 'Contacts of customers',
        parameters: [customerNos, ...paging],
        responses: ok('ContactList'),
      },
    },
    '/opportunities': {
      get: {
        operationId: 'listOpportunities',
        summary: 'Opportunities',
        parameters: [
          query('oppId', 'Opportunity ids, separated by commas'),
          customerNos,
          owner,
          query('stage', 'Stages, separated by commas'),
          ...paging,
          sort('oppId, amount, expectedClose, createdAt, updatedAt, probability', 'oppId'),
        ],
        responses: ok('OpportunityList'),
      },
    },
    '/opportunities/{oppId}': {
      patch: {
        operationId: 'updateOpportunity',
        summary: 'Moves an opportunity on',
        parameters: [path('oppId', 'The opportunity’s id')],
        requestBody: body({
          stage: { type: 'string', enum: ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION', 'WON', 'LOST'] },
          amount: { type: 'string', pattern: '^\\d{1,11}(\\.\\d{1,2})?$' },
          probability: { type: 'integer', minimum: 0, maximum: 100 },
          expectedClose: { type: 'string', format: 'date' },
          nextStep: string,
        }),
        responses: { ...ok('Opportunity'), ...missing },
      },
    },
    '/followups': {
      get: {
        operationId: 'listFollowUps',
        summary: 'Follow-ups',
        parameters: [
          customerNos,
          owner,
          query('status', 'PLANNED, DONE', { type: 'string' }),
          query('dueFrom', 'Due at this moment or later; a day means its beginning'),
          query('dueTo', 'Due before this moment; a day means its beginning'),
          ...paging,
          sort('dueAt, createdAt, followUpId', 'dueAt'),
        ],
        responses: ok('FollowUpList'),
      },
      post: {
        operationId: 'createFollowUp',
        summary: 'Writes down a contact that took place and plans the next one',
        requestBody: body(
          {
            customerNo: string,
            content: { type: 'string', minLength: 1, maxLength: 2000 },
            channel: { type: 'string', enum: ['PHONE', 'VISIT', 'WECHAT', 'EMAIL', 'MEETING'] },
            nextAt: { type: 'string', format: 'date-time' },
            nextContent: string,
          },
          ['customerNo', 'content'],
        ),
        responses: { ...ok('FollowUpCreated', 201, 'Written down'), ...missing },
      },
    },
    '/followups/{followUpId}/completion': {
      post: {
        operationId: 'completeFollowUp',
        summary: 'Marks a planned follow-up as done',
        parameters: [path('followUpId', 'The follow-up’s id')],
        requestBody: body(
          { result: { type: 'string', minLength: 1, maxLength: 500 }, converted: { type: 'boolean' } },
          ['result'],
        ),
        responses: { ...ok('FollowUp'), ...missing, 409: problem('It is done already') },
      },
    },
    '/reports/pipeline': {
      get: {
        operationId: 'reportPipeline',
        summary: 'Open opportunities by stage',
        parameters: [owner],
        responses: ok('PipelineReport'),
      },
    },
    '/reports/new-customers': {
      get: {
        operationId: 'reportNewCustomers',
        summary: 'New customers by month',
        parameters: period,
        responses: ok('NewCustomersReport'),
      },
    },
    '/reports/followup-conversion': {
      get: {
        operationId: 'reportFollowUpConversion',
        summary: 'Follow-ups done and converted by month',
        parameters: period,
        responses: ok('FollowUpConversionReport'),
      },
    },
    '/users/me': {
      get: { operationId: 'getMe', summary: 'Who the token is, with the roles of this moment', responses: ok('User') },
    },
    '/users/{userId}/roles': {
      put: {
        operationId: 'setUserRoles',
        summary: 'Gives a user exactly these roles',
        parameters: [path('userId', 'The user’s id')],
        requestBody: body(
          {
            roles: {
              type: 'array',
              items: { type: 'string', enum: ['Rep', 'TeamLead', 'ReadOnly', 'Manager', 'Admin'] },
            },
          },
          ['roles'],
        ),
        responses: { ...ok('User'), ...missing },
      },
    },
  },
  components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
})
