import { badRequest, notImplemented } from './errors.ts'

/** The system query options of a request, as texts; `parseOptions` has checked their names. */
export type QueryOptions = Partial<Record<OptionName, string>>
type OptionName =
  | 'filter'
  | 'apply'
  | 'select'
  | 'expand'
  | 'orderby'
  | 'top'
  | 'skip'
  | 'count'
  | 'skiptoken'
  | 'format'

const offered = new Set<string>([
  'filter',
  'apply',
  'select',
  'expand',
  'orderby',
  'top',
  'skip',
  'count',
  'skiptoken',
  'format',
])
const defined = new Set(['search', 'compute', 'levels', 'deltatoken', 'index', 'schemaversion', 'id'])

/**
 * Splits a query string (without `?`, still percent-encoded) into system query options. Options without `$`, OData's
 * custom options, are passed over; `+` is read as a space, as HTML forms and URLSearchParams write it.
 * @throws ODataError 400 for an unknown or repeated option, 501 for one that OData defines and this service lacks
 */
export function parseOptions(query: string): QueryOptions {
  const options: QueryOptions = {}
  for (const part of query.split('&')) {
    if (!part) continue
    const [rawName = '', ...rawValue] = part.split('=')
    const name = decode(rawName)
    if (!name.startsWith('$')) {
      if (name.startsWith('@')) throw notImplemented('Parameter aliases are not offered.')
      continue
    }
    assign(options, name, decode(rawValue.join('=')))
  }
  return options
}

/** Sets one option, named with its `$`. @throws ODataError like parseOptions */
export function assign(options: QueryOptions, name: string, value: string): void {
  const option = name.slice(1)
  if (defined.has(option)) throw notImplemented(`The query option ${name} is not offered.`)
  if (!offered.has(option))
    throw badRequest(
      `There is no query option "${name.slice(0, 40)}"; offered are ${[...offered].map(each => `$${each}`).join(', ')}.`,
    )
  // The set just checked holds exactly the members of OptionName.
  const key = option as OptionName
  if (options[key] !== undefined) throw badRequest(`${name} is given twice.`)
  options[key] = value
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw badRequest(`"${text.slice(0, 40)}" is not percent-encoded correctly.`)
  }
}

/** A whole number ≥ 0. @throws ODataError 400 */
export function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw badRequest(`${name} takes a whole number of 0 or more, not "${text.slice(0, 40)}".`)
  return Number(text)
}

/** @throws ODataError 400 */
export function trueOrFalse(text: string, name: string): boolean {
  if (text !== 'true' && text !== 'false') throw badRequest(`${name} takes true or false, not "${text.slice(0, 40)}".`)
  return text === 'true'
}
