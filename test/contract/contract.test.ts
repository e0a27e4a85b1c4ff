import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MappingFault } from '../../gateway/src/systems/protocols/protocol.ts'
import { UpstreamError } from '../../gateway/src/systems/types.ts'
import { adapters } from './adapters.ts'
import { type Gateway, gatewayTo, inTermsOf, type Slot } from './gateway.ts'
import { randomBy, Source, shuffled, type Thing, things } from './source.ts'
import { badAnswers, badDocuments } from './troubles.ts'
import { startWire, type Trouble, type Wire } from './wire.ts'

// Whatever a system does, a slot of `load(keys)` holds the record of its own key, null where the system has none, or an error.
const truth = new Map(things.map(thing => [thing.id, inTermsOf(thing)]))
const ids = [...truth.keys()]
const groups = ['g0', 'g1', 'g2', 'g3', 'g4', 'nobody']
const quiet: Trouble = () => undefined

/** A test of adapters that have what it is about; for the others there is nothing to test, and nothing to skip. */
const where = (has: unknown): ((name: string, run: () => Promise<void>) => void) => (has ? test : () => {})

describe.each(adapters.map(adapter => [adapter.name, adapter] as const))('%s', (_name, adapter) => {
  const source = new Source()
  const { protocol, document } = adapter.definition('')
  const described = document !== undefined || protocol === 'graphql'
  let upstream: Awaited<ReturnType<typeof adapter.start>>
  let wire: Wire
  let gateway: Gateway

  beforeAll(async () => {
    upstream = await adapter.start(source)
    wire = (await upstream.wire?.()) ?? (await startWire(upstream.url))
    gateway = await gatewayTo(wire.url, adapter)
  })
  afterEach(() => {
    source.calm()
    wire.trouble = quiet
  })
  afterAll(async () => {
    await gateway.connector.close()
    await wire.stop()
    await upstream.stop()
  })

  /** @param lost keys that the system left out of its answer */
  function expectOwn(keys: readonly string[], slots: readonly Slot[], lost: ReadonlySet<string> = new Set()): void {
    expect(slots).toEqual(keys.map(key => (lost.has(key) ? null : (truth.get(key) ?? null))))
  }

  test('each key has its own record, to the last digit, in the order of the keys', async () => {
    expectOwn(ids, await gateway.load(ids))
    const some = [...ids.slice(20, 30).reverse(), 'nothing', ids[3] as string, "'", ids[0] as string]
    expectOwn(some, await gateway.load(some))
  })

  test('two hundred keys are one call', async () => {
    let calls = 0
    wire.trouble = () => {
      calls += 1
      return undefined
    }
    const many = [...ids, ...Array.from({ length: 200 - ids.length }, (_, index) => `no-such-thing-${index}`)]
    expectOwn(many, await gateway.load(many))
    expect(calls).toBe(1)
  })

  test('rows in another order, left out, twice, or not asked for shift nothing', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const random = randomBy(seed)
      const lost = new Set(ids.filter(() => random() < 0.3))
      source.spoil = rows => {
        const left = rows.filter(row => !lost.has(row.id))
        const twice = left.filter(() => random() < 0.3)
        const foreign = things.filter(() => random() < 0.1).map(row => ({ ...row, id: `foreign ${row.id}` }))
        return shuffled([...left, ...twice, ...foreign], random)
      }
      const keys = shuffled(ids, random).slice(0, 5 + (seed % 30))
      expectOwn(keys, await gateway.load(keys), lost)
    }
  })

  where(!adapter.typed)('what is no record, or has a key of another kind, is left out', async () => {
    source.spoil = rows => [
      null,
      7,
      'text',
      [],
      {},
      ...rows.slice(3),
      { ...(rows[0] as Thing), id: null },
      { ...(rows[1] as Thing), id: [(rows[1] as Thing).id] },
      { ...(rows[2] as Thing), id: { id: 'x' } },
    ]
    expectOwn(ids, await gateway.load(ids), new Set(ids.slice(0, 3)))
  })

  where(!adapter.typed)('a value of another kind is no value; the others of its record stand', async () => {
    for (const wrong of [{ x: 1 }, [1], true, 'no such value', Number.MAX_VALUE]) {
      source.spoil = rows => rows.map(row => ({ ...row, amount: wrong, at: wrong }))
      const slots = await gateway.load(ids)
      for (const [index, slot] of slots.entries()) {
        const own = truth.get(ids[index] as string) as Thing
        expect(slot).toEqual({ ...own, amount: null, at: null })
      }
    }
  })

  test('answers that overtake one another reach those who asked', async () => {
    let calls = 0
    wire.trouble = async () => {
      calls += 1
      await new Promise(resolve => setTimeout(resolve, 15 * (12 - calls)))
      return undefined
    }
    const asked = Array.from({ length: 12 }, (_, index) => shuffled(ids, randomBy(index)).slice(0, 8))
    const answers = await Promise.all(asked.map(keys => gateway.load(keys)))
    for (const [index, keys] of asked.entries()) expectOwn(keys, answers[index] as Slot[])
    expect(calls).toBe(12)
  })

  test('a system that is too slow costs its slots and no more time than there is', async () => {
    wire.trouble = async () => {
      await new Promise(resolve => setTimeout(resolve, 1500))
      return undefined
    }
    const started = performance.now()
    expectErrors(await gateway.load(ids, 300), ['UPSTREAM_TIMEOUT'])
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test.each(adapter.bad ?? badAnswers(adapter))(
    '%s is an error in every slot, never a value and never nothing',
    async (_what, spoil) => {
      wire.trouble = spoil
      expectErrors(await gateway.load(ids))
      wire.trouble = quiet
      expectOwn(ids, await gateway.load(ids))
    },
  )

  test.each(described ? badDocuments : [])(
    'a description that is %s is refused, whole, and asked for again',
    async (_what, spoil) => {
      wire.trouble = spoil
      const refused = await gatewayTo(wire.url, adapter).then(
        () => 'it was read',
        (error: unknown) => error,
      )
      expect([UpstreamError, MappingFault].some(kind => refused instanceof kind)).toBe(true)
      wire.trouble = quiet
      const later = await gatewayTo(wire.url, adapter)
      expectOwn(ids, await later.load(ids))
      await later.connector.close()
    },
  )

  test('a system that fails now and then is asked again; no try mixes with another', async () => {
    const patient = await gatewayTo(wire.url, adapter, { retries: 5 })
    let calls = 0
    wire.trouble = answer => {
      calls += 1
      if (calls % 2 === 0) return undefined
      Object.assign(answer, { status: 503, contentType: 'text/html', body: Buffer.from('<html>') })
      return calls % 3 === 0 ? 'reset' : undefined
    }
    const asked = [ids.slice(0, 9), ids.slice(5, 30), ids.slice(30)]
    for (const keys of asked) expectOwn(keys, await patient.load(keys))
    expect(calls).toBe(6)
    await patient.connector.close()
  })

  test('children stand under their own parents', async () => {
    const random = randomBy(7)
    source.spoil = rows => shuffled([...rows, ...rows.slice(0, 2)], random)
    expectChildren(await gateway.children(groups))
  })

  where(adapter.pages)('a page that ends early is read on', async () => {
    source.pageSize = 3
    expectOwn(ids, await gateway.load(ids))
    expectChildren(await gateway.children(groups))
  })

  where(adapter.pages)('pages that do not come to an end are an error', async () => {
    source.pageSize = 3
    source.spoil = () => []
    wire.trouble = answer => {
      answer.body = Buffer.from(String(answer.body).replace(/(skiptoken=)\d+/, '$13'))
      return undefined
    }
    expectErrors(await gateway.load(ids))
  })

  where(adapter.pages)('a next page elsewhere is not followed', async () => {
    source.pageSize = 3
    wire.trouble = answer => {
      const next = /("(?:__next|@odata\.nextLink)":")[^"]*/
      answer.body = Buffer.from(String(answer.body).replace(next, '$1http://127.0.0.2:9/Things'))
      return undefined
    }
    expectErrors(await gateway.load(ids), ['UPSTREAM_REFUSED'])
  })

  where(adapter.batches)('answers of a batch in another order, left out or twice shift nothing', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const random = randomBy(seed)
      source.spoilBatch = answers => {
        const kind = seed % 4
        if (kind === 0) return shuffled(answers, random)
        if (kind === 1) return answers.slice(1)
        if (kind === 2) return [...answers, answers[0] as (typeof answers)[number]]
        return [...answers.slice(1), answers[0] as (typeof answers)[number]]
      }
      for (const [index, slot] of (await gateway.children(groups)).entries()) {
        if (slot instanceof Error) expect(slot).toBeInstanceOf(UpstreamError)
        else expect(keysOf(slot)).toEqual(childrenOf(groups[index] as string))
      }
    }
  })

  function expectErrors(slots: readonly Slot[], codes?: readonly string[]): void {
    for (const slot of slots) {
      expect(slot).toBeInstanceOf(UpstreamError)
      // An error that an adapter did not foresee is wrapped by the connector.
      for (const unforeseen of [TypeError, RangeError, SyntaxError])
        expect((slot as UpstreamError).cause).not.toBeInstanceOf(unforeseen)
      if (codes) expect(codes).toContain((slot as UpstreamError).code)
    }
  }

  function expectChildren(answers: readonly (Slot[] | Error)[]): void {
    expect(answers.map(slot => (slot instanceof Error ? slot : keysOf(slot)))).toEqual(groups.map(childrenOf))
  }
})

function keysOf(slots: readonly Slot[]): string[] {
  return slots.map(slot => (slot as Thing).id).sort()
}

function childrenOf(group: string): string[] {
  return things
    .filter(thing => thing.group === group)
    .map(thing => thing.id)
    .sort()
}
