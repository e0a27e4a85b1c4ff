/** The primitive types of OData v4 that this service uses (OData CSDL XML 4.01 §4.4). */
export type PrimitiveType =
  | 'Edm.String'
  | 'Edm.Decimal'
  | 'Edm.Double'
  | 'Edm.Int32'
  | 'Edm.Int64'
  | 'Edm.Boolean'
  | 'Edm.Date'
  | 'Edm.DateTimeOffset'
  | 'Collection(Edm.String)'

export type Property = {
  name: string
  type: PrimitiveType
  /** SQL expression over the row alias `t`; comes from this model only, never from a request. */
  sql: string
  /** Edm.Decimal: digits after the point. The column holds value × 10^scale as an integer, so sums are exact. */
  scale?: number
  nullable?: boolean
  /** Derived by the server; never accepted in a request body. */
  computed?: boolean
  /** Shown only to roles with finance (purchase cost and what is computed from it). */
  cost?: boolean
  label: { zh: string; en: string }
}

export type Navigation = {
  name: string
  target: string
  many: boolean
  /** The property here and the property of the target that hold the same value. */
  local: string
  foreign: string
}

/** Anything that rows can be read from: an entity set, or what a $apply step makes of one. */
export type Source = {
  name: string
  /** SQL of the FROM item, without alias. */
  from: string
  params: SqlValue[]
  properties: Property[]
  /** Property names that make a row unique; the tie-break of every order. */
  key: string[]
  navigation: Navigation[]
}

export type EntitySet = Source & {
  /** The entity type's name in CSDL. */
  type: string
  label: { zh: string; en: string }
}

export type SqlValue = string | number | null

export const findProperty = (source: Source, name: string): Property | undefined =>
  source.properties.find(property => property.name === name)
