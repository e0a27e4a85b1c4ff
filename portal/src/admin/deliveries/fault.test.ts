import { expect, test } from 'vitest'
import { wordsOf } from './fault.ts'

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ENOTFOUND', 'unknownHost'],
  ['EAI_AGAIN', 'unknownHost'],
  ['TimeoutError', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['ECONNRESET', 'broken'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['the system is no longer registered for logout', 'notRegistered'],
  ['its host is not in OUTGOING_HOSTS', 'notAllowed'],
])('%s is said in words', (error, key) => {
  expect(wordsOf(error)).toEqual({ key: `signOuts.fault.${key}` })
})

test('an answer that confirms nothing is named by its status', () => {
  expect(wordsOf('answered 503')).toEqual({ key: 'signOuts.fault.status', values: { status: '503' } })
})

test('what nobody foresaw is shown as it came', () => {
  expect(wordsOf('EPROTO')).toEqual({ key: 'signOuts.fault.other', values: { error: 'EPROTO' } })
})
