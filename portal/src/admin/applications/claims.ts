/** A claim as a table shows it: times as moments, lists in a line, objects as indented JSON. */
export type Shown = { kind: 'text'; text: string } | { kind: 'moment'; iso: string } | { kind: 'json'; text: string }

const times = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at'])

/** How one claim is shown. */
export function shownClaim(name: string, value: unknown): Shown {
  if (times.has(name) && typeof value === 'number') return { kind: 'moment', iso: new Date(value * 1000).toISOString() }
  if (Array.isArray(value) && value.every(one => typeof one !== 'object'))
    return { kind: 'text', text: value.join(', ') }
  if (typeof value === 'object' && value !== null) return { kind: 'json', text: JSON.stringify(value, null, 2) }
  return { kind: 'text', text: String(value) }
}
