import { UpstreamError } from '../types.ts'
import { withAccount } from './account-text.ts'
import { type Condition, MappingFault, type Scalar } from './protocol.ts'
import type { RestConditions } from './rest-definition.ts'
import { Digits, type RestValues } from './rest-values.ts'
import { fillTemplate } from './wire-template.ts'

type Operator = Extract<Condition, { field: string }>['op']
type Written = Scalar | Digits

/** Conditions as a system takes them: parameters by name, one text, or a list of terms. */
export interface RestConditionWriter {
  write(conditions: readonly Condition[]): Record<string, unknown> | string | unknown[]
  /** @throws MappingFault when the system cannot be asked that way */
  check(where: string, operator: Operator | 'any' | 'raw', alternatives?: number): void
}

/** @param definition undefined for a system whose lists cannot be narrowed */
export function restConditions(
  definition: RestConditions | undefined,
  values: RestValues,
  system: string,
): RestConditionWriter {
  if (!definition) return { write: list => (list.length === 0 ? {} : cannot(system, 'by conditions')), check: refuse }
  switch (definition.as) {
    case 'parameters':
      return parameters(definition, values, system)
    case 'text':
      return text(definition, values, system)
    case 'structure':
      return structure(definition, values, system)
  }
}

function parameters(
  { names, any, lists }: Extract<RestConditions, { as: 'parameters' }>,
  values: RestValues,
  system: string,
): RestConditionWriter {
  const nameFor = (field: string, op: Operator): string | undefined =>
    (names[op] ?? (op === 'in' || op === 'eq' ? (names.eq ?? '{field}') : undefined))?.replace('{field}', () => field)
  return {
    write(conditions) {
      const query: Record<string, unknown> = {}
      const give = (name: string | undefined, value: unknown): void => {
        // Given twice, one of the two conditions would be lost.
        if (name === undefined || name in query) cannot(system, 'that way')
        query[name as string] = value
      }
      for (const condition of conditions) {
        if ('raw' in condition) cannot(system, 'by an expression')
        else if ('any' in condition) give(any, condition.contains)
        else
          for (const [field, op, given] of termsOf(condition)) {
            const written = given.map(value => values.write(field, value) ?? value).map(plain)
            if (lists === 'comma' && written.some(value => String(value).includes(','))) cannot(system, 'for a comma')
            if (written.length === 0) cannot(system, 'for no value at all')
            const all = written.length === 1 ? written[0] : lists === 'comma' ? written.join(',') : written
            give(nameFor(field, op), all)
          }
      }
      return query
    },
    check(where, operator) {
      const known = operator === 'any' ? any : operator === 'raw' ? undefined : nameFor('x', operator)
      if (known === undefined) refuse(where, operator)
    },
  }
}

function text(
  definition: Extract<RestConditions, { as: 'text' }>,
  values: RestValues,
  system: string,
): RestConditionWriter {
  const { terms, and, or, separator, nothing, quote, pattern, booleans } = definition
  const literal = escaper(quote.escape)
  const inPattern = escaper(pattern.escape)
  const quoted = (value: string): string => `${quote.mark}${literal(value)}${quote.mark}`
  const told = (value: Written): string =>
    value instanceof Digits ? value.text : typeof value === 'boolean' ? booleans[`${value}`] : quoted(String(value))
  const term = (op: Operator, field: string, given: readonly Written[]): string => {
    const one = given.length === 1 && op === 'in' ? (terms.eq ?? terms.in) : terms[op]
    if (one === undefined) cannot(system, `by ${op}`)
    const first = given[0] as Written
    const parts: Record<string, () => string> = {
      field: () => field,
      value: () => told(first),
      values: () => given.map(told).join(separator),
      pattern: () => quoted(`${pattern.before}${inPattern(String(plain(first)))}${pattern.after}`),
    }
    return String(one).replace(/\{(field|value|values|pattern)\}/g, (_, name: string) =>
      (parts[name] as () => string)(),
    )
  }
  return {
    write(conditions) {
      const all = conditions.flatMap((condition): string[] => {
        if ('raw' in condition)
          return [
            condition.me === undefined || writable(condition.me) ? `(${withAccount(condition, quoted)})` : nothing,
          ]
        if ('any' in condition) {
          if (!writable(condition.contains)) return [nothing]
          return [`(${condition.any.map(field => term('contains', field, [condition.contains])).join(or)})`]
        }
        return termsOf(condition).map(([field, op, given]) => {
          const written = given.map(value => values.write(field, value)).filter(value => isWritable(value))
          return written.length === 0 ? nothing : term(op, field, written)
        })
      })
      return all.join(and)
    },
    check(where, operator) {
      if (operator === 'raw') return
      if (terms[operator === 'any' ? 'contains' : operator] === undefined) refuse(where, operator)
    },
  }
}

function structure(
  { terms, any, nothing }: Extract<RestConditions, { as: 'structure' }>,
  values: RestValues,
  system: string,
): RestConditionWriter {
  const term = (op: Operator, field: string, given: readonly Written[]): unknown => {
    const template = terms[op] ?? (op === 'in' && given.length === 1 ? terms.eq : undefined)
    return template === undefined
      ? cannot(system, `by ${op}`)
      : fillTemplate(template, { field, value: given[0], values: given })
  }
  return {
    write: conditions =>
      conditions.flatMap(condition => {
        if ('raw' in condition) return cannot(system, 'by an expression')
        if ('any' in condition) {
          const alternatives = condition.any.map(field => term('contains', field, [condition.contains]))
          if (alternatives.length === 1) return alternatives
          return any === undefined ? cannot(system, 'for text') : [fillTemplate(any, { terms: alternatives })]
        }
        return termsOf(condition).map(([field, op, given]) => {
          const written = given.map(value => values.write(field, value)).filter(value => value !== undefined)
          if (written.length > 0) return term(op, field, written)
          return nothing === undefined ? cannot(system, 'for a value it cannot have') : nothing
        })
      }),
    check(where, operator, alternatives = 1) {
      const known =
        operator === 'any'
          ? terms.contains && (alternatives === 1 || any)
          : operator === 'raw'
            ? undefined
            : (terms[operator] ?? (operator === 'in' && terms.eq))
      if (!known) refuse(where, operator)
    },
  }
}

function termsOf(
  condition: Exclude<Condition, { raw: string } | { any: string[] }>,
): [field: string, op: Operator, values: readonly Scalar[]][] {
  if ('inputs' in condition) return Object.entries(condition.inputs).map(([field, value]) => [field, 'eq', [value]])
  return [[condition.field, condition.op, condition.values]]
}

/** Each character that means something is written in its own way, in one pass, so that nothing is written twice. */
function escaper(signs: Readonly<Record<string, string>>): (text: string) => string {
  return value => value.replace(/[\s\S]/g, sign => (Object.hasOwn(signs, sign) ? (signs[sign] as string) : sign))
}

function isWritable(value: Written | undefined): value is Written {
  return value !== undefined && (typeof value !== 'string' || writable(value))
}

/** Control characters are in no key and no name; what a foreign parser makes of them, nobody knows. */
function writable(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters meant
  return !/[\u0000-\u001f\u007f\u2028\u2029]/.test(value) && value.isWellFormed()
}

function plain(value: Written): Scalar {
  return value instanceof Digits ? value.text : value
}

function cannot(system: string, how: string): never {
  throw new UpstreamError('UPSTREAM_REFUSED', system, `cannot be asked ${how}`, {
    outcome: 'not_sent',
    retryable: false,
  })
}

function refuse(where: string, operator: string): never {
  throw new MappingFault(`${where} cannot be asked by "${operator}": its conditions have no such term`)
}
