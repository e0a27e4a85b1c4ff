import {
  type DocumentNode,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** A place in an operation's answer: its type, and what is selected there. */
export interface Place {
  type: GraphQLOutputType
  selections: readonly SelectionSetNode[]
}

/** A path leads nowhere; the message says where it ends and what could be said instead. */
export class LostPath extends Error {}

/** Follows paths through what an operation selects, so that a path that would stay empty is found before anybody looks. */
export class Selection {
  readonly root: Place
  readonly #schema: GraphQLSchema
  readonly #document: DocumentNode

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema
    this.#document = document
    // A document that was validated has a root type.
    this.root = { type: schema.getRootType(operation.operation)!, selections: [operation.selectionSet] }
  }

  /** @throws LostPath */
  follow(from: Place, path: string): Place {
    let place = from
    let walked = ''
    for (const name of path.split('.')) {
      if (isListType(getNullableType(place.type)))
        throw new LostPath(`"${walked}" is a list; a path cannot go through it`)
      const fields = this.#fields(place)
      if (fields.size === 0) throw new LostPath(`"${walked}" is a value and has no parts`)
      const next = fields.get(name)
      if (!next) {
        const known = [...fields.keys()].join(', ')
        throw new LostPath(`the operation selects no "${name}"${walked ? ` in "${walked}"` : ''}, only ${known}`)
      }
      place = next
      walked = walked ? `${walked}.${name}` : name
    }
    return place
  }

  /** A single value. @throws LostPath when the path leads to a record or a list */
  value(from: Place, path: string): Place {
    const place = this.follow(from, path)
    if (!isLeafType(getNullableType(place.type))) throw new LostPath(`"${path}" is no single value`)
    return place
  }

  /** One element of a list. @throws LostPath when the path leads to none */
  element(from: Place, path: string): Place {
    const place = this.follow(from, path)
    const type = getNullableType(place.type)
    if (!isListType(type)) throw new LostPath(`"${path}" is no list`)
    return { ...place, type: type.ofType }
  }

  #fields(place: Place): Map<string, Place> {
    const fields = new Map<string, Place>()
    const typeName = getNamedType(place.type).name
    for (const selections of place.selections) this.#collect(typeName, selections, fields)
    return fields
  }

  #collect(typeName: string, { selections }: SelectionSetNode, fields: Map<string, Place>): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) this.#add(typeName, selection, fields)
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        this.#collect(selection.typeCondition?.name.value ?? typeName, selection.selectionSet, fields)
      else {
        const fragment = this.#document.definitions.find(
          one => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
        )
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
          this.#collect(fragment.typeCondition.name.value, fragment.selectionSet, fields)
      }
    }
  }

  #add(typeName: string, node: FieldNode, fields: Map<string, Place>): void {
    const name = node.alias?.value ?? node.name.value
    const owner = this.#schema.getType(typeName)
    const type = isObjectType(owner) ? owner.getFields()[node.name.value]?.type : undefined
    if (!type) return
    const before = fields.get(name)?.selections ?? []
    fields.set(name, { type, selections: [...before, ...(node.selectionSet ? [node.selectionSet] : [])] })
  }
}
