import { enterpriseExtension, nativeExtension } from './projection.ts'

/** The largest page. */
export const mostResults = 1000

const attribute = (name: string, type: string, more: Record<string, unknown> = {}) => ({
  name,
  type,
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readOnly',
  returned: 'default',
  uniqueness: 'none',
  ...more,
})
const text = (name: string, more: Record<string, unknown> = {}) => attribute(name, 'string', more)
const values = (name: string) =>
  attribute(name, 'complex', {
    multiValued: true,
    subAttributes: [text('value'), text('type'), attribute('primary', 'boolean')],
  })
const bilingual = (name: string) => attribute(name, 'complex', { subAttributes: [text('zh'), text('en')] })

/** RFC 7643 §5: what this service can do. */
export const serviceProviderConfig = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: false },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: mostResults },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    { type: 'oauthbearertoken', name: 'OAuth 2.0 bearer token', description: 'Scope scim:read or scim', primary: true },
  ],
}

/** RFC 7643 §6. */
export const resourceTypes = [
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: 'User',
    name: 'User',
    description: 'A person of the company',
    endpoint: '/Users',
    schema: 'urn:ietf:params:scim:schemas:core:2.0:User',
    schemaExtensions: [
      { schema: enterpriseExtension, required: true },
      { schema: nativeExtension, required: true },
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: 'Group',
    name: 'Group',
    description: 'A business role',
    endpoint: '/Groups',
    schema: 'urn:ietf:params:scim:schemas:core:2.0:Group',
    schemaExtensions: [{ schema: nativeExtension, required: true }],
  },
]

/** RFC 7643 §7. */
export const schemas = [
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: 'urn:ietf:params:scim:schemas:core:2.0:User',
    name: 'User',
    description: 'A person of the company; `id` is the employee id, which never changes',
    attributes: [
      text('userName', { required: true, uniqueness: 'server' }),
      text('externalId', { caseExact: true }),
      text('displayName'),
      attribute('name', 'complex', { subAttributes: [text('formatted')] }),
      text('title'),
      text('locale'),
      attribute('active', 'boolean'),
      values('emails'),
      values('phoneNumbers'),
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: enterpriseExtension,
    name: 'EnterpriseUser',
    description: 'RFC 7643 §4.3',
    attributes: [
      text('employeeNumber', { caseExact: true }),
      text('department'),
      attribute('manager', 'complex', { subAttributes: [text('value', { caseExact: true })] }),
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: nativeExtension,
    name: 'NativeIdentity',
    description:
      'Names in both languages, the department’s path, business roles, and who the person is in each system with what rights',
    attributes: [
      bilingual('names'),
      bilingual('position'),
      text('departmentId', { caseExact: true }),
      text('departmentPath', { multiValued: true, caseExact: true }),
      bilingual('departmentNames'),
      text('businessRoles', { multiValued: true, caseExact: true }),
      attribute('systems', 'complex', {
        description:
          'One member per system: id (native id or null), roles (native roles), scope (none, own, department, department_and_below, all)',
      }),
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
    name: 'Group',
    description: 'A business role and the people who have it now',
    attributes: [
      text('displayName'),
      attribute('members', 'complex', {
        multiValued: true,
        subAttributes: [
          text('value', { caseExact: true }),
          text('display'),
          attribute('$ref', 'reference', { referenceTypes: ['User'] }),
          text('type'),
        ],
      }),
    ],
  },
]
