import { type ConstDirectiveNode, Kind, type TypeNode, valueFromASTUntyped } from 'graphql'
import type { Text } from '../systems/types.ts'

/** The directive of that name, if it stands there. */
export function find(
  directives: readonly ConstDirectiveNode[] | undefined,
  name: string,
): ConstDirectiveNode | undefined {
  return directives?.find(one => one.name.value === name)
}

function argument(directive: ConstDirectiveNode | undefined, name: string): unknown {
  const node = directive?.arguments?.find(one => one.name.value === name)
  return node ? valueFromASTUntyped(node.value) : undefined
}

/** One argument of a directive, as text. */
export function text(directive: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = argument(directive, name)
  return value === undefined ? undefined : String(value)
}

export function strings(directive: ConstDirectiveNode | undefined, name: string): string[] | undefined {
  const value = argument(directive, name)
  return Array.isArray(value) ? value.map(String) : undefined
}

export function labelOf(directive: ConstDirectiveNode): Text {
  return { zh: text(directive, 'zh') ?? '', en: text(directive, 'en') ?? '' }
}

/** The named type behind lists and non-nulls. */
export function unwrap(node: TypeNode): { name: string; list: boolean; required: boolean } {
  let at = node
  let list = false
  const required = node.kind === Kind.NON_NULL_TYPE
  while (at.kind !== Kind.NAMED_TYPE) {
    if (at.kind === Kind.LIST_TYPE) list = true
    at = at.type
  }
  return { name: at.name.value, list, required }
}
