import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Adapter } from './adapters.ts'
import { type Gateway, gatewayTo, inTermsOf, type Slot } from './gateway.ts'
import { randomBy, shuffled, type Thing, things } from './source.ts'

// A folder has no wire, so its part of the contract is about what the file holds: whatever that is, a slot holds the
// record of its own key, null, or an error.
const truth = new Map(things.map(thing => [thing.id, inTermsOf(thing)]))
const ids = [...truth.keys()]
const names = ['id', 'group', 'name', 'amount', 'big', 'at'] as const
const adapter = {
  definition: (url: string) => ({
    protocol: 'files',
    files: {
      directory: url,
      settleMs: 0,
      pollMs: 20,
      tables: { things: { files: '*.csv', columns: { amount: 'decimal', at: 'time' } } },
    },
  }),
  entity: { operation: 'things', each: true, filter: { id: 'id', group: 'group' } },
} as unknown as Adapter

let folder: string
const open: Gateway[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-contract-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map(gateway => gateway.connector.close()))
  await rm(folder, { recursive: true, force: true })
})

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
const line = (thing: Partial<Thing>): string => names.map(name => quoted(thing[name] ?? '')).join(',')
const file = (rows: readonly Partial<Thing>[]): string => `${names.join(',')}\r\n${rows.map(line).join('\r\n')}\r\n`

async function gateway(content: string): Promise<Gateway> {
  await writeFile(join(folder, 'things.csv'), content)
  const made = await gatewayTo(folder, adapter)
  open.push(made)
  return made
}

function expectOwn(keys: readonly string[], slots: readonly Slot[], lost: ReadonlySet<string> = new Set()): void {
  expect(slots).toEqual(keys.map(key => (lost.has(key) ? null : (truth.get(key) ?? null))))
}

test('each key has its own record, to the last digit, whatever the order, and what stands twice stands once', async () => {
  for (const seed of [1, 2]) {
    const random = randomBy(seed)
    const lost = new Set(ids.filter(() => random() < 0.3))
    const left = things.filter(row => !lost.has(row.id))
    const foreign = things.filter(() => random() < 0.2).map(row => ({ ...row, id: `foreign ${row.id}` }))
    const twice = left.filter(() => random() < 0.3)
    const { load } = await gateway(file(shuffled([...left, ...twice, ...foreign], random)))
    const keys = shuffled([...ids, 'nothing', '', '12 '], random)
    expectOwn(keys, await load(keys), lost)
  }
})

test('records without a key, or with values of another kind, shift nothing', async () => {
  const spoiled = things.map((thing, index) =>
    index < 3 ? { ...thing, id: '' } : { ...thing, amount: 'viel', at: '31.31.2026' },
  )
  const { load } = await gateway(`${file(spoiled)}"too","few"\r\n`)
  for (const [index, slot] of (await load(ids)).entries()) {
    const own = truth.get(ids[index] as string) as Thing
    expect(slot).toEqual(index < 3 ? null : { ...own, amount: null, at: null })
  }
})

test('children stand under their own parents', async () => {
  const { children } = await gateway(file(shuffled(things, randomBy(7))))
  const groups = ['g0', 'g1', 'g2', 'g3', 'g4', 'nobody']
  const own = groups.map(group =>
    things
      .filter(thing => thing.group === group)
      .map(thing => thing.id)
      .sort(),
  )
  expect((await children(groups)).map(slots => (slots as Thing[]).map(slot => slot.id).sort())).toEqual(own)
})

test.each([
  ['a page', '<!doctype html><html><body>登录</body></html>'],
  ['half a row in quotes', file(things).slice(0, -30)],
  ['columns that are not mapped', 'a,b\r\n1,2\r\n'],
])(
  '%s instead of the file is an error, never nothing; the file before it goes on being served',
  async (_what, content) => {
    const refused = await gateway(content).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Error)
    const { load } = await gateway(file(things))
    expectOwn(ids, await load(ids))
    await writeFile(join(folder, 'zz.csv'), content)
    for (let look = 0; look < 4; look += 1) {
      await new Promise(resolve => setTimeout(resolve, 100))
      expectOwn(ids, await load(ids))
    }
  },
)
