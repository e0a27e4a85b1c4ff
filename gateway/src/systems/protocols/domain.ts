import { withAccount } from './account-text.ts'
import { type Condition, InputFault, type Scalar } from './protocol.ts'

const operators = { eq: '=', ge: '>=', gt: '>', le: '<=', lt: '<', contains: 'ilike' } as const

/** Terms of a condition that no record fulfils. */
const nothing = [['id', 'in', []]]

/**
 * Conditions as a search domain in prefix notation, as Odoo takes it: terms that follow one another hold together, `|`
 * joins the next two. A raw condition is itself such a domain, written as JSON.
 * @param write a value as the system takes it; undefined when no record can have it
 */
export function writeDomain(
  conditions: readonly Condition[],
  write: (field: string, value: Scalar) => Scalar | undefined,
): unknown[] {
  return conditions.flatMap(condition => {
    if ('raw' in condition) return readDomain(withAccount(condition, JSON.stringify))
    if ('any' in condition) {
      const terms = condition.any.map(field => [field, 'ilike', literally(condition.contains)])
      return [...Array<string>(terms.length - 1).fill('|'), ...terms]
    }
    const fields: [string, keyof typeof operators | 'in', readonly Scalar[]][] =
      'inputs' in condition
        ? Object.entries(condition.inputs).map(([field, value]) => [field, 'eq', [value]])
        : [[condition.field, condition.op, condition.values]]
    return fields.flatMap(([field, op, values]) => {
      const written = values.map(value => write(field, value)).filter(value => value !== undefined)
      const only = written[0]
      if (only === undefined) return nothing
      if (op === 'in') return [written.length === 1 ? [field, '=', only] : [field, 'in', written]]
      return [[field, operators[op], op === 'contains' ? literally(String(only)) : only]]
    })
  })
}

/** A domain written as JSON in a mapping. @throws InputFault */
export function readDomain(text: string): unknown[] {
  let domain: unknown
  try {
    domain = JSON.parse(text)
  } catch {
    domain = undefined
  }
  if (!Array.isArray(domain)) throw new InputFault(`"${text}" is no domain: a JSON list of terms`)
  return domain
}

/** Text that is looked for as it stands: `%`, `_` and `\` mean something to ilike. */
function literally(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
