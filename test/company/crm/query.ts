import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { Problem } from '@atrium/platform/problem'
import { z } from 'zod'
import { momentOf } from '../data/calendar.ts'

/** Collects the conditions of one list query. Values go by parameters only. */
export class Conditions {
  readonly #parts: string[] = []
  readonly values: SQLInputValue[] = []

  add(sql: string, ...values: SQLInputValue[]): this {
    this.#parts.push(`(${sql})`)
    this.values.push(...values)
    return this
  }

  /** `column IN (…)`, left out when there is no list. */
  oneOf(column: string, list: readonly string[] | undefined): this {
    return list ? this.add(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(list)) : this
  }

  /** A comparison, left out when there is no value. */
  when(sql: string, value: SQLInputValue | undefined): this {
    return value === undefined ? this : this.add(sql, value)
  }

  get where(): string {
    return this.#parts.length ? `WHERE ${this.#parts.join(' AND ')}` : ''
  }
}

/** One page of a list with the total of all pages. */
export function readPage<Row>(
  db: DatabaseSync,
  options: {
    select: string
    from: string
    conditions: Conditions
    selectValues?: SQLInputValue[]
    order: string
    offset: number
    limit: number
  },
): { rows: Row[]; total: number } {
  const { select, from, conditions, order, offset, limit } = options
  const { n } = db.prepare(`SELECT count(*) AS n FROM ${from} ${conditions.where}`).get(...conditions.values) as {
    n: number
  }
  const rows = db
    .prepare(`SELECT ${select} FROM ${from} ${conditions.where} ORDER BY ${order} LIMIT ? OFFSET ?`)
    .all(...(options.selectValues ?? []), ...conditions.values, limit, offset) as Row[]
  return { rows, total: n }
}

const shortList = z
  .string()
  .transform(text =>
    text
      .split(',')
      .map(part => part.trim())
      .filter(Boolean),
  )
  .refine(list => list.length <= 200, 'at most 200 values')

/** Parts of query schemas that lists share. */
export const param = {
  /** `a,b,c`, at most 200. */
  list: shortList.optional(),
  /** `a,b` out of a fixed set. */
  listOf: <const T extends string>(allowed: readonly T[]) => shortList.pipe(z.array(z.enum(allowed))).optional(),
  paging: {
    offset: z.coerce.number().int().min(0).default(0),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  },
  day: z.iso.date(),
  /** A moment with zone, brought to company time; or a day, which means its beginning. */
  moment: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform(text => momentOf(new Date(text.includes('T') ? text : `${text}T00:00:00+08:00`))),
}

/** `name` ascending, `-name` descending, out of the columns a list can be sorted by. */
export function sortBy<const T extends Record<string, string>>(columns: T, fallback: keyof T & string) {
  return z
    .string()
    .refine(
      text => text.replace(/^-/, '') in columns,
      `expected one of ${Object.keys(columns).join(', ')}, with - before it for descending`,
    )
    .default(fallback)
    .transform(text => `${columns[text.replace(/^-/, '')]} ${text.startsWith('-') ? 'DESC' : 'ASC'}`)
}

/** @throws Problem 400 that names every fault of the input */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors = result.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message }))
  const text = errors.map(error => (error.path ? `${error.path}: ${error.message}` : error.message)).join('; ')
  throw new Problem(
    400,
    'bad_input',
    { zh: `请求参数有误：${text}`, en: `The request has faults: ${text}` },
    { errors },
  )
}

/** For LIKE: what people type is text, not a pattern. */
export const contains = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`
