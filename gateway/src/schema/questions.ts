import { personOf, rightsIn } from '../access/person.ts'
import type { FilterDefinition } from '../systems/configuration.ts'
import { namesAccount } from '../systems/protocols/account-text.ts'
import { type Condition, follow, type Row, type Scalar } from '../systems/protocols/protocol.ts'
import type { RequestContext } from './context.ts'
import type { Entity } from './entities.ts'
import { badInput, forbidden } from './errors.ts'
import { placeDays } from './place-days.ts'

/** arguments that say which part of an answer is wanted, not which records */
const pages = new Set(['first', 'after'])

/** Conditions of a question, or `nothing` when it can be known that no record fulfils them. */
export type Conditions = { where: Condition[]; scope: readonly string[] | 'all' } | 'nothing'

/**
 * Tells arguments of the graph in the system's words and adds the viewer's row scope as a further condition.
 * @param free the parent's record was already found within the scope
 * @throws GraphQLError FORBIDDEN when an argument would let the viewer find out about a field they may not read
 */
export async function conditionsFor(
  entity: Entity,
  args: Record<string, unknown>,
  context: RequestContext,
  free = false,
): Promise<Conditions> {
  const where: Condition[] = []
  let ownOnly = false
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || value === null || pages.has(name)) continue
    const filter = entity.definition.filter[name]
    // Left out, the condition would give an answer to another question.
    if (!filter) throw badInput(`${entity.system} cannot be asked for ${entity.type.name} by "${name}"`)
    for (const field of entity.reveals.get(name) ?? []) {
      if (!context.access.may(field)) throw forbidden(context, entity.system, `${field.owner}.${field.name}`)
    }
    const told = tell(filter, name, value, entity, context)
    if (told === 'nothing') return 'nothing'
    ownOnly ||= told.own
    where.push(...told.conditions)
  }
  const { scope } = entity.definition
  if (scope === 'none' || free) return merge(where, 'all')
  // Whose right reaches nothing does not reach their own records either.
  if (ownOnly) return reachesNothing(context, entity.system) ? 'nothing' : merge(where, 'all')
  const people = await context.loaders.scope(entity.system)
  if (people === 'all') return merge(where, 'all')
  const own = rightsOf(context, entity.system)
  // A system that takes one person at a time is asked for the narrower: the viewer's own records.
  const allowed = scope.single && people.length > 1 ? people.filter(id => id === own) : people
  if (allowed.length === 0) return 'nothing'
  const told = tell(entity.definition.filter[scope.filter] as FilterDefinition, scope.filter, allowed, entity, context)
  return told === 'nothing' ? 'nothing' : merge([...where, ...told.conditions], allowed)
}

/** Whether a record that a system answered lies within the scope it was asked for. */
export function withinScope(entity: Entity, row: Row, scope: readonly string[] | 'all'): boolean {
  if (scope === 'all' || entity.definition.scope === 'none') return true
  const { path } = entity.definition.scope
  return path === undefined || scope.includes(String(follow(row, path)))
}

function tell(
  filter: FilterDefinition,
  name: string,
  value: unknown,
  entity: Entity,
  context: RequestContext,
): { conditions: Condition[]; own: boolean } | 'nothing' {
  const values = (Array.isArray(value) ? value : [value]).map(one => scalar(name, one))
  if (values.length === 0) return 'nothing'
  const write = entity.writes.get(name)
  if (write) {
    const { field = name, op } = typeof filter === 'string' ? { field: filter, op: 'in' as const } : filter
    const told = write(op, values)
    if (!told) throw badInput(`${entity.system} cannot be asked for ${entity.type.name} by this value of "${name}"`)
    if (told.some(one => one.values.length === 0)) return 'nothing'
    return { conditions: told.map(one => ({ field, ...one })), own: false }
  }
  if (typeof filter === 'string') return { conditions: [{ field: filter, op: 'in', values }], own: false }
  if (filter.when) {
    const chosen = filter.when[String(value)]
    if (chosen === undefined) return { conditions: [], own: false }
    if (typeof chosen === 'string') return tellRaw(chosen, entity, context)
    const inputs = Object.entries(chosen).map(([key, one]) => [key, fill(one, entity, context)] as const)
    if (inputs.some(([, one]) => one === null)) return 'nothing'
    return {
      conditions: [{ inputs: Object.fromEntries(inputs) as Record<string, Scalar> }],
      own: Object.values(chosen).includes('$me'),
    }
  }
  if (filter.any) {
    const text = String(values[0]).trim()
    return { conditions: text === '' ? [] : [{ any: filter.any, contains: text }], own: false }
  }
  return { conditions: [{ field: filter.field ?? name, op: filter.op, values }], own: false }
}

function tellRaw(
  chosen: string,
  entity: Entity,
  context: RequestContext,
): { conditions: Condition[]; own: boolean } | 'nothing' {
  const raw = placeDays(chosen, context.loaders.today())
  if (!namesAccount(chosen)) return { conditions: [{ raw }], own: false }
  const me = rightsOf(context, entity.system)
  return me === null ? 'nothing' : { conditions: [{ raw, me }], own: false }
}

/** `$me` is the viewer's id in that system, `$today` the company's day, `$today-30` thirty days before. */
function fill(value: Scalar, entity: Entity, context: RequestContext): Scalar | null {
  if (typeof value !== 'string') return value
  if (value === '$me') return rightsOf(context, entity.system)
  return placeDays(value, context.loaders.today())
}

function reachesNothing(context: RequestContext, system: string): boolean {
  const person = personOf(context.viewer)
  return !person || rightsIn(person, system).scope === 'none'
}

function rightsOf(context: RequestContext, system: string): string | null {
  const person = personOf(context.viewer)
  return person ? rightsIn(person, system).id : null
}

function scalar(name: string, value: unknown): Scalar {
  if (typeof value === 'string' && value.length > 200) throw badInput(`${name} is too long: at most 200 characters`)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  throw badInput(`${name} takes plain values`)
}

// Two conditions on one property hold together: what is left is what both allow.
function merge(where: Condition[], scope: readonly string[] | 'all'): Conditions {
  const merged: Condition[] = []
  for (const condition of where) {
    const twin =
      'field' in condition && condition.op === 'in'
        ? merged.findIndex(one => 'field' in one && one.op === 'in' && one.field === condition.field)
        : -1
    if (twin < 0 || !('field' in condition)) merged.push(condition)
    else {
      const other = merged[twin] as Extract<Condition, { field: string }>
      const allowed = new Set(other.values.map(String))
      const both = condition.values.filter(value => allowed.has(String(value)))
      if (both.length === 0) return 'nothing'
      merged[twin] = { ...other, values: both }
    }
  }
  for (const condition of merged) {
    if (!('inputs' in condition)) continue
    for (const [name, value] of Object.entries(condition.inputs)) {
      const twin = merged.find(one => 'field' in one && one.field === name) as
        | Extract<Condition, { field: string }>
        | undefined
      if (!twin) continue
      if (!twin.values.map(String).includes(String(value))) return 'nothing'
      merged.splice(merged.indexOf(twin), 1)
    }
  }
  return { where: merged, scope }
}
