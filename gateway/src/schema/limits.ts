import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'

export interface QueryLimits {
  depth: number
  /** fields and aliases, fragments counted where they are used */
  breadth: number
  /** values that may come back, lists multiplied by their size */
  cost: number
}

const longestQuery = 32 * 1024
const deepestBraces = 60
// Introspection describes the schema, not data; its own nesting is deep but fixed.
const introspectionDepth = 16
const defaultListSize = 10
const childListSize = 10
// What a document may hold beside the fields that are counted: spreads, and fragments for other operations.
const allowance = 200

/** Refuses a text before it is parsed: too long, or nested so deep that parsing alone would cost. @throws GraphQLError TOO_COMPLEX */
export function checkText(text: string): void {
  if (text.length > longestQuery)
    throw tooComplex(`the query has ${text.length} characters, at most ${longestQuery} are taken`)
  let depth = 0
  for (const sign of text) {
    if (sign === '{' || sign === '[' || sign === '(') depth += 1
    else if (sign === '}' || sign === ']' || sign === ')') depth -= 1
    if (depth > deepestBraces) throw tooComplex(`the query nests more than ${deepestBraces} brackets`)
  }
}

/** Validation rule: depth and breadth of every operation. */
export function depthAndBreadth(limits: QueryLimits): ValidationRule {
  return context => ({
    Document(document: DocumentNode) {
      for (const fault of shapeFaults(document, limits)) context.reportError(fault)
    },
  })
}

/**
 * Refuses a document by its depth and breadth. It comes before validation, whose comparison of fields of one name takes
 * the square of their number.
 * @throws GraphQLError TOO_COMPLEX
 */
export function checkShape(document: DocumentNode, limits: QueryLimits): void {
  const fault = shapeFaults(document, limits)[0]
  if (fault) throw fault
}

function shapeFaults(document: DocumentNode, limits: QueryLimits): GraphQLError[] {
  // What no operation uses is validated nonetheless.
  const unused = document.definitions.length > limits.breadth || fieldsIn(document) > 2 * limits.breadth + allowance
  if (unused) return [tooComplex(`the document holds more than ${2 * limits.breadth + allowance} selections`)]
  return operationsOf(document).flatMap(operation => {
    const { depth, breadth, introspection } = measure(operation, document)
    return [
      ...(depth > limits.depth
        ? [tooComplex(`the query is ${depth} levels deep, at most ${limits.depth} are taken`, operation)]
        : []),
      ...(introspection > introspectionDepth ? [tooComplex('the introspection is too deep', operation)] : []),
      ...(breadth > limits.breadth
        ? [tooComplex(`the query selects ${breadth} fields, at most ${limits.breadth} are taken`, operation)]
        : []),
    ]
  })
}

/** Selections as they are written, each once. */
function fieldsIn(document: DocumentNode): number {
  let count = 0
  const walk = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      count += 1
      if (selection.kind !== Kind.FRAGMENT_SPREAD) walk(selection.selectionSet)
    }
  }
  for (const one of document.definitions) if ('selectionSet' in one) walk(one.selectionSet)
  return count
}

/** @throws GraphQLError TOO_COMPLEX when the operation may ask for too many values */
export function checkCost(
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown>,
  limits: QueryLimits,
): void {
  const operation = operationsOf(document).find(one => !operationName || one.name?.value === operationName)
  if (!operation) return
  const defaults = Object.fromEntries(
    (operation.variableDefinitions ?? []).map(one => [
      one.variable.name.value,
      one.defaultValue?.kind === Kind.INT ? Number(one.defaultValue.value) : undefined,
    ]),
  )
  const cost = costOf(operation.selectionSet, fragmentsOf(document), { ...defaults, ...variables }, new Map(), 0)
  if (cost > limits.cost)
    throw tooComplex(
      `the query may ask for ${cost} values, at most ${limits.cost} are given; ask for shorter lists`,
      operation,
    )
}

function tooComplex(message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(message, {
    ...(node && { nodes: [node] }),
    extensions: { code: 'TOO_COMPLEX', retryable: false, http: { status: 400 } },
  })
}

interface Measure {
  depth: number
  breadth: number
  introspection: number
}

function measure(operation: OperationDefinitionNode, document: DocumentNode): Measure {
  const fragments = fragmentsOf(document)
  const known = new Map<string, Measure>()
  const walk = (set: SelectionSetNode | undefined, open: ReadonlySet<string>): Measure => {
    const total: Measure = { depth: 0, breadth: 0, introspection: 0 }
    const deepen = (one: Measure, levels: number): void => {
      total.depth = Math.max(total.depth, one.depth + levels)
      total.introspection = Math.max(total.introspection, one.introspection)
      total.breadth = Math.min(Number.MAX_SAFE_INTEGER, total.breadth + one.breadth)
    }
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const below = walk(selection.selectionSet, open)
        if (selection.name.value.startsWith('__'))
          deepen({ depth: 0, breadth: below.breadth + 1, introspection: below.depth + 1 }, 0)
        else deepen({ ...below, breadth: below.breadth + 1 }, 1)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) deepen(walk(selection.selectionSet, open), 0)
      else {
        const name = selection.name.value
        // A fragment that contains itself is refused by another rule; here it must only not be followed.
        if (open.has(name)) continue
        const one = known.get(name) ?? walk(fragments.get(name)?.selectionSet, new Set([...open, name]))
        known.set(name, one)
        deepen(one, 0)
      }
    }
    return total
  }
  return walk(operation.selectionSet, new Set())
}

function costOf(
  set: SelectionSetNode | undefined,
  fragments: Map<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
  known: Map<string, number>,
  nesting: number,
): number {
  let cost = 0
  // Fragments that contain themselves were refused before; this only ends what slipped through.
  if (nesting > 200) return Number.MAX_SAFE_INTEGER
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) continue
      cost +=
        1 + sizeOf(selection, variables) * costOf(selection.selectionSet, fragments, variables, known, nesting + 1)
    } else if (selection.kind === Kind.INLINE_FRAGMENT)
      cost += costOf(selection.selectionSet, fragments, variables, known, nesting + 1)
    else {
      const name = selection.name.value
      const one = known.get(name) ?? costOf(fragments.get(name)?.selectionSet, fragments, variables, known, nesting + 1)
      known.set(name, one)
      cost += one
    }
    if (cost > Number.MAX_SAFE_INTEGER / 1000) return cost
  }
  return cost
}

/** How many objects a field may give: its `first`, or a usual length for the lists that take none. */
function sizeOf(field: FieldNode, variables: Record<string, unknown>): number {
  if (!field.selectionSet) return 1
  const first = field.arguments?.find(argument => argument.name.value === 'first')?.value
  if (first?.kind === Kind.INT) return Math.max(1, Number(first.value))
  if (first?.kind === Kind.VARIABLE) {
    const value = variables[first.name.value]
    return typeof value === 'number' ? Math.max(1, value) : defaultListSize
  }
  return lists.has(field.name.value) ? childListSize : 1
}

// Lists that are long without an argument.
const lists = new Set([
  'contacts',
  'items',
  'history',
  'orders',
  'contracts',
  'opportunities',
  'followUps',
  'customers',
  'stock',
  'invoices',
  'shipments',
  'productionOrders',
  'approvals',
  'claims',
  'employees',
  'inbox',
])

function operationsOf(document: DocumentNode): OperationDefinitionNode[] {
  return document.definitions.filter(one => one.kind === Kind.OPERATION_DEFINITION)
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.filter(one => one.kind === Kind.FRAGMENT_DEFINITION).map(one => [one.name.value, one]),
  )
}
