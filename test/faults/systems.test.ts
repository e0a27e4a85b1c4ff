/**
 * One of three systems misbehaves in every way we know of. Promised is: what the others give is whole and right; what the bad one
 * was to give is missing with an error in its name, no later than its time; whoever asks for other things notices nothing; and
 * when it is well again, all is as before, without anybody doing anything.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answer, type Company, startCompany } from './systems/company.ts'
import type { Trouble } from './systems/trouble.ts'

const timeoutMs = 400
const limits = {
  timeoutMs,
  concurrent: 8,
  breaker: { rollingMs: 2000, requestThreshold: 6, sleepMs: 200, halfOpenAttempts: 2, requiredSuccessful: 2 },
}
const joined = '{ parts { nodes { id value price { value } stock { value } } } }'
const alone = '{ parts { nodes { id value } } }'

let company: Company
beforeAll(async () => {
  company = await startCompany(limits, { freshS: 0.2, staleS: 600 })
})
afterAll(() => company?.stop())
afterEach(async () => {
  for (const system of ['alpha', 'beta', 'gamma'] as const) await company.trouble(system, { kind: 'none' })
  await wellAgain()
})

/** Resolves when a joined answer is whole again: nobody restarts anything. */
async function wellAgain(): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await company.ask(joined)
      expect(answer.errors).toBeUndefined()
      expect(whole(answer)).toEqual(['alpha', 'beta', 'gamma'])
    },
    { timeout: 10_000, interval: 50 },
  )
}

/** Of which systems an answer holds every value, and the right one. */
function whole(answer: Answer): string[] {
  const nodes = answer.data.parts.nodes as { id: string; value: string; price: unknown; stock: unknown }[]
  const has = (system: string, of: (node: (typeof nodes)[number]) => unknown): boolean =>
    nodes.length === 20 &&
    nodes.every((node, index) => {
      const value = of(node)
      return node.id === `p${index}` && value === `${system} ${index}`
    })
  const inside = (part: unknown): unknown => (part as { value?: unknown } | null)?.value
  return [
    ...(has('alpha', node => node.value) ? ['alpha'] : []),
    ...(has('beta', node => inside(node.price)) ? ['beta'] : []),
    ...(has('gamma', node => inside(node.stock)) ? ['gamma'] : []),
  ]
}

describe('what a bad system was to give', () => {
  const troubles: [string, Trouble, RegExp][] = [
    ['is a little slow', { kind: 'slow', ms: 100 }, /^$/],
    ['takes a second', { kind: 'slow', ms: 1000 }, /TIMEOUT|CIRCUIT_OPEN/],
    ['takes a minute', { kind: 'slow', ms: 60_000 }, /TIMEOUT|CIRCUIT_OPEN/],
    ['stops in the middle of the body', { kind: 'half' }, /UNAVAILABLE|CIRCUIT_OPEN/],
    ['answers a page', { kind: 'page' }, /BAD_ANSWER|CIRCUIT_OPEN/],
    ['answers other types', { kind: 'types' }, /BAD_ANSWER|CIRCUIT_OPEN/],
    ['answers ten megabytes', { kind: 'large' }, /BAD_ANSWER|TIMEOUT|CIRCUIT_OPEN/],
    ['answers an error with 200', { kind: 'error' }, /BAD_ANSWER|CIRCUIT_OPEN/],
    ['says 429 and for how long', { kind: 'pause' }, /BUSY/],
    ['says 429 and no more', { kind: 'busy' }, /BUSY/],
    ['does not accept the credentials', { kind: 'expired' }, /UNAUTHENTICATED/],
    ['resets the connection', { kind: 'reset' }, /UNAVAILABLE|CIRCUIT_OPEN/],
    ['sends a byte at a time, for ever', { kind: 'trickle' }, /TIMEOUT|CIRCUIT_OPEN/],
    ['sends what unpacks into 20 megabytes', { kind: 'bomb' }, /BAD_ANSWER|CIRCUIT_OPEN/],
    ['floods with headers', { kind: 'headers' }, /BAD_ANSWER|CIRCUIT_OPEN/],
    ['does not speak HTTP', { kind: 'garbage' }, /BAD_ANSWER|CIRCUIT_OPEN/],
  ]
  it.each(troubles)('when it %s is missing in its name alone, and not late', async (_name, trouble, code) => {
    await company.trouble('beta', trouble)
    const answers = await Promise.all([company.ask(joined), company.ask(joined)])
    for (const answer of answers) {
      const told = (answer.errors ?? []).map(error => `${error.extensions.system} ${error.extensions.code}`)
      if (code.source === '^$') expect(told).toEqual([])
      else {
        expect(told.join()).toMatch(code)
        expect(new Set(told.map(one => one.split(' ')[0]))).toEqual(new Set(['beta']))
        expect(JSON.stringify(answer)).not.toMatch(/ORA-|corp\.local|maintenance|ECONN|127\.0\.0\.1/)
      }
      expect(whole(answer)).toEqual(code.source === '^$' ? ['alpha', 'beta', 'gamma'] : ['alpha', 'gamma'])
      // Alpha is asked first, then beta and gamma at once; a noisy machine adds to what is promised.
      expect(answer.ms).toBeLessThan(timeoutMs + 1000)
    }
  })

  it('when its records lost their key is left out and counted, for as long as that lasts', async () => {
    await company.trouble('beta', { kind: 'schema' })
    const answer = await company.ask(joined)
    expect(whole(answer)).toEqual(['alpha', 'gamma'])
    expect(answer.extensions.faults?.count).toBe(20)
  })

  it.each([
    ['expired credentials', { kind: 'expired', times: 1 }],
    ['a reset connection', { kind: 'reset', times: 1 }],
    ['half an answer', { kind: 'half', times: 1 }],
    ['an error of the server', { kind: 'flap', times: 1 }],
  ] as [string, Trouble][])('after %s is there all the same: the call is made again', async (_name, trouble) => {
    await company.trouble('beta', trouble)
    const answer = await company.ask(joined)
    expect(answer.errors).toBeUndefined()
    expect(whole(answer)).toEqual(['alpha', 'beta', 'gamma'])
    expect(await company.seen('beta')).toBe(2)
  })

  it('comes and goes with a system that does, and what comes is right', async () => {
    await company.trouble('beta', { kind: 'flap' })
    for (let index = 0; index < 8; index += 1) {
      const answer = await company.ask(joined)
      expect(whole(answer)).toEqual(answer.errors ? ['alpha', 'gamma'] : ['alpha', 'beta', 'gamma'])
    }
  })
})

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number

describe('whoever asks for other things', () => {
  /** Time of questions to alpha alone, while others keep asking beta. */
  async function timesBeside(trouble: Trouble): Promise<number[]> {
    await company.trouble('beta', trouble)
    let ended = false
    const others = Array.from({ length: 3 }, async () => {
      while (!ended) {
        await company.ask('{ prices { nodes { id value } } }')
        await wait(20)
      }
    })
    const times: number[] = []
    for (let index = 0; index < 9; index += 1) {
      const answer = await company.ask(alone)
      expect(answer.errors).toBeUndefined()
      times.push(answer.ms)
    }
    ended = true
    await Promise.all(others)
    return times
  }

  it.each([
    ['hangs', { kind: 'slow', ms: 60_000 }],
    ['trickles', { kind: 'trickle' }],
    ['answers ten megabytes', { kind: 'large' }],
  ] as [string, Trouble][])('waits no 50 ms longer because a system %s', async (_name, trouble) => {
    let extra = Number.POSITIVE_INFINITY
    // Both are measured in turn; where the machine itself was disturbed, they are measured again.
    for (let attempt = 0; attempt < 4 && extra >= 50; attempt += 1) {
      const undisturbed = await timesBeside({ kind: 'none' })
      const beside = await timesBeside(trouble)
      extra = median(beside) - median(undisturbed)
    }
    expect(extra).toBeLessThan(50)
  })
})

describe('an answer in parts', () => {
  const query = '{ parts { nodes { id value ... @defer { price { value } } ... @defer { stock { value } } } } }'

  it.each([
    ['hangs', { kind: 'slow', ms: 60_000 }],
    ['trickles', { kind: 'trickle' }],
  ] as [string, Trouble][])(
    'gives what the others know before a system that %s has failed, and no 50 ms late',
    async (_name, trouble) => {
      let extra = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 4 && !(extra < 50); attempt += 1) {
        const times: number[] = []
        for (const one of [{ kind: 'none' } as Trouble, trouble]) {
          await company.trouble('beta', one)
          const some: number[] = []
          for (let index = 0; index < 5; index += 1) {
            const { ms, told } = await company.toldWith(query, ['alpha 19', 'gamma 19'])
            some.push(one === trouble && told.includes('beta') ? Number.POSITIVE_INFINITY : ms)
          }
          times.push(median(some))
        }
        extra = (times[1] as number) - (times[0] as number)
      }
      expect(extra).toBeLessThan(50)
    },
  )

  it('tells the failure of the late one when it has failed, with its own part', { retry: 2 }, async () => {
    await company.trouble('beta', { kind: 'slow', ms: 60_000 })
    const told: string[] = []
    for await (const { text } of company.askInParts(query)) told.push(text)
    expect(told.slice(0, -1).join()).toContain('gamma 19')
    expect(told.slice(0, -1).join()).not.toContain('errors')
    expect(told.at(-1)).toMatch(/"system":"beta".*"hasNext":false/)
  })
})

it('keeps no memory of bad answers', async () => {
  const kinds = ['bomb', 'headers', 'large'] as const
  const each = 6
  const rounds = async (count: number): Promise<void> => {
    for (const kind of kinds) {
      await company.trouble('alpha', { kind })
      for (let index = 0; index < count; index += 1)
        await Promise.all(
          Array.from({ length: each }, (_, n) => company.ask(`{ parts(first: ${n + 1}) { nodes { id } } }`)),
        )
      expect(await company.seen('alpha')).toBe(count * each)
    }
  }
  await rounds(1)
  const before = await company.memory()
  await rounds(6)
  // 36 answers of ten megabytes were read up to four: what is kept of them would be seen.
  expect((await company.memory()) - before).toBeLessThan(110)
})

describe('identical questions of one moment', () => {
  it('are one call, and who goes away takes the answer from nobody', async () => {
    await company.trouble('beta', { kind: 'slow', ms: 150 })
    const query = '{ prices(first: 7) { nodes { id value } } }'
    const stays = company.ask(query)
    await vi.waitFor(async () => expect(await company.seen('beta')).toBe(1), { interval: 10 })
    const gone = Array.from({ length: 4 }, () => new AbortController())
    const left = gone.map(({ signal }) => company.ask(query, { signal }).catch(() => 'gone'))
    await wait(60)
    for (const one of gone) one.abort()
    expect(await Promise.all(left)).toEqual(['gone', 'gone', 'gone', 'gone'])
    const answer = await stays
    expect(answer.errors).toBeUndefined()
    expect(answer.data.prices.nodes[0]).toEqual({ id: 'p0', value: 'beta 0' })
    expect(await company.seen('beta')).toBe(1)
  })
})

describe('a system whose answers are kept', () => {
  it('shows them with their age while it is away, and new ones when it is back', async () => {
    const query = '{ stocks { nodes { id value } } }'
    await company.ask(query)
    await company.kill('gamma')
    await vi.waitFor(
      async () =>
        expect((await company.ask(query)).extensions.sources[0]).toMatchObject({ system: 'gamma', stale: true }),
      { interval: 50 },
    )
    for (let index = 0; index < 8; index += 1) {
      const answer = await company.ask(query)
      expect(answer.errors).toBeUndefined()
      expect(answer.data.stocks.nodes[19]).toEqual({ id: 'p19', value: 'gamma 19' })
      expect(answer.extensions.sources[0]?.stale).toBe(true)
    }
    await company.restart('gamma')
    await vi.waitFor(
      async () => expect((await company.ask(query)).extensions.sources[0]).toMatchObject({ stale: false }),
      { timeout: 10_000, interval: 50 },
    )
  })
})

it('what happened stands on the page of systems, in words', async () => {
  await company.trouble('beta', { kind: 'slow', ms: 60_000 })
  const query = '{ systems { id state explanation events { kind text } } }'
  const about = async (language: string): Promise<{ state: string; explanation: string; events: { text: string }[] }> =>
    (await company.ask(query, { language })).data.systems.find((one: { id: string }) => one.id === 'beta')
  await vi.waitFor(
    async () => {
      await Promise.all([1, 2, 3, 4].map(first => company.ask(`{ prices(first: ${first}) { nodes { id } } }`)))
      expect(await about('en')).toMatchObject({
        state: 'DOWN',
        explanation: 'System beta does not answer as it should: it did not answer within 0.4 seconds',
      })
    },
    { timeout: 10_000, interval: 20 },
  )
  const [english, chinese] = [await about('en'), await about('zh-CN')]
  expect(chinese.explanation).toBe('系统 beta 没有正常应答：0.4 秒内没有应答')
  expect(english.events.map(event => event.text).join('\n')).toMatch(
    /\d+ of the last \d+ requests failed \(it did not answer within 0\.4 seconds\); it is left alone and tried every 0\.2 seconds/,
  )
  expect(chinese.events.map(event => event.text).join('\n')).toMatch(
    /最近 \d+ 次请求有 \d+ 次失败（0\.4 秒内没有应答）/,
  )
  await company.trouble('beta', { kind: 'none' })
  await vi.waitFor(
    async () => expect((await about('en')).events.map(one => one.text).join()).toContain('It answers again after'),
    {
      timeout: 10_000,
      interval: 50,
    },
  )
  const told = JSON.stringify(
    [await about('en'), await about('zh-CN')].map(one => [one.explanation, one.events.map(event => event.text)]),
  )
  expect(told).not.toMatch(/UPSTREAM|CIRCUIT|ECONN|undefined/)
})
