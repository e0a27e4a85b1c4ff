import { hash } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config.ts'
import { limitedQueue } from './limited-queue.ts'
import { hashPassword, needsRehash, setHashingCost, usualCost, verifyNothing, verifyPassword } from './password.ts'

describe('passwords', () => {
  it('are hashed with Argon2id at 19 MiB, 2 passes, 1 lane', async () => {
    const hashed = await hashPassword('Welcome-2026')
    expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await verifyPassword(hashed, 'Welcome-2026')).toBe(true)
    expect(await verifyPassword(hashed, 'welcome-2026')).toBe(false)
    expect(needsRehash(hashed)).toBe(false)
  })

  it('with other parameters still verify, and ask to be hashed anew', async () => {
    const old = await hash('secret', { memoryCost: 8192, timeCost: 3, parallelism: 1 })
    expect(await verifyPassword(old, 'secret')).toBe(true)
    expect(needsRehash(old)).toBe(true)
  })

  it('take another cost from the configuration, and what was hashed before still verifies', async () => {
    const before = await hashPassword('secret')
    try {
      setHashingCost('m=7168,t=5,p=1')
      const hashed = await hashPassword('secret')
      expect(hashed).toMatch(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$/)
      expect(needsRehash(hashed)).toBe(false)
      expect(needsRehash(before)).toBe(true)
      expect(await verifyPassword(before, 'secret')).toBe(true)
      expect(await verifyNothing('secret')).toBe(false)
    } finally {
      setHashingCost(usualCost)
    }
  })

  it('are never hashed more cheaply than OWASP recommends', () => {
    const check = configSchema.shape.PASSWORD_HASH
    for (const weak of ['m=7168,t=4,p=1', 'm=4096,t=9,p=1', 'm=19456,t=1,p=1', 'm=19456,t=2,p=0', 'm=19456', ''])
      expect(check.safeParse(weak).success).toBe(false)
    for (const fine of ['m=7168,t=5,p=1', 'm=47104,t=1,p=1', usualCost]) expect(check.parse(fine)).toBe(fine)
    expect(check.parse(undefined)).toBe(usualCost)
  })

  it('never match a malformed hash, nor nobody’s', async () => {
    expect(await verifyPassword('not a hash', 'secret')).toBe(false)
    expect(await verifyNothing('secret')).toBe(false)
  })
})

describe('an unknown name', () => {
  it('costs as much time as a wrong password', async () => {
    const known = await hashPassword('Welcome-2026')
    const time = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now()
      await work()
      return performance.now() - started
    }
    await verifyNothing('warm up')
    const times = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY }
    for (let n = 0; n < 8; n++) {
      times.known = Math.min(times.known, await time(() => verifyPassword(known, 'wrong')))
      times.unknown = Math.min(times.unknown, await time(() => verifyNothing('wrong')))
    }
    expect(times.unknown).toBeGreaterThan(times.known * 0.5)
    expect(times.unknown).toBeLessThan(times.known * 2)
  })
})

describe('the queue before the hash', () => {
  it('runs no more at once than allowed, in order, and refuses what is beyond', async () => {
    const queue = limitedQueue({ running: 2, waiting: 2, full: () => new Error('full') })
    const finished: number[] = []
    let running = 0
    let most = 0
    const release: (() => void)[] = []
    const work = (n: number) => () => {
      running += 1
      most = Math.max(most, running)
      return new Promise<void>(resolve => release.push(resolve)).then(() => {
        running -= 1
        finished.push(n)
      })
    }
    const works = [1, 2, 3, 4].map(n => queue(work(n)))
    await expect(queue(work(5))).rejects.toThrow('full')
    while (finished.length < 4) {
      release.shift()?.()
      await new Promise(resolve => setImmediate(resolve))
    }
    await Promise.all(works)
    expect(finished).toEqual([1, 2, 3, 4])
    expect(most).toBe(2)
  })

  it('gives its place on when a work fails', async () => {
    const queue = limitedQueue({ running: 1, waiting: 1, full: () => new Error('full') })
    await expect(queue(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await queue(async () => 'next')).toBe('next')
  })
})
