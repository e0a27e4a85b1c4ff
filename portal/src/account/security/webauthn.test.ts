import { describe, expect, it } from 'vitest'
import { faultOf } from './webauthn.ts'

describe('why the browser made no passkey', () => {
  it.each([
    ['NotAllowedError', 'cancelled'],
    ['AbortError', 'cancelled'],
    ['InvalidStateError', 'known'],
    ['SecurityError', 'origin'],
    ['NotSupportedError', 'unsupported'],
    ['UnknownError', 'failed'],
  ])('%s means %s', (name, fault) => {
    expect(faultOf(new DOMException('', name))).toBe(fault)
  })

  it('is told of what is no error of the browser too', () => {
    expect(faultOf('text')).toBe('failed')
    expect(faultOf(new TypeError('bad options'))).toBe('failed')
  })
})
