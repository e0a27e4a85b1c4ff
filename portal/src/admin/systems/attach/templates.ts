/** What a template is filled with. */
export interface TemplateValues {
  nameZh: string
  nameEn: string
  url: string
}

export type TemplateId =
  | 'openapi'
  | 'rest'
  | 'graphql'
  | 'odata'
  | 'soap'
  | 'json-rpc'
  | 'sql'
  | 'files'
  | 'kingdee'
  | 'odoo'

/** A first text for a system, by how it is spoken to. Comments of the texts are in the language of whoever writes. */
export interface Template {
  id: TemplateId
  kind: 'protocol' | 'connector'
  /** what an address of such a system looks like */
  example: string
  yaml(values: TemplateValues, comment: (key: CommentKey) => string): string
}

export type CommentKey = 'exchange' | 'header' | 'entities' | 'dictionary' | 'provides' | 'rest' | 'sql' | 'files'

// A JSON string is a YAML string, whatever stands in it.
const quoted = (text: string): string => JSON.stringify(text)

function head({ nameZh, nameEn, url }: TemplateValues, protocol: string): string {
  return `name: { zh: ${quoted(nameZh)}, en: ${quoted(nameEn)} }\nurl: ${quoted(url)}\nprotocol: ${protocol}\n`
}

type Comment = (key: CommentKey) => string

const apiKey = (comment: Comment): string =>
  `# ${comment('header')}\nauthentication: { kind: header, name: Authorization, value: "Bearer \${secret:apiKey}" }\n# ${comment('exchange')}\n# authentication: { kind: exchange, audience: "urn:atrium:system:…" }\n`

const entities = (comment: Comment, lines: string[]): string =>
  `# ${comment('entities')}\n# ${comment('dictionary')}\nentities: {}\n${['entities:', ...lines].map(line => `#${line === '' ? '' : ` ${line}`}`).join('\n')}\n`

const listed = (operation: string, more: string[] = []): string[] => [
  '  Product:',
  `    operation: ${operation}`,
  ...more.map(line => `    ${line}`),
  '    filter: { code: code }',
  '    scope: none',
]

const paged = ['rows: items', 'total: total']

/** All of them, in the order in which they are offered. */
export const templates: readonly Template[] = [
  {
    id: 'openapi',
    kind: 'protocol',
    example: 'https://crm.example.com',
    yaml: (values, comment) =>
      `${head(values, 'openapi')}document: ${quoted(below(values.url, 'openapi.json'))}\n${apiKey(comment)}${entities(comment, listed('listProducts', paged))}`,
  },
  {
    id: 'rest',
    kind: 'protocol',
    example: 'https://mes.example.com/api',
    yaml: (values, comment) =>
      `${head(values, 'rest')}endpoint: ${quoted(values.url)}\n${apiKey(comment)}# ${comment('rest')}\nrest:\n  operations:\n    listProducts:\n      path: /products\n      query: { limit: $limit, offset: $offset }\n  conditions: { as: parameters }\n${entities(comment, listed('listProducts', paged))}`,
  },
  {
    id: 'graphql',
    kind: 'protocol',
    example: 'https://pim.example.com/graphql',
    yaml: (values, comment) =>
      `${head(values, 'graphql')}endpoint: ${quoted(values.url)}\n${apiKey(comment)}${entities(comment, listed('products', ['rows: nodes', 'total: totalCount']))}`,
  },
  {
    id: 'odata',
    kind: 'protocol',
    example: 'https://erp.example.com/odata/v4',
    yaml: (values, comment) =>
      `${head(values, 'odata')}document: ${quoted(below(values.url, '$metadata'))}\nendpoint: ${quoted(values.url)}\n${apiKey(comment)}${entities(comment, listed('"read:Products"'))}`,
  },
  {
    id: 'soap',
    kind: 'protocol',
    example: 'https://oa.example.com/services/oa',
    yaml: (values, comment) =>
      `${head(values, 'soap')}document: ${quoted(`${values.url}?wsdl`)}\nendpoint: ${quoted(values.url)}\n${apiKey(comment)}${entities(comment, listed('ListProducts', ['rows: products', 'total: total']))}`,
  },
  {
    id: 'json-rpc',
    kind: 'protocol',
    example: 'https://wms.example.com/jsonrpc',
    yaml: (values, comment) =>
      `${head(values, 'json-rpc')}endpoint: ${quoted(values.url)}\n${apiKey(comment)}${entities(comment, listed('product.list', paged))}`,
  },
  {
    id: 'sql',
    kind: 'protocol',
    example: 'postgresql://db.example.com:5432/warehouse',
    yaml: (values, comment) =>
      `${head(values, 'sql')}endpoint: ${quoted(values.url)}\nauthentication: { kind: basic, user: atrium_read, password: "\${secret:password}" }\n# ${comment('sql')}\nsql:\n  tables: ["*"]\n${entities(comment, listed('products'))}`,
  },
  {
    id: 'files',
    kind: 'protocol',
    example: 'https://files.example.com',
    yaml: (values, comment) =>
      `${head(values, 'files')}authentication: { kind: none }\n# ${comment('files')}\nfiles:\n  directory: exports\n  tables:\n    products:\n      files: products-*.csv\n      columns: { price: decimal }\n${entities(comment, listed('products'))}`,
  },
  {
    id: 'kingdee',
    kind: 'connector',
    example: 'https://kingdee.example.com/k3cloud',
    yaml: ({ nameZh, nameEn, url }, comment) =>
      `name: { zh: ${quoted(nameZh)}, en: ${quoted(nameEn)} }\nconnector: kingdee\nurl: ${quoted(url)}\nsettings:\n  acctId: ""\n  user: ""\n  appId: ""\n  appSecret: "\${secret:appSecret}"\n# ${comment('provides')}\nprovides: [PurchaseOrder, PurchaseOrderItem, KingdeeApproval]\n`,
  },
  {
    id: 'odoo',
    kind: 'connector',
    example: 'https://odoo.example.com',
    yaml: ({ nameZh, nameEn, url }, comment) =>
      `name: { zh: ${quoted(nameZh)}, en: ${quoted(nameEn)} }\nconnector: odoo\nurl: ${quoted(url)}\nsettings:\n  database: ""\n  login: ""\n  key: "\${secret:key}"\n# ${comment('provides')}\nprovides: [OdooActivity]\n`,
  },
]

function below(url: string, path: string): string {
  return `${url.replace(/\/+$/, '')}/${path}`
}

/** Ids that are addresses of other pages. */
const taken = new Set(['new', 'revisions'])

export type FormFault = 'id' | 'id.taken' | 'url'

/** What is wrong with the first answers about a system. */
export function formFaults(
  values: { id: string; nameZh: string; nameEn: string; url: string },
  attached: readonly string[],
): { id?: FormFault; url?: FormFault; nameZh?: 'name'; nameEn?: 'name' } {
  const { id, url } = values
  return {
    ...(!/^[a-z][a-z0-9-]{0,62}$/.test(id) || taken.has(id)
      ? { id: 'id' as const }
      : attached.includes(id) && { id: 'id.taken' as const }),
    ...(!/^[a-z][a-z0-9+.-]*:\/\/[^\s/]/i.test(url) && { url: 'url' as const }),
    ...(values.nameZh.trim() === '' && { nameZh: 'name' as const }),
    ...(values.nameEn.trim() === '' && { nameEn: 'name' as const }),
  }
}
