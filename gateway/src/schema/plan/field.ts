import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isLeafType,
  isNonNullType,
  Kind,
  locatedError,
  print,
  type ValueNode,
} from 'graphql'
import {
  type Complete,
  completerOf,
  isPromise,
  listPlace,
  type Place,
  type ReaderOf,
  type Run,
  writtenLeaf,
} from './complete.ts'

/** A field of an object, compiled. */
export interface FieldPlan {
  key: string
  read(source: unknown, before: Place | undefined, run: Run): unknown
}

/**
 * @param shared several parts of an answer may ask for the field: its value is found once for all of them
 * @returns undefined for a field that the type does not have
 */
export function compileField(
  type: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  readerOf: ReaderOf,
  shared: boolean,
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
  const leaf = leafWriter(field.type, type.name, name)
  const plain =
    resolve === undefined
      ? (source: unknown, run: Run): unknown => {
          const value = (source as Record<string, unknown> | null | undefined)?.[name]
          return typeof value === 'function' ? value.call(source, argumentsFor(run), run.context) : value
        }
      : (source: unknown, run: Run): unknown => resolve(source, argumentsFor(run), run.context, undefined as never)
  const atHand = resolve === undefined && isLeafType(getNamedType(field.type))
  const valueFrom = shared && !atHand ? foundOnce(key, node, plain) : plain
  const failed = (error: unknown, place: Place, run: Run): null => {
    const located = locatedError(error, nodes as FieldNode[], listPlace(place))
    if (required) throw located
    run.errors.push(located)
    return null
  }
  if (leaf)
    return {
      key,
      read(source, before, run) {
        try {
          const value = valueFrom(source, run)
          if (!isPromise(value)) return leaf(value)
          return value.then(leaf).then(undefined, error => failed(error, { before, key }, run))
        } catch (error) {
          return failed(error, { before, key }, run)
        }
      },
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

/** Writes values that are neither objects nor lists, which most of an answer is; undefined for a type that is not of them. */
function leafWriter(type: GraphQLOutputType, owner: string, name: string): ((value: unknown) => unknown) | undefined {
  const plain = getNullableType(type)
  if (!isLeafType(plain)) return undefined
  const required = isNonNullType(type)
  // What these two make of a text is the text.
  const textual = plain.name === 'String' || plain.name === 'ID'
  return value => {
    if (value === null || value === undefined) {
      if (required) throw new Error(`Cannot return null for non-nullable field ${owner}.${name}.`)
      return null
    }
    if (textual && typeof value === 'string') return value
    if (value instanceof Error) throw value
    return writtenLeaf(plain, value, owner, name)
  }
}

class Thrown {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

type ValueFrom = (source: unknown, run: Run) => unknown

/** The same question of the same object is asked once in a run, whichever parts want the answer. */
function foundOnce(key: string, node: FieldNode, valueFrom: ValueFrom): ValueFrom {
  const question = [key, node.name.value, ...(node.arguments ?? []).map(print)].join(' ')
  const find: ValueFrom = (source, run) => {
    try {
      return valueFrom(source, run)
    } catch (error) {
      return new Thrown(error)
    }
  }
  return (source, run) => {
    if (!run.shared || typeof source !== 'object' || source === null) return valueFrom(source, run)
    const known = run.shared.get(source) ?? new Map<string, unknown>()
    run.shared.set(source, known)
    if (!known.has(question)) known.set(question, find(source, run))
    const found = known.get(question)
    if (found instanceof Thrown) throw found.error
    return found
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
