import { expect, test } from 'vitest'
import { en } from '../en.ts'
import { zhCN } from '../zh-CN.ts'
import { deliveryFault, deliveryKind } from './delivery-words.ts'

test.each([
  ['not reachable (ECONNREFUSED)', 'noConnection'],
  ['ENOTFOUND', 'unknownHost'],
  ['did not answer in time', 'slow'],
  ['UND_ERR_HEADERS_TIMEOUT', 'slow'],
  ['ECONNRESET', 'broken'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
  ['the system is no longer registered for logout', 'notWanted'],
  ['the application takes no accounts any more', 'notWanted'],
  ['its host is not in OUTGOING_HOSTS', 'notAllowed'],
  ['another push for this account is under way', 'waits'],
  ['answered 200 with something that is not JSON', 'noSense'],
  ['answered 401', 'denied'],
  ['answered 403: token expired', 'denied'],
  ['answered 404', 'unknownThere'],
  ['answered 429', 'busy'],
  ['answered 400: userName is taken', 'refused'],
  ['answered 503', 'overloaded'],
  ['answered 500', 'failing'],
  ['fetch failed', 'unforeseen'],
])('%s is said in words', (error, key) => {
  const fault = deliveryFault(error)
  expect(fault).toBe(`deliveries.fault.${key}`)
  for (const words of [zhCN[fault], en[fault]]) expect(words).not.toMatch(/[A-Z]{4,}_|ECONN|\b[45]\d\d\b/)
})

test.each([
  ['logout', 'logout'],
  ['provisioning.crm', 'provisioning'],
  ['mail', 'mail'],
  ['events', 'events'],
])('%s is named by what it is', (topic, kind) => expect(deliveryKind(topic)).toBe(`deliveries.kind.${kind}`))
