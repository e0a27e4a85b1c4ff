import { setClock } from '@atrium/platform/clock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Pace, type Pause, readRetryAfter, TooSoon } from './pace.ts'

let at: number
beforeEach(() => {
  at = Date.UTC(2026, 0, 1)
  setClock(() => new Date(at))
})
afterEach(() => setClock())

describe('the vendor’s limits', () => {
  test('in no second are more calls sent than the vendor allows, whenever the second begins', async () => {
    setClock()
    const pace = new Pace({ perSecond: 8 })
    const sent: number[] = []
    const until = Date.now() + 10_000
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        await pace.take(until)
        sent.push(performance.now())
      }),
    )
    // What is measured here is when each went on, which a busy machine puts off by some ms.
    for (const [index, first] of sent.entries()) {
      const ninth = sent[index + 8]
      if (ninth !== undefined) expect(ninth - first).toBeGreaterThanOrEqual(900)
    }
    expect((sent.at(-1) as number) - (sent[0] as number)).toBeLessThan(9000)
  })

  test('a call whose turn would come too late is told so at once, and takes no turn', async () => {
    const pace = new Pace({ perMinute: 2 })
    await pace.take(at + 100)
    await pace.take(at + 100)
    await expect(pace.take(at + 59_000)).rejects.toThrow(TooSoon)
    at += 61_201
    await pace.take(at + 100)
  })
})

describe('pauses', () => {
  test.each([
    ['seconds', '30', 30_000],
    ['a date', 'Thu, 01 Jan 2026 00:00:45 GMT', 45_000],
    ['a date that is over', 'Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['ten years', '315360000', 315_360_000_000],
    ['nothing that makes sense', '-5', null],
    ['words', 'soon', null],
    ['a number that is none', '1e9', null],
    ['nothing', '', null],
  ])('Retry-After: %s', (_name, text, ms) => expect(readRetryAfter(text, at)).toBe(ms))

  test('as long as the system said, nothing is sent; an hour is the most', async () => {
    const told: (Pause | null)[] = []
    const pace = new Pace({}, pause => told.push(pause))
    expect(pace.refused('30')).toBe(true)
    await expect(pace.take(at + 29_000)).rejects.toThrow(TooSoon)
    expect(pace.refused('20')).toBe(false)
    at += 30_001
    await pace.take(at)
    pace.accepted()
    expect(told).toEqual([{ until: new Date(Date.UTC(2026, 0, 1, 0, 0, 30)), told: true }, null])
    pace.refused('99999999')
    expect(pace.pause?.until.getTime()).toBe(at + 3_600_000)
  })

  test('without a word of how long, each further refusal doubles the pause, up to a minute, until a call succeeds', () => {
    const pace = new Pace({})
    const lengths: number[] = []
    for (let index = 0; index < 10; index += 1) {
      pace.refused()
      // Those who were sent before the pause are answered during it.
      expect(pace.refused()).toBe(false)
      const length = (pace.pause as Pause).until.getTime() - at
      lengths.push(length)
      at += length + 1
    }
    expect(lengths[0]).toBeLessThanOrEqual(625)
    for (const [index, length] of lengths.slice(0, 6).entries()) {
      expect(length).toBeGreaterThanOrEqual(500 * 2 ** index * 0.75)
      expect(length).toBeLessThanOrEqual(500 * 2 ** index * 1.25)
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(75_000)
    pace.accepted()
    pace.refused()
    expect((pace.pause as Pause).until.getTime() - at).toBeLessThanOrEqual(625)
  })
})
