import {
  buildClientSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  type IntrospectionQuery,
  isListType,
  isObjectType,
} from 'graphql'
import type { EntityDefinition } from '../configuration.ts'
import { graphQlContract } from '../drift/described-contracts.ts'
import { UpstreamError } from '../types.ts'
import { namedInput } from './named-input.ts'
import { takePage } from './paging.ts'
import { type Description, follow, InputFault, MappingFault, type Row, type Site } from './protocol.ts'
import { badAnswer, parseJson, refusal } from './refusal.ts'

/** Names the paths wanted of a root field's answer, beside the field's own arguments. */
const selectKey = '$select'
const deepest = 4

interface RootField {
  safe: boolean
  kind: 'query' | 'mutation'
  field: GraphQLField<unknown, unknown>
}

/**
 * A system that speaks GraphQL: an operation is a root field, the input its arguments, `$select` the paths wanted (every
 * leaf without arguments down to the second level when it is left out).
 * @param text the answer to the introspection query
 * @throws MappingFault when it is none
 */
export function describeGraphQl(text: string, site: Site): Description {
  const endpoint = site.endpoint
  if (!endpoint) throw new MappingFault(`${site.id}: a graphql system needs its endpoint`)
  let schema: ReturnType<typeof buildClientSchema>
  try {
    schema = buildClientSchema((JSON.parse(text) as { data: IntrospectionQuery }).data)
  } catch (error) {
    throw new MappingFault(`${site.id}: the introspection cannot be read: ${(error as Error).message}`)
  }
  const fields = new Map<string, RootField>()
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}))
    fields.set(field.name, { safe: false, kind: 'mutation', field })
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {}))
    fields.set(field.name, { safe: true, kind: 'query', field })

  const written = writer(fields)

  return {
    operations: fields,
    textInOneInput: true,
    encode(operation, input) {
      const found = fields.get(operation)
      if (!found) throw new InputFault(`${site.id} has no operation ${operation}`)
      const { [selectKey]: select, ...values } = input
      const given = found.field.args.filter(argument => values[argument.name] !== undefined)
      for (const name of Object.keys(values))
        if (!found.field.args.some(argument => argument.name === name))
          throw new InputFault(`${site.id}.${operation} takes no ${name}`)
      const body = JSON.stringify({ query: written.query(operation, given, select), variables: values })
      return {
        method: 'POST',
        url: endpoint,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
      }
    },
    decode(operation, answer) {
      const failed = refusal(site.id, answer)
      if (failed) throw failed
      const body = parseJson(site.id, answer) as {
        data?: Row | null
        errors?: { message?: unknown; extensions?: { code?: unknown } }[]
      } | null
      const first = body?.errors?.[0]
      if (first) {
        const code = String(first.extensions?.code ?? '')
        if (code === 'UNAUTHENTICATED')
          throw new UpstreamError('UPSTREAM_UNAUTHENTICATED', site.id, 'refused the token', { outcome: 'refused' })
        throw new UpstreamError('UPSTREAM_REFUSED', site.id, `${operation}: ${String(first.message)}`, {
          outcome: 'unknown',
          retryable: false,
          reasonCode: code,
        })
      }
      if (!body?.data || !(operation in body.data)) throw badAnswer(site.id, `${operation} answered no data`, answer)
      return body.data[operation]
    },
    contract(operation) {
      const found = fields.get(operation)
      return found && graphQlContract(found.field)
    },
    check(entity, paths) {
      const found = fields.get(entity.operation)
      if (!found)
        throw new MappingFault(
          `${site.id} has no operation ${entity.operation}; it has ${[...fields.keys()].join(', ')}`,
        )
      if (entity.page.style === 'cursor' || entity.page.style === 'link')
        throw new MappingFault(`${site.id} is graphql, whose pages are not read by ${entity.page.style}`)
      namedInput.check(site.id, entity, name => found.field.args.some(argument => argument.name === name))
      const rows = typeAt(found.field.type, entity.rows)
      if (!rows || !isListType(getNullableType(rows)))
        throw new MappingFault(`${site.id}.${entity.operation} answers no list at "${entity.rows}"`)
      for (const path of paths)
        if (!typeAt(rows, path)) throw new MappingFault(`${site.id}.${entity.operation} answers no field ${path}`)
    },
    ask(entity: EntityDefinition, question) {
      const call = namedInput.ask(entity, question)
      return { ...call, input: { ...call.input, [selectKey]: written.select(entity, question.select) } }
    },
    rows(entity, answer, call) {
      const rows = follow(answer, entity.rows)
      if (!Array.isArray(rows)) throw badAnswer(site.id, `${entity.operation} answered no list at "${entity.rows}"`)
      const total = namedInput.total(entity, answer)
      return takePage(site.id, entity, rows as Row[], total, answer, call, undefined)
    },
  }
}

/** Writes queries. Selections are the same lists again and again (schema/rows.ts): what is made of one is kept as long as it is. */
function writer(fields: ReadonlyMap<string, RootField>) {
  const queries = new WeakMap<object, Map<string, string>>()
  const selects = new WeakMap<readonly string[], WeakMap<EntityDefinition, string[]>>()
  const write = (operation: string, given: readonly GraphQLArgument[], select: unknown): string => {
    const { kind, field } = fields.get(operation) as RootField
    const declared = given.map(argument => `$${argument.name}:${String(argument.type)}`).join(',')
    const passed = given.map(argument => `${argument.name}:$${argument.name}`).join(',')
    const selection = Array.isArray(select) ? selectionOf(select as string[]) : leaves(field.type, 1)
    return `${kind}${declared && `(${declared})`}{${operation}${passed && `(${passed})`}${selection}}`
  }
  return {
    query(operation: string, given: readonly GraphQLArgument[], select: unknown): string {
      if (!Array.isArray(select)) return write(operation, given, select)
      const known = queries.get(select) ?? new Map<string, string>()
      queries.set(select, known)
      const key = given.reduce((names, argument) => `${names} ${argument.name}`, operation)
      const query = known.get(key) ?? write(operation, given, select)
      known.set(key, query)
      return query
    },
    /** the paths of rows as paths of the whole answer */
    select(entity: EntityDefinition, paths: readonly string[]): string[] {
      const known = selects.get(paths) ?? new WeakMap<EntityDefinition, string[]>()
      selects.set(paths, known)
      let select = known.get(entity)
      if (!select) {
        const prefix = entity.rows === '' ? '' : `${entity.rows}.`
        select = [...paths.map(path => prefix + path), ...(entity.total ? [entity.total] : [])]
        known.set(entity, select)
      }
      return select
    },
  }
}

function selectionOf(paths: string[]): string {
  const tree = new Map<string, string[]>()
  for (const path of paths) {
    const [head = '', ...rest] = path.split('.')
    const below = tree.get(head) ?? []
    if (rest.length > 0) below.push(rest.join('.'))
    tree.set(head, below)
  }
  if (tree.size === 0) return ''
  return `{${[...tree].map(([head, below]) => head + selectionOf(below)).join(' ')}}`
}

function leaves(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type)
  if (!isObjectType(named) || depth > deepest) return ''
  const open = Object.values(named.getFields()).filter(field =>
    field.args.every(argument => !String(argument.type).endsWith('!')),
  )
  const parts = open.flatMap(field => {
    if (!isObjectType(getNamedType(field.type))) return [field.name]
    const below = depth < 3 ? leaves(field.type, depth + 1) : ''
    return below === '' ? [] : [field.name + below]
  })
  return parts.length === 0 ? '' : `{${parts.join(' ')}}`
}

function typeAt(type: GraphQLOutputType, path: string): GraphQLOutputType | undefined {
  let at: GraphQLOutputType | undefined = type
  for (const part of path === '' ? [] : path.split('.')) {
    const named: GraphQLNamedType | undefined = at && getNamedType(at)
    at = named && isObjectType(named) ? named.getFields()[part]?.type : undefined
  }
  return at
}
