import { setClock } from '@atrium/platform/clock'
import { afterEach, expect, it } from 'vitest'
import { newTotpSecret, totpCode, totpEnrolment, totpStep } from './totp.ts'

afterEach(() => setClock())

// RFC 6238 appendix B: the secret "12345678901234567890", SHA-1; the last six of its eight digits.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

it.each([
  [59, '287082', 1],
  [1111111109, '081804', 37037036],
  [1234567890, '005924', 41152263],
  [20000000000, '353130', 666666666],
])('the code of second %i is %s, time step %i (RFC 6238 appendix B)', (second, code, step) => {
  setClock(() => new Date(second * 1000))
  expect(totpStep(secret, code)).toBe(step)
})

it('a code is found one step around the present one, never two', () => {
  const code = '005924'
  const step = 41152263
  const found = [-2, -1, 0, 1, 2].map(steps => {
    setClock(() => new Date((1234567890 + steps * 30) * 1000))
    return totpStep(secret, code)
  })
  expect(found).toEqual([undefined, step, step, step, undefined])
})

it('at the edges of a step the window is one whole step to each side', () => {
  const begin = 41152263 * 30
  for (const [second, found] of [
    [begin - 30, 41152263],
    [begin - 31, undefined],
    [begin + 59, 41152263],
    [begin + 60, undefined],
  ] as const) {
    setClock(() => new Date(second * 1000))
    expect(totpStep(secret, '005924'), `${second - begin}`).toBe(found)
  }
})

it('what cannot be a code is none', () => {
  expect([' 005 924 ', '005-924'].map(totpCode)).toEqual(['005924', '005924'])
  for (const typed of ['', '12345', '1234567', '12a456', '１２３４５６', '123456\u0000', undefined, 123456, ['123456']])
    expect(totpCode(typed)).toBeUndefined()
})

it('an authenticator application gets the secret as text, address and picture', () => {
  const made = newTotpSecret()
  expect(made).toMatch(/^[A-Z2-7]{32}$/)
  const { uri, qr } = totpEnrolment(made, { issuer: '华信 & Co', username: 'li.na' })
  const address = new URL(uri)
  expect(address.protocol).toBe('otpauth:')
  expect(address.searchParams.get('secret')).toBe(made)
  expect(address.searchParams.get('issuer')).toBe('华信 & Co')
  expect(decodeURIComponent(address.pathname)).toContain('华信 & Co:li.na')
  expect(qr).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(qr).not.toMatch(/<script|style=|\son\w+=/)
})
