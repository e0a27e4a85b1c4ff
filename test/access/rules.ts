import type { Pick } from './draw.ts'

/** Who may read a field, as it is declared. */
export interface FieldRule {
  read: string[]
  mask?: { kind: 'PHONE' | 'EMAIL' | 'NAME'; roles: string[] }
  class?: 'PERSONAL' | 'SECRET'
}

/** Declared rules by `Type.field`; a field without one has its type's, a reference or list what it leads to. */
export interface Rules {
  types: Record<string, string[]>
  fields: Record<string, FieldRule>
}

/** The dictionary's structure: how each type is made up, before anybody's rights. */
export const structure = {
  Customer: {
    key: 'code',
    system: 'crm',
    fields: {
      code: { type: 'ID!', from: 'customerNo' },
      name: { type: 'String', from: 'name', mask: 'NAME' },
      level: { type: 'String', from: 'level' },
      phone: { type: 'String', from: 'phone', mask: 'PHONE', class: 'PERSONAL' },
      email: { type: 'String', from: 'email', mask: 'EMAIL', class: 'PERSONAL' },
      note: { type: 'String', from: 'note', class: 'SECRET' },
      score: { type: 'Int', from: 'score' },
      owner: { type: 'Employee', from: 'ownerId' },
      limit: { type: 'Decimal', from: 'CreditLimit', system: 'erp', class: 'SECRET' },
      contacts: { type: '[Contact!]', children: 'customer', args: 'first: Int = 10' },
      orders: { type: '[Order!]', children: 'customer', args: 'first: Int = 3' },
      receivable: { type: 'Receivable', row: true },
    },
  },
  Contact: {
    key: 'id',
    system: 'crm',
    fields: {
      id: { type: 'ID!', from: 'contactId' },
      name: { type: 'String', from: 'name', mask: 'NAME', class: 'PERSONAL' },
      mobile: { type: 'String', from: 'mobile', mask: 'PHONE', class: 'PERSONAL' },
      customer: { type: 'Customer', from: 'customerNo' },
    },
  },
  Order: {
    key: 'number',
    system: 'erp',
    fields: {
      number: { type: 'ID!', from: 'SalesOrder' },
      customer: { type: 'Customer', from: 'BusinessPartner' },
      amount: { type: 'Decimal', from: 'NetAmount' },
      margin: { type: 'Decimal', from: 'Margin', class: 'SECRET' },
      status: { type: 'String', from: 'Status' },
      sales: { type: 'Employee', from: 'SalesPerson' },
    },
  },
  Approval: {
    key: 'id',
    system: 'oa',
    fields: {
      id: { type: 'ID!', from: 'approvalId' },
      title: { type: 'String', from: 'title' },
      amount: { type: 'Decimal', from: 'amount', class: 'SECRET' },
      requester: { type: 'Employee', from: 'requesterId' },
      assignee: { type: 'Employee', from: 'assigneeId' },
      customer: { type: 'Customer', from: 'custId' },
      steps: { type: '[Step!]', from: 'steps' },
    },
  },
  Step: {
    key: null,
    system: 'oa',
    fields: {
      by: { type: 'String', from: 'userId' },
      comment: { type: 'String', from: 'comment', class: 'PERSONAL' },
    },
  },
  Receivable: {
    key: null,
    system: 'erp',
    fields: {
      open: { type: 'Decimal', from: 'open' },
      currency: { type: 'String', from: 'currency' },
      invoices: { type: 'Int', from: 'invoices' },
    },
  },
  Receivables: {
    key: null,
    system: 'erp',
    fields: {
      total: { type: 'Decimal' },
      customers: { type: 'Int' },
    },
  },
  Employee: {
    key: null,
    system: null,
    fields: {
      id: { type: 'ID' },
      name: { type: 'String' },
      department: { type: 'String' },
      email: { type: 'String', mask: 'EMAIL', class: 'PERSONAL' },
    },
  },
} as const satisfies Record<string, TypeModel>

export interface FieldModel {
  type: string
  from?: string
  system?: string
  children?: string
  row?: true
  args?: string
  mask?: 'PHONE' | 'EMAIL' | 'NAME'
  class?: 'PERSONAL' | 'SECRET'
}
export interface TypeModel {
  key: string | null
  system: string | null
  fields: Record<string, FieldModel>
}

export const types: Record<string, TypeModel> = structure

const roots = `
  enum Side { REQUESTED ASSIGNED ALL }
  extend type Query {
    customer(code: String!): Customer @one(by: "code")
    customers(search: String, codes: [String!], level: String, minScore: Int, first: Int = 20, after: String): CustomerConnection @list
    order(number: String!): Order @one(by: "number")
    orders(customer: String, big: Boolean, first: Int = 20, after: String): OrderConnection @list
    approvals(mine: Side = REQUESTED, first: Int = 20, after: String): ApprovalConnection @list
    receivables: Receivables
  }
  extend type Mutation {
    renameCustomer(code: String!, name: String!): Customer @write(system: "crm" operation: "renameCustomer" of: "Customer" key: "code" input: "{'customerNo': code, 'name': name}") @read(roles: ["crm:A"])
  }
  type Ticket @entity(key: "id", system: "desk") @read(roles: ["*"]) { id: ID! @from(system: "desk", path: "id") title: String @from(system: "desk", path: "title") }
  type Product @entity(key: "code", system: "erp") @read(roles: ["erp:*"]) { code: ID! @from(system: "erp", path: "Product") }`

/** The dictionary's text under the given rules. */
export function dictionaryText(rules: Rules): string {
  const quoted = (roles: readonly string[]): string => `[${roles.map(role => JSON.stringify(role)).join(', ')}]`
  const objects = Object.entries(types).map(([name, type]) => {
    const fields = Object.entries(type.fields).map(([field, model]) => {
      const rule = rules.fields[`${name}.${field}`]
      const source = model.children
        ? `@children(by: "${model.children}")`
        : model.row
          ? '@row'
          : model.from
            ? `@from(system: "${model.system ?? type.system}", path: "${model.from}")`
            : ''
      const mask = rule?.mask ? `@mask(kind: ${rule.mask.kind}, roles: ${quoted(rule.mask.roles)})` : ''
      return `${field}${model.args ? `(${model.args})` : ''}: ${model.type} ${source} ${rule ? `@read(roles: ${quoted(rule.read)})` : ''} ${mask} ${model.class ? `@class(is: ${model.class})` : ''}`
    })
    const entity =
      type.system && name !== 'Step' ? `@entity(${type.key ? `key: "${type.key}", ` : ''}system: "${type.system}")` : ''
    return `type ${name} ${entity} @read(roles: ${quoted(rules.types[name] ?? [])}) { ${fields.join('\n')} }`
  })
  return `scalar DateTime scalar Date scalar Decimal type PageInfo { hasNextPage: Boolean! endCursor: String } ${roots} ${objects.join('\n')}`
}

const rolePool: Record<string, string[]> = {
  crm: ['crm:A', 'crm:B', 'crm:*'],
  erp: ['erp:A', 'erp:B', 'erp:*'],
  oa: ['oa:A', 'oa:B', 'oa:*'],
}

/** Draws rules: who may read each type, and for some fields somebody else, or everybody, or some of them masked. */
export function drawRules(pick: Pick): Rules {
  const own = (system: string | null): string[] => (system === null ? ['*'] : (rolePool[system] as string[]))
  const types_: Rules['types'] = {}
  const fields: Rules['fields'] = {}
  for (const [name, type] of Object.entries(types)) {
    types_[name] = name === 'Employee' ? ['*'] : [pick([...own(type.system), ...own(type.system), 'role:r1'])]
    for (const [field, model] of Object.entries(type.fields)) {
      if (field === type.key || model.children || model.row) continue
      // What has no key is reached by whoever may read its first field.
      if (name === 'Receivable' || field === 'total') continue
      const system = model.system ?? type.system
      if (!pick([true, true, false]) && !model.mask && !model.class && model.system === undefined) continue
      const read = [pick([...own(system).slice(0, 2), 'role:r1', 'role:r2', '*'])]
      const masked = model.mask && pick([true, true, true, false])
      fields[`${name}.${field}`] = {
        read,
        ...(masked && {
          mask: { kind: model.mask as 'PHONE', roles: [pick([...own(system), ...own(system).slice(-1), 'role:r2'])] },
        }),
      }
    }
  }
  return { types: types_, fields }
}
