import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { isZone } from '../wall-clock.ts'

/** The kinds a column of a file may be told to have; text is what the file says, letter by letter. */
export const columnKinds = ['text', 'integer', 'decimal', 'boolean', 'date', 'time'] as const
export type ColumnKind = (typeof columnKinds)[number]

const milliseconds = z.number().int().positive()

const table = z.strictObject({
  files: z
    .string()
    .regex(
      /^[^/\\]+\.(csv|tsv|txt|xlsx)$/i,
      'must name files of the directory that end in csv, tsv, txt or xlsx; * stands for any part',
    )
    .describe('the name of the file, with * for any part of it; the newest complete one is read'),
  ready: z
    .enum(['still', 'done'])
    .default('still')
    .describe(
      'when a file is complete: nobody has written to it for settleMs, or a file of its name with .done lies beside it',
    ),
  encoding: z
    .enum(['auto', 'utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'big5', 'shift_jis', 'windows-1252'])
    .default('auto')
    .describe('auto: UTF-8, UTF-16 with its mark, else GB18030'),
  delimiter: z.enum(['auto', ',', ';', 'tab', '|']).default('auto'),
  header: z.number().int().positive().default(1).describe('the row that holds the names of the columns'),
  sheet: z.union([z.number().int().positive(), z.string().min(1)]).default(1),
  columns: z
    .record(z.string(), z.enum(columnKinds))
    .default({})
    .describe('what columns hold, where it is not text; a point in a name is written _'),
  decimal: z.enum(['.', ',']).default('.').describe('the sign before the fraction of a number'),
  days: z.enum(['ymd', 'dmy', 'mdy']).default('ymd').describe('the order in which dates are written'),
})

/** What `files` in systems.yaml says of a folder into which a system puts its data. */
export const fileSettings = z.strictObject({
  directory: z.string().min(1).describe('absolute, or relative to the folder of systems.yaml'),
  pollMs: milliseconds.default(5000),
  settleMs: z.number().int().min(0).default(3000),
  timeZone: z
    .string()
    .refine(isZone, 'must be a time zone, e.g. Asia/Shanghai')
    .optional()
    .describe('the zone of times that are written without one; the zone of the system, or UTC, unless told'),
  maxBytes: milliseconds.default(64 * 1024 * 1024).describe('the longest file that is read'),
  maxRows: milliseconds.default(500_000),
  tables: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), table),
})

export type FileSettings = z.infer<typeof fileSettings>
export type TableSettings = z.infer<typeof table>

/** Makes the directory of a system's entry absolute; everything else is left to the schema. */
export function settleDirectory(configDir: string, entry: unknown): unknown {
  const { files } = (entry ?? {}) as { files?: { directory?: unknown } }
  if (typeof files?.directory !== 'string' || isAbsolute(files.directory)) return entry
  return { ...(entry as object), files: { ...files, directory: resolve(configDir, files.directory) } }
}
