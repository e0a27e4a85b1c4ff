import type { Text } from '../tables.ts'

export type Locale = 'zh' | 'en'

/** What templates may look into: the event's data at the root, and `event`, `subject`, `comment`, `person` beside it. */
export type Scope = Record<string, unknown>

/** What formatting needs beyond the value: the company's zone, and tables of words such as `approvalKind.LEAVE`. */
export interface Words {
  timeZone: string
  labels: Record<string, Record<string, Text>>
}

type Format = (
  value: unknown,
  context: { words: Words; locale: Locale; scope: Scope; argument: string | undefined },
) => string
type Part =
  | { text: string }
  | { path: string; formats: { name: string; argument: string | undefined }[] }
  | { optional: Part[] }

/** A template that cannot be read; `message` says where. */
export class TemplateError extends Error {
  readonly code = 'TEMPLATE'
}

/** A template made ready once and rendered often. */
export interface Template {
  /** null when a value outside every optional part is missing */
  render(scope: Scope, locale: Locale, words: Words): string | null
}

/**
 * Compiles `Text {path} {path|format:argument} [left out when a value in it is missing]`.
 * Formats: money, number, date, dateTime, time, label:<table>, percent.
 * A backslash before a brace or bracket takes it literally.
 * @throws TemplateError
 */
export function compileTemplate(source: string): Template {
  const { parts, rest } = parse(source, 0, false, source)
  if (rest !== source.length) throw new TemplateError(`"${source}": a ] without its [`)
  return { render: (scope, locale, words) => render(parts, scope, locale, words) }
}

/** Renders an input value for a call: strings are templates (a lone `{path}` keeps its type), lists and objects are walked. */
export function fillInput(value: unknown, scope: Scope, words: Words): unknown {
  if (typeof value === 'string') {
    const alone = /^\{([^{}|]+)\}$/.exec(value)?.[1]
    return alone === undefined
      ? (compileTemplate(value).render(scope, 'zh', words) ?? '')
      : (at(scope, alone) ?? undefined)
  }
  if (Array.isArray(value)) return value.map(item => fillInput(item, scope, words))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillInput(item, scope, words)]))
  }
  return value
}

/** The value at a dotted path; `.` is the scope itself; undefined when there is none. Own properties only. */
export function at(scope: unknown, path: string): unknown {
  if (path === '.') return scope
  let value = scope
  for (const key of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    // Own properties of a plain value were just checked.
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function parse(source: string, start: number, inside: boolean, whole: string): { parts: Part[]; rest: number } {
  const parts: Part[] = []
  let text = ''
  let i = start
  const flush = (): void => {
    if (text) parts.push({ text })
    text = ''
  }
  while (i < source.length) {
    const c = source[i]!
    if (c === '\\' && i + 1 < source.length) {
      text += source[i + 1]
      i += 2
    } else if (c === '{') {
      const end = source.indexOf('}', i)
      if (end < 0) throw new TemplateError(`"${whole}": a { without its }`)
      flush()
      const [path = '', ...formats] = source.slice(i + 1, end).split('|')
      if (!path.trim()) throw new TemplateError(`"${whole}": empty braces`)
      parts.push({ path: path.trim(), formats: formats.map(format => readFormat(format.trim(), whole)) })
      i = end + 1
    } else if (c === '[') {
      flush()
      const inner = parse(source, i + 1, true, whole)
      if (source[inner.rest] !== ']') throw new TemplateError(`"${whole}": a [ without its ]`)
      parts.push({ optional: inner.parts })
      i = inner.rest + 1
    } else if (c === ']') {
      if (!inside) throw new TemplateError(`"${whole}": a ] without its [`)
      break
    } else {
      text += c
      i += 1
    }
  }
  flush()
  return { parts, rest: i }
}

function readFormat(source: string, whole: string): { name: string; argument: string | undefined } {
  const [name = '', argument] = source.split(':')
  if (!Object.hasOwn(formats, name))
    throw new TemplateError(`"${whole}": there is no format "${name}"; there are ${Object.keys(formats).join(', ')}`)
  return { name, argument }
}

function render(parts: Part[], scope: Scope, locale: Locale, words: Words): string | null {
  let out = ''
  for (const part of parts) {
    if ('text' in part) out += part.text
    else if ('optional' in part) out += render(part.optional, scope, locale, words) ?? ''
    else {
      const value = at(scope, part.path)
      if (value === undefined || value === null || value === '') return null
      const first = part.formats.length === 0 ? plain(value) : value
      const text = part.formats.reduce<unknown>(
        (v, f) => formats[f.name]!(v, { words, locale, scope, argument: f.argument }),
        first,
      )
      if (text === '') return null
      out += String(text)
    }
  }
  return out
}

function plain(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const formats: Record<string, Format> = {
  money: (value, { argument, scope }) => {
    const currency = argument ? at(scope, argument) : 'CNY'
    const sign = currency === undefined || currency === null || currency === 'CNY' ? '¥' : `${String(currency)} `
    return `${sign}${grouped(String(value)).replace(/\.00$/, '')}`
  },
  number: value =>
    grouped(String(value))
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, ''),
  percent: value => `${grouped(String(value))}%`,
  date: (value, { locale, words }) =>
    moment(value, locale, words, { month: locale === 'zh' ? 'long' : 'short', day: 'numeric' }),
  dateTime: (value, { locale, words }) =>
    moment(value, locale, words, {
      month: locale === 'zh' ? 'long' : 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
  time: (value, { locale, words }) =>
    moment(value, locale, words, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  label: (value, { argument, words, locale }) =>
    words.labels[argument ?? '']?.[String(value)]?.[locale] ?? String(value),
}

// Decimals stay text: 12345678901234567.89 must not pass through a float.
function grouped(decimal: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(decimal)
  return match ? `${match[1]}${match[2]!.replace(/\B(?=(\d{3})+$)/g, ',')}${match[3] ?? ''}` : decimal
}

const dateFormats = new Map<string, Intl.DateTimeFormat>()

function moment(value: unknown, locale: Locale, words: Words, options: Intl.DateTimeFormatOptions): string {
  // A calendar day has no zone; noon UTC is the same day wherever companies are.
  const day = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
  const date = new Date(day ? `${value}T12:00:00Z` : String(value))
  if (Number.isNaN(date.getTime())) return String(value)
  const zone = day ? 'UTC' : words.timeZone
  const key = `${locale} ${zone} ${JSON.stringify(options)}`
  let format = dateFormats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat(locale === 'zh' ? 'zh-CN' : 'en-GB', { ...options, timeZone: zone })
    dateFormats.set(key, format)
  }
  return format.format(date)
}
