/**
 * Writes what an authorization request left waiting, in one statement. Its text follows from how much there is to write, so that each value
 * is a parameter of its type and nothing is looked for that is not there; the few texts that arise are kept.
 */
import { execute, type Kysely } from '@atrium/platform/database'
import type { Schema } from '../database/schema.ts'
import type { AuthorizationWork, ModelRow } from './request-work.ts'
import { isSecondOfUid, removeRow, replaceSql, writeRow } from './rows.ts'

// Most requests of a browser without a session leave one row: that it came to sign in. Nothing was done yet that must outlive a crash of
// the database, so nobody waits for its disk.
const beginSql = `
  insert into oidc_model (model, id_hash, payload, account_id, expires_at)
  select $1, $2, $3::jsonb, $4, $5::timestamptz from (select set_config('synchronous_commit', 'off', true)) as relaxed
  on conflict (model, id_hash) do update set payload = excluded.payload, account_id = excluded.account_id, expires_at = excluded.expires_at`

/** Writes what an authorization request left waiting, all or nothing. */
export async function flush(db: Kysely<Schema>, work: AuthorizationWork): Promise<void> {
  const { rows, removed, change, also } = work
  if (rows.length === 0 && removed.length === 0 && !change && !also) return
  work.rows = []
  work.removed = []
  work.change = undefined
  work.also = undefined
  const [only] = rows
  if (only?.model === 'Interaction' && rows.length === 1 && removed.length === 0 && !change && !also) {
    await execute(db, beginSql, [only.model, only.id_hash, only.payload, only.account_id, only.expires_at])
    return
  }
  const known = rows.flatMap(row => (row.uid && work.sessions.has(row.uid) ? [row.uid] : []))
  const values = rows.flatMap(valuesOf)
  if (removed.length > 0)
    values.push(
      removed.map(one => one.model),
      removed.map(one => one.id_hash),
    )
  if (known.length > 0) values.push(known)
  if (change) values.push(change.payload, change.model, change.id_hash)
  if (also) values.push(...also.values)
  const shape = {
    rows: rows.length,
    removed: removed.length > 0,
    known: known.length > 0,
    change: change !== undefined,
  }
  const text = textOf(shape, also?.members)
  try {
    await execute(db, text, values)
  } catch (error) {
    if (db.isTransaction || !isSecondOfUid(error)) throw error
    // Nothing of it was written. The other one of this name is there by now, and this one joins it.
    if (also) return void (await execute(db, text, values))
    for (const key of removed) await removeRow(db, key)
    for (const row of rows) await writeRow(db, row)
  }
}

const columns = ['text', 'text', 'jsonb', 'text', 'text', 'text', 'timestamptz', 'jsonb']

function valuesOf(row: ModelRow): unknown[] {
  const device = row.device ? JSON.stringify(row.device) : null
  return [row.model, row.id_hash, row.payload, row.grant_id, row.uid, row.account_id, row.expires_at, device]
}

/**
 * Members of a `with` that are written together with the rows, and the condition of all of it; their parameters begin at the number they
 * are given.
 */
export type FlushMembers = (first: number) => { members: string; condition: string }

type Shape = { rows: number; removed: boolean; known: boolean; change: boolean }

const none: FlushMembers = () => ({ members: '', condition: '' })
const texts = new Map<FlushMembers, Map<string, string>>()

function textOf(shape: Shape, members = none): string {
  const key = `${shape.rows} ${shape.removed} ${shape.known} ${shape.change}`
  const made = texts.get(members) ?? new Map<string, string>()
  texts.set(members, made)
  const known = made.get(key)
  if (known !== undefined) return known
  const text = flushSql(shape, members)
  made.set(key, text)
  return text
}

/**
 * SQL that writes and removes rows. When a session that the rows stand on has ended meanwhile, nothing is written, else a request under
 * way would bring back what was signed out.
 */
function flushSql(shape: Shape, members: FlushMembers): string {
  let next = 1
  const parameter = (type: string): string => `$${next++}::${type}`
  const rows = Array.from({ length: shape.rows }, () => `(${columns.map(parameter).join(', ')})`)
  const parts: string[] = []
  if (shape.removed)
    parts.push(`removed as (
      delete from oidc_model m using unnest(${parameter('text[]')}, ${parameter('text[]')}) as r (model, id_hash)
      where m.model = r.model and m.id_hash = r.id_hash returning m.uid)`)
  const conditions: string[] = []
  // The count makes the deletion come first: a session that gets a new id keeps its uid, and where it began.
  if (shape.removed) conditions.push('(select count(*) from removed) >= 0')
  if (shape.known) {
    const uids = parameter('text[]')
    parts.push(`alive as (select uid from oidc_model where model = 'Session' and uid = any(${uids}) for update)`)
    const there = `${shape.removed ? 'select uid from removed union all ' : ''}select uid from alive`
    conditions.push(`${uids} <@ array(${there})`)
  }
  if (shape.change)
    // Neither column of an index changes, so the row stays where it is.
    parts.push(`changed as (
      update oidc_model set payload = payload || ${parameter('jsonb')}
      where model = ${parameter('text')} and id_hash = ${parameter('text')} returning 1)`)
  const also = members(next)
  if (also.members) parts.push(also.members)
  if (also.condition) conditions.unshift(also.condition)
  const began = shape.known
    ? `case when w.device is not null then coalesce((select device from oidc_model b where b.model = 'Session' and b.uid = w.uid), w.device) end`
    : 'w.device'
  const head = parts.length > 0 ? `with ${parts.join(', ')}` : ''
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  if (rows.length === 0) return `${head} select 1 ${where}`
  return `${head}
    insert into oidc_model (model, id_hash, payload, grant_id, uid, account_id, expires_at, device)
    select w.model, w.id_hash, w.payload, w.grant_id, w.uid, w.account_id, w.expires_at, ${began}
    from (values ${rows.join(', ')}) as w (model, id_hash, payload, grant_id, uid, account_id, expires_at, device)
    ${where}
    on conflict (model, id_hash) do ${replaceSql}`
}
