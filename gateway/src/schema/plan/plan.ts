import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isNonNullType,
  isObjectType,
  Kind,
  locatedError,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql'
import type { RequestContext } from '../context.ts'
import { fieldsOf, type Parts, takeApart } from './collect.ts'
import {
  type Complete,
  completerOf,
  isPromise,
  listPlace,
  type Place,
  type ReaderOf,
  type ReadObject,
  type Run,
} from './complete.ts'

/** A query or mutation, compiled: everything that does not depend on a request was done once. */
export interface Plan {
  run(
    context: RequestContext,
    variables: Record<string, unknown>,
    root?: unknown,
  ): ExecutionResult | Promise<ExecutionResult>
}

const mostVariants = 64

/**
 * Compiles a document that was found valid. The plan answers as `execute` of graphql-js does, without walking the document
 * again: fields whose values are at hand cost a call each and no promise. Resolvers are given no `info`: none asks for it.
 * @returns undefined for what a plan does not do: introspection and subscriptions
 */
export function compilePlan(schema: GraphQLSchema, document: DocumentNode, name?: string | null): Plan | undefined {
  const parts = takeApart(schema, document, name)
  const type = parts && schema.getRootType(parts.operation.operation)
  if (!parts || !type || parts.operation.operation === 'subscription' || introspects(document)) return undefined
  const variants = new Map<string, ReadObject>()
  const variantFor = (variables: Record<string, unknown>): ReadObject => {
    const id = parts.conditions.map(one => (variables[one] === true ? 1 : 0)).join('')
    let variant = variants.get(id)
    if (!variant) {
      variant = compileRoot(parts, type, new Map(parts.conditions.map(one => [one, variables[one] === true])))
      if (variants.size < mostVariants) variants.set(id, variant)
    }
    return variant
  }
  const { variableDefinitions = [] } = parts.operation
  return {
    run(context, given, root = {}) {
      const { errors, coerced } = getVariableValues(schema, variableDefinitions, given, { maxErrors: 50 })
      if (errors) return { errors }
      const run: Run = { context, variables: coerced, given: new Map(), errors: [] }
      const finish = (data: unknown): ExecutionResult => ({
        ...(run.errors.length > 0 && { errors: run.errors }),
        data: data as Record<string, unknown> | null,
      })
      const failed = (error: unknown): ExecutionResult => {
        run.errors.push(error as GraphQLError)
        return finish(null)
      }
      try {
        const data = variantFor(coerced)(root, undefined, run)
        return isPromise(data) ? data.then(finish, failed) : finish(data)
      } catch (error) {
        return failed(error)
      }
    },
  }
}

function compileRoot(parts: Parts, type: GraphQLObjectType, holds: ReadonlyMap<string, boolean>): ReadObject {
  const readers = new Map<GraphQLObjectType, { sets: readonly SelectionSetNode[]; read: ReadObject }[]>()
  const readerOf: ReaderOf = (told, sets) => {
    const object = typeof told === 'string' ? parts.schema.getType(told) : told
    if (!isObjectType(object)) throw new Error(`"${String(told)}" is no object type`)
    const known = readers.get(object)?.find(one => sameList(one.sets, sets))
    if (known) return known.read
    // Fields are compiled when the first object is read: a fragment may come back to a type it is part of.
    let read: ReadObject | undefined
    const lazy: ReadObject = (source, place, run) => {
      read ??= compileObject(parts, object, sets, holds, readerOf, false)
      return read(source, place, run)
    }
    readers.set(object, [...(readers.get(object) ?? []), { sets, read: lazy }])
    return lazy
  }
  const serially = parts.operation.operation === 'mutation'
  return compileObject(parts, type, [parts.operation.selectionSet], holds, readerOf, serially)
}

interface FieldPlan {
  key: string
  read(source: unknown, before: Place | undefined, run: Run): unknown
}

function compileObject(
  parts: Parts,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  holds: ReadonlyMap<string, boolean>,
  readerOf: ReaderOf,
  serially: boolean,
): ReadObject {
  const fields = [...fieldsOf(parts, type, sets, holds)].flatMap(([key, nodes]) => {
    const field = compileField(type, key, nodes, readerOf)
    return field ? [field] : []
  })
  if (serially) return (source, place, run) => readSerially(fields, source, place, run)
  return (source, place, run) => {
    const answer: Record<string, unknown> = {}
    let waiting: Promise<unknown>[] | undefined
    try {
      for (const { key, read } of fields) {
        const value = read(source, place, run)
        answer[key] = value
        if (isPromise(value)) {
          waiting ??= []
          waiting.push(
            value.then(done => {
              answer[key] = done
            }),
          )
        }
      }
    } catch (error) {
      // The object is lost already; what its other fields come to is of no interest.
      for (const one of waiting ?? []) one.catch(() => {})
      throw error
    }
    return waiting ? Promise.all(waiting).then(() => answer) : answer
  }
}

async function readSerially(
  fields: readonly FieldPlan[],
  source: unknown,
  place: Place | undefined,
  run: Run,
): Promise<Record<string, unknown>> {
  const answer: Record<string, unknown> = {}
  for (const { key, read } of fields) answer[key] = await read(source, place, run)
  return answer
}

function compileField(
  type: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  readerOf: ReaderOf,
): FieldPlan | undefined {
  const node = nodes[0] as FieldNode
  const name = node.name.value
  if (name === '__typename') return { key, read: () => type.name }
  const field = type.getFields()[name]
  if (!field) return undefined
  const complete: Complete = completerOf(field.type, { nodes, name, owner: type.name }, readerOf)
  const required = isNonNullType(field.type)
  const argumentsFor = argumentReader(field, node)
  const { resolve } = field
  const valueFrom =
    resolve === undefined
      ? (source: unknown, run: Run): unknown => {
          const value = (source as Record<string, unknown> | null | undefined)?.[name]
          return typeof value === 'function' ? value.call(source, argumentsFor(run), run.context) : value
        }
      : (source: unknown, run: Run): unknown => resolve(source, argumentsFor(run), run.context, undefined as never)
  const failed = (error: unknown, place: Place, run: Run): null => {
    const located = locatedError(error, nodes as FieldNode[], listPlace(place))
    if (required) throw located
    run.errors.push(located)
    return null
  }
  return {
    key,
    read(source, before, run) {
      const place: Place = { before, key }
      try {
        const value = valueFrom(source, run)
        const done = isPromise(value) ? value.then(one => complete(one, place, run)) : complete(value, place, run)
        return isPromise(done) ? done.then(undefined, error => failed(error, place, run)) : done
      } catch (error) {
        return failed(error, place, run)
      }
    },
  }
}

const nothing = Object.freeze({})

/** Arguments that name no variable are read once; others once a run, however many objects the field is read of. */
function argumentReader(
  field: ReturnType<GraphQLObjectType['getFields']>[string],
  node: FieldNode,
): (run: Run) => Record<string, unknown> {
  if (field.args.length === 0) return () => nothing
  if (!(node.arguments ?? []).some(({ value }) => namesVariable(value))) {
    let fixed: Record<string, unknown> | undefined
    return run => {
      fixed ??= getArgumentValues(field, node, run.variables)
      return fixed
    }
  }
  return run => {
    let values = run.given.get(node)
    if (!values) {
      values = getArgumentValues(field, node, run.variables)
      run.given.set(node, values)
    }
    return values
  }
}

function namesVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true
  if (value.kind === Kind.LIST) return value.values.some(namesVariable)
  return value.kind === Kind.OBJECT && value.fields.some(field => namesVariable(field.value))
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index])
}

function introspects(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field(node) {
      if (node.name.value === '__schema' || node.name.value === '__type') found = true
    },
  })
  return found
}
