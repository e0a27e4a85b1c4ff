import { entitySet } from '../model/entities.ts'
import type { Navigation, Source } from '../model/types.ts'
import { badRequest, notImplemented } from './errors.ts'
import { assign, type QueryOptions } from './query-options.ts'

export type Expansion = { navigation: Navigation; target: Source; options: QueryOptions }

/**
 * `$expand`: navigations of one level, each with options in parentheses: `Items($select=Product;$top=5),Partner`.
 * Split by hand rather than by the lexer, because each option has a grammar of its own.
 */
export function parseExpand(text: string | undefined, source: Source): Expansion[] {
  if (text === undefined) return []
  const expansions = splitOutside(text, ',').map(item => expansion(item.trim(), source))
  const repeated = expansions.find(
    (each, index) => expansions.findIndex(other => other.navigation === each.navigation) !== index,
  )
  if (repeated) throw badRequest(`${repeated.navigation.name} is expanded twice.`)
  return expansions
}

function expansion(item: string, source: Source): Expansion {
  const match = /^([A-Za-z_]\w*|\*)(\/[^(]*)?(?:\((.*)\))?$/s.exec(item)
  if (!match) throw badRequest(`$expand cannot read "${item.slice(0, 60)}".`)
  const [, name = '', path, inner] = match
  if (name === '*' || path) throw notImplemented('$expand takes navigations by name, without * or a path.')
  const navigation = source.navigation.find(each => each.name === name)
  if (!navigation) {
    const names = source.navigation.map(each => each.name).join(', ') || 'none'
    throw badRequest(`${source.name} has no navigation "${name.slice(0, 60)}"; it has ${names}.`, name.slice(0, 60))
  }
  const options: QueryOptions = {}
  for (const part of inner === undefined ? [] : splitOutside(inner, ';')) {
    const [option = '', ...value] = part.split('=')
    if (!option.trim()) continue
    assign(options, option.trim(), value.join('='))
  }
  if (options.expand !== undefined) throw notImplemented('$expand goes one level deep.')
  if (options.apply !== undefined) throw notImplemented('$apply inside $expand is not offered.')
  if (options.skiptoken !== undefined || options.format !== undefined)
    throw badRequest('$expand does not take $skiptoken or $format.')
  return { navigation, target: entitySet(navigation.target), options }
}

/** Splits at a separator that stands outside of quotes and parentheses. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (letter === "'") quoted = !quoted
    else if (quoted) continue
    else if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (letter === separator && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
    if (depth < 0) break
  }
  if (depth !== 0 || quoted) throw badRequest('$expand has an open parenthesis or quote.')
  return [...parts, text.slice(start)]
}
