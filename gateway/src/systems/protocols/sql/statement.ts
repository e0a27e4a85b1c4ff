import { sqlLiteral, withAccount } from '../account-text.ts'
import { type Expression, parseExpression, parseSort } from '../condition-text.ts'
import { type Condition, InputFault, type Question, type Scalar, type Sums } from '../protocol.ts'
import type { Catalog, Column, Kind, KnownTable } from './catalog.ts'
import { writeValue } from './values.ts'

/** A statement for the server: every value is a parameter. */
export interface Statement {
  text: string
  values: (Scalar | Scalar[])[]
}

/** What is sent for one operation, and what its rows consist of. */
export interface Plan {
  columns: { name: string; kind: Kind }[]
  statements: Statement[]
  /** the second statement counts, and is not needed when the first answers fewer rows than this (and some, or all from the start) */
  counts?: { limit: number; offset: number }
  /** the first column of each row says which question it answers */
  questions?: number
  /** more rows than this are an error, not an answer cut short */
  most?: number
}

export type Aim = { zone: string; server: Catalog['server'] }
export type PageInput = Partial<Question> & { fixed?: string | undefined }

const mostGroups = 10_000
const postgresqlCasts: Partial<Record<Kind, string>> = {
  integer: 'int8',
  long: 'int8',
  decimal: 'numeric',
  double: 'float8',
  boolean: 'bool',
  date: 'date',
  local: 'timestamp',
  instant: 'timestamptz',
  uuid: 'uuid',
}
const mysqlCasts: Partial<Record<Kind, string>> = {
  integer: 'signed',
  long: 'signed',
  unsigned: 'unsigned',
  decimal: 'decimal(65,30)',
  boolean: 'signed',
  date: 'date',
  local: 'datetime(6)',
  instant: 'datetime(6)',
}
const comparisons = { eq: '=', ge: '>=', gt: '>', le: '<=', lt: '<' } as const
const nothing = '1 = 0'

/** Builds the statements of one operation on one table. Its names come from the description, its values are bound. */
export class StatementBuilder {
  #table: KnownTable
  #aim: Aim
  #values: (Scalar | Scalar[])[] = []

  constructor(table: KnownTable, aim: Aim) {
    this.#table = table
    this.#aim = aim
  }

  page(input: PageInput): Plan {
    const { where = [], fixed, sort, select = [], count = false } = input
    const limit = whole(input.limit ?? 1000)
    const offset = whole(input.offset ?? 0)
    const columns = this.#chosen(select)
    const from = this.#from()
    const text = `select ${this.#list(columns)} from ${from}${this.#where(where, fixed)}${this.#order(sort)}${this.#limits(limit, offset)}`
    const statements = [{ text, values: this.#taken() }]
    if (!count) return { columns, statements }
    statements.push({ text: `select count(*) from ${from}${this.#where(where, fixed)}`, values: this.#taken() })
    return { columns, statements, counts: { limit, offset } }
  }

  together(inputs: readonly PageInput[]): Plan {
    const columns = this.#chosen(inputs[0]?.select ?? [])
    const list = this.#list(columns)
    const parts = inputs.map(({ where = [], fixed, sort, limit = 1000, offset = 0 }, index) => {
      const body = `from ${this.#from()}${this.#where(where, fixed)}${this.#order(sort)}${this.#limits(whole(limit), whole(offset))}`
      return `(select ${index} as ${this.#quote('#')}, ${list} ${body})`
    })
    return {
      columns,
      statements: [{ text: parts.join(' union all '), values: this.#taken() }],
      questions: inputs.length,
    }
  }

  sums({ where, by, sum, count, fixed }: Sums & { fixed?: string | undefined }): Plan {
    const groups = by.map(name => this.#column(name))
    const summed = Object.entries(sum).map(([name, property]) => ({ name, column: this.#column(property) }))
    const columns = [
      ...groups.map(({ name, kind }) => ({ name, kind })),
      ...summed.map(({ name, column }) => ({ name, kind: sumKind(column) })),
      ...(count === undefined ? [] : [{ name: count, kind: 'integer' as const }]),
    ]
    const list = [
      ...groups.map(one => this.#shown(one)),
      ...summed.map(({ column }) => `sum(${this.#quote(column.name)})`),
      ...(count === undefined ? [] : ['count(*)']),
    ]
    const grouping = groups.length > 0 ? ` group by ${groups.map(one => this.#quote(one.name)).join(', ')}` : ''
    const text = `select ${list.join(', ')} from ${this.#from()}${this.#where(where, fixed)}${grouping}${this.#limits(mostGroups + 1, 0)}`
    return { columns, statements: [{ text, values: this.#taken() }], most: mostGroups }
  }

  /** @throws InputFault when the table has no such column, or one that is not read */
  #column(name: string): Column {
    const column = this.#table.columns.get(name)
    if (!column) throw new InputFault(`${this.#table.shown} has no column ${name}`)
    if (column.kind === 'binary') throw new InputFault(`${this.#table.shown}.${name} (${column.type}) is not read`)
    return column
  }

  // A path into a document of JSON is answered with the whole of its column.
  #chosen(paths: readonly string[]): { name: string; kind: Kind }[] {
    const names = new Set(paths.length > 0 ? paths.map(path => path.split('.')[0] as string) : this.#readable())
    return [...names].map(name => this.#column(name)).map(({ name, kind }) => ({ name, kind }))
  }

  #readable(): string[] {
    return [...this.#table.columns.values()].filter(one => one.kind !== 'binary').map(one => one.name)
  }

  #list(columns: readonly { name: string }[]): string {
    return columns.map(({ name }) => this.#shown(this.#column(name))).join(', ')
  }

  #shown({ name, type }: Column): string {
    // Filled up with spaces to its width, unless it is made text.
    return type === 'bpchar' ? `${this.#quote(name)}::text` : this.#quote(name)
  }

  #from(): string {
    return `${this.#quote(this.#table.schema)}.${this.#quote(this.#table.name)}`
  }

  #quote(name: string): string {
    return this.#aim.server === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`
  }

  #where(conditions: readonly Condition[], fixed: string | undefined): string {
    const parts = conditions.map(one => this.#condition(one))
    if (fixed) parts.push(this.#expression(parseExpression(fixed)))
    return parts.length === 0 ? '' : ` where ${parts.join(' and ')}`
  }

  #condition(condition: Condition): string {
    if ('raw' in condition) return this.#expression(parseExpression(withAccount(condition, sqlLiteral)))
    if ('any' in condition)
      return `(${condition.any.map(name => this.#contains(this.#column(name), condition.contains)).join(' or ')})`
    if ('inputs' in condition) {
      const all = Object.entries(condition.inputs)
      return all.length === 0
        ? '1 = 1'
        : all.map(([name, value]) => this.#in(this.#column(name), [value])).join(' and ')
    }
    const { field, op, values } = condition
    if (values.length === 0) throw new InputFault(`${field}: an empty list would read as no condition at all`)
    const column = this.#column(field)
    if (op === 'contains') return this.#contains(column, String(values[0]))
    if (op === 'in' || op === 'eq') return this.#in(column, values)
    return this.#compare(column, comparisons[op], values[0] as Scalar)
  }

  #expression(expression: Expression): string {
    switch (expression.kind) {
      case 'all':
      case 'any':
        return `(${expression.of.map(one => this.#expression(one)).join(expression.kind === 'all' ? ' and ' : ' or ')})`
      case 'not':
        return `not (${this.#expression(expression.of)})`
      case 'null':
        return `${this.#quote(this.#column(expression.column).name)} is ${expression.not ? 'not ' : ''}null`
      case 'in': {
        const found = this.#in(this.#column(expression.column), expression.values)
        return expression.not ? `not (${found})` : found
      }
      case 'compare': {
        const column = this.#column(expression.column)
        if (expression.op === '=') return this.#in(column, [expression.value])
        if (expression.op === '<>') return `not (${this.#in(column, [expression.value])})`
        return this.#compare(column, expression.op, expression.value)
      }
    }
  }

  #in(column: Column, values: readonly Scalar[]): string {
    const written = values.map(value => this.#write(column, value)).filter(value => value !== undefined)
    if (written.length === 0) return nothing
    const left = this.#left(column, written)
    if (this.#aim.server === 'postgresql') {
      if (written.length === 1) return `${left} = ${this.#bind(column, written[0] as Scalar)}`
      this.#values.push(written)
      return `${left} = any($${this.#values.length}::${this.#cast(column)}[])`
    }
    // Lists of few lengths are few statements for the server to prepare.
    const size = 2 ** Math.ceil(Math.log2(written.length))
    const filled = Array.from({ length: size }, (_, index) => written[Math.min(index, written.length - 1)] as Scalar)
    return `${left} in (${filled.map(value => this.#bind(column, value)).join(', ')})`
  }

  #compare(column: Column, sign: string, value: Scalar): string {
    const written = this.#write(column, value)
    if (written === undefined) throw new InputFault(`${this.#table.shown}.${column.name} takes ${column.type}`)
    return `${this.#left(column, [written])} ${sign} ${this.#bind(column, written)}`
  }

  #contains(column: Column, text: string): string {
    if (text.includes('\0')) return nothing
    const pattern = `%${text.replace(/[!%_]/g, '!$&')}%`
    const name = this.#quote(column.name)
    if (this.#aim.server === 'mysql') {
      this.#values.push(pattern)
      return `${column.kind === 'text' ? this.#left(column, [text]) : `cast(${name} as char)`} like ? escape '!'`
    }
    this.#values.push(pattern)
    return `${column.kind === 'text' ? name : `${name}::text`} ilike $${this.#values.length} escape '!'`
  }

  #write(column: Column, value: Scalar): Scalar | undefined {
    if (column.kind === 'json') throw new InputFault(`${this.#table.shown}.${column.name} holds documents`)
    return writeValue(column.kind, value, this.#aim.zone, this.#aim.server)
  }

  #left({ name, kind, narrow }: Column, values: readonly Scalar[]): string {
    const quoted = this.#quote(name)
    if (this.#aim.server === 'mysql') {
      // MySQL refuses to compare with what the column's character set has not; an index serves plain letters only.
      if (narrow && values.some(value => /[^ -~]/.test(String(value)))) return `convert(${quoted} using utf8mb4)`
      return kind === 'boolean' ? `(${quoted} <> 0)` : quoted
    }
    return kind === 'other' ? `${quoted}::text` : quoted
  }

  #bind(column: Column, value: Scalar): string {
    this.#values.push(value)
    if (this.#aim.server === 'postgresql') return `$${this.#values.length}::${this.#cast(column)}`
    const cast = mysqlCasts[column.kind]
    return cast ? `cast(? as ${cast})` : '?'
  }

  #cast({ kind, type }: Column): string {
    return type === 'bpchar' ? 'bpchar' : (postgresqlCasts[kind] ?? 'text')
  }

  /** The order of a list, with the key as its last word: pages of an order with ties would overlap. */
  #order(sort: string | undefined): string {
    const parts = sort
      ? parseSort(sort).map(({ column, descending }) => ({ column: this.#column(column), descending }))
      : []
    const keys = this.#table.key
      .filter(name => !parts.some(one => one.column.name === name))
      .flatMap(name => this.#table.columns.get(name) ?? [])
      .map(column => ({ column, descending: false }))
    const all = [...parts, ...keys]
    if (all.length === 0) return ''
    return ` order by ${all.map(({ column, descending }) => `${this.#quote(column.name)}${descending ? ' desc' : ''}`).join(', ')}`
  }

  // Whole numbers that were checked; MySQL takes no parameters of the binary protocol here.
  #limits(limit: number, offset: number): string {
    return ` limit ${limit}${offset > 0 ? ` offset ${offset}` : ''}`
  }

  #taken(): (Scalar | Scalar[])[] {
    const values = this.#values
    this.#values = []
    return values
  }
}

function sumKind({ kind }: Column): Kind {
  return kind === 'double' || kind === 'single' ? 'double' : 'decimal'
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new InputFault('a page begins and ends at whole numbers')
  return value as number
}
