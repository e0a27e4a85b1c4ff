import { z } from 'zod'

const simple: Record<string, z.ZodType> = {
  id: z.string().min(1).max(200),
  text: z.string().max(20_000),
  integer: z.union([z.number().int(), z.string().regex(/^-?\d+$/, 'is not a whole number')]),
  decimal: z.union([z.number(), z.string().regex(/^-?\d{1,20}(\.\d{1,10})?$/, 'is not a decimal')]),
  boolean: z.boolean(),
  date: z.iso.date(),
  dateTime: z.iso.datetime({ offset: true, local: false }),
  ids: z.array(z.string().min(1).max(200)).max(10_000),
  object: z.record(z.string(), z.unknown()),
  any: z.unknown(),
}

/** How messages.yaml writes the fields of an event: `name: type`, `name: type?` when it may be absent or null, `A | B` for one of these words. */
export const shapeSource = z.record(z.string(), z.string().refine(isType, 'is no type'))

/** The check of an event's data. Fields that are not named may come along: a system may add some. */
export function compileShape(source: Record<string, string>): z.ZodType<Record<string, unknown>> {
  return z.looseObject(Object.fromEntries(Object.entries(source).map(([name, type]) => [name, readType(type)])))
}

/** What is wrong with the data, field by field, in words an administrator can act on. */
export function describeFault(error: z.ZodError, data: unknown): { zh: string; en: string } {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  const value = path
    .split('.')
    .reduce<unknown>(
      (v, key) => (v !== null && typeof v === 'object' ? (v as Record<string, unknown>)[key] : undefined),
      data,
    )
  const shown = value === undefined ? undefined : JSON.stringify(value).slice(0, 80)
  return {
    zh: shown === undefined ? `缺少字段 ${path}` : `字段 ${path} 的值 ${shown} 不符合约定`,
    en:
      shown === undefined
        ? `The field ${path} is missing`
        : `The field ${path} is ${shown}: ${issue?.message ?? 'invalid'}`,
  }
}

function readType(source: string): z.ZodType {
  const optional = source.endsWith('?')
  const name = optional ? source.slice(0, -1).trim() : source
  const type = Object.hasOwn(simple, name)
    ? simple[name]!
    : z.enum(name.split('|').map(word => word.trim()) as [string, ...string[]])
  return optional ? type.nullish() : type
}

function isType(source: string): boolean {
  const name = source.replace(/\?$/, '').trim()
  return Object.hasOwn(simple, name) || /^[A-Z][A-Z0-9_]*(\s*\|\s*[A-Z][A-Z0-9_]*)*$/.test(name)
}
