import { z } from 'zod'
import { UpstreamError } from '../types.ts'
import { follow } from './protocol.ts'

const plain = z.union([z.string(), z.number(), z.boolean(), z.null()])
const plains = z.union([plain, z.array(plain).min(1)])
const paths = z.union([z.string(), z.array(z.string()).min(1)])
const codes = z.array(z.union([z.string(), z.number()]))

const rule = z
  .strictObject({
    path: z.string().describe('where the sign stands, e.g. errcode or Result.ResponseStatus.IsSuccess'),
    is: plains.optional().describe('it is an error when the value is one of these'),
    not: plains.optional().describe('it is an error when the value is none of these'),
    present: z.literal(true).optional().describe('it is an error when there is a value that is neither null nor empty'),
    absent: z.enum(['error', 'fine']).default('error').describe('what an answer without the sign is, for "not"'),
    operations: z.array(z.string()).optional().describe('only for these; all unless told'),
    code: paths.optional().describe("where the system's own code stands, the first that has one; the path unless told"),
    reason: paths.optional().describe("where the system's words stand, the first that has some"),
    unauthenticated: codes.default([]).describe('codes by which it refuses the credentials'),
    throttled: codes.default([]).describe('codes by which it asks to come back later'),
    unavailable: codes.default([]).describe('codes of its own failures, after which nobody knows what was done'),
    told: z
      .union([z.boolean(), codes])
      .default(false)
      .describe('whether its words were written for people; codes = only of these'),
  })
  .refine(one => [one.is, one.not, one.present].filter(sign => sign !== undefined).length === 1, {
    message: 'takes exactly one of "is", "not" and "present"',
  })

/** How a system that answers 200 for everything says that something went wrong. */
export const answersDefinition = z.strictObject({
  errorWhen: z.array(rule).default([]),
  data: z.string().optional().describe('path of what a good answer is about, e.g. data'),
})

export type AnswersDefinition = z.infer<typeof answersDefinition>
type Rule = z.infer<typeof rule>

const longestReason = 300

/**
 * The error that stands inside an answer which its status calls a success; undefined when it is one. The first rule that
 * applies decides.
 */
export function errorInAnswer(
  system: string,
  operation: string,
  body: unknown,
  answers: AnswersDefinition | undefined,
): UpstreamError | undefined {
  const broken = answers?.errorWhen.find(
    one => (one.operations?.includes(operation) ?? true) && applies(one, follow(body, one.path)),
  )
  return broken && toError(system, operation, body, broken)
}

/** What a good answer is about. */
export function dataOf(body: unknown, answers: AnswersDefinition | undefined): unknown {
  return answers?.data === undefined ? body : (follow(body, answers.data) ?? null)
}

function applies(rule: Rule, value: unknown): boolean {
  if (rule.present) return value !== undefined && value !== null && value !== ''
  if (rule.is !== undefined) return value !== undefined && among(rule.is, value)
  return value === undefined ? rule.absent === 'error' : !among(rule.not ?? [], value)
}

// Success is 0 in one answer and "0" in the next of the same vendor.
function among(list: z.infer<typeof plains>, value: unknown): boolean {
  return (Array.isArray(list) ? list : [list]).some(one => String(one) === String(value))
}

function toError(system: string, operation: string, body: unknown, rule: Rule): UpstreamError {
  const code = firstText(body, rule.code ?? rule.path) ?? ''
  const words = rule.reason === undefined ? undefined : firstText(body, rule.reason)?.slice(0, longestReason)
  const message = `${operation}: ${code} ${words ?? ''}`.trim()
  const has = (list: readonly (string | number)[]): boolean => list.some(one => String(one) === code)
  if (has(rule.unauthenticated))
    return new UpstreamError('UPSTREAM_UNAUTHENTICATED', system, message, { outcome: 'refused', reasonCode: code })
  if (has(rule.throttled))
    return new UpstreamError('UPSTREAM_BUSY', system, message, {
      outcome: 'refused',
      status: 429,
      reasonCode: code,
    })
  if (has(rule.unavailable))
    return new UpstreamError('UPSTREAM_UNAVAILABLE', system, message, { outcome: 'unknown', reasonCode: code })
  const told = Array.isArray(rule.told) ? has(rule.told) : rule.told
  return new UpstreamError('UPSTREAM_REFUSED', system, message, {
    outcome: 'refused',
    retryable: false,
    reasonCode: code,
    ...(told && words && { reason: words }),
  })
}

function firstText(body: unknown, places: string | string[]): string | undefined {
  for (const path of Array.isArray(places) ? places : [places]) {
    const value = follow(body, path)
    if (value !== undefined && value !== null && value !== '' && typeof value !== 'object') return String(value)
  }
  return undefined
}
