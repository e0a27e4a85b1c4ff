import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode, valueFromASTUntyped } from 'graphql'
import { type Rules, types } from './rules.ts'

/** The rule of a field: its own, else that of its type; a reference or list without one has that of what it leads to. */
export function ruleOf(rules: Rules, type: string, field: string) {
  const own = rules.fields[`${type}.${field}`]
  if (own) return own
  const model = types[type]?.fields[field]
  const leads = model?.children
    ? model.children && /\[(\w+)/.exec(model.type)?.[1]
    : model?.row
      ? model.type
      : undefined
  return { read: rules.types[leads ?? type] ?? [], mask: undefined }
}

/** The selections of one field told several times. */
export function mergedSet(nodes: readonly FieldNode[]): SelectionSetNode | undefined {
  const selections = nodes.flatMap(one => one.selectionSet?.selections ?? [])
  return selections.length === 0 ? undefined : { kind: Kind.SELECTION_SET, selections }
}

/** Whether @include and @skip leave a selection in. */
export function isIncluded(directives: FieldNode['directives'], values: Record<string, unknown>): boolean {
  return (directives ?? []).every(({ name, arguments: given }) => {
    const value = given?.[0]?.value
    const flag = value?.kind === Kind.VARIABLE ? values[value.name.value] : value && valueFromASTUntyped(value)
    return name.value === 'include' ? flag === true : name.value === 'skip' ? flag !== true : true
  })
}

/** The values of an operation's variables, defaults filled in. */
export function valuesOf(
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value
    if (name in variables) values[name] = variables[name]
    else if (defaultValue) values[name] = valueFromASTUntyped(defaultValue)
  }
  return values
}

/** What a query must answer, and where it must say that something failed (`CODE path`). */
export interface Expected {
  data: unknown
  errors: string[]
}

/** A field that answers null and says why. */
export class Refusal extends Error {}
