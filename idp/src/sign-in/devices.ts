import { randomBytes, randomUUID } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { sha256 } from '@atrium/platform/secrets'
import type { Context } from 'koa'
import type { Config } from '../config.ts'
import { mailTopic } from '../mail/mail.ts'

/** The browser of a request. Only the hash of its cookie is stored. */
export type Device = { secret: string; hash: string; userAgent: string; ip: string }

const days = 400

/** The browser that a request comes from: the one of its cookie, or a new one. */
export function deviceOf(ctx: Context, config: Config): Device {
  const kept = ctx.cookies.get(cookieName(config), { signed: false })
  const secret = kept && /^[\w-]{43}$/.test(kept) ? kept : randomBytes(32).toString('base64url')
  return { secret, hash: sha256(secret), userAgent: ctx.get('user-agent').slice(0, 400), ip: ctx.ip }
}

/** Lets the browser know itself again, for 400 days from now: the longest that browsers keep a cookie. */
export function keepDevice(ctx: Context, config: Config, device: Device): void {
  const issuer = new URL(config.ISSUER)
  ctx.cookies.set(cookieName(config), device.secret, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    secure: issuer.protocol === 'https:',
    path: issuer.pathname,
    maxAge: days * 86_400_000,
    overwrite: true,
  })
}

/**
 * SQL that notes, as part of a statement that is made anyway, that a person signed in here: three members of a `with`
 * (`device`, `device_first`, `device_notice`). A browser that this person never used before is told by mail, except the very first.
 * @param first the number of its first parameter; there are nine, `noteDeviceValues`
 */
export function noteDeviceSql(first: number): string {
  const [person, hash, agent, ip, at, factor, notice, mailId, mail] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
    n => `$${first + n}`,
  )
  // `xmax` is 0 in a row that was inserted, not updated. Removing every device must not silence the next notice, so that
  // there was a first one is kept with the person.
  return `device as (
      insert into known_device as d (person_id, device_hash, user_agent, ip, first_seen_at, last_seen_at, factor_at)
      values (${person}, ${hash}, ${agent}, ${ip}, ${at}::timestamptz, ${at}::timestamptz, case when ${factor}::boolean then ${at}::timestamptz end)
      on conflict (person_id, device_hash) do update set user_agent = excluded.user_agent, ip = excluded.ip,
        last_seen_at = excluded.last_seen_at, factor_at = coalesce(excluded.factor_at, d.factor_at)
      returning xmax = 0 as is_new),
    device_first as (
      update person set device_since = ${at}::timestamptz
      where id = ${person} and device_since is null and exists (select from device where is_new) returning 1),
    device_notice as (
      insert into outbox (topic, key, payload)
      select '${mailTopic}', ${mailId}, ${mail}::jsonb from device
      where is_new and ${notice}::boolean and not exists (select from device_first) returning 1)`
}

/**
 * The nine parameters of `noteDeviceSql`.
 * @param o `factorGiven`: a second factor was proved here just now; `notice`: the policy's `newDeviceNotice`
 */
export function noteDeviceValues(
  device: Device,
  o: { personId: string; factorGiven: boolean; notice: boolean },
): unknown[] {
  const { hash, userAgent, ip } = device
  const mail = { personId: o.personId, kind: 'new_device', values: { ip, userAgent } }
  return [o.personId, hash, userAgent, ip, now(), o.factorGiven, o.notice, randomUUID(), JSON.stringify(mail)]
}

/** SQL that notes the same of a browser that the person is known to have used: one member of a `with`, with six parameters, `seenAgainValues`. */
export function seenAgainSql(first: number): string {
  const [person, hash, agent, ip, at, factor] = [0, 1, 2, 3, 4, 5].map(n => `$${first + n}`)
  return `device as (
    update known_device set user_agent = ${agent}, ip = ${ip}, last_seen_at = ${at}::timestamptz,
      factor_at = case when ${factor}::boolean then ${at}::timestamptz else factor_at end
    where person_id = ${person} and device_hash = ${hash} returning 1)`
}

/** The six parameters of `seenAgainSql`. */
export function seenAgainValues(
  { hash, userAgent, ip }: Device,
  o: { personId: string; factorGiven: boolean },
): unknown[] {
  return [o.personId, hash, userAgent, ip, now(), o.factorGiven]
}

/** Named like the provider's own cookies: cookies ignore ports. */
function cookieName(config: Config): string {
  const issuer = new URL(config.ISSUER)
  return `atrium_idp_${issuer.port || (issuer.protocol === 'https:' ? '443' : '80')}_device`
}
