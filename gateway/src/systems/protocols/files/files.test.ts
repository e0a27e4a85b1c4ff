import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Carrier, createCarrier } from '../../carrier.ts'
import { type EntityDefinition, parseSystems, type SystemDefinition } from '../../configuration.ts'
import { describe as describeSystem } from '../../description.ts'
import type { UpstreamError } from '../../types.ts'
import { InputFault, MappingFault, type Question, type Row } from '../protocol.ts'
import { type FileAnswer, shapesAddress } from './carrier.ts'

/** a loaded machine takes its time */
const patience = { timeout: 15_000 }

let folder: string
let carriers: Carrier[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-files-'))
  carriers = []
})
afterEach(async () => {
  await Promise.all(carriers.map(carrier => carrier.close()))
  await rm(folder, { recursive: true, force: true })
})

const put = async (name: string, content: string | Buffer, ageS = 60): Promise<void> => {
  const path = join(folder, name)
  await writeFile(path, content)
  const at = new Date(Date.now() - ageS * 1000)
  await utimes(path, at, at)
}

function definitionOf(table: Record<string, unknown>, more: Record<string, unknown> = {}): SystemDefinition {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      drop: {
        name: { zh: '文件', en: 'Files' },
        url: 'http://files',
        protocol: 'files',
        authentication: { kind: 'none' },
        files: {
          directory: folder,
          settleMs: 0,
          pollMs: 30,
          timeZone: 'Asia/Shanghai',
          tables: { stock: { files: 'stock*.csv', ...table } },
          ...more,
        },
      },
    },
  })
  return systems.drop as SystemDefinition
}

interface Shelf {
  carrier: Carrier
  rows(question?: Partial<Question>, entity?: object): Promise<Row[]>
  told(question?: Partial<Question>): Promise<FileAnswer>
  description: ReturnType<typeof describeSystem>['description']
}

async function open(table: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Shelf> {
  const definition = definitionOf(table, more)
  const carrier = createCarrier('drop', definition)
  carriers.push(carrier)
  const { body } = await carrier.send({ method: 'GET', url: shapesAddress, headers: {} }, Date.now() + 5000)
  const { description } = describeSystem('drop', definition, body)
  const told = async (question: Partial<Question> = {}, entity: object = {}): Promise<FileAnswer> => {
    const full = { where: [], offset: 0, limit: 1000, count: true, select: [], sort: undefined, ...question }
    const call = await description.ask(
      { operation: 'stock', input: {}, filter: {}, ...entity } as unknown as EntityDefinition,
      full,
    )
    const answer = await carrier.send(description.encode(call.operation, call.input), Date.now() + 5000)
    return answer.value as FileAnswer
  }
  return {
    carrier,
    description,
    told,
    rows: async (question, entity) => ((await told(question, entity)).answer as { rows: Row[] }).rows,
  }
}

const refusal = async (work: Promise<unknown>): Promise<UpstreamError> =>
  (await work.then(
    () => undefined,
    (error: unknown) => error,
  )) as UpstreamError

test('a row of another width is left out and told, once', async () => {
  await put('stock.csv', 'a,b\n1,2\n3\n4,5,6\n7,8\n')
  const shelf = await open()
  const first = await shelf.told()
  expect((first.answer as { rows: Row[] }).rows).toEqual([
    { a: '1', b: '2' },
    { a: '7', b: '8' },
  ])
  expect(first.faults).toEqual([
    { row: 3, reason: 'has 1 values, not 2' },
    { row: 4, reason: 'has 3 values, not 2' },
  ])
  expect((await shelf.told()).faults).toEqual([])
  // The dictionary's page is told in the same words.
  const again = await open()
  const { carrier, description } = again
  const answer = await carrier.send(description.encode('stock', {}), Date.now() + 5000)
  expect(
    description.rows({ operation: 'stock' } as unknown as EntityDefinition, description.decode('stock', answer)).faults,
  ).toEqual([
    { key: null, field: '*', reason: 'row 3 of stock.csv has 1 values, not 2' },
    { key: null, field: '*', reason: 'row 4 of stock.csv has 3 values, not 2' },
  ])
  expect(description.contract?.('stock')?.answers.get('b')).toEqual({ kind: 'text', list: false, required: false })
})

test('the newest complete file is served; half of one does not take its place', async () => {
  await put('stock-1.csv', 'id\nold\n', 300)
  await put('stock-2.csv', 'id\nnew\n', 200)
  const shelf = await open({}, { settleMs: 3600_000, pollMs: 20 }).catch(() => undefined)
  expect(shelf).toBeUndefined()
  await new Promise(resolve => setTimeout(resolve, 300))
  const still = await open({}, { settleMs: 250, pollMs: 20 })
  expect(await still.rows()).toEqual([{ id: 'new' }])

  // It is being written: each look finds it longer.
  const writing = join(folder, 'stock-3.csv')
  let content = 'id\n'
  for (let line = 0; line < 4; line += 1) {
    content += `${line}\n`
    await writeFile(writing, content)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(await still.rows()).toEqual([{ id: 'new' }])
  }
  await expect.poll(async () => (await still.rows()).length, patience).toBe(4)

  // What cannot be read does not take the place of what could.
  await writeFile(join(folder, 'stock-4.csv'), 'id,"x\n')
  await new Promise(resolve => setTimeout(resolve, 400))
  expect(await still.rows()).toHaveLength(4)
  await writeFile(join(folder, 'stock-5.csv'), 'id\nlast\n')
  await expect.poll(async () => await still.rows(), patience).toEqual([{ id: 'last' }])
  // What was read goes on being served when its file is taken away, and files older than it do not come back.
  await rm(join(folder, 'stock-5.csv'))
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(await still.rows()).toEqual([{ id: 'last' }])
})

test('with marks, a file counts when its mark is there', async () => {
  await put('stock-1.csv', 'id\nold\n', 300)
  await put('stock-1.csv.done', '', 300)
  await put('stock-2.csv', 'id\nnew\n', 200)
  const shelf = await open({ ready: 'done' })
  expect(await shelf.rows()).toEqual([{ id: 'old' }])
  await put('stock-2.done', '', 100)
  await expect.poll(async () => await shelf.rows(), patience).toEqual([{ id: 'new' }])
})

test('a file replaced by another of its name is read anew; answers never mix the two', async () => {
  const content = (version: string): string =>
    `id,v\n${Array.from({ length: 2000 }, (_, index) => `${index},${version}`).join('\n')}\n`
  await put('stock.csv', content('a'), 100)
  const shelf = await open()
  await writeFile(join(folder, 'next'), content('b'))
  await rename(join(folder, 'next'), join(folder, 'stock.csv'))
  const seen = new Set<string>()
  await expect
    .poll(async () => {
      const versions = new Set((await shelf.rows({ limit: 5000 })).map(row => String(row.v)))
      expect(versions.size).toBe(1)
      for (const version of versions) seen.add(version)
      return [...versions][0]
    }, patience)
    .toBe('b')
  expect([...seen]).toEqual(expect.arrayContaining(['b']))
})

test('a file longer than is taken is refused', async () => {
  await put('stock.csv', `a\n${'x'.repeat(5001)}\n`)
  expect(await refusal(open({}, { maxBytes: 5000 }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
})

test('links and other folders are not read', async () => {
  await put('secret.txt', 'id\nsecret\n')
  await symlink(join(folder, 'secret.txt'), join(folder, 'stock.csv'))
  await mkdir(join(folder, 'stock-dir.csv'))
  expect(await refusal(open())).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  for (const files of ['../*.csv', '*', 'passwd', '*.yaml', 'a/b.csv']) expect(() => definitionOf({ files })).toThrow()
})

test('no file yet: the mapping is checked when one comes', async () => {
  await put('other.csv', 'id,name\n1,x\n')
  const table = { files: 'stock*.csv' }
  const shelf = await open(table, { tables: { stock: table, other: { files: 'other.csv' } } })
  const check = (operation: string, paths: string[]) => () =>
    shelf.description.check({ operation, input: {}, filter: {} } as unknown as EntityDefinition, paths)
  expect(check('stock', ['anything'])).not.toThrow()
  expect(check('other', ['id', 'name'])).not.toThrow()
  expect(check('other', ['nome'])).toThrow(/no column nome; its columns are id, name/)
  expect(check('third', [])).toThrow(MappingFault)
  expect(await refusal(shelf.rows())).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  await put('stock.csv', 'id\n1\n')
  await expect.poll(async () => await shelf.rows().catch(() => undefined), patience).toEqual([{ id: '1' }])
})

const lines = `id,parent,name,amount,due,currency\n${Array.from({ length: 30 }, (_, n) => `${n},p${n % 3},"Name ${n}%",${n}.10,2026-01-${String(n + 1).padStart(2, '0')},${n % 2 ? 'CNY' : 'USD'}`).join('\n')}\nx,p9,,,,\n`

test('pages, children and sums', async () => {
  await put('stock.csv', lines)
  const { told, description, carrier } = await open({ columns: { amount: 'decimal' } })
  expect((await told({ offset: 20, limit: 2, sort: 'currency, amount desc', select: ['id'] })).answer).toEqual({
    rows: [{ id: '18' }, { id: '16' }],
    total: 31,
  })
  const entity = { operation: 'stock', input: { where: "currency = 'CNY'" }, filter: {} } as unknown as EntityDefinition
  const send = async (call: { operation: string; input: Record<string, unknown> } | undefined): Promise<unknown> => {
    const answer = await carrier.send(description.encode('stock', call?.input ?? {}), Date.now() + 5000)
    return description.decode('stock', answer)
  }
  const one = (parent: string) => ({
    where: [{ field: 'parent', op: 'in' as const, values: [parent] }],
    offset: 0,
    limit: 2,
    count: false,
    select: ['id'],
    sort: 'amount desc',
  })
  expect(await send(description.askTogether?.(entity, ['p1', 'none', 'p0'].map(one)))).toEqual([
    { rows: [{ id: '25' }, { id: '19' }], total: 5 },
    { rows: [], total: 0 },
    { rows: [{ id: '27' }, { id: '21' }], total: 5 },
  ])
  const sums = {
    where: [{ field: 'amount' as const, op: 'lt' as const, values: ['6'] }],
    by: ['currency'],
    sum: { Sum_a: 'amount' },
    count: 'n',
  }
  expect(await send(description.askSums?.(entity, sums))).toEqual({ value: [{ currency: 'CNY', Sum_a: '9.30', n: 3 }] })
  await expect(told({ where: [{ field: 'nome', op: 'in', values: ['x'] }] })).rejects.toMatchObject({
    code: 'UPSTREAM_REFUSED',
  })
  expect(() => description.encode('stock', { limit: -1 })).toThrow(InputFault)
  expect(() => description.encode('stock', { path: '/etc/passwd' })).toThrow(InputFault)
})

test('a large file holds up nobody while it is read and asked', async () => {
  await put('stock.csv', 'id\nsmall\n', 100)
  const shelf = await open({}, { pollMs: 10 })
  expect(await shelf.rows()).toHaveLength(1)
  const line = (n: number): string => `${n},"name, ${n}",${n}.50,${'x'.repeat(80)}`
  await writeFile(
    join(folder, 'stock-big.csv'),
    `id,name,amount,text\n${Array.from({ length: 60_000 }, (_, n) => line(n)).join('\n')}\n`,
  )
  let longest = 0
  const started = performance.now()
  let last = started
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await expect.poll(async () => (await shelf.rows({ limit: 10 })).length, patience).toBe(10)
  const whole = performance.now() - started
  expect(await shelf.rows({ where: [{ field: 'id', op: 'in', values: ['59999'] }] })).toMatchObject([
    { name: 'name, 59999' },
  ])
  clearInterval(beat)
  // Whatever else the machine does: most of the time that reading took, others had their turn.
  expect(longest).toBeLessThan(whole / 2)
}, 30_000)
