import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
  type ValueNode,
} from 'graphql'

/** A document taken apart: its operation, its fragments, and the variables on which it depends what is selected at all. */
export interface Parts {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** variables of @skip, @include and @defer, in the order in which they occur */
  conditions: readonly string[]
  /** some fragment may be delivered later */
  defers: boolean
}

/** What selections ask of a type. */
export interface Selected {
  /** by the name under which they are answered, in the order of the answer */
  fields: Map<string, FieldNode[]>
  /** fragments that are delivered later, each on its own */
  deferred: { label: string | undefined; set: SelectionSetNode }[]
}

/** @returns undefined when the document does not hold exactly one operation of that name */
export function takeApart(schema: GraphQLSchema, document: DocumentNode, name?: string | null): Parts | undefined {
  const operations = document.definitions.filter(one => one.kind === Kind.OPERATION_DEFINITION)
  const chosen = name ? operations.filter(one => one.name?.value === name) : operations
  const [operation] = chosen
  if (!operation || chosen.length !== 1) return undefined
  const fragments = new Map(
    document.definitions.filter(one => one.kind === Kind.FRAGMENT_DEFINITION).map(one => [one.name.value, one]),
  )
  const conditions = new Set<string>()
  let defers = false
  const look = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      for (const directive of selection.directives ?? []) {
        defers ||= directive.name.value === 'defer'
        const value = argumentOf(directive, 'if')
        if (value?.kind === Kind.VARIABLE) conditions.add(value.name.value)
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD) look(selection.selectionSet)
    }
  }
  look(operation.selectionSet)
  for (const fragment of fragments.values()) look(fragment.selectionSet)
  return { schema, operation, fragments, conditions: [...conditions], defers }
}

/** What selections ask of a type. Unless fragments are `deferring`, @defer says nothing. */
export function selectedOf(
  { schema, fragments }: Parts,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  holds: ReadonlyMap<string, boolean>,
  deferring: boolean,
): Selected {
  const fields: Selected['fields'] = new Map()
  const deferred: Selected['deferred'] = []
  const seen = new Set<string>()
  const applies = (condition: FragmentDefinitionNode['typeCondition'] | undefined): boolean => {
    if (!condition) return true
    const named = typeFromAST(schema, condition)
    return named === type || (isAbstractType(named) && schema.isSubType(named, type))
  }
  const take = (selection: SelectionNode, set: SelectionSetNode): void => {
    if (deferring && isDeferred(selection, holds)) deferred.push({ label: labelOf(selection), set })
    else collect(set)
  }
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (!isIncluded(selection, holds)) continue
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value
        const nodes = fields.get(name)
        if (nodes) nodes.push(selection)
        else fields.set(name, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition)) take(selection, selection.selectionSet)
      } else if (deferring && isDeferred(selection, holds)) {
        const fragment = fragments.get(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) take(selection, fragment.selectionSet)
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) collect(fragment.selectionSet)
      }
    }
  }
  for (const set of sets) collect(set)
  return { fields, deferred }
}

function isDeferred({ directives }: SelectionNode, holds: ReadonlyMap<string, boolean>): boolean {
  const defer = directives?.find(one => one.name.value === 'defer')
  const condition = defer && argumentOf(defer, 'if')
  if (condition?.kind === Kind.VARIABLE) return holds.get(condition.name.value) === true
  return defer !== undefined && !(condition?.kind === Kind.BOOLEAN && !condition.value)
}

function labelOf({ directives }: SelectionNode): string | undefined {
  const defer = directives?.find(one => one.name.value === 'defer')
  const label = defer && argumentOf(defer, 'label')
  return label?.kind === Kind.STRING ? label.value : undefined
}

function argumentOf(directive: DirectiveNode, name: string): ValueNode | undefined {
  return directive.arguments?.find(one => one.name.value === name)?.value
}

function isIncluded(selection: SelectionNode, holds: ReadonlyMap<string, boolean>): boolean {
  for (const directive of selection.directives ?? []) {
    const { name } = directive
    const value = argumentOf(directive, 'if')
    const condition =
      value?.kind === Kind.VARIABLE ? holds.get(value.name.value) === true : value?.kind === Kind.BOOLEAN && value.value
    if (name.value === 'skip' && condition) return false
    if (name.value === 'include' && !condition) return false
  }
  return true
}
