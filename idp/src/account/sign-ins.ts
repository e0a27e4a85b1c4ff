import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { type DeviceName, deviceName } from './device-name.ts'

/** A sign-in of a person, as the audit log holds it. */
export type SignIn = {
  id: number
  at: Date
  outcome: 'success' | 'refused'
  reason: string | null
  methods: string[]
  ip: string | null
  device: DeviceName | null
  application: { id: string; name: Text }
}

type Row = Omit<SignIn, 'device' | 'methods'> & { methods: string[] | null; userAgent: string | null }

/**
 * One page of a person's sign-ins, newest first. The log's index on actor and id walks this person's entries only, however long the
 * log is.
 * @param page `before` is the id of the last row of the page before
 */
export async function readSignIns(
  db: Kysely<Schema>,
  personId: string,
  page: { before?: number | undefined; limit: number },
): Promise<{ items: SignIn[]; next: number | null }> {
  const before = page.before === undefined ? sql`true` : sql`e.id < ${page.before}`
  const { rows } = await sql<Row>`
    with entry as materialized (
      select e.id, e.at, e.outcome, e.detail, e.ip, e.target->>'id' as client
      from audit_entry e
      where e.actor->>'id' = ${personId} and e.actor->>'kind' = 'person' and ${before}
        and e.action in ('sign_in.succeeded', 'sign_in.failed')
      order by e.id desc limit ${page.limit + 1})
    select e.id, e.at, case e.outcome when 'success' then 'success' else 'refused' end as outcome, e.detail->>'reason' as reason,
      e.detail->'methods' as methods, e.ip, e.detail->>'userAgent' as "userAgent",
      jsonb_build_object('id', e.client, 'name', ${applicationName}) as application
    from entry e left join application a on a.id = e.client left join registered_client r on r.id = e.client
    order by e.id desc`.execute(db)
  const items = rows.slice(0, page.limit).map(({ userAgent, methods, ...row }) => ({
    ...row,
    methods: methods ?? [],
    device: userAgent ? deviceName(userAgent) : null,
  }))
  return { items, next: rows.length > page.limit ? items.at(-1)!.id : null }
}

/** SQL: what the client `e.client` is called, from `application` a or `registered_client` r; Atrium's own bear its name. */
const applicationName = sql`case
  when a.id is not null then a.name
  when r.id is not null then jsonb_build_object('zh', coalesce(r.metadata->>'client_name', r.id), 'en', coalesce(r.metadata->>'client_name', r.id))
  when e.client = 'portal' then jsonb_build_object('zh', 'Atrium', 'en', 'Atrium')
  else jsonb_build_object('zh', e.client, 'en', e.client) end`
