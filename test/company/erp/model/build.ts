import type { EntitySet, Navigation, PrimitiveType, Property } from './types.ts'

type Extra = Partial<Pick<Property, 'scale' | 'nullable' | 'computed' | 'cost'>>

/** A property whose SQL is the column of the same name in snake case, unless `sql` says otherwise. */
export function property(
  name: string,
  type: PrimitiveType,
  zh: string,
  en: string,
  extra: Extra & { sql?: string } = {},
): Property {
  const column = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
  return { name, type, label: { zh, en }, ...extra, sql: extra.sql ?? `t.${column}` }
}

/** Shorthands for the kinds of property this model has: fen, thousandths, days … */
export const text = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.String', zh, en, extra)
export const money = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Decimal', zh, en, { scale: 2, ...extra })
export const quantity = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Decimal', zh, en, { scale: 3, ...extra })
export const day = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Date', zh, en, extra)
export const integer = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Int32', zh, en, extra)
/** `YYYY-MM` of a day, so that a client can group by month. */
export const month = (name: string, of: string, zh: string, en: string) =>
  property(name, 'Edm.String', zh, en, { computed: true, sql: `substr(t.${of}, 1, 7)` })

/** A navigation to the one entity whose `foreign` holds what `local` holds here. */
export const one = (name: string, target: string, local: string, foreign = local): Navigation => ({
  name,
  target,
  many: false,
  local,
  foreign,
})
/** The same to any number of entities. */
export const many = (name: string, target: string, local: string, foreign = local): Navigation => ({
  name,
  target,
  many: true,
  local,
  foreign,
})

/** An entity set over a table or view. */
export function set(
  name: string,
  type: string,
  from: string,
  label: { zh: string; en: string },
  key: string[],
  properties: Property[],
  navigation: Navigation[] = [],
): EntitySet {
  return { name, type, from, label, key, properties, navigation, params: [] }
}
