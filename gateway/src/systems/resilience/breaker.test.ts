import { setClock } from '@atrium/platform/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Breaker, type Pass } from './breaker.ts'

let at: number
let breaker: Breaker
beforeEach(() => {
  at = Date.UTC(2026, 0, 1)
  setClock(() => new Date(at))
  breaker = new Breaker({
    rollingMs: 10_000,
    buckets: 10,
    requestThreshold: 4,
    errorPercent: 50,
    sleepMs: 1000,
    halfOpenAttempts: 2,
    requiredSuccessful: 2,
  })
})
afterEach(() => setClock())

const pass = (): Pass => {
  const given = breaker.admit()
  if (given === undefined) throw new Error('not admitted')
  return given
}
function fail(times: number): void {
  for (let index = 0; index < times; index += 1) breaker.failed(pass())
}

test('neither many failures among few calls nor few among many open it; both thresholds together do', () => {
  fail(3)
  expect(breaker.state).toBe('CLOSED')
  for (let index = 0; index < 5; index += 1) breaker.succeeded(pass())
  fail(1)
  expect(breaker.state).toBe('CLOSED')
  fail(1)
  expect(breaker.state).toBe('OPEN')
  expect(breaker.window).toEqual({ calls: 10, failures: 5 })
})

test('failures that are older than the window do not count', () => {
  fail(3)
  at += 10_001
  fail(1)
  expect(breaker.state).toBe('CLOSED')
})

test('half open lets so many through at once, closes after so many successes, and opens again at any failure', () => {
  fail(4)
  expect(breaker.admit()).toBeUndefined()
  at += 1000
  const first = pass()
  const second = pass()
  expect(breaker.admit()).toBeUndefined()
  breaker.succeeded(first)
  breaker.failed(second)
  expect(breaker.state).toBe('OPEN')
  at += 1000
  breaker.succeeded(pass())
  expect(breaker.state).toBe('HALF_OPEN')
  breaker.succeeded(pass())
  expect(breaker.state).toBe('CLOSED')
  fail(3)
  expect(breaker.state).toBe('CLOSED')
})

test('a call from before it opened neither opens nor closes it again, whatever becomes of it', () => {
  const old = [pass(), pass(), pass()] as const
  fail(4)
  at += 1000
  const trial = pass()
  breaker.failed(old[0])
  expect(breaker.state).toBe('HALF_OPEN')
  breaker.succeeded(old[1])
  breaker.released(old[2])
  expect(pass()).toBe(trial)
  // Had one of the old ones given its place back, there would be room for a third.
  expect(breaker.admit()).toBeUndefined()
  breaker.succeeded(trial)
  expect(breaker.state).toBe('HALF_OPEN')
})

test('a call that was never made gives its place back', () => {
  fail(4)
  at += 1000
  pass()
  breaker.released(pass())
  pass()
  expect(breaker.admit()).toBeUndefined()
})
