import type { SigningKey } from './answers.ts'

/** A stretch of a key's life, as parts of the whole width (0 to 1). */
export type Stretch = { kind: 'published' | 'signing' | 'verifying'; from: number; to: number }

/** The span that all lives are drawn in: from the first publication to the last end, at least a tenth beyond now. */
export function spanOf(keys: readonly SigningKey[], now: number): { from: number; to: number } {
  const from = Math.min(now, ...keys.map(key => Date.parse(key.createdAt)))
  const ends = keys.flatMap(key => (key.verifiesUntil ? [Date.parse(key.verifiesUntil)] : []))
  return { from, to: Math.max(now + (now - from) / 10, ...ends, from + 1) }
}

/** What a key did and will do in that span. A key whose end is not settled yet reaches to the span's end. */
export function lifeOf(key: SigningKey, span: { from: number; to: number }): Stretch[] {
  const at = (iso: string): number => Math.min(1, Math.max(0, (Date.parse(iso) - span.from) / (span.to - span.from)))
  const created = at(key.createdAt)
  const active = key.activeFrom ? at(key.activeFrom) : 1
  const retired = key.retiredAt ? at(key.retiredAt) : 1
  const ended = key.verifiesUntil ? at(key.verifiesUntil) : 1
  const stretches: Stretch[] = [
    { kind: 'published', from: created, to: Math.min(active, retired) },
    { kind: 'signing', from: active, to: retired },
    { kind: 'verifying', from: retired, to: ended },
  ]
  return stretches.filter(stretch => stretch.to > stretch.from)
}
