import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import { type Access, decisions } from '../access/permissions.ts'
import type { Person } from '../access/person.ts'
import type { PeopleTables } from '../access/tables.ts'
import type { Dictionary, DictionaryField } from '../schema/dictionary.ts'
import type { Text } from '../systems/types.ts'
import { ruleBy } from './checks.ts'
import {
  type Finding,
  type FindingFilter,
  type FoundRecord,
  findingId,
  readChecked,
  readFindings,
  readFoundRecords,
} from './findings.ts'
import { isOwner, type Owner, type Ownership, ownerOf } from './owners.ts'
import type { QualityRule } from './rules.ts'
import { formOf } from './shown-value.ts'
import type { QualityTables } from './tables.ts'

/** What the words and owners of findings are taken from. */
export interface QualityWorld {
  dictionary: Dictionary
  systems: Readonly<Record<string, { name: Text } & Ownership>>
}

/** Who asks, and what they may read. */
export interface QualityAsker {
  person: Person
  access: Pick<Access, 'table'>
}

/** A record behind a finding as this viewer may see it. */
export type ShownRecord = Omit<FoundRecord, 'key'> & { key: string | null }

/** A finding with its words. */
export interface ToldFinding extends Finding {
  typeName: Text
  fieldName: Text | null
  class: string | null
  words: QualityRule
  owner: Owner
  faultsPerDay: number
  examples: ShownRecord[]
}

export interface QualityReport {
  /** YYYY-MM-DD, oldest first */
  days: string[]
  checked: { system: string; type: string; records: number }[]
  findings: ToldFinding[]
}

/** Somebody who is neither administrator nor owner of any data asks. */
export class NotOwner extends Error {
  readonly code = 'FORBIDDEN'
}

/**
 * The findings of the last days that concern the viewer: all for administrators, else those of the data they own.
 * A value or key is shown to whoever may read its field; others see its form.
 * @param examples how many records of each finding come along
 * @throws NotOwner
 */
export async function readQuality(
  db: Kysely<QualityTables>,
  world: QualityWorld,
  asker: QualityAsker,
  filter: FindingFilter,
  examples: number,
): Promise<QualityReport> {
  const concerns = concernOf(world, asker.person)
  if (!concerns) throw new NotOwner('neither administrator nor owner of data')
  const [found, checked] = await Promise.all([readFindings(db, filter), readChecked(db, filter)])
  const own = found.filter(one => concerns(one.system, one.type))
  const records = await readFoundRecords(db, own, filter, examples)
  return {
    days: daysOf(filter, now()),
    checked: checked.filter(one => concerns(one.system, one.type)),
    findings: own.map(one => tell(one, records.get(findingId(one)) ?? [], world, asker)),
  }
}

/** Names of the people behind an owner: of a role the first three who hold it. */
export async function namesOfOwner(db: Kysely<PeopleTables>, owner: Owner): Promise<Text[]> {
  const query = db.selectFrom('people').select('name').where('active', '=', true).orderBy('username').limit(3)
  const rows = await ('person' in owner
    ? query.where('username', '=', owner.person)
    : query.where(sql<boolean>`${owner.businessRole} = any(business_roles)`)
  ).execute()
  return rows.map(row => row.name)
}

/** Whether a person may see anything of data quality. */
export function mayAsk(world: QualityWorld, person: Person): boolean {
  return concernOf(world, person) !== null
}

// null: nothing concerns this person.
function concernOf(world: QualityWorld, person: Person): ((system: string, type: string) => boolean) | null {
  if (person.businessRoles.includes('administrator')) return () => true
  const owned = Object.values(world.systems).some(one =>
    Object.values(one.owners).some(owner => isOwner(owner, person)),
  )
  return owned ? (system, type) => isOwner(ownerOf(world.systems[system], type), person) : null
}

function tell(finding: Finding, records: FoundRecord[], world: QualityWorld, { access }: QualityAsker): ToldFinding {
  const type = world.dictionary.types.get(finding.type)
  const field = type?.fields.get(finding.field)
  const key = type?.entity?.key ? type.fields.get(type.entity.key) : undefined
  const readable = (one: DictionaryField | undefined): boolean =>
    one !== undefined && access.table[one.index] === decisions.readable
  return {
    ...finding,
    typeName: type?.label ?? { zh: finding.type, en: finding.type },
    fieldName: finding.field === '*' ? null : (field?.label ?? { zh: finding.field, en: finding.field }),
    class: field?.class ?? null,
    words: ruleBy(finding.rule, world.dictionary),
    owner: ownerOf(world.systems[finding.system], finding.type),
    faultsPerDay: world.systems[finding.system]?.faultsPerDay ?? 0,
    examples: records.map(record => ({
      ...record,
      // Whoever may not read the key learns that there is a record, not which.
      key: record.key === '' || !readable(key) ? null : record.key,
      ...(record.value !== null && !record.masked && !readable(field) && { value: formOf(record.value), masked: true }),
    })),
  }
}

function daysOf({ days, zone }: FindingFilter, at: Date): string[] {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at)
  return Array.from({ length: days }, (_, index) =>
    new Date(Date.parse(today) - (days - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  )
}
