import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { maskOf } from './masks.ts'
import { addMoney } from './money.ts'
import { type Expected, isIncluded, mergedSet, Refusal, ruleOf, valuesOf } from './reference-parts.ts'
import { findHits } from './reference-search.ts'
import { type FieldModel, type Rules, type TypeModel, types } from './rules.ts'
import { type Asker, heldBy, reaches } from './viewer.ts'
import { type Employee, employees, nativeId, type SystemId, type World } from './world.ts'

type Row = Record<string, unknown>
type Node = { type: string; key?: string; rows: Partial<Record<SystemId, Row | null>>; plain?: Row }

/** Says by the declared rules alone what a query answers: an interpreter over plain data that shares nothing with the gateway. */
export function evaluate(
  world: World,
  rules: Rules,
  asker: Asker,
  document: DocumentNode,
  variables: Record<string, unknown>,
): Expected {
  const held = heldBy(asker)
  const operation = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  )
  if (!operation) throw new Error('there is no operation')
  const values = valuesOf(operation, variables)
  const errors: string[] = []

  const may = (type: string, field: string): 'read' | 'mask' | 'no' => {
    const { read, mask } = ruleOf(rules, type, field)
    if (read.some(role => held.has(role))) return 'read'
    return mask?.roles.some(role => held.has(role)) ? 'mask' : 'no'
  }

  function fieldsOf(type: string, set: SelectionSetNode | undefined, into = new Map<string, FieldNode[]>()) {
    for (const one of set?.selections ?? []) {
      if (!isIncluded(one.directives ?? [], values)) continue
      if (one.kind === Kind.FIELD) {
        const name = one.alias?.value ?? one.name.value
        into.set(name, [...(into.get(name) ?? []), one])
      } else if (one.kind === Kind.INLINE_FRAGMENT) {
        if (!one.typeCondition || one.typeCondition.name.value === type) fieldsOf(type, one.selectionSet, into)
      } else {
        const fragment = document.definitions.find(
          other => other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === one.name.value,
        )
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION && fragment.typeCondition.name.value === type)
          fieldsOf(type, fragment.selectionSet, into)
      }
    }
    return into
  }

  /** Every field of an object, each failing for itself. */
  function answer(type: string, nodes: FieldNode[], path: string, field: (node: FieldNode, path: string) => unknown) {
    const merged = new Map<string, FieldNode[]>()
    for (const node of nodes) fieldsOf(type, node.selectionSet, merged)
    const result: Row = {}
    for (const [name, same] of merged) {
      const place = path === '' ? name : `${path}.${name}`
      const [first] = same as [FieldNode]
      if (first.name.value === '__typename') {
        result[name] = type
        continue
      }
      try {
        result[name] = field({ ...first, selectionSet: mergedSet(same) } as FieldNode, place)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        errors.push(`${error.message} ${place}`)
        result[name] = null
      }
    }
    return result
  }

  const args = (node: FieldNode): Row =>
    Object.fromEntries(
      (node.arguments ?? []).flatMap(({ name, value }) => {
        const given = value.kind === Kind.VARIABLE ? values[value.name.value] : valueFromASTUntyped(value, values)
        return given === undefined ? [] : [[name.value, given]]
      }),
    )

  const rowsOf: Record<string, () => Row[]> = {
    Customer: () => {
      const rows = world.customers.filter(row => reaches(asker, 'crm', row.ownerId))
      // Whoever may not read what a list is ordered by gets it in the order in which it is stored.
      return may('Customer', 'score') === 'read' ? rows.toSorted((a, b) => b.score - a.score) : rows
    },
    Order: () => world.orders.filter(row => reaches(asker, 'erp', row.SalesPerson)),
    Approval: () => world.approvals.filter(row => reaches(asker, 'oa', row.requesterId)),
  }

  function rowOf(node: Node, system: SystemId): Row | null {
    const known = node.rows[system]
    if (known !== undefined) return known
    const { key } = types[node.type] as TypeModel
    if (node.type === 'Customer' && system === 'erp') {
      const row = world.partners.find(one => one.BusinessPartner === node.key)
      node.rows.erp = row && reaches(asker, 'erp', row.SalesPerson) ? row : null
    } else {
      // A record is asked for by its key, so whoever may not read keys finds none by one.
      if (key && may(node.type, key) !== 'read') throw new Refusal('FORBIDDEN')
      const from = (types[node.type] as TypeModel).fields[key as string]?.from as string
      node.rows[system] = rowsOf[node.type]?.().find(row => row[from] === node.key) ?? null
    }
    return node.rows[system] as Row | null
  }

  function objectField(node: Node): (field: FieldNode, path: string) => unknown {
    const model = types[node.type] as TypeModel
    return (field, path) => {
      const name = field.name.value
      const told = model.fields[name] as FieldModel
      if (name === model.key && node.key !== undefined) return node.key
      const right = may(node.type, name)
      if (right === 'no') return null
      if (told.children) return children(node, name, field, path)
      if (told.row) return receivable(node, field, path)
      const row = node.plain ?? rowOf(node, (told.system ?? model.system) as SystemId)
      const value = row?.[told.from ?? name]
      if (value === null || value === undefined || value === '') return null
      if (told.type === 'Employee') return person(String(value), model.system as SystemId, field, path)
      if (types[told.type]?.key) return object({ type: told.type, key: String(value), rows: {} }, field, path)
      if (Array.isArray(value))
        return value.map(item => object({ type: 'Step', plain: item as Row, rows: {} }, field, path))
      const rule = ruleOf(rules, node.type, name)
      return right === 'mask' && rule.mask ? maskOf(rule.mask.kind, String(value)) : value
    }
  }

  const object = (node: Node, field: FieldNode, path: string): unknown =>
    answer(node.type, [field], path, objectField(node))

  function person(native: string, system: SystemId, field: FieldNode, path: string): unknown {
    const found = employees.find(one => nativeId(system, one.id) === native)
    return found ? employeeNode(found, field, path) : null
  }

  function employeeNode(found: Employee, field: FieldNode, path: string): unknown {
    const plain = { id: found.id, name: found.en, department: found.path.at(-1), email: found.email }
    return object({ type: 'Employee', plain, rows: {} }, field, path)
  }

  function children(node: Node, name: string, field: FieldNode, path: string): unknown {
    const target = name === 'contacts' ? 'Contact' : 'Order'
    const first = Number(args(field).first ?? (name === 'contacts' ? 10 : 3))
    if (first < 1 || first > 100) throw new Refusal('BAD_INPUT')
    if (name === 'contacts' && rowOf(node, 'crm') === null) return []
    if (may(target, 'customer') !== 'read') throw new Refusal('FORBIDDEN')
    const rows: Row[] =
      name === 'contacts'
        ? world.contacts.filter(row => row.customerNo === node.key)
        : (rowsOf.Order?.() ?? []).filter(row => row.BusinessPartner === node.key)
    return rows.slice(0, first).map(row => object(recordOf(target, row), field, path))
  }

  function receivable(node: Node, field: FieldNode, path: string): unknown {
    const rows = world.invoices.filter(
      row => row.BusinessPartner === node.key && reaches(asker, 'erp', row.SalesPerson),
    )
    const plain =
      rows.length === 0
        ? { open: '0.00', currency: 'CNY', invoices: 0 }
        : { open: addMoney(rows.map(row => row.OpenAmount)), currency: 'CNY', invoices: rows.length }
    return object({ type: 'Receivable', plain, rows: {} }, field, path)
  }

  function recordOf(type: string, row: Row): Node {
    const { key, system, fields } = types[type] as TypeModel
    return { type, key: String(row[fields[key as string]?.from as string]), rows: { [system as SystemId]: row } }
  }

  function list(type: string, found: Row[], field: FieldNode, path: string): unknown {
    const { first: wanted, after } = { first: 20, after: null, ...args(field) } as Row
    const first = Number(wanted)
    const from = after === null ? 0 : Number(/^o:(\d+)$/.exec(atob(String(after)))?.[1] ?? Number.NaN)
    const page = found.slice(from, from + first)
    const cursor = (offset: number): string => btoa(`o:${offset}`).replace(/=+$/, '')
    return answer(`${type}Connection`, [field], path, (one, place) => {
      const name = one.name.value
      if (name === 'totalCount') return found.length
      if (name === 'nodes') return page.map(row => object(recordOf(type, row), one, place))
      if (name === 'edges')
        return page.map((row, index) =>
          answer(`${type}Edge`, [one], place, (part, below) =>
            part.name.value === 'cursor' ? cursor(from + index + 1) : object(recordOf(type, row), part, below),
          ),
        )
      return answer('PageInfo', [one], place, part =>
        part.name.value === 'hasNextPage' ? from + first < found.length : page.length > 0 ? cursor(from + first) : null,
      )
    })
  }

  function search(text: string, first: number, field: FieldNode, path: string): unknown {
    const hits = findHits(text, first, may, rowsOf)
    return answer('SearchResult', [field], path, (one, place) =>
      one.name.value === 'missing'
        ? []
        : hits.map(({ employee, type, key, ...shown }) =>
            answer('SearchHit', [one], place, (part, below) => {
              if (part.name.value !== 'subject') return shown[part.name.value as keyof typeof shown]
              return employee ? employeeNode(employee, part, below) : object({ type, key, rows: {} }, part, below)
            }),
          ),
    )
  }

  function root(field: FieldNode, path: string): unknown {
    const name = field.name.value
    const given = args(field)
    const need = (type: string, names: string[]): void => {
      if (names.some(one => may(type, one) !== 'read')) throw new Refusal('FORBIDDEN')
    }
    const page = (): void => {
      if ('first' in given && (Number(given.first) < 1 || Number(given.first) > 100)) throw new Refusal('BAD_INPUT')
      if (typeof given.after === 'string' && !/^o:\d{1,6}$/.test(atob(given.after))) throw new Refusal('BAD_INPUT')
    }
    const has = (argument: string): boolean => given[argument] !== undefined && given[argument] !== null
    if (name === 'customer' || name === 'order') {
      const type = name === 'customer' ? 'Customer' : 'Order'
      const key = name === 'customer' ? 'code' : 'number'
      need(type, [key])
      const node: Node = { type, key: String(given[key]), rows: {} }
      const row = rowOf(node, name === 'customer' ? 'crm' : 'erp')
      return row && object(recordOf(type, row), field, path)
    }
    if (name === 'customers') {
      need('Customer', ['code'])
      page()
      if (has('search')) need('Customer', ['name', 'code'])
      if (has('level')) need('Customer', ['level'])
      if (has('minScore')) need('Customer', ['score'])
      const codes = given.codes as string[] | null | undefined
      const rows = (rowsOf.Customer?.() ?? []).filter(
        row =>
          (!has('search') ||
            String(row.name).includes(String(given.search).trim()) ||
            String(row.customerNo).includes(String(given.search).trim())) &&
          (!codes || codes.includes(String(row.customerNo))) &&
          (!has('level') || row.level === given.level) &&
          (!has('minScore') || Number(row.score) >= Number(given.minScore)),
      )
      return list('Customer', rows, field, path)
    }
    if (name === 'orders') {
      need('Order', ['number'])
      page()
      if (has('customer')) need('Order', ['customer'])
      if (has('big')) need('Order', ['amount'])
      const rows = (rowsOf.Order?.() ?? []).filter(
        row =>
          (!has('customer') || row.BusinessPartner === given.customer) &&
          (!has('big') || Number(row.NetAmount) > 500 === given.big),
      )
      return list('Order', rows, field, path)
    }
    if (name === 'approvals') {
      need('Approval', ['id'])
      page()
      const side = given.mine === undefined ? 'REQUESTED' : given.mine
      if (side !== null) need('Approval', ['requester', 'assignee'])
      if (side === 'ALL' || side === null) return list('Approval', rowsOf.Approval?.() ?? [], field, path)
      const { account, scope } = asker.systems.oa
      const me = account && scope !== 'none' ? nativeId('oa', asker.id) : undefined
      const own = world.approvals.filter(row => (side === 'ASSIGNED' ? row.assigneeId : row.requesterId) === me)
      return list('Approval', own, field, path)
    }
    if (name === 'receivables') {
      need('Receivables', ['*'])
      const rows = world.invoices.filter(row => reaches(asker, 'erp', row.SalesPerson))
      const plain = {
        total: rows.length > 0 ? addMoney(rows.map(row => row.OpenAmount)) : '0',
        customers: new Set(rows.map(row => row.BusinessPartner)).size,
      }
      return object({ type: 'Receivables', plain, rows: {} }, field, path)
    }
    if (name === 'employees')
      return answer('EmployeeConnection', [field], path, one =>
        one.name.value === 'totalCount'
          ? employees.length
          : employees.map(found => employeeNode(found, one, `${path}.${one.alias?.value ?? one.name.value}`)),
      )
    if (name === 'search') return search(String(given.text).trim(), Number(given.first ?? 10), field, path)
    throw new Error(`the reference does not know ${name}`)
  }

  const data = answer('Query', [operation as unknown as FieldNode], '', root)
  return { data, errors: [...new Set(errors)].sort() }
}
