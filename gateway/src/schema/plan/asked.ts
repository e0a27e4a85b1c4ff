import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isAbstractType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** Names of the fields that a document asks anywhere of each object type, whatever its variables will be. */
export function namesAsked(schema: GraphQLSchema, document: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>()
  const types = new TypeInfo(schema)
  const note = (type: string, name: string): void => {
    asked.set(type, (asked.get(type) ?? new Set()).add(name))
  }
  const look = (node: FieldNode): void => {
    const parent = types.getParentType()
    if (isAbstractType(parent)) for (const type of schema.getPossibleTypes(parent)) note(type.name, node.name.value)
    else if (parent) note(parent.name, node.name.value)
  }
  visit(document, visitWithTypeInfo(types, { Field: look }))
  return asked
}
