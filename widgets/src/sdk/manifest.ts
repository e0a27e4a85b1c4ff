import { z } from 'zod'

/*
 * A widget's manifest (DESIGN §8, tier 1): which stored operation it shows, and how. No address, no token, no HTML, and no
 * expressions beyond a path into the answer and the name of a format.
 */

// The portal's Content-Security-Policy allows no code made from strings; zod must not even try.
z.config({ jitless: true })

const text = z.strictObject({ 'zh-CN': z.string().min(1), en: z.string().min(1) })
/** What stands before or after a value; a language may need nothing there. */
const affix = z.strictObject({ 'zh-CN': z.string(), en: z.string() })
const path = z.string().regex(/^[A-Za-z_]\w*(\.\w+)*$/, 'a path is names joined by dots, e.g. customer.code')

export const formats = ['text', 'money', 'number', 'percent', 'day', 'moment', 'ago', 'due'] as const
export const tones = ['dim', 'warn', 'bad'] as const
export const shapes = ['on', 'half', 'warn', 'bad', 'off'] as const

const cell = z.strictObject({
  path: path.optional(),
  /** a fixed text, or what stands where the path leads to nothing */
  text: text.optional(),
  format: z.enum(formats).optional(),
  /** path of the currency of a money cell */
  currency: path.optional(),
  /** texts for the values of a code */
  labels: z.record(z.string(), text).optional(),
  before: affix.optional(),
  after: affix.optional(),
  /** colour for what is wrong, by value */
  tones: z.record(z.string(), z.enum(tones)).optional(),
  /** a state's mark, by value; it differs by shape as well as colour */
  shapes: z.record(z.string(), z.enum(shapes)).optional(),
  /** leaves the cell out unless this path leads to something true */
  when: path.optional(),
})
/** Cells of one line are parted by a middle dot; empty ones are left out. */
const line = z.union([cell, z.array(cell).min(1)])

const rows = { rows: path, key: path, total: path.optional() }

const list = z.strictObject({
  kind: z.literal('list'),
  ...rows,
  look: z.enum(['two-line', 'news']).default('two-line'),
  primary: line,
  secondary: line.optional(),
  figure: line.optional(),
  note: line.optional(),
  /** how far along: the step reached by value, out of `of` */
  steps: z
    .strictObject({ path, of: z.number().int().min(2).max(8), reached: z.record(z.string(), z.number().int().min(0)) })
    .optional(),
})
const table = z.strictObject({
  kind: z.literal('table'),
  ...rows,
  columns: z
    .array(z.strictObject({ title: text, cell: line, align: z.enum(['start', 'end']).default('start') }))
    .min(1)
    .max(6),
})
const kpi = z.strictObject({
  kind: z.literal('kpi'),
  figure: cell.optional(),
  caption: line.optional(),
  /** shares of the figure, as a bar and a table */
  parts: z
    .strictObject({
      rows: path,
      key: path,
      label: cell,
      value: cell,
      share: path,
      bad: z.array(z.string()).default([]),
    })
    .optional(),
  /** figures of a board with their targets */
  goals: z.strictObject({ rows: path }).optional(),
})
const trend = z.strictObject({
  kind: z.literal('trend'),
  rows: path,
  key: path,
  value: path,
  format: z.enum(formats).default('number'),
})
const object = z.strictObject({
  kind: z.literal('object'),
  root: path,
  fields: z.array(z.strictObject({ title: text, cell: line })).min(1),
})
const timeline = z.strictObject({
  kind: z.literal('timeline'),
  ...rows,
  time: cell,
  primary: line,
  secondary: line.optional(),
  stamp: cell.optional(),
})
const links = z.strictObject({ kind: z.literal('links'), ...rows, label: cell, url: path, note: cell.optional() })

const field = z.strictObject({
  name: z.string().regex(/^\w+$/),
  kind: z.enum(['line', 'area', 'moment']),
  title: text,
  hint: text.optional(),
  required: z.boolean().default(false),
})
const action = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]*$/),
  title: text,
  /** the stored mutation that is run as the reader */
  operation: z.string().regex(/^[A-Z]\w*$/),
  /** variables taken from the row */
  fromRow: z.record(z.string(), path).default({}),
  /** names the row in the form's title */
  subject: path,
  fields: z.array(field).min(1).max(6),
  submit: text,
  done: text,
})

export const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  publisher: z.string().min(1),
  title: text,
  /** the systems whose stamps the section carries */
  systems: z.array(z.string()).min(1),
  operation: z.string().regex(/^[A-Z]\w*$/),
  /** fixed values, or `$endOfToday`, `$endOfWeek`, `$board` */
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  refreshSeconds: z.number().int().min(15).max(3600).default(60),
  size: z.enum(['third', 'half', 'two-thirds']).default('third'),
  /** shown when any of these holds; an empty list is for everybody */
  audience: z.array(z.strictObject({ system: z.string(), roles: z.array(z.string()).min(1) })),
  /** lower comes first */
  order: z.number().int().default(50),
  empty: z.strictObject({ title: text, hint: text.optional() }),
  content: z.discriminatedUnion('kind', [list, table, kpi, trend, object, timeline, links]),
  actions: z.array(action).max(3).default([]),
})

/** A manifest as written: what has a default may be left out. */
export type WidgetManifest = z.input<typeof manifestSchema>
export type Cell = z.infer<typeof cell>
export type Line = z.infer<typeof line>
export type WidgetContent = WidgetManifest['content']
export type ContentOf<K extends WidgetContent['kind']> = Extract<WidgetContent, { kind: K }>
export type WidgetAction = z.input<typeof action>

/**
 * Checks a manifest from outside.
 * @throws z.ZodError naming each fault with its path
 */
export function readManifest(input: unknown): z.output<typeof manifestSchema> {
  return manifestSchema.parse(input)
}
