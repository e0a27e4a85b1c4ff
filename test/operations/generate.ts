import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  typeFromAST,
  validate,
} from 'graphql'
import { documentRules } from '../../gateway/src/schema/defer.ts'

/** A stored operation whose text is not right by the schema. */
export class InvalidOperation extends Error {}

/**
 * TypeScript for the stored operations: per operation its kind, variables and data, so that a misspelt field is a type error
 * in the portal and no query text is in its bundle.
 * @param schema the gateway's public schema; what an operation defers is what may be missing from its data for a while
 * @param folder holds one operation a file, the file's name is the operation's
 * @throws InvalidOperation naming each fault
 */
export function generateOperations(schema: GraphQLSchema, folder: string): string {
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.graphql'))
    .sort()
  const faults: string[] = []
  const fragments = new Map<string, string>()
  const operations: string[] = []
  for (const file of files) {
    const document = parse(readFileSync(join(folder, file), 'utf8'))
    faults.push(...validate(schema, document, documentRules).map(error => `${file}: ${error.message}`))
    const operation = document.definitions.find(node => node.kind === 'OperationDefinition')
    const own = document.definitions.filter(node => node.kind === 'FragmentDefinition')
    if (operation?.name?.value !== basename(file, '.graphql'))
      faults.push(`${file}: must hold one operation of its name`)
    if (faults.length > 0 || !operation) continue
    const printer = new Printer(schema)
    for (const fragment of own) fragments.set(fragment.name.value, printer.fragment(fragment))
    operations.push(printer.operation(operation))
  }
  if (faults.length > 0) throw new InvalidOperation(faults.join('\n'))
  return [
    '// Made by test/operations/write.ts from gateway/operations and the schema; a test compares. Do not edit.\n',
    ...[...fragments].map(([name, type]) => `export type ${name} = ${type}\n`),
    `/** The stored operations the portal may run. */\nexport interface Operations {\n${operations.join('\n')}\n}\n`,
  ].join('\n')
}

const scalars: Record<string, string> = {
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  WidgetManifest: 'unknown',
}

class Printer {
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  fragment(node: FragmentDefinitionNode): string {
    return this.#object(this.#schema.getType(node.typeCondition.name.value)!.name, node.selectionSet, '')
  }

  operation(node: OperationDefinitionNode): string {
    const root = this.#schema.getRootType(node.operation)!
    const variables = (node.variableDefinitions ?? []).map(definition => {
      const required = definition.type.kind === 'NonNullType' && !definition.defaultValue
      return `${definition.variable.name.value}${required ? '' : '?'}: ${this.#input(definition.type)}`
    })
    return [
      `  ${node.name!.value}: {`,
      `    kind: '${node.operation}'`,
      `    variables: ${variables.length > 0 ? `{ ${variables.join('; ')} }` : 'Record<string, never>'}`,
      `    data: ${this.#object(root.name, node.selectionSet, '    ')}`,
      '  }',
    ].join('\n')
  }

  #input(node: TypeNode): string {
    if (node.kind === 'NonNullType') return this.#input(node.type).replace(/ \| null$/, '')
    if (node.kind === 'ListType') return `readonly (${this.#input(node.type)})[] | null`
    const type = typeFromAST(this.#schema, node)!
    if (isEnumType(type)) return `${literals(type.getValues().map(value => value.name))} | null`
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).map(field => {
        const required = isNonNullType(field.type) && field.defaultValue === undefined
        return `${field.name}${required ? '' : '?'}: ${this.#input(field.astNode!.type)}`
      })
      return `{ ${fields.join('; ')} } | null`
    }
    return `${scalars[type.name] ?? 'string'} | null`
  }

  #object(typeName: string, selections: SelectionSetNode, indent: string): string {
    const type = this.#schema.getType(typeName)
    if (!type || !isCompositeType(type)) throw new InvalidOperation(`${typeName} is no object`)
    if (!isObjectType(type)) return this.#union(selections, indent)
    const spreads: string[] = []
    const fields: string[] = []
    for (const { selection, later } of spelledOut(selections)) {
      if (selection.kind === 'FragmentSpread')
        spreads.push(later ? `Partial<${selection.name.value}>` : selection.name.value)
      else if (selection.kind === 'Field') {
        const name = selection.alias?.value ?? selection.name.value
        const field = type.getFields()[selection.name.value]
        fields.push(
          `${indent}  ${name}${later ? '?' : ''}: ${
            field ? this.#output(field.type, selection.selectionSet, `${indent}  `) : `'${typeName}'`
          }`,
        )
      }
    }
    const own = fields.length > 0 ? `{\n${fields.join('\n')}\n${indent}}` : ''
    return [...spreads, own].filter(Boolean).join(' & ')
  }

  #union(selections: SelectionSetNode, indent: string): string {
    const members = selections.selections.flatMap(selection => {
      if (selection.kind !== 'InlineFragment' || !selection.typeCondition) return []
      const name = selection.typeCondition.name.value
      return [`({ __typename: '${name}' } & ${this.#object(name, selection.selectionSet, indent)})`]
    })
    return members.join(' | ')
  }

  #output(type: GraphQLOutputType, selections: SelectionSetNode | undefined, indent: string): string {
    if (isNonNullType(type)) return this.#output(type.ofType, selections, indent).replace(/ \| null$/, '')
    if (isListType(type)) return `(${this.#output(type.ofType, selections, indent)})[] | null`
    const named = getNamedType(type)
    if (isEnumType(named)) return `${literals(named.getValues().map(value => value.name))} | null`
    if (selections) return `${this.#bracket(this.#object(named.name, selections, indent))} | null`
    return `${scalars[named.name] ?? 'string'} | null`
  }

  #bracket(type: string): string {
    return type.includes(' & ') || type.includes(' | (') ? `(${type})` : type
  }
}

/** What is selected of an object, and what of it may come later than the rest. */
function spelledOut(
  { selections }: SelectionSetNode,
  within = false,
): { selection: Exclude<SelectionNode, InlineFragmentNode>; later: boolean }[] {
  return selections.flatMap(selection => {
    const later = within || selection.directives?.some(one => one.name.value === 'defer') === true
    return selection.kind === 'InlineFragment' ? spelledOut(selection.selectionSet, later) : [{ selection, later }]
  })
}

function literals(names: readonly string[]): string {
  return names.map(name => `'${name}'`).join(' | ')
}
