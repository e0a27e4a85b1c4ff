import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getVariableValues,
  isObjectType,
  type SelectionSetNode,
  visit,
} from 'graphql'
import type { RequestContext } from '../context.ts'
import { namesAsked } from './asked.ts'
import { type Parts as DocumentParts, selectedOf, takeApart } from './collect.ts'
import { isPromise, type ReaderOf, type ReadObject, type Run } from './complete.ts'
import { compileField, type FieldPlan } from './field.ts'
import { type PartResult, Parts } from './parts.ts'

/** A query or mutation, compiled: everything that does not depend on a request was done once. */
export interface Plan {
  run(
    context: RequestContext,
    variables: Record<string, unknown>,
    root?: unknown,
  ): ExecutionResult | Promise<ExecutionResult>
  /** runs it and delivers what is deferred later; there is none where nothing can be deferred */
  deliver?(
    context: RequestContext,
    variables: Record<string, unknown>,
    root?: unknown,
  ): Promise<ExecutionResult | Delivery>
}

/** An answer that comes in several parts. */
export interface Delivery {
  first: ExecutionResult
  /** whether something is still to come */
  readonly more: boolean
  /** Resolves with what has become ready, each part after the one it stands in; empty when nothing is left. */
  next(): Promise<PartResult[]>
  /** Nobody listens any more. */
  stop(): void
}

export function isDelivery(answer: ExecutionResult | Delivery): answer is Delivery {
  return 'first' in answer
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
  const variantFor = (variables: Record<string, unknown>, deferring: boolean): ReadObject => {
    const id = `${deferring ? 'd' : ''}${parts.conditions.map(one => (holds(variables[one]) ? 1 : 0)).join('')}`
    let variant = variants.get(id)
    if (!variant) {
      const held = new Map(parts.conditions.map(one => [one, holds(variables[one])]))
      variant = compileRoot(parts, type, held, deferring)
      if (variants.size < mostVariants) variants.set(id, variant)
    }
    return variant
  }
  const { variableDefinitions = [] } = parts.operation
  // What a mutation changes, it may look at whole.
  const asked = parts.operation.operation === 'query' ? namesAsked(schema, document) : undefined
  const plan: Plan = {
    run(context, given, root = {}) {
      const { errors, coerced } = getVariableValues(schema, variableDefinitions, given, { maxErrors: 50 })
      if (errors) return { errors }
      if (asked) context.asked = asked
      const run: Run = { context, variables: coerced, given: new Map(), errors: [] }
      const failed = (error: unknown): ExecutionResult => {
        run.errors.push(error as GraphQLError)
        return resultOf(run, null)
      }
      try {
        const data = variantFor(coerced, false)(root, undefined, run)
        return isPromise(data) ? data.then(done => resultOf(run, done), failed) : resultOf(run, data)
      } catch (error) {
        return failed(error)
      }
    },
  }
  if (!parts.defers) return plan
  plan.deliver = async (context, given, root = {}) => {
    const { errors, coerced } = getVariableValues(schema, variableDefinitions, given, { maxErrors: 50 })
    if (errors) return { errors }
    if (asked) context.asked = asked
    const later = new Parts()
    const run: Run = { context, variables: coerced, given: new Map(), errors: [], later, shared: new WeakMap() }
    let data: unknown = null
    try {
      data = await variantFor(coerced, true)(root, undefined, run)
    } catch (error) {
      run.errors.push(error as GraphQLError)
    }
    const first = resultOf(run, data)
    await later.close(first.data ?? null)
    if (!later.more) return first
    return {
      first,
      get more() {
        return later.more
      },
      next: () => later.next(),
      stop: () => later.stop(),
    }
  }
  return plan
}

/** Whether a condition holds. Only that of @defer may be left out; then it does. */
function holds(value: unknown): boolean {
  return value === true || value === undefined
}

function resultOf(run: Run, data: unknown): ExecutionResult {
  return { ...(run.errors.length > 0 && { errors: run.errors }), data: data as Record<string, unknown> | null }
}

/** Under which variables a document is compiled, and whether it is answered in parts. */
interface Variant {
  parts: DocumentParts
  holds: ReadonlyMap<string, boolean>
  /** parts may ask for the same */
  shared: boolean
  readerOf: ReaderOf
  /** reads with an object what else would be deferred; without it nothing is deferred */
  atOnce: ReaderOf | undefined
}

function compileRoot(
  parts: DocumentParts,
  type: GraphQLObjectType,
  holds: ReadonlyMap<string, boolean>,
  deferring: boolean,
): ReadObject {
  const atOnce = deferring ? variantOf(parts, holds, true, undefined).readerOf : undefined
  const serially = parts.operation.operation === 'mutation'
  return compileObject(variantOf(parts, holds, deferring, atOnce), type, [parts.operation.selectionSet], serially)
}

function variantOf(
  parts: DocumentParts,
  holds: ReadonlyMap<string, boolean>,
  shared: boolean,
  atOnce: ReaderOf | undefined,
): Variant {
  const readers = new Map<GraphQLObjectType, { sets: readonly SelectionSetNode[]; read: ReadObject }[]>()
  const readerOf: ReaderOf = (told, sets) => {
    const object = typeof told === 'string' ? parts.schema.getType(told) : told
    if (!isObjectType(object)) throw new Error(`"${String(told)}" is no object type`)
    const known = readers.get(object)?.find(one => sameList(one.sets, sets))
    if (known) return known.read
    // Fields are compiled when the first object is read: a fragment may come back to a type it is part of.
    let read: ReadObject | undefined
    const lazy: ReadObject = (source, place, run) => {
      read ??= compileObject(variant, object, sets, false)
      return read(source, place, run)
    }
    readers.set(object, [...(readers.get(object) ?? []), { sets, read: lazy }])
    return lazy
  }
  const variant: Variant = { parts, holds, shared, readerOf, atOnce }
  return variant
}

function compileObject(
  variant: Variant,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  serially: boolean,
): ReadObject {
  const { parts, holds, shared, readerOf, atOnce } = variant
  const selected = selectedOf(parts, type, sets, holds, atOnce !== undefined)
  const fields = [...selected.fields].flatMap(([key, nodes]) => {
    const field = compileField(type, key, nodes, readerOf, shared)
    return field ? [field] : []
  })
  const read = serially ? serialReader(fields) : reader(fields)
  if (selected.deferred.length === 0 || !atOnce) return read
  const deferred = selected.deferred.map(({ label, set }) => ({ label, read: readerOf(type, [set]) }))
  return (source, place, run) => {
    if (!run.later?.takes(deferred.length)) return atOnce(type, sets)(source, place, run)
    const answer = read(source, place, run)
    for (const part of deferred) run.later.begin(part.label, part.read, source, place, run)
    return answer
  }
}

function reader(fields: readonly FieldPlan[]): ReadObject {
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

function serialReader(fields: readonly FieldPlan[]): ReadObject {
  return async (source, place, run) => {
    const answer: Record<string, unknown> = {}
    for (const { key, read } of fields) answer[key] = await read(source, place, run)
    return answer
  }
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
