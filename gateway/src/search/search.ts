import { noteRead } from '../access/audited.ts'
import { searchPeople } from '../access/people-search.ts'
import type { RequestContext } from '../schema/context.ts'
import type { Dictionary } from '../schema/dictionary.ts'
import type { Entities, Entity } from '../schema/entities.ts'
import { badInput } from '../schema/errors.ts'
import { toEmployee } from '../schema/fields.ts'
import { conditionsFor } from '../schema/questions.ts'
import { fromKey } from '../schema/record.ts'
import { type Connectors, fetchPage } from '../schema/rows.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import type { FoundMessage } from './messages.ts'

export interface SearchHit {
  title: string
  subtitle: string | null
  url: string | null
  system: string
  subject: object
}

export interface SearchResult {
  hits: SearchHit[]
  missing: string[]
}

interface Deps {
  dictionary: Dictionary
  entities: Entities
  connectors: Connectors
  text: string
  first: number
  findMessages(text: string, first: number, context: RequestContext): Promise<FoundMessage[]>
}

/** Types that are searched, with the fields whose values make a hit's title and subtitle. */
const searched = [
  { type: 'Customer', title: 'name', subtitle: 'code' },
  { type: 'Order', title: 'number', subtitle: 'customerName' },
  { type: 'Product', title: 'name', subtitle: 'code' },
] as const

// A search waits less than a page does: what does not answer by then is named as missing.
const patience = 1500

/**
 * Looks for a text in what the viewer may read: each system is asked as the viewer, at the same time, within its own row scope.
 * @throws GraphQLError BAD_INPUT for an empty or overlong text
 */
export async function search(deps: Deps, context: RequestContext): Promise<SearchResult> {
  const text = deps.text.trim()
  if (text.length < 1 || text.length > 100) throw badInput('"text" must have 1 to 100 characters')
  if (deps.first < 1 || deps.first > 50) throw badInput('"first" must be from 1 to 50')
  const missing = new Set<string>()
  const hurried = { ...context, deadline: Math.min(context.deadline, Date.now() + patience) }
  const found = await Promise.all([
    ...searched.map(one =>
      searchEntity(deps, one, text, hurried).catch(() => void missing.add(systemOf(deps, one.type))),
    ),
    mayFindPeople(deps.dictionary, context) ? searchEmployees(text, deps.first, context) : [],
    searchMessages(deps, text, context),
  ])
  // One of each kind in turn, so that no kind drowns the others.
  const lists = found.filter(list => list !== undefined)
  const hits: SearchHit[] = []
  for (let place = 0; hits.length < deps.first && lists.some(list => list.length > place); place += 1) {
    for (const list of lists) if (list[place] && hits.length < deps.first) hits.push(list[place] as SearchHit)
  }
  return { hits, missing: [...missing] }
}

async function searchEntity(
  deps: Deps,
  { type, title, subtitle }: (typeof searched)[number],
  text: string,
  context: RequestContext,
): Promise<SearchHit[]> {
  const entity = deps.entities.get(`${systemOf(deps, type)}.${type}`)
  if (!entity?.keyPath || !entity.definition.filter.search) return []
  const shown = [entity.type.fields.get(title), entity.type.fields.get(subtitle)]
  const looked = entity.reveals.get('search') ?? []
  if ([...shown, ...looked].some(field => field && !context.access.may(field))) return []
  const conditions = await conditionsFor(entity, { search: text }, context)
  const { rows } = await fetchPage(
    deps.connectors,
    entity,
    conditions,
    { offset: 0, limit: Math.min(deps.first, 20), count: false },
    context,
  )
  for (const field of shown)
    if (field)
      for (const row of rows)
        noteRead(field, String(follow(row, entity.keyPath)), textOf(entity, row, field.name), context)
  return rows.map(row => ({
    title: textOf(entity, row, title) ?? '',
    subtitle: textOf(entity, row, subtitle),
    url: null,
    system: entity.system,
    subject: fromKey(type, entity.type.entity?.key ?? 'id', String(follow(row, entity.keyPath as string))),
  }))
}

/** Whether the viewer may read everything by which people are found: what can be searched by can be found out. */
export function mayFindPeople(dictionary: Dictionary, context: RequestContext): boolean {
  const { fields } = dictionary.types.get('Employee') ?? {}
  return ['id', 'name', 'username', 'department'].every(name => {
    const field = fields?.get(name)
    return !field || field.read.length === 0 || context.access.may(field)
  })
}

async function searchEmployees(text: string, first: number, context: RequestContext): Promise<SearchHit[]> {
  const { nodes } = await searchPeople(context.db, { search: text, first: Math.min(first, 20) })
  return nodes.map(person => {
    const employee = toEmployee(person, context)
    return {
      title: String(employee.name),
      subtitle: [employee.department, employee.position].filter(Boolean).join(' · ') || null,
      url: null,
      system: 'atrium',
      subject: employee,
    }
  })
}

async function searchMessages(deps: Deps, text: string, context: RequestContext): Promise<SearchHit[]> {
  const messages = await deps.findMessages(text, Math.min(deps.first, 20), context)
  return messages.map(({ id, title, summary, row }) => ({
    title,
    subtitle: summary,
    url: `/inbox/${id}`,
    system: 'atrium',
    subject: { ...row, __typename: 'Message' },
  }))
}

function systemOf(deps: Deps, type: string): string {
  return deps.dictionary.types.get(type)?.entity?.system ?? ''
}

function textOf(entity: Entity, row: Row, name: string): string | null {
  const mapping = entity.mappings.get(name)
  const found = typeof mapping?.path === 'string' ? follow(row, mapping.path) : mapping?.constant
  const value = mapping?.read ? mapping.read(found, row) : found
  return value === null || value === undefined || typeof value === 'object' ? null : String(value)
}
