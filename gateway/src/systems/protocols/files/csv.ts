import { parse } from 'csv-parse/sync'
import type { TableSettings } from './configuration.ts'
import { type Cells, FileFault, type RowFault } from './fault.ts'

const delimiters = [',', ';', '\t', '|'] as const

/**
 * Rows of a file in CSV. A row of another width than the one that names the columns is left out: its values stand under
 * the wrong names.
 * @throws FileFault when it cannot be read, e.g. because it ends within quotes
 */
export function readCsv(text: string, settings: TableSettings, maxRows: number): Cells {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text
  const delimiter =
    settings.delimiter === 'auto' ? delimiterOf(plain) : settings.delimiter === 'tab' ? '\t' : settings.delimiter
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(plain, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
      to: maxRows + settings.header + 1,
    }) as unknown as typeof records
  } catch (error) {
    throw new FileFault(`the file cannot be read as CSV: ${(error as { code?: string }).code ?? 'broken'}`)
  }
  const width = records[settings.header - 1]?.record.length ?? 0
  const rows: Cells['rows'] = []
  const faults: RowFault[] = []
  for (const [index, { record, info }] of records.entries()) {
    if (index >= settings.header && record.length !== width)
      faults.push({ row: info.lines, reason: `has ${record.length} values, not ${width}` })
    else rows.push({ row: info.lines, cells: record })
  }
  return { rows, faults }
}

/** The delimiter that stands equally often in the first rows, outside quotes, and most often of those. */
export function delimiterOf(text: string): string {
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 }
  for (const delimiter of delimiters) {
    const counts = countsByRow(text.slice(0, 64_000), delimiter).slice(0, 50)
    const usual = counts[Math.floor(counts.length / 2)] ?? 0
    const alike = counts.filter(count => count === usual).length / Math.max(1, counts.length)
    const score = usual === 0 ? 0 : alike * 1000 + usual
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

function countsByRow(text: string, delimiter: string): number[] {
  const counts: number[] = []
  let quoted = false
  let count = 0
  let any = false
  for (const sign of text) {
    if (sign === '"') quoted = !quoted
    else if (!quoted && (sign === '\n' || sign === '\r')) {
      if (any) counts.push(count)
      count = 0
      any = false
      continue
    } else if (!quoted && sign === delimiter) count += 1
    any = true
  }
  // The last row may be cut off by the size of the sample.
  if (any && counts.length === 0) counts.push(count)
  return counts.sort((a, b) => a - b)
}
