import { z } from 'zod'
import { COMPANY_ZONE_OFFSET } from '../zone.ts'
import { OaFault } from './fault.ts'

/** An element that was not sent, or sent empty, is absent. */
const absent = (value: unknown) => (value === null || value === '' ? undefined : value)

export const text = (longest = 200) =>
  z.preprocess(absent, z.string({ error: 'is missing' }).max(longest, `is longer than ${longest} characters`))
export const optionalText = (longest = 200) =>
  z.preprocess(absent, z.string().max(longest, `is longer than ${longest} characters`).optional())
export const optionalEnum = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess(absent, z.enum(values, { error: `is none of ${values.join(', ')}` }).optional())
export const requiredEnum = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `is none of ${values.join(', ')}` })

/** A repeated element: npm `soap` gives one alone as a value, several as a list. */
export const texts = z.preprocess(
  value => (absent(value) === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.string().max(200)).max(500, 'has more than 500 entries'),
)

/** npm `soap` makes numbers of xs:int only; what is restricted from it comes as text. */
const wholeNumber = (fallback: number, least: number, most: number) =>
  z.preprocess(
    value =>
      absent(value) === undefined
        ? fallback
        : typeof value === 'string' && /^\d{1,9}$/.test(value)
          ? Number(value)
          : value,
    z
      .number({ error: 'takes a whole number' })
      .int('takes a whole number')
      .min(least, `is below ${least}`)
      .max(most, `is above ${most}`),
  )

export const window = { offset: wholeNumber(0, 0, 10_000_000), limit: wholeNumber(50, 1, 200) }

/** Yuan with at most two decimals, as fen. */
export const money = z.preprocess(
  absent,
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,2})?$/, 'takes an amount like 1234.50')
    .transform(value => {
      const [yuan = '0', cents = ''] = value.split('.')
      return Number(yuan) * 100 + Number(cents.padEnd(2, '0'))
    })
    .optional(),
)

/** `2026-11-21` (its midnight in the company's zone) or a moment with its zone, as UTC. */
export const dayOrMoment = z.preprocess(
  absent,
  z
    .string()
    .regex(
      /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/,
      'takes a day like 2026-11-21 or a moment with its zone',
    )
    .transform((value, context) => {
      const time = Date.parse(value.length === 10 ? `${value}T00:00:00${COMPANY_ZONE_OFFSET}` : value)
      if (!Number.isNaN(time)) return new Date(time).toISOString()
      context.addIssue({ code: 'custom', message: 'is no day of the calendar' })
      return z.NEVER
    })
    .optional(),
)

/** @throws OaFault `oa:BadInput` naming every element that is wrong */
export function checked<T extends z.ZodType>(schema: T, args: unknown): z.infer<T> {
  const given = typeof args === 'object' && args !== null ? args : {}
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new OaFault(
    'BadInput',
    result.error.issues.map(issue => `${issue.path.join('.') || 'the message'} ${issue.message}`).join('; '),
  )
}
