import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readConfigFile } from '../config.ts'

/*
 * widgets.yaml: the declarative widgets a company brings itself. A widget names a stored operation and how its answer is
 * shown: no address, no token, no HTML. What leaves is the manifest that the portal's renderers read (the widgets' SDK has the
 * same rules on its side of the wire).
 */

/** Written like every text of the configuration, sent by language tag. */
const byTag = ({ zh, en }: { zh: string; en: string }) => ({ 'zh-CN': zh, en })
const text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }).transform(byTag)
/** What stands before or after a value; a language may need nothing there. */
const affix = z.strictObject({ zh: z.string(), en: z.string() }).transform(byTag)
const path = z.string().regex(/^[A-Za-z_]\w*(\.\w+)*$/, 'a path is names joined by dots, e.g. customer.code')
const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'is three numbers joined by dots, e.g. 1.0.0')
const widgetId = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')
const operation = z.string().regex(/^[A-Z]\w*$/, 'is the name of a stored operation, e.g. OpenOrders')

const format = z.enum(['text', 'money', 'number', 'percent', 'day', 'moment', 'ago', 'due'])
const fullCell = z.strictObject({
  path: path.optional(),
  text: text.optional(),
  format: format.optional(),
  currency: path.optional(),
  labels: z.record(z.string(), text).optional(),
  before: affix.optional(),
  after: affix.optional(),
  tones: z.record(z.string(), z.enum(['dim', 'warn', 'bad'])).optional(),
  shapes: z.record(z.string(), z.enum(['on', 'half', 'warn', 'bad', 'off'])).optional(),
  when: path.optional(),
})
/** A cell that only shows a value may be written as its path. */
const cell = z.preprocess(value => (typeof value === 'string' ? { path: value } : value), fullCell)
const line = z.preprocess(value => (Array.isArray(value) ? value : [value]), z.array(cell).min(1))

const rows = { rows: path, key: path, total: path.optional() }
const content = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('list'),
      ...rows,
      look: z.enum(['two-line', 'news']).default('two-line'),
      primary: line,
      secondary: line.optional(),
      figure: line.optional(),
      note: line.optional(),
      steps: z
        .strictObject({
          path,
          of: z.number().int().min(2).max(8),
          reached: z.record(z.string(), z.number().int().min(0)),
        })
        .optional(),
    }),
    z.strictObject({
      kind: z.literal('table'),
      ...rows,
      columns: z
        .array(z.strictObject({ title: text, cell: line, align: z.enum(['start', 'end']).default('start') }))
        .min(1)
        .max(6),
    }),
    z
      .strictObject({
        kind: z.literal('kpi'),
        figure: cell.optional(),
        caption: line.optional(),
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
      .refine(one => one.figure || one.parts || one.goals, 'shows nothing: it needs a figure, parts or goals'),
    z.strictObject({ kind: z.literal('trend'), rows: path, key: path, value: path, format: format.default('number') }),
    z.strictObject({
      kind: z.literal('object'),
      root: path,
      fields: z.array(z.strictObject({ title: text, cell: line })).min(1),
    }),
    z.strictObject({
      kind: z.literal('timeline'),
      ...rows,
      time: cell,
      primary: line,
      secondary: line.optional(),
      stamp: cell.optional(),
    }),
    z.strictObject({ kind: z.literal('links'), ...rows, label: cell, url: path, note: cell.optional() }),
  ],
  { error: 'is one of list, table, kpi, trend, object, timeline, links' },
)

const action = z.strictObject({
  id: widgetId,
  title: text,
  operation,
  fromRow: z.record(z.string(), path).default({}),
  subject: path,
  fields: z
    .array(
      z.strictObject({
        name: z.string().regex(/^\w+$/),
        kind: z.enum(['line', 'area', 'moment']),
        title: text,
        hint: text.optional(),
        required: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(6),
  submit: text,
  done: text,
})

/** Who gets the widget: holders of one of the business roles or one of the native rights; everybody when neither is named. */
const audience = z.strictObject({
  businessRoles: z.array(z.string()).default([]),
  /** system → native roles, one of which is enough */
  rights: z.record(z.string(), z.array(z.string()).min(1)).default({}),
})

const widget = z.strictObject({
  version: version.default('1.0.0'),
  title: text,
  systems: z.array(z.string()).min(1),
  operation,
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  refreshSeconds: z.number().int().min(15).max(3600).default(60),
  size: z.enum(['third', 'half', 'two-thirds']).default('third'),
  access: audience.prefault({}),
  order: z.number().int().default(50),
  empty: z.strictObject({ title: text, hint: text.optional() }),
  content,
  actions: z.array(action).max(3).default([]),
})

const file = z.strictObject({
  /** who stands behind these widgets */
  publisher: z.string().min(1),
  widgets: z.record(widgetId, widget),
})

export type WidgetDefinition = z.output<typeof widget> & { id: string; publisher: string }
export type Content = z.output<typeof content>
export type Line = z.output<typeof line>
export type Cell = z.output<typeof fullCell>
export type Action = z.output<typeof action>
export type Widgets = readonly WidgetDefinition[]

/**
 * Reads widgets.yaml; a company without widgets of its own has none.
 * @throws ConfigFileError naming every fault
 */
export async function readWidgets(
  dir: string,
  env: Record<string, string | undefined> = process.env,
): Promise<Widgets> {
  const absent = await access(join(dir, 'widgets.yaml')).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )
  if (absent) return []
  const { publisher, widgets } = await readConfigFile(dir, 'widgets.yaml', file, env)
  return Object.entries(widgets)
    .map(([id, one]) => ({ ...one, id, publisher }))
    .sort((a, b) => a.order - b.order)
}
