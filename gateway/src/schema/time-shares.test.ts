import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TimeShares } from './time-shares.ts'

const given: number[] = []
const call =
  (ms: number) =>
  async (deadline: number): Promise<void> => {
    given.push(deadline - Date.now())
    await wait(ms)
  }

test('calls of one request to one system take from one share of its time; those at the same time count once', async () => {
  const shares = new TimeShares(Date.now() + 10_000)
  await Promise.all([shares.within('slow', 1000, call(200)), shares.within('slow', 1000, call(200))])
  await shares.within('slow', 1000, call(200))
  await shares.within('slow', 1000, call(0))
  await shares.within('other', 1000, call(0))
  const [first, second, third, fourth, other] = given.splice(0) as [number, number, number, number, number]
  for (const whole of [first, second, other]) expect(whole).toBeGreaterThan(900)
  // A timer may be late on a busy machine, never early.
  expect(third).toBeLessThanOrEqual(805)
  expect(fourth).toBeLessThanOrEqual(610)
})

test('no share is longer than what is left of the request', async () => {
  await new TimeShares(Date.now() + 300).within('slow', 4000, call(0))
  expect(given.splice(0)[0]).toBeLessThanOrEqual(300)
})

test('a call that fails has used its time as well', async () => {
  const shares = new TimeShares(Date.now() + 10_000)
  const failed = shares.within('slow', 500, async () => {
    await wait(100)
    throw new Error('failed')
  })
  await expect(failed).rejects.toThrow('failed')
  await shares.within('slow', 500, call(0))
  expect(given.splice(0)[0]).toBeLessThanOrEqual(405)
})
