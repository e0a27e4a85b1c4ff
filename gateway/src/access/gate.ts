import type { GraphQLFieldResolver } from 'graphql'
import type { RequestContext } from '../schema/context.ts'
import type { DictionaryField } from '../schema/dictionary.ts'
import { noteRead } from './audited.ts'
import { mask } from './masks.ts'
import { decisions } from './permissions.ts'

type Filled = Record<string, unknown>

/**
 * The resolver of a field that no system's record gives but the gateway itself fills in (an employee's, a sum's): what the
 * dictionary declares of it holds there too. Undefined where everybody may read it, or nothing is declared.
 */
export function gated(
  field: DictionaryField,
): GraphQLFieldResolver<Filled, RequestContext, Record<string, unknown>> | undefined {
  if (field.read.length === 0 || field.read.includes('*')) return undefined
  const { index, name, mask: masking } = field
  return (filled, _args, context) => {
    const decision = context.access.table[index]
    const value = filled[name]
    if (decision === decisions.denied) {
      context.access.noteDenied(field)
      return null
    }
    if (decision === decisions.masked) return masking ? mask(masking.kind, value) : null
    noteRead(field, typeof filled.id === 'string' ? filled.id : null, value, context)
    return value
  }
}
