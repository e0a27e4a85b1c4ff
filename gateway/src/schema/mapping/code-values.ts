import { MappingFault, type Scalar } from '../../systems/protocols/protocol.ts'
import { Unfit } from '../convert.ts'
import type { Values } from './field-mapping.ts'

/**
 * Codes of a system: several of them may mean the same.
 * @throws MappingFault when a code stands for what the dictionary's enum does not have
 */
export function codeValues(
  list: Readonly<Record<string, string>>,
  enumCodes: ReadonlyMap<string, string> | undefined,
  wire: 'text' | 'number' | undefined,
): Values {
  const known = enumCodes && new Set(enumCodes.values())
  const ours = new Map(Object.entries(list))
  const theirs = new Map<string, Scalar[]>()
  for (const [code, value] of ours) {
    if (known && !known.has(value))
      throw new MappingFault(`the code ${code} stands for ${value}; the dictionary has ${[...known].join(', ')}`)
    theirs.set(value, [...(theirs.get(value) ?? []), wire === 'number' ? numberOf(code) : code])
  }
  return {
    read: value => (typeof value === 'object' ? undefined : ours.get(String(value))) ?? new Unfit('unknown code'),
    write(op, values) {
      if (op !== 'in' && op !== 'eq') return undefined
      return [{ op: 'in', values: values.flatMap(value => theirs.get(String(value)) ?? []) }]
    },
  }
}

function numberOf(code: string): number {
  const number = Number(code)
  if (code.trim() === '' || String(number) !== code) throw new MappingFault(`the code ${code} is no number`)
  return number
}
