import { randomUUID } from 'node:crypto'
import { readAudit } from '@atrium/platform/audit'
import { type Kysely, sql } from '@atrium/platform/database'
import { createApp, serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import { createPermissions } from '../access/permissions.ts'
import type { Person, Viewer } from '../access/person.ts'
import { listMessages } from '../inbox/messages.ts'
import { startWorld, type Tables, type World } from '../inbox/testing/world.fixture.ts'
import { compileDictionary } from '../schema/dictionary.ts'
import { SourceNotes } from '../schema/source-notes.ts'
import { tellOwners } from './alerts.ts'
import { type Collector, type Offence, startCollecting } from './collector.ts'
import { qualityRoutes } from './routes.ts'
import { NotOwner, namesOfOwner, readQuality } from './service.ts'
import { forgetOld, forgetRest, keptRecords, writeBatch } from './store.ts'
import type { QualityTables } from './tables.ts'

const zone = 'Asia/Shanghai'
const dictionary = compileDictionary(`
  type Customer @entity(key: "code", system: "crm") @label(zh: "客户", en: "Customer") @read(roles: ["crm:Rep"]) {
    code: ID! @from(system: "crm", path: "no") @label(zh: "编号", en: "Number")
    level: String @from(system: "crm", path: "level") @label(zh: "级别", en: "Level")
    phone: String @from(system: "crm", path: "phone") @label(zh: "电话", en: "Phone") @class(is: PERSONAL)
  }
  type Invoice @entity(key: "number", system: "erp") @label(zh: "发票", en: "Invoice") @read(roles: ["erp:Accountant"]) {
    number: ID! @from(system: "erp", path: "no") @label(zh: "号码", en: "Number")
    due: Date @from(system: "erp", path: "due") @label(zh: "到期", en: "Due")
  }`)
const permissions = createPermissions(dictionary)

let world: World
let db: Kysely<Tables & QualityTables>

beforeAll(async () => {
  world = await startWorld()
  db = world.db as unknown as Kysely<Tables & QualityTables>
})
afterAll(() => world.stop())
beforeEach(async () => {
  await sql`truncate quality_fault, quality_checked, quality_record`.execute(db)
})

const names = { zh: '客户关系', en: 'CRM' }
const systems = (owners = {}, faultsPerDay = 2) => ({
  crm: { name: names, owners, faultsPerDay },
  erp: { name: { zh: '企业资源', en: 'ERP' }, owners: {}, faultsPerDay: 1000 },
})
const customer = dictionary.types.get('Customer')!.fields
const bad = (key: string, more: Partial<Offence> = {}): Offence => ({
  system: 'crm',
  type: 'Customer',
  field: 'level',
  rule: 'code.unknown',
  key,
  value: 'Z',
  of: customer.get('level'),
  keyField: customer.get('code'),
  ...more,
})
const collecting = (write = (batch: Parameters<typeof writeBatch>[2]) => writeBatch(db, zone, batch)): Collector =>
  startCollecting(write, { flushMs: 3_600_000, log: log('test') })

async function hire(roles: string[], rights: string[] = []): Promise<Person> {
  const id = `quality-${randomUUID().slice(0, 8)}`
  const of = (system: string) => rights.filter(right => right.startsWith(`${system}:`)).map(right => right.slice(4))
  const own = Object.fromEntries(['crm', 'erp'].map(s => [s, { id: `${s}-${id}`, roles: of(s), scope: 'own' }]))
  world.directory.put(entry(id, { roles, systems: own }))
  await world.people.directoryChanged([id])
  return (await world.people.find(id))!
}
const viewerOf = (person: Person): Viewer => ({ kind: 'person', person, accessToken: '', tokenExpiresAt: 0 })
const read = (person: Person, own = systems(), filter = {}, examples = 5) =>
  readQuality(
    db,
    { dictionary, systems: own },
    { person, access: permissions(viewerOf(person)) },
    { days: 7, zone, ...filter },
    examples,
  )

test('several gateways add up; a record seen twice is one record', async () => {
  const [one, other] = [collecting(), collecting()]
  one.checked('crm', 'Customer', 40)
  other.checked('crm', 'Customer', 2)
  for (const key of ['C1', 'C1', 'C2']) one.note(bad(key))
  for (const key of ['C2', 'C3']) other.note(bad(key))
  await Promise.all([one.flush(), other.flush()])
  await one.flush()
  const report = await read(await hire(['administrator'], ['crm:Rep']))
  expect(report.checked).toEqual([{ system: 'crm', type: 'Customer', records: 42 }])
  expect(report.findings).toMatchObject([{ faults: 5, records: 3, perDay: { [report.days.at(-1)!]: 5 } }])
  expect(report.findings[0]!.examples.map(({ key, value, seen }) => [key, value, seen]).sort()).toEqual([
    ['C1', 'Z', 2],
    ['C2', 'Z', 2],
    ['C3', 'Z', 1],
  ])
  await Promise.all([one.stop(), other.stop()])
})

test('a request tells its faults by rule; the value itself goes to the collector only', () => {
  const noted: Offence[] = []
  const notes = new SourceNotes({ note: one => void noted.push(one), checked: () => {} })
  const place = { system: 'crm', type: 'Customer', field: 'level', key: 'C1' }
  notes.fault({ ...place, reason: 'unknown code', value: 'Z', of: customer.get('level') })
  notes.fault({ ...place, reason: 'not of the form', rule: 'huaxin.level', value: 'Z' })
  expect(notes.faults).toEqual([
    { ...place, reason: 'unknown code', rule: 'code.unknown' },
    { ...place, reason: 'not of the form', rule: 'huaxin.level' },
  ])
  expect(noted.map(({ rule, value }) => [rule, value])).toEqual([
    ['code.unknown', 'Z'],
    ['huaxin.level', 'Z'],
  ])
})

test('what could not be written is kept and written later, once', async () => {
  let broken = true
  const one = collecting(async batch => {
    if (broken) throw new Error('the database is away')
    await writeBatch(db, zone, batch)
  })
  one.checked('crm', 'Customer', 3)
  one.note(bad('C1'))
  await one.flush()
  one.note(bad('C1'))
  one.note(bad('C2'))
  broken = false
  await one.stop()
  const report = await read(await hire(['administrator']))
  expect(report.findings).toMatchObject([{ faults: 3, records: 2 }])
  expect(report.checked).toMatchObject([{ records: 3 }])
})

test('a system gone mad fills neither memory nor table, and every fault is counted all the same', async () => {
  const batches: Parameters<typeof writeBatch>[2][] = []
  const one = collecting(async batch => {
    batches.push(batch)
    await writeBatch(db, zone, batch)
  })
  for (let turn = 0; turn < 6; turn += 1) {
    for (let i = 0; i < 20_000; i += 1) one.note(bad(`C${turn}-${i}`))
    await one.flush()
  }
  expect(Math.max(...batches.flatMap(batch => batch.groups.map(group => group.records.size)))).toBe(50)
  await forgetRest(db)
  const [finding] = (await read(await hire(['administrator']))).findings
  expect(finding).toMatchObject({ faults: 120_000, records: keptRecords })
  await one.stop()
})

test('personal and secret values are nowhere in the tables', async () => {
  const one = collecting()
  one.note(bad('C1', { field: 'phone', rule: 'text.form', value: '138-0013-8000', of: customer.get('phone') }))
  one.note(bad('C2', { field: 'gone', value: 'a value nobody described', of: undefined }))
  one.note(bad('李雷', { keyField: { ...customer.get('code')!, class: 'PERSONAL' } }))
  await one.stop()
  const { rows } = await sql<{ text: string }>`select r::text as text from quality_record r`.execute(db)
  const all = rows.map(row => row.text).join()
  expect(all).toContain('999-9999-9999')
  for (const secret of ['8000', 'nobody described', '李雷']) expect(all).not.toContain(secret)
})

test('a value is shown to whoever may read its field, its form to others; the key likewise', async () => {
  const one = collecting()
  one.note(bad('C1', { value: '三星A7' }))
  await one.stop()
  const reader = (await read(await hire(['administrator'], ['crm:Rep']))).findings[0]!.examples[0]
  expect(reader).toMatchObject({ key: 'C1', value: '三星A7', masked: false })
  const other = (await read(await hire(['administrator']))).findings[0]!.examples[0]
  expect(other).toMatchObject({ key: null, value: '字字A9', masked: true })
})

test('an owner sees the types they own, administrators all, others nothing', async () => {
  const one = collecting()
  one.note(bad('C1'))
  one.note({ ...bad('I1'), system: 'erp', type: 'Invoice', field: 'due', rule: 'date.impossible' })
  await one.stop()
  const owned = systems({ default: { businessRole: 'sales-manager' } })
  const owner = await read(await hire(['sales-manager']), owned)
  expect(owner.findings.map(finding => finding.type)).toEqual(['Customer'])
  expect((await read(await hire(['administrator']), owned)).findings).toHaveLength(2)
  await expect(read(await hire(['employee']), owned)).rejects.toThrow(NotOwner)
  const person = await hire(['employee'])
  const byName = systems({ Customer: { person: person.username }, default: { businessRole: 'sales-manager' } })
  expect((await read(person, byName)).findings).toHaveLength(1)
  expect((await read(await hire(['sales-manager']), byName)).findings).toEqual([])
})

test('an owner has names: the person, or the first holders of the role', async () => {
  const role = `keeper-${randomUUID().slice(0, 8)}`
  const people = db as unknown as Kysely<Tables>
  expect(await namesOfOwner(people, { businessRole: role })).toEqual([])
  const keepers = [await hire([role]), await hire([role, 'employee']), await hire([role]), await hire([role])]
  expect(await namesOfOwner(people, { businessRole: role })).toHaveLength(3)
  expect(await namesOfOwner(people, { person: keepers[0]!.username })).toEqual([keepers[0]!.name])
})

test('more than the limit of one day is one message to the owner, and administrators where nobody owns', async () => {
  const role = `keeper-${randomUUID().slice(0, 8)}`
  const keeper = await hire([role])
  const one = collecting()
  const own = { dictionary, systems: systems({ Customer: { businessRole: role } }) }
  for (const key of ['C1', 'C2']) for (let i = 0; i < 10; i += 1) one.note(bad(key))
  await one.flush()
  expect(await tellOwners(db, own, zone)).toBe(0)
  for (const key of ['C3', 'C4']) one.note(bad(key))
  await one.flush()
  const counts = await Promise.all([tellOwners(db, own, zone), tellOwners(db, own, zone)])
  expect(counts.sort()).toEqual([0, 1])
  one.note(bad('C5'))
  await one.stop()
  expect(await tellOwners(db, own, zone)).toBe(0)
  const messages = (await listMessages(world.db, keeper.id, {}, 10)).rows.map(({ row }) => row)
  expect(messages).toMatchObject([
    {
      system: 'crm',
      kind: 'ALERT',
      title: { zh: '客户关系：今天有 4 条记录“未知代码”', en: 'CRM: 4 records today with “Unknown code”' },
      url: '/quality?system=crm&rule=code.unknown',
    },
  ])
  expect(messages[0]!.summary?.zh).toMatch(/^客户的级别 4 条。把这个代码加进/)
  const administrator = await hire(['administrator'])
  expect(await tellOwners(db, { dictionary, systems: systems() }, zone)).toBe(1)
  expect((await listMessages(world.db, administrator.id, {}, 10)).rows).toHaveLength(1)
})

test('what is older than 90 days is forgotten', async () => {
  const one = collecting()
  one.note(bad('C1'))
  one.note(bad('C2', { rule: 'value.missing' }))
  one.checked('crm', 'Customer', 5)
  await one.stop()
  await sql`update quality_fault set last_seen = last_seen - interval '91 days', day = day - 91 where rule = 'code.unknown'`.execute(
    db,
  )
  await sql`update quality_record set last_seen = last_seen - interval '91 days' where rule = 'code.unknown'`.execute(
    db,
  )
  await forgetOld(db)
  const left = await sql<{
    rule: string
  }>`select rule from quality_fault union all select rule from quality_record`.execute(db)
  expect(left.rows.map(row => row.rule)).toEqual(['value.missing', 'value.missing'])
})

test('the export: for administrators and owners only, recorded, readable by Excel, harmless in it', async () => {
  const one = collecting()
  one.note(bad('=HYPERLINK("http://evil")', { value: '@SUM(1)' }))
  one.note(bad('C,"2"', { value: '-5' }))
  one.note(bad('C3', { value: '＝1+1' }))
  await one.stop()
  const app = createApp({ name: 'gateway' })
  const own = { dictionary, systems: systems() }
  app.use(
    qualityRoutes({
      db,
      zone,
      current: () => ({ world: own, permissions }),
      authenticate: world.people.authenticate,
    }).routes(),
  )
  const server = await serve(app, { name: 'gateway', port: 0, health: {} })
  const get = async (path: string, who?: Person, language = 'en') =>
    await fetch(`${server.url}/quality/${path}`, {
      headers: {
        'accept-language': language,
        ...(who && { authorization: `Bearer ${await world.directory.token({ sub: who.id, client_id: 'portal' })}` }),
      },
    })
  const administrator = await hire(['administrator'], ['crm:Rep'])
  expect((await get('findings.csv')).status).toBe(401)
  expect((await get('findings.csv', await hire(['employee']))).status).toBe(403)
  expect((await get('findings.csv?days=91', administrator)).status).toBe(400)
  expect((await get('findings.pdf', administrator)).status).toBe(404)
  const answer = await get('findings.csv?days=1&system=crm', administrator)
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="data-quality-\d{4}-\d\d-\d\d\.csv"$/,
  )
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  const text = bytes.toString('utf8')
  expect(text.split('\r\n')[0]).toContain('System,Type,Field,Rule')
  expect(text).toContain(`,"'=HYPERLINK(""http://evil"")",'@SUM(1),`)
  expect(text).toContain(',"C,""2""",-5,')
  expect(text).toContain(",C3,'＝1+1,")
  const zh = await (await get('findings.csv', administrator, 'zh-CN')).text()
  expect(zh).toContain('未知代码')
  const json = (await (await get('findings.json', administrator)).json()) as { findings: { records: unknown[] }[] }
  expect(json.findings[0]!.records).toHaveLength(3)
  const entries = await readAudit(db, { action: 'quality.export', limit: 10 })
  expect(entries).toHaveLength(3)
  expect(entries[0]).toMatchObject({ actor: { id: administrator.id }, outcome: 'success' })
  await server.stop()
})
