import { MappingFault } from '../protocol.ts'

/**
 * What a column holds, whatever the server calls it. `local` is a time without a zone, `instant` one that is exact,
 * `binary` is not read.
 */
export type Kind =
  | 'text'
  | 'other'
  | 'integer'
  | 'long'
  | 'unsigned'
  | 'decimal'
  | 'single'
  | 'double'
  | 'boolean'
  | 'date'
  | 'local'
  | 'instant'
  | 'uuid'
  | 'json'
  | 'binary'

export interface Column {
  name: string
  /** the server's own word */
  type: string
  kind: Kind
  /** text in a character set that cannot hold every character */
  narrow?: true
}

export interface Table {
  schema: string
  name: string
  view: boolean
  columns: Column[]
  /** columns of the primary key */
  key: string[]
}

/** The description document of a database: its tables and views as information_schema tells them. */
export interface Catalog {
  server: 'postgresql' | 'mysql'
  /** the schema whose tables go without its name */
  schema: string
  tables: Table[]
}

/** A row of the question to information_schema. */
export type CatalogRow = readonly [
  schema: string,
  table: string,
  tableType: string,
  column: string,
  type: string,
  fullType: string,
  inKey: string | number | boolean | null,
  characters: string | null,
]

/** Makes the description document from what information_schema answered, in an order that is always the same. */
export function makeCatalog(
  server: Catalog['server'],
  schema: string,
  rows: readonly CatalogRow[],
  tables: readonly string[],
): Catalog {
  const wanted = tables.map(one => new RegExp(`^${one.split('*').map(escapeRegExp).join('.*')}$`, 's'))
  const found = new Map<string, Table>()
  const kindOf = server === 'mysql' ? mysqlKind : postgresqlKind
  for (const [inSchema, name, tableType, column, type, fullType, inKey, characters] of rows) {
    const shown = inSchema === schema ? name : `${inSchema}.${name}`
    if (!wanted.some(one => one.test(shown))) continue
    let table = found.get(shown)
    if (!table) {
      table = { schema: inSchema, name, view: /view/i.test(tableType), columns: [], key: [] }
      found.set(shown, table)
    }
    const narrow = characters !== null && !/^utf/i.test(characters)
    const kind = kindOf(type.toLowerCase(), fullType.toLowerCase())
    table.columns.push({ name: column, type: fullType, kind, ...(narrow && { narrow }) })
    if (inKey === true || Number(inKey) === 1 || inKey === 't') table.key.push(column)
  }
  return { server, schema, tables: [...found.keys()].sort().map(shown => found.get(shown) as Table) }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

const postgresqlKinds: Record<string, Kind> = {
  bool: 'boolean',
  int2: 'integer',
  int4: 'integer',
  int8: 'long',
  numeric: 'decimal',
  float4: 'double',
  float8: 'double',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  date: 'date',
  timestamp: 'local',
  timestamptz: 'instant',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'json',
  bytea: 'binary',
  // Written in the money of the server's locale.
  money: 'binary',
}

function postgresqlKind(type: string): Kind {
  return postgresqlKinds[type] ?? (type.startsWith('_') ? 'binary' : 'other')
}

const mysqlKinds: Record<string, Kind> = {
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'single',
  double: 'double',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  enum: 'text',
  set: 'text',
  inet6: 'text',
  inet4: 'text',
  uuid: 'text',
  date: 'date',
  datetime: 'local',
  timestamp: 'instant',
  time: 'other',
  json: 'json',
}

function mysqlKind(type: string, fullType: string): Kind {
  if (type === 'tinyint') return fullType.startsWith('tinyint(1)') ? 'boolean' : 'integer'
  if (type === 'bit') return fullType === 'bit(1)' ? 'boolean' : 'binary'
  if (type === 'bigint') return fullType.includes('unsigned') ? 'unsigned' : 'long'
  return mysqlKinds[type] ?? 'binary'
}

/** A table as the statements need it: found by its name, its columns by theirs. */
export interface KnownTable {
  shown: string
  schema: string
  name: string
  columns: ReadonlyMap<string, Column>
  key: readonly string[]
}

/** Reads a description document. @throws MappingFault when it is none */
export function readCatalog(
  document: string,
  system: string,
): { server: Catalog['server']; tables: Map<string, KnownTable> } {
  let catalog: Catalog | null
  try {
    catalog = JSON.parse(document) as Catalog | null
  } catch {
    catalog = null
  }
  if (!Array.isArray(catalog?.tables) || !['postgresql', 'mysql'].includes(catalog.server))
    throw new MappingFault(`${system}: the description of the database cannot be read`)
  const tables = new Map<string, KnownTable>()
  for (const { schema, name, columns, key } of catalog.tables) {
    const shown = schema === catalog.schema ? name : `${schema}.${name}`
    tables.set(shown, { shown, schema, name, columns: new Map(columns.map(one => [one.name, one])), key })
  }
  return { server: catalog.server, tables }
}
