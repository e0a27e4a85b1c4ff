import { expect, test } from 'vitest'
import { shownClaim } from './claims.ts'

test('times are moments, lists a line, objects JSON, the rest as it is', () => {
  expect(shownClaim('exp', 1_795_000_000)).toEqual({ kind: 'moment', iso: '2026-11-18T11:06:40.000Z' })
  expect(shownClaim('aud', ['a', 'b'])).toEqual({ kind: 'text', text: 'a, b' })
  expect(shownClaim('realm_access', { roles: ['x'] })).toEqual({
    kind: 'json',
    text: '{\n  "roles": [\n    "x"\n  ]\n}',
  })
  expect(shownClaim('email_verified', true)).toEqual({ kind: 'text', text: 'true' })
})

test('a number that is no time stays a number', () => {
  expect(shownClaim('level', 3)).toEqual({ kind: 'text', text: '3' })
  expect(shownClaim('exp', 'never')).toEqual({ kind: 'text', text: 'never' })
})
