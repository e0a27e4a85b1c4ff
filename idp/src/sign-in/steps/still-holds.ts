/**
 * Between the look at a person and the end of the sign-in lies the time of a hash, or of a code from a telephone. What was proved by a
 * password that somebody has replaced meanwhile counts no more, nor does anything of a person who was deactivated.
 */
import type { Standing } from './standing.ts'

/**
 * SQL for a member of a `with`, `proof`, by which a statement fails as a whole when the person has changed; the statement must ask for
 * it. It waits for a change that is under way, and a change that comes later waits for it and ends the session it finds.
 * @param first the number of its first parameter; there are two, `stillHoldsValues`
 */
export function stillHoldsSql(first: number): string {
  return `proof as (
    select case when p.active and ($${first + 1}::timestamptz is null
        or coalesce(p.password_changed_at, p.created_at) = $${first + 1}::timestamptz) then true else sign_in_is_stale() end as holds
    from person p where p.id = $${first} for no key update)`
}

/** The condition that asks for it. To stand first: every change of a password locks the person before anything else, too. */
export const stillHolds = '(select holds from proof)'

/** The two parameters of `stillHoldsSql`. @param methods what the person has proved to be with */
export function stillHoldsValues({ id, passwordChangedAt }: Standing, methods: readonly string[]): (string | null)[] {
  return [id, methods.includes('pwd') ? passwordChangedAt : null]
}

/** Whether a statement failed because the person has changed. */
export function isOvertaken(error: unknown): boolean {
  return (error as { code?: string }).code === 'AT001'
}
