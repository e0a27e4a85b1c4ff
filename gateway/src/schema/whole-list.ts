import type { Connector } from '../systems/connector.ts'
import {
  type Condition,
  follow,
  MappingFault,
  type Question,
  type Row,
  type Scalar,
} from '../systems/protocols/protocol.ts'
import { UpstreamError } from '../systems/types.ts'
import { type Entity, keyField } from './entities.ts'
import { placeDays } from './place-days.ts'

/** A record by the names of its fields; values as the mapping's protocol gives them, not yet in the dictionary's terms. */
export type NamedRecord = Record<string, unknown>

export const mostRecords = 10_000
const patienceMs = 30_000

/**
 * Every record of a type under the conditions, read by the gateway's own account: nobody's rights are looked at.
 * @param args arguments of the type's filters
 * @throws UpstreamError, MappingFault when there are more than 10,000, or the type has no such filter
 */
export async function readWhole(
  connector: Connector,
  entity: Entity,
  args: Readonly<Record<string, Scalar | readonly Scalar[]>>,
  today: string,
): Promise<NamedRecord[]> {
  const deadline = Date.now() + patienceMs
  const description = await connector.description(deadline)
  const paths = [...new Set([...entity.fields.flatMap(one => one.paths), ...(entity.keyPath ? [entity.keyPath] : [])])]
  const where = Object.entries(args).flatMap(([name, value]) => conditionOf(entity, name, value, today))
  const question: Question = {
    where,
    offset: 0,
    limit: mostRecords,
    count: false,
    select: paths,
    sort: entity.definition.sort,
  }
  const rows: Row[] = []
  let next = await description.ask(entity.definition, question)
  for (;;) {
    const answer = await connector.invoke(next.operation, next.input, {
      credential: { kind: 'service' },
      deadline,
      safe: true,
    })
    const page = description.rows(entity.definition, answer, next)
    rows.push(...page.rows)
    if (rows.length >= mostRecords)
      throw new UpstreamError('UPSTREAM_REFUSED', entity.system, `has more than ${mostRecords} ${entity.type.name}`, {
        retryable: false,
      })
    if (!page.next) break
    next = await page.next
  }
  return rows.map(row => named(entity, row))
}

function named(entity: Entity, row: Row): NamedRecord {
  const record: NamedRecord = {}
  for (const { field } of entity.fields) {
    const path = entity.mappings.get(field.name)?.path
    if (path !== null && path !== undefined) record[field.name] = follow(row, path)
  }
  const key = keyField(entity)
  if (key && entity.keyPath !== null) record[key.name] = String(follow(row, entity.keyPath) ?? '')
  return record
}

function conditionOf(entity: Entity, name: string, value: Scalar | readonly Scalar[], today: string): Condition[] {
  const filter = entity.definition.filter[name]
  const values = [value].flat()
  if (filter === undefined) throw new MappingFault(`${entity.id} has no filter ${name}`)
  if (typeof filter === 'string') return [{ field: filter, op: 'in', values }]
  if (filter.when) {
    const chosen = filter.when[String(value)]
    if (chosen === undefined) throw new MappingFault(`${entity.id}: filter ${name} has nothing for ${String(value)}`)
    return [typeof chosen === 'string' ? { raw: placeDays(chosen, today) } : { inputs: chosen }]
  }
  return [{ field: filter.field ?? name, op: filter.op, values }]
}
