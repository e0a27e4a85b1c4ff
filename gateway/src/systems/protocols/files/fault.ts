/** A file, or a row of it, cannot be used as it is; `message` says why and is for the log. */
export class FileFault extends Error {}

/** A row that was left out of a table. */
export interface RowFault {
  /** line of the file, or row of the sheet, from 1 */
  row: number
  reason: string
}

/** What a file holds before its columns are known: rows of cells, each with its place in the file. */
export interface Cells {
  rows: { row: number; cells: readonly Cell[] }[]
  faults: RowFault[]
}

/** A number as a spreadsheet keeps it; its text may be in scientific notation. */
export interface NumberCell {
  number: string
}

export type Cell = string | boolean | Date | NumberCell | null
