import type { Property, Source } from '../model/types.ts'
import { Cursor, listOf } from './cursor.ts'
import { badRequest, notImplemented } from './errors.ts'
import type { Visible } from './sql.ts'

/** What of a row is sent. `hidden` were asked for by name and may not be read: annotated, never sent. */
export type Selection = { properties: Property[]; hidden: Property[] }

/** `$select`: names or `*`; without it every property the caller may read. */
export function parseSelect(text: string | undefined, source: Source, visible: Visible): Selection {
  const all = source.properties.filter(property => visible(source, property))
  if (text === undefined) return { properties: all, hidden: [] }
  const names = namesOf(text)
  const asked = names.includes('*')
    ? source.properties.filter(property => all.includes(property) || names.includes(property.name))
    : source.properties.filter(property => names.includes(property.name))
  const unknown = names.find(
    name =>
      name !== '*' &&
      !source.properties.some(each => each.name === name) &&
      !source.navigation.some(each => each.name === name),
  )
  if (unknown) throw badRequest(`${source.name} has no property "${unknown.slice(0, 60)}".`, unknown.slice(0, 60))
  return {
    properties: asked.filter(property => visible(source, property)),
    hidden: asked.filter(property => !visible(source, property)),
  }
}

function namesOf(text: string): string[] {
  const cursor = new Cursor(text)
  const names = listOf(cursor, () => {
    if (cursor.accept('*')) return '*'
    const name = cursor.name('a property')
    if (cursor.isMark('/') || cursor.isMark('(')) throw notImplemented('$select takes properties only.')
    return name
  })
  cursor.end()
  return names
}
