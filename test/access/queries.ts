import type { Pick, Whole } from './draw.ts'
import { types } from './rules.ts'
import type { World } from './world.ts'

/** A query and its variables, as a client would send them. */
export interface Query {
  text: string
  variables: Record<string, unknown>
}

interface Item {
  name: string
  field: string
  args: string
  type: string | null
  below: Item[]
}

const connections: Record<string, string> = { customers: 'Customer', orders: 'Order', approvals: 'Approval' }
const roots = [
  'customers',
  'customers',
  'orders',
  'orders',
  'approvals',
  'approvals',
  'customer',
  'order',
  'receivables',
  'employees',
  'search',
  'search',
]

/** Draws a query: aliases that look like other fields, arguments in the text or by variables, fragments and directives. */
export function drawQuery(pick: Pick, whole: Whole, world: World): Query {
  const declared: string[] = []
  const variables: Record<string, unknown> = {}
  const fragments: string[] = []

  function variable(type: string, value: unknown): string {
    const name = `v${declared.length}`
    const asDefault = value !== null && pick([false, false, true])
    declared.push(
      `$${name}: ${type}${asDefault ? ` = ${type === 'Side' ? String(value) : JSON.stringify(value)}` : ''}`,
    )
    if (!asDefault) variables[name] = value
    return `$${name}`
  }
  const given = (type: string, value: unknown): string =>
    pick([true, false]) ? variable(type, value) : type === 'Side' ? String(value) : JSON.stringify(value)
  const codes = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C9', 'nobody']

  /** Values that are really there, so that what a filter finds would tell something. */
  const probe = (): string => {
    const customer = pick(world.customers)
    return pick([
      customer.name,
      customer.customerNo,
      customer.phone,
      customer.phone.slice(3, 7),
      customer.note,
      customer.email,
      'Firm',
      '1',
    ])
  }
  function argumentsOf(field: string): string {
    const parts: string[] = []
    const maybe = (name: string, type: string, value: () => unknown): void => {
      if (pick([false, false, true])) parts.push(`${name}: ${given(type, value())}`)
    }
    if (field === 'customer') parts.push(`code: ${given('String!', pick(codes))}`)
    if (field === 'order') parts.push(`number: ${given('String!', pick(['S1', 'S2', 'S3', 'S4', 'S11']))}`)
    if (field === 'customers') {
      if (pick([true, false])) parts.push(`search: ${given('String', probe())}`)
      maybe('codes', '[String!]', () => Array.from({ length: whole(1, 3) }, () => pick(codes)))
      maybe('level', 'String', () => pick(['gold', 'iron', null]))
      maybe('minScore', 'Int', () => whole(1, 6) * 100)
    }
    if (field === 'orders') {
      if (!(field in connections)) return ''
      maybe('customer', 'String', () => pick(codes))
      maybe('big', 'Boolean', () => pick([true, false]))
    }
    if (field === 'search') {
      parts.push(`text: ${given('String!', probe())}`)
      maybe('first', 'Int', () => whole(1, 6))
    }
    if (field === 'approvals') maybe('mine', 'Side', () => pick(['REQUESTED', 'ASSIGNED', 'ALL']))
    if (field in connections) {
      maybe('first', 'Int', () => pick([1, 2, 3, 20, 0]))
      maybe('after', 'String', () => btoa(`o:${whole(0, 4)}`).replace(/=+$/, ''))
    }
    return parts.length === 0 ? '' : `(${parts.join(', ')})`
  }

  function items(type: string, depth: number): Item[] {
    const names = fieldNames(type).filter(name => depth > 0 || targetOf(type, name) === null)
    if (names.length === 0) return [leaf('__typename')]
    const used = new Set<string>()
    const result: Item[] = []
    for (let count = whole(1, 4); count > 0; count -= 1) {
      const field = pick(type === 'Query' ? roots : [...names, '__typename'])
      const alias = pick([field, field, pick(names), `a${used.size}`])
      // One name for two fields of an object would be refused: that is another test.
      const name = used.has(alias) ? `b${used.size}` : alias
      used.add(name)
      const target = field === '__typename' ? null : targetOf(type, field)
      const child = type !== 'Query' && (field === 'contacts' || field === 'orders')
      const args = child
        ? pick([true, false])
          ? `(first: ${given('Int', whole(1, 3))})`
          : ''
        : type === 'Query'
          ? argumentsOf(field)
          : ''
      result.push({ name, field, args, type: target, below: target ? items(target, depth - 1) : [] })
    }
    // Often all that a record tells, so that what is masked for some and hidden from others is among it, and what it leads to.
    if (type in types && pick([true, true, false]))
      for (const field of names) {
        const target = targetOf(type, field)
        if (used.has(field) || (target && pick([true, true, false]))) continue
        result.push({ ...leaf(field), type: target, below: target ? items(target, depth - 1) : [] })
      }
    return result
  }

  /** What was found is of several types; of one of them more is asked, as names would clash between them. */
  function found(): string {
    const type = pick(['Customer', 'Order', 'Employee'])
    return `... on ${type} ${print(type, items(type, 1))}`
  }

  const directive = (): string =>
    pick([true, true, true, false])
      ? ''
      : ` @${pick(['include', 'skip'])}(if: ${given('Boolean!', pick([true, false]))})`

  const defer = (): string =>
    pick([() => '', () => '', () => ' @defer', () => ` @defer(if: ${given('Boolean', true)})`])()

  function print(type: string, list: readonly Item[]): string {
    const parts = list.map(item => {
      const head = `${item.name === item.field ? '' : `${item.name}: `}${item.field}${item.args}${directive()}`
      if (item.field === 'search' && type === 'Query')
        return `${head} { hits { title subtitle system subject { __typename ${found()} } } missing }`
      return item.type ? `${head} ${print(item.type, item.below)}` : head
    })
    // Part of the selections moves into a fragment, and part is told twice.
    const at = whole(0, parts.length)
    const [some, rest] = [parts.slice(0, at), parts.slice(at)]
    const again = pick([false, false, true]) ? some : []
    if (some.length === 0) return `{ ${rest.join(' ')} }`
    const kind = pick(['plain', 'plain', 'inline', 'untyped', 'named'])
    const wrapped =
      kind === 'plain'
        ? some.join(' ')
        : kind === 'inline'
          ? `... on ${type}${directive()}${defer()} { ${some.join(' ')} }`
          : kind === 'untyped'
            ? `...${directive()}${defer()} { ${some.join(' ')} }`
            : spread(type, some)
    return `{ ${wrapped} ${rest.join(' ')} ${again.join(' ')} }`
  }
  function spread(type: string, parts: readonly string[]): string {
    const name = `F${fragments.length}`
    fragments.push('')
    fragments[Number(name.slice(1))] = `fragment ${name} on ${type} { ${parts.join(' ')} }`
    return `...${name}${directive()}${defer()}`
  }

  const body = print('Query', items('Query', 4))
  const head = declared.length > 0 ? `query Q(${declared.join(', ')})` : 'query Q'
  return { text: `${head} ${body} ${fragments.join(' ')}`, variables }
}

const leaf = (field: string): Item => ({ name: field, field, args: '', type: null, below: [] })

function fieldNames(type: string): string[] {
  if (type === 'Query') return roots
  const node = /^(\w+)Connection$/.exec(type)?.[1]
  if (node) return node === 'Employee' ? ['nodes', 'totalCount'] : ['nodes', 'edges', 'totalCount', 'pageInfo']
  if (type.endsWith('Edge')) return ['cursor', 'node']
  if (type === 'PageInfo') return ['hasNextPage', 'endCursor']
  return Object.keys(types[type]?.fields ?? {})
}

/** The type that a field leads to; null for a plain value. */
function targetOf(type: string, field: string): string | null {
  if (type === 'Query') {
    if (field in connections) return `${connections[field]}Connection`
    const lead: Record<string, string> = {
      customer: 'Customer',
      order: 'Order',
      receivables: 'Receivables',
      employees: 'EmployeeConnection',
    }
    return lead[field] ?? null
  }
  const node = /^(\w+)(Connection|Edge)$/.exec(type)?.[1]
  if (node)
    return field === 'nodes' || field === 'node'
      ? node
      : field === 'edges'
        ? `${node}Edge`
        : field === 'pageInfo'
          ? 'PageInfo'
          : null
  const name = types[type]?.fields[field]?.type.replace(/[[\]!]/g, '')
  return name !== undefined && name in types ? name : null
}
