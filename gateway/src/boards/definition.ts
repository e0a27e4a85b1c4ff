import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readConfigFile } from '../config.ts'
import { faultOf } from './expressions.ts'

const text = z.strictObject({ zh: z.string(), en: z.string() })
const id = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')

const expression = z.string().superRefine((source, context) => {
  const message = faultOf(source)
  if (message !== null) context.addIssue({ code: 'custom', message })
})

const call = z.strictObject({ operation: z.string().min(1), input: z.record(z.string(), z.unknown()).default({}) })
const calls = z.record(z.string().regex(/^[a-zA-Z]\w*$/), call)

/** The same calls once for each entry: for the last months, or for parts with variables of their own. */
const each = z.union([
  z.strictObject({ months: z.number().int().min(1).max(24) }),
  z
    .array(z.looseObject({ key: z.string(), label: text }))
    .min(1)
    .max(12),
])

const access = z.strictObject({
  businessRoles: z.array(z.string()).default([]),
  /** system → native roles, one of which is enough */
  rights: z.record(z.string(), z.array(z.string()).min(1)).default({}),
})

const column = z.strictObject({
  key: z.string().min(1),
  label: text,
  value: expression.describe('JSONata over one row'),
  align: z.enum(['start', 'end']).default('start'),
  /** the value is a user id of this system: the employee's name is shown */
  person: z.string().optional(),
  /** names of a code */
  labels: z.record(z.string(), text).optional(),
})

const kpi = z.strictObject({
  name: text,
  unit: text.default({ zh: '', en: '' }),
  format: z.enum(['money', 'count', 'percent', 'hours', 'days']),
  system: z.string(),
  access: access.prefault({}),
  /** each viewer sees the figure of the people in their row scope, whose user ids are `{{owners}}` */
  scoped: z.boolean().default(false),
  everySeconds: z.number().int().min(5).default(300),
  staleSeconds: z.number().int().min(10).optional(),
  events: z.array(z.string()).default([]),
  fetch: calls,
  value: expression,
  target: z
    .strictObject({
      value: expression,
      direction: z.enum(['at_least', 'at_most']),
      prorated: z.literal('month').optional(),
    })
    .optional(),
  comparison: z.strictObject({ label: text, value: expression }).optional(),
  breakdown: z
    .union([
      z.strictObject({ parts: expression, labels: z.record(z.string(), text).default({}) }),
      z.strictObject({ each, fetch: calls, value: expression, count: expression.optional() }),
    ])
    .optional(),
  trend: z
    .union([
      z.strictObject({ fetch: calls.default({}), points: expression }),
      z.strictObject({
        each: z.strictObject({ months: z.number().int().min(1).max(24) }),
        fetch: calls,
        value: expression,
      }),
      z.strictObject({ recorded: z.strictObject({ days: z.number().int().min(2).max(400) }) }),
    ])
    .optional(),
  rows: z
    .strictObject({
      operation: z.string(),
      input: z.record(z.string(), z.unknown()).default({}),
      rows: expression,
      total: expression,
      columns: z.array(column).min(1).max(10),
    })
    .optional(),
})

const file = z
  .strictObject({
    zone: z.string().refine(isZone, 'is no time zone'),
    boards: z.record(id, z.strictObject({ name: text, access, kpis: z.array(z.string()).min(1) })),
    kpis: z.record(id, kpi),
  })
  .superRefine(({ boards, kpis }, context) => {
    for (const [name, board] of Object.entries(boards)) {
      for (const missing of board.kpis.filter(one => !Object.hasOwn(kpis, one))) {
        context.addIssue({ code: 'custom', path: ['boards', name, 'kpis'], message: `there is no figure "${missing}"` })
      }
    }
  })

export type Access = z.infer<typeof access>
export type Call = z.infer<typeof call>
export type Calls = z.infer<typeof calls>
export type Each = z.infer<typeof each>
export type Column = z.infer<typeof column>
export type KpiDefinition = z.infer<typeof kpi> & { id: string; digest: string }
export type BoardDefinition = { id: string; name: z.infer<typeof text>; access: Access; kpis: KpiDefinition[] }
export type Boards = { zone: string; boards: Map<string, BoardDefinition>; kpis: Map<string, KpiDefinition> }

/**
 * Reads boards.yaml.
 * @throws ConfigFileError naming every fault
 */
export async function readBoards(dir: string, env: Record<string, string | undefined> = process.env): Promise<Boards> {
  return toBoards(await readConfigFile(dir, 'boards.yaml', file, env))
}

/** The same checks on a document in memory. @throws ZodError */
export function parseBoards(document: unknown): Boards {
  return toBoards(file.parse(document))
}

function toBoards(content: z.infer<typeof file>): Boards {
  const kpis = new Map(
    Object.entries(content.kpis).map(([id, one]) => [
      id,
      { ...one, id, digest: createHash('sha256').update(JSON.stringify(one)).digest('base64url') },
    ]),
  )
  const boards = Object.entries(content.boards).map(([id, board]): [string, BoardDefinition] => [
    id,
    {
      id,
      name: board.name,
      access: board.access,
      kpis: board.kpis.map(name => kpis.get(name)).filter(one => one !== undefined),
    },
  ])
  return { zone: content.zone, boards: new Map(boards), kpis }
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
