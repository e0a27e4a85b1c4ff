import {
  type FieldNode,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  locatedError,
  type SelectionSetNode,
} from 'graphql'
import type { RequestContext } from '../context.ts'
import type { Part, Parts } from './parts.ts'

/** Where a value stands in the answer; made into a list only when an error is told. */
export interface Place {
  before: Place | undefined
  key: string | number
}

/** One run of a plan. */
export interface Run {
  context: RequestContext
  variables: Record<string, unknown>
  /** arguments that depend on variables, by the field that was given them */
  given: Map<FieldNode, Record<string, unknown>>
  errors: GraphQLError[]
  /** where fragments begin that are delivered later; a run that delivers everything at once has none of these */
  later?: Parts
  /** of which such fragment this is the run */
  part?: Part
  /** what resolvers gave, by object and field: what several parts ask for is resolved once */
  shared?: WeakMap<object, Map<string, unknown>>
}

/** Makes what a resolver gave into what is answered; throws what the field's own place cannot hold. */
export type Complete = (value: unknown, place: Place, run: Run) => unknown

/** Answers the selected fields of an object. */
export type ReadObject = (source: unknown, place: Place | undefined, run: Run) => unknown

/** Gives the reader of an object type under the selections of some fields. @throws Error when there is no such type */
export type ReaderOf = (type: GraphQLObjectType | string, sets: readonly SelectionSetNode[]) => ReadObject

/** The fields answered under one name, all alike but for their selections. */
export interface Asked {
  nodes: readonly FieldNode[]
  name: string
  owner: string
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** A value that is neither an object nor a list, as its type writes it. @throws Error when the type cannot */
export function writtenLeaf(type: GraphQLLeafType, value: unknown, owner: string, name: string): unknown {
  const written = type.serialize(value)
  if (written === null || written === undefined)
    throw new Error(`Expected \`${type.name}.serialize\` to return a value for ${owner}.${name}.`)
  return written
}

export function listPlace(place: Place | undefined): (string | number)[] {
  const path: (string | number)[] = []
  for (let at = place; at; at = at.before) path.push(at.key)
  return path.reverse()
}

/** Compiles how values of a type are completed, as section 6.4.3 of the specification of GraphQL says. */
export function completerOf(type: GraphQLOutputType, asked: Asked, readerOf: ReaderOf): Complete {
  if (isNonNullType(type)) {
    const complete = completerOf(type.ofType, asked, readerOf)
    const checked = (value: unknown): unknown => {
      if (value === null || value === undefined)
        throw new Error(`Cannot return null for non-nullable field ${asked.owner}.${asked.name}.`)
      return value
    }
    return (value, place, run) => {
      const done = complete(value, place, run)
      return isPromise(done) ? done.then(checked) : checked(done)
    }
  }
  const plain = plainCompleter(getNullableType(type), asked, readerOf)
  return (value, place, run) => {
    if (value === null || value === undefined) return null
    if (value instanceof Error) throw value
    return plain(value, place, run)
  }
}

function plainCompleter(type: GraphQLOutputType, asked: Asked, readerOf: ReaderOf): Complete {
  if (isListType(type)) return listCompleter(type.ofType, asked, readerOf)
  if (isLeafType(type)) return value => writtenLeaf(type, value, asked.owner, asked.name)
  const sets = asked.nodes.flatMap(node => node.selectionSet ?? [])
  if (isAbstractType(type)) {
    return (value, place, run) => {
      const read = (name: unknown): unknown => {
        const told = name ?? (value as { __typename?: unknown }).__typename
        return readerOf(String(told), sets)(value, place, run)
      }
      const named = type.resolveType?.(value, run.context, undefined as never, type)
      return isPromise(named) ? named.then(read) : read(named)
    }
  }
  return readerOf(type as GraphQLObjectType, sets)
}

function listCompleter(of: GraphQLOutputType, asked: Asked, readerOf: ReaderOf): Complete {
  const complete = completerOf(of, asked, readerOf)
  const required = isNonNullType(of)
  const failed = (error: unknown, place: Place, run: Run): null => {
    const located = locatedError(error, asked.nodes as FieldNode[], listPlace(place))
    if (required) throw located
    run.errors.push(located)
    return null
  }
  return (value, before, run) => {
    if (typeof value !== 'object' || !(Symbol.iterator in (value as object)))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${asked.owner}.${asked.name}".`)
    const items: unknown[] = []
    let waits = false
    const take = (item: unknown, place: Place): unknown => {
      try {
        const done = isPromise(item) ? item.then(one => complete(one, place, run)) : complete(item, place, run)
        if (!isPromise(done)) return done
        waits = true
        return done.then(undefined, error => failed(error, place, run))
      } catch (error) {
        return failed(error, place, run)
      }
    }
    try {
      for (const item of value as Iterable<unknown>) items.push(take(item, { before, key: items.length }))
    } catch (error) {
      // The list is lost already; what its other items come to is of no interest.
      for (const item of items) if (isPromise(item)) item.catch(() => {})
      throw error
    }
    return waits ? Promise.all(items) : items
  }
}
