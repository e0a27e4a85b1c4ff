import { sqlLiteral, withAccount } from '../account-text.ts'
import { columnsOf, type Expression, parseExpression, parseSort } from '../condition-text.ts'
import { type Condition, InputFault, type Question, type Row, type Scalar, type Sums } from '../protocol.ts'
import { keyOf, readCell, type Value } from './cells.ts'
import type { ColumnKind, FileSettings, TableSettings } from './configuration.ts'
import { type Cells, FileFault, type RowFault } from './fault.ts'

export type FileQuestion = Partial<Question> & { fixed?: string }
export type FileSums = Sums & { fixed?: string }

const mostGroups = 10_000

/** The rows of one file, and answers from them. */
export class FileTable {
  readonly columns: readonly string[]
  readonly faults: RowFault[]
  #places: ReadonlyMap<string, number>
  #kinds: readonly ColumnKind[]
  #rows: Value[][]
  #indexes = new Map<number, Map<string, Value[][]>>()

  /** @throws FileFault when the file does not name its columns, or names one twice */
  constructor(
    cells: Cells,
    settings: TableSettings,
    { maxRows, timeZone = 'UTC' }: Pick<FileSettings, 'maxRows' | 'timeZone'>,
  ) {
    const head = cells.rows[settings.header - 1]
    const names = (head?.cells ?? []).map(cell => (typeof cell === 'string' ? shownName(cell) : ''))
    this.columns = names.filter(name => name !== '' && name !== '__proto__')
    if (this.columns.length === 0) throw new FileFault(`the file names no columns in row ${settings.header}`)
    const twice = this.columns.find((name, index) => this.columns.indexOf(name) !== index)
    if (twice !== undefined) throw new FileFault(`the file has two columns named "${twice}"`)
    if (cells.rows.length - settings.header > maxRows) throw new FileFault(`the file has more than ${maxRows} rows`)
    const places = this.columns.map(name => names.indexOf(name))
    this.#places = new Map(this.columns.map((name, index) => [name, index]))
    this.#kinds = this.columns.map(name => settings.columns[name] ?? 'text')
    this.faults = [...cells.faults]
    this.#rows = []
    for (const { row, cells: own } of cells.rows.slice(settings.header)) {
      const values: Value[] = []
      let lost: string | undefined
      for (const [index, place] of places.entries()) {
        const value = readCell(own[place] ?? null, this.#kinds[index] as ColumnKind, settings, timeZone)
        if (value !== null && typeof value === 'object') lost = `${this.columns[index]}: ${value.lost}`
        else values.push(value)
      }
      if (lost === undefined) this.#rows.push(values)
      else this.faults.push({ row, reason: lost })
    }
  }

  get size(): number {
    return this.#rows.length
  }

  /** @throws InputFault */
  page({ where = [], fixed, sort, select = [], offset = 0, limit = 1000 }: FileQuestion): {
    rows: Row[]
    total: number
  } {
    const found = this.#find(where, fixed)
    const ordered = sort ? this.#sorted(found, sort) : found
    const names = select.length > 0 ? select : this.columns
    const places = names.map(name => this.#place(name))
    const rows = ordered.slice(offset, offset + limit).map(values => {
      const row: Row = {}
      for (const [index, name] of names.entries()) row[name] = values[places[index] as number]
      return row
    })
    return { rows, total: found.length }
  }

  /** @throws InputFault */
  sums({ where, fixed, by, sum, count }: FileSums): Row[] {
    const places = by.map(name => this.#place(name))
    const summed = Object.entries(sum).map(([name, column]) => ({ name, place: this.#place(column) }))
    const groups = Map.groupBy(this.#find(where, fixed), values => JSON.stringify(places.map(place => values[place])))
    if (groups.size > mostGroups) throw new InputFault(`falls into more than ${mostGroups} groups`)
    return [...groups.values()].map(rows => {
      const row: Row = Object.fromEntries(by.map((name, index) => [name, rows[0]?.[places[index] as number]]))
      for (const { name, place } of summed) row[name] = addUp(rows.map(values => values[place] ?? null))
      if (count !== undefined) row[count] = rows.length
      return row
    })
  }

  #place(name: string): number {
    const place = this.#places.get(name)
    if (place === undefined) throw new InputFault(`the file has no column ${name}`)
    return place
  }

  #find(where: readonly Condition[], fixed: string | undefined): Value[][] {
    const tests: ((values: Value[]) => boolean)[] = []
    let from: Value[][] | undefined
    for (const condition of where) {
      if (!from && 'field' in condition && (condition.op === 'in' || condition.op === 'eq')) {
        from = this.#indexed(this.#place(condition.field), condition.values)
      } else tests.push(this.#test(condition))
    }
    if (fixed) tests.push(this.#testOf(parseExpression(fixed)))
    const rows = from ?? this.#rows
    return tests.length === 0 ? rows : rows.filter(values => tests.every(test => test(values)))
  }

  #indexed(place: number, wanted: readonly Scalar[]): Value[][] {
    if (wanted.length === 0) throw new InputFault('an empty list would read as no condition at all')
    const kind = this.#kinds[place] as ColumnKind
    let index = this.#indexes.get(place)
    if (!index) {
      index = new Map()
      for (const values of this.#rows) {
        const value = values[place] ?? null
        if (value === null) continue
        const key = keyOf(value, kind)
        const same = index.get(key)
        if (same) same.push(values)
        else index.set(key, [values])
      }
      this.#indexes.set(place, index)
    }
    return [...new Set(wanted.map(one => keyOf(one, kind)))].flatMap(key => index.get(key) ?? [])
  }

  #test(condition: Condition): (values: Value[]) => boolean {
    if ('raw' in condition) return this.#testOf(parseExpression(withAccount(condition, sqlLiteral)))
    if ('any' in condition) return this.#contains(condition.any, condition.contains)
    if ('inputs' in condition) {
      const tests = Object.entries(condition.inputs).map(([name, value]) => this.#equals(name, [value]))
      return values => tests.every(test => test(values))
    }
    const { field, op, values } = condition
    if (values.length === 0) throw new InputFault(`${field}: an empty list would read as no condition at all`)
    if (op === 'in' || op === 'eq') return this.#equals(field, values)
    if (op === 'contains') return this.#contains([field], String(values[0]))
    return this.#compares(field, ({ ge: '>=', gt: '>', le: '<=', lt: '<' } as const)[op], values[0] as Scalar)
  }

  #testOf(expression: Expression): (values: Value[]) => boolean {
    for (const column of columnsOf(expression)) this.#place(column)
    switch (expression.kind) {
      case 'all':
      case 'any': {
        const tests = expression.of.map(one => this.#testOf(one))
        return expression.kind === 'all'
          ? values => tests.every(test => test(values))
          : values => tests.some(test => test(values))
      }
      case 'not': {
        const test = this.#testOf(expression.of)
        return values => !test(values)
      }
      case 'null': {
        const place = this.#place(expression.column)
        return values => (values[place] === null) !== expression.not
      }
      case 'in':
        return this.#unless(expression.not, expression.column, this.#equals(expression.column, expression.values))
      case 'compare':
        if (expression.op === '=' || expression.op === '<>')
          return this.#unless(
            expression.op === '<>',
            expression.column,
            this.#equals(expression.column, [expression.value]),
          )
        return this.#compares(expression.column, expression.op, expression.value)
    }
  }

  // What has no value is neither equal nor unequal, as in a database.
  #unless(not: boolean, column: string, test: (values: Value[]) => boolean): (values: Value[]) => boolean {
    const place = this.#place(column)
    return not ? values => values[place] !== null && !test(values) : test
  }

  #equals(name: string, wanted: readonly Scalar[]): (values: Value[]) => boolean {
    const place = this.#place(name)
    const kind = this.#kinds[place] as ColumnKind
    const keys = new Set(wanted.map(one => keyOf(one, kind)))
    return values => values[place] !== null && keys.has(keyOf(values[place] as Value, kind))
  }

  #contains(names: readonly string[], text: string): (values: Value[]) => boolean {
    const places = names.map(name => this.#place(name))
    const part = text.toLowerCase()
    return values => places.some(place => values[place] !== null && String(values[place]).toLowerCase().includes(part))
  }

  #compares(name: string, op: '<' | '<=' | '>' | '>=', value: Scalar): (values: Value[]) => boolean {
    const place = this.#place(name)
    const kind = this.#kinds[place] as ColumnKind
    return values => {
      const own = values[place] ?? null
      if (own === null) return false
      const order = compare(own, value, kind)
      if (order === 0) return op === '<=' || op === '>='
      return order < 0 ? op[0] === '<' : op[0] === '>'
    }
  }

  #sorted(rows: readonly Value[][], sort: string): Value[][] {
    const keys = parseSort(sort).map(({ column, descending }) => ({
      place: this.#place(column),
      sign: descending ? -1 : 1,
    }))
    return [...rows].sort((a, b) => {
      for (const { place, sign } of keys) {
        const [left, right] = [a[place] ?? null, b[place] ?? null]
        // What has no value stands at the end.
        if (left === null || right === null) {
          if (left !== right) return left === null ? 1 : -1
        } else {
          const order = compare(left, right, this.#kinds[place] as ColumnKind)
          if (order !== 0) return order * sign
        }
      }
      return 0
    })
  }
}

// A point in the name of a field leads into an object.
function shownName(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replaceAll('.', '_')
}

function compare(left: Value, right: Value, kind: ColumnKind): number {
  if (kind === 'integer' || kind === 'decimal') {
    const [a, b] = [scaled(String(left)), scaled(String(right))]
    if (a && b) {
      const width = Math.max(a.scale, b.scale)
      const difference = a.units * 10n ** BigInt(width - a.scale) - b.units * 10n ** BigInt(width - b.scale)
      return difference === 0n ? 0 : difference < 0n ? -1 : 1
    }
  }
  if (kind === 'time') {
    const [a, b] = [Date.parse(String(left)), Date.parse(String(right))]
    if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b
  }
  return String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0
}

function scaled(text: string): { units: bigint; scale: number } | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === '') return undefined
  const units = BigInt(whole + fraction)
  return { units: sign ? -units : units, scale: fraction.length }
}

/** The exact sum of decimals; what is no number is left out, as in a database. */
function addUp(values: readonly Value[]): string | null {
  const numbers = values.flatMap(value => (value === null ? [] : (scaled(String(value)) ?? [])))
  if (numbers.length === 0) return null
  const scale = Math.max(...numbers.map(one => one.scale))
  const units = numbers.reduce((sum, one) => sum + one.units * 10n ** BigInt(scale - one.scale), 0n)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}
