import { expect, test } from 'vitest'
import type { SigningKey } from './answers.ts'
import { lifeOf, spanOf } from './life.ts'

const key = (times: Partial<SigningKey>): SigningKey => ({
  kid: 'k',
  alg: 'ES256',
  state: 'current',
  createdAt: '2026-11-01T00:00:00Z',
  activeFrom: null,
  retiredAt: null,
  verifiesUntil: null,
  ...times,
})
const now = Date.parse('2026-11-11T00:00:00Z')

test('a retired key was published, then signed, then verifies until its end', () => {
  const old = key({
    state: 'retired',
    activeFrom: '2026-11-02T00:00:00Z',
    retiredAt: '2026-11-10T00:00:00Z',
    verifiesUntil: '2026-11-21T00:00:00Z',
  })
  const span = spanOf([old], now)
  expect(span).toEqual({ from: Date.parse('2026-11-01T00:00:00Z'), to: Date.parse('2026-11-21T00:00:00Z') })
  expect(lifeOf(old, span)).toEqual([
    { kind: 'published', from: 0, to: 0.05 },
    { kind: 'signing', from: 0.05, to: 0.45 },
    { kind: 'verifying', from: 0.45, to: 1 },
  ])
})

test('the key in use has no end yet: it reaches beyond now', () => {
  const current = key({ activeFrom: '2026-11-01T00:00:00Z' })
  const span = spanOf([current], now)
  expect(span.to).toBeGreaterThan(now)
  expect(lifeOf(current, span)).toEqual([{ kind: 'signing', from: 0, to: 1 }])
})

test('a key that waits has only been published', () => {
  const next = key({ state: 'next' })
  expect(lifeOf(next, spanOf([next], now)).map(stretch => stretch.kind)).toEqual(['published'])
})

test('no key at all still gives a span', () => {
  const span = spanOf([], now)
  expect(span.to).toBeGreaterThan(span.from)
})
