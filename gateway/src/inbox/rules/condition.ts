import { now } from '@atrium/platform/clock'
import { z } from 'zod'
import { at, type Scope } from './template.ts'

const operand = z.union([z.string(), z.number(), z.boolean(), z.object({ path: z.string() }).strict()])
const comparison = z
  .object({
    path: z.string(),
    eq: operand.optional(),
    ne: operand.optional(),
    lt: operand.optional(),
    lte: operand.optional(),
    gt: operand.optional(),
    gte: operand.optional(),
    in: z.array(z.union([z.string(), z.number()])).optional(),
    matches: z.string().refine(isRegExp, 'is no regular expression').optional(),
    present: z.boolean().optional(),
    // a moment that lies less than so many days back, or ahead
    newerThanDays: z.number().optional(),
  })
  .strict()

type Operand = z.infer<typeof operand>
type Comparison = z.infer<typeof comparison>
/** All entries of a list must hold; `any` holds when one of its entries does, `not` when its entry does not. */
export type Condition = Comparison | { any: Condition[] } | { not: Condition } | Condition[]

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    comparison,
    z.object({ any: z.array(condition).min(1) }).strict(),
    z.object({ not: condition }).strict(),
    z.array(condition),
  ]),
)

/** Whether a condition holds for an event. A missing value makes every comparison false except `ne` and `present: false`. */
export function holds(test: Condition | undefined, scope: Scope): boolean {
  if (test === undefined) return true
  if (Array.isArray(test)) return test.every(entry => holds(entry, scope))
  if ('any' in test) return test.any.some(entry => holds(entry, scope))
  if ('not' in test) return !holds(test.not, scope)
  const value = at(scope, test.path)
  const given = value !== undefined && value !== null && value !== ''
  if (
    test.newerThanDays !== undefined &&
    !(Date.parse(String(value)) > now().getTime() - test.newerThanDays * 86_400_000)
  )
    return false
  if (test.present !== undefined && test.present !== given) return false
  if (test.ne !== undefined && same(value, resolve(test.ne, scope))) return false
  if (test.eq !== undefined && !same(value, resolve(test.eq, scope))) return false
  if (test.in !== undefined && !test.in.some(item => same(value, item))) return false
  if (test.matches !== undefined && !(given && new RegExp(test.matches, 'u').test(String(value)))) return false
  if (test.lt !== undefined && !ordered(value, resolve(test.lt, scope), (a, b) => a < b)) return false
  if (test.lte !== undefined && !ordered(value, resolve(test.lte, scope), (a, b) => a <= b)) return false
  if (test.gt !== undefined && !ordered(value, resolve(test.gt, scope), (a, b) => a > b)) return false
  if (test.gte !== undefined && !ordered(value, resolve(test.gte, scope), (a, b) => a >= b)) return false
  return true
}

function resolve(value: Operand, scope: Scope): unknown {
  return typeof value === 'object' ? at(scope, value.path) : value
}

function same(a: unknown, b: unknown): boolean {
  if (a === undefined || a === null || b === undefined || b === null) return false
  return String(a) === String(b) || (isDecimal(a) && isDecimal(b) && Number(a) === Number(b))
}

function ordered(a: unknown, b: unknown, test: (a: number | string, b: number | string) => boolean): boolean {
  if (a === undefined || a === null || b === undefined || b === null) return false
  return isDecimal(a) && isDecimal(b) ? test(Number(a), Number(b)) : test(String(a), String(b))
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
}

function isRegExp(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    return false
  }
}
