import { type Kysely, sql } from 'kysely'
import type { PeopleTables } from '../access/tables.ts'
import { raise } from '../inbox/raise.ts'
import type { InboxTables } from '../inbox/tables.ts'
import { ruleBy } from './checks.ts'
import { ownerName, ownerOf, recipientOf } from './owners.ts'
import type { QualityWorld } from './service.ts'
import { keptRecords } from './store.ts'
import type { QualityTables } from './tables.ts'

interface Today {
  day: string
  system: string
  type: string
  field: string
  rule: string
  records: number
}

/**
 * Tells owners of rules that more records of a system broke today than it allows: one message a day for each system, rule
 * and owner. Counted are records, not how often they were read.
 * @returns how many messages were raised now
 */
export async function tellOwners(
  db: Kysely<QualityTables & InboxTables & PeopleTables>,
  world: QualityWorld,
  zone: string,
): Promise<number> {
  const { rows } = await sql<Today>`
    select ((clock_timestamp() at time zone ${zone})::date)::text as day, system, type, field, rule, count(*) as records
    from quality_record
    where last_seen >= ((clock_timestamp() at time zone ${zone})::date::timestamp at time zone ${zone})
    group by system, type, field, rule order by records desc, type, field`.execute(db)
  const groups = Map.groupBy(rows, row => {
    const owner = ownerOf(world.systems[row.system], row.type)
    return `${row.day} ${row.system} ${row.rule} ${ownerName(owner)}`
  })
  let raised = 0
  for (const [id, found] of groups) {
    const first = found[0] as Today
    const system = world.systems[first.system]
    const total = found.reduce((sum, row) => sum + row.records, 0)
    if (!system || total <= system.faultsPerDay) continue
    const owner = ownerOf(system, first.type)
    const ids = new Map<string, string>()
    if ('person' in owner) {
      const person = await db.selectFrom('people').select('id').where('username', '=', owner.person).executeTakeFirst()
      if (person) ids.set(owner.person, person.id)
    }
    const { outcome } = await raise(db, {
      key: `quality ${id}`,
      to: recipientOf(owner, username => ids.get(username)),
      ...wordsOf(world, first, found, total),
      href: `/quality?system=${encodeURIComponent(first.system)}&rule=${encodeURIComponent(first.rule)}`,
      level: 'warning',
      system: first.system,
    })
    if (outcome === 'accepted') raised += 1
  }
  return raised
}

function wordsOf(
  { dictionary, systems }: QualityWorld,
  { system, rule }: Today,
  found: readonly Today[],
  total: number,
): { title: { zh: string; en: string }; body: { zh: string; en: string } } {
  const { name, advice } = ruleBy(rule, dictionary)
  const title = systems[system]?.name ?? { zh: system, en: system }
  // More are not kept than this of one field: beyond it the number is a lower limit.
  const more = found.some(row => row.records >= keptRecords) ? '+' : ''
  const places = (language: 'zh' | 'en'): string =>
    found
      .slice(0, 5)
      .map(row => {
        const type = dictionary.types.get(row.type)
        const field = type?.fields.get(row.field)?.label[language]
        const of = type?.label[language] ?? row.type
        const place = field === undefined ? of : language === 'zh' ? `${of}的${field}` : `${of}: ${field}`
        return language === 'zh' ? `${place} ${row.records} 条` : `${place}, ${row.records}`
      })
      .join(language === 'zh' ? '；' : '; ')
  return {
    title: {
      zh: `${title.zh}：今天有 ${total}${more} 条记录“${name.zh}”`,
      en: `${title.en}: ${total}${more} records today with “${name.en}”`,
    },
    body: { zh: `${places('zh')}。${advice.zh}`, en: `${places('en')}. ${advice.en}` },
  }
}
