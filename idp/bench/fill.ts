import { type Kysely, openDatabase, sql } from '@atrium/platform/database'
import type { Schema } from '../src/database/schema.ts'

/** How large a directory and its store of sessions are made. */
export type Size = { people: number; rows: number }

/**
 * Makes a small company large: people who can sign in with everybody's password as `u1`, `u2` …, and rows of living sessions, grants
 * and refresh tokens, each a copy of what a real visit of `li.na` left behind.
 */
export async function fill(databaseUrl: string, size: Size): Promise<void> {
  const db = openDatabase<Schema>(databaseUrl, { max: 1 })
  try {
    await people(db, size.people)
    // A session holds a grant and a refresh token for each application.
    const each = Math.floor(size.rows / 3)
    for (const model of ['Session', 'Grant', 'RefreshToken']) await copies(db, model, each, size.people)
    await sql`vacuum (analyze) oidc_model, person, person_projection`.execute(db)
  } finally {
    await db.destroy()
  }
}

async function people(db: Kysely<Schema>, count: number): Promise<void> {
  await sql`
    insert into person (id, username, name, email, phone, department_id, position, manager_id, password_hash)
    select 'b' || n, 'u' || n, jsonb_build_object('zh', '员工' || n, 'en', 'Person ' || n), 'u' || n || '@example.test', null,
      t.department_id, t.position, null, t.password_hash
    from person t, generate_series(1, ${count}::int) n where t.username = 'li.na'`.execute(db)
  await sql`
    insert into person_projection (person_id, shown, last_modified)
    select 'b' || n, t.shown, t.last_modified
    from person_projection t join person p on p.id = t.person_id and p.username = 'li.na', generate_series(1, ${count}::int) n`.execute(
    db,
  )
}

async function copies(db: Kysely<Schema>, model: string, count: number, owners: number): Promise<void> {
  await sql`
    insert into oidc_model (model, id_hash, payload, grant_id, uid, account_id, expires_at)
    select t.model, left(md5(${model} || n) || md5(n::text), 43),
      t.payload || jsonb_build_object('accountId', 'b' || (n % ${owners}::int + 1), 'grantId', 'g' || n, 'uid', 'x' || n),
      case when t.grant_id is not null then 'g' || n end, case when t.uid is not null then 'x' || n end,
      'b' || (n % ${owners}::int + 1), now() + interval '8 hours' + make_interval(secs => n % 14400)
    from (select * from oidc_model where model = ${model} and account_id = (select id from person where username = 'li.na') limit 1) t,
      generate_series(1, ${count}::int) n`.execute(db)
}

/** Lets the oldest of them be over, as after a night: the next turn of the purge finds them. @returns how many rows */
export async function expire(db: Kysely<Schema>, count: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update oidc_model set expires_at = now() - interval '1 hour' where ctid in (
      select ctid from oidc_model where account_id like 'b%' and expires_at > now() order by expires_at limit ${count}::int)`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}
