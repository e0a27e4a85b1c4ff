import {
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
} from 'graphql'

/** A document taken apart: its operation, its fragments, and the variables on which it depends what is selected at all. */
export interface Parts {
  schema: GraphQLSchema
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** variables of @skip and @include, in the order in which they occur */
  conditions: readonly string[]
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
  const look = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      for (const directive of selection.directives ?? []) {
        const value = directive.arguments?.[0]?.value
        if (value?.kind === Kind.VARIABLE) conditions.add(value.name.value)
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD) look(selection.selectionSet)
    }
  }
  look(operation.selectionSet)
  for (const fragment of fragments.values()) look(fragment.selectionSet)
  return { schema, operation, fragments, conditions: [...conditions] }
}

/** The fields that selections ask of a type, by the name under which they are answered, in the order of the answer. */
export function fieldsOf(
  { schema, fragments }: Parts,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  holds: ReadonlyMap<string, boolean>,
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const seen = new Set<string>()
  const applies = (condition: FragmentDefinitionNode['typeCondition'] | undefined): boolean => {
    if (!condition) return true
    const named = typeFromAST(schema, condition)
    return named === type || (isAbstractType(named) && schema.isSubType(named, type))
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
        if (applies(selection.typeCondition)) collect(selection.selectionSet)
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) collect(fragment.selectionSet)
      }
    }
  }
  for (const set of sets) collect(set)
  return fields
}

function isIncluded(selection: SelectionNode, holds: ReadonlyMap<string, boolean>): boolean {
  for (const { name, arguments: given } of selection.directives ?? []) {
    const value = given?.[0]?.value
    const condition =
      value?.kind === Kind.VARIABLE ? holds.get(value.name.value) === true : value?.kind === Kind.BOOLEAN && value.value
    if (name.value === 'skip' && condition) return false
    if (name.value === 'include' && !condition) return false
  }
  return true
}
