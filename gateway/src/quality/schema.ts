import { GraphQLError } from 'graphql'
import type { Kysely } from 'kysely'
import { personOf } from '../access/person.ts'
import type { PeopleTables } from '../access/tables.ts'
import type { RequestContext } from '../schema/context.ts'
import type { Text } from '../systems/types.ts'
import { type Owner, ownerName } from './owners.ts'
import {
  mayAsk,
  NotOwner,
  namesOfOwner,
  type QualityReport,
  type QualityWorld,
  readQuality,
  type ShownRecord,
  type ToldFinding,
} from './service.ts'
import { keptDays, keptRecords } from './store.ts'
import type { QualityTables } from './tables.ts'

/** The part of the public schema about the quality of records. */
export const qualityTypeDefs = /* GraphQL */ `
  extend type Query {
    "What records broke of the dictionary in the last days (1 to 90): all for administrators, else of the data I own."
    dataQuality(system: ID, type: String, days: Int = 7): DataQuality!
    "Whether dataQuality has anything to say to me: I administer, or own data of a system."
    dataQualityIsMine: Boolean!
  }
  type DataQuality {
    "the company's days, oldest first"
    days: [Date!]!
    "records that were looked at as they passed; a record read twice counts twice"
    checked: [QualityChecked!]!
    findings: [QualityFinding!]!
    "records kept of each finding"
    keptRecords: Int!
    keptDays: Int!
  }
  type QualityChecked { system: ID! type: String! records: Float! }
  type QualityFinding {
    id: ID!
    system: ID!
    type: String!
    typeName: String!
    "null when it is about the record as a whole"
    field: String
    fieldName: String
    class: String
    rule: String!
    ruleName: String!
    "what to do about it"
    advice: String!
    "how often it was noticed: a faulty record read twice counts twice"
    faults: Float!
    "as many as days"
    perDay: [Float!]!
    "faulty records kept of these days; keptRecords means that there may be more"
    records: Int!
    firstSeen: DateTime!
    lastSeen: DateTime!
    examples: [QualityExample!]!
    owner: QualityOwner!
    "records a day may break the rule before the owner is told"
    faultsPerDay: Int!
  }
  "value: as it stands there, or only its form (masked), or nothing"
  type QualityExample { key: String value: String masked: Boolean! seen: Float! firstSeen: DateTime! lastSeen: DateTime! }
  type QualityOwner { businessRole: String person: String names: [String!]! }
`

const shownExamples = 5

/** Their resolvers. */
export function qualityResolvers(deps: {
  db: Kysely<QualityTables & PeopleTables>
  zone: string
  world: QualityWorld
}) {
  const { db, zone, world } = deps
  const qualityDb = db as unknown as Kysely<QualityTables>
  const peopleDb = db as unknown as Kysely<PeopleTables>
  return {
    Query: {
      dataQuality: async (
        _: unknown,
        args: { system?: string | null; type?: string | null; days?: number | null },
        context: RequestContext,
      ) => {
        const person = personOf(context.viewer)
        if (!person) throw refused(context)
        const days = args.days ?? 7
        if (days < 1 || days > keptDays) throw coded('BAD_INPUT', `"days" must be from 1 to ${keptDays}`)
        const filter = { system: args.system ?? null, type: args.type ?? null, days, zone }
        try {
          const report = await readQuality(qualityDb, world, { person, access: context.access }, filter, shownExamples)
          return { ...report, findings: await withNames(report, peopleDb) }
        } catch (error) {
          throw error instanceof NotOwner ? refused(context) : error
        }
      },
      dataQualityIsMine: (_: unknown, __: object, context: RequestContext) => {
        const person = personOf(context.viewer)
        return person !== undefined && mayAsk(world, person)
      },
    },
    DataQuality: {
      findings: (report: QualityReport) => report.findings.map(finding => ({ ...finding, days: report.days })),
      keptRecords: () => keptRecords,
      keptDays: () => keptDays,
    },
    QualityFinding: {
      id: (one: ToldFinding) => [one.system, one.type, one.field, one.rule].join(':'),
      field: (one: ToldFinding) => (one.field === '*' ? null : one.field),
      typeName: (one: ToldFinding, _: object, context: RequestContext) => say(one.typeName, context),
      fieldName: (one: ToldFinding, _: object, context: RequestContext) => one.fieldName && say(one.fieldName, context),
      ruleName: (one: ToldFinding, _: object, context: RequestContext) => say(one.words.name, context),
      advice: (one: ToldFinding, _: object, context: RequestContext) => say(one.words.advice, context),
      perDay: (one: ToldFinding & { days: string[] }) => one.days.map(day => one.perDay[day] ?? 0),
    },
    QualityExample: { seen: (one: ShownRecord) => one.seen },
    QualityOwner: {
      businessRole: (owner: Owner) => ('person' in owner ? null : ownerName(owner)),
      person: (owner: Owner) => ('person' in owner ? ownerName(owner) : null),
      names: async (owner: Owner & { names?: Text[] }, _: object, context: RequestContext) =>
        (owner.names ?? (await namesOfOwner(peopleDb, owner))).map(name => say(name, context)),
    },
  }
}

// Many findings have few owners: each is looked up once.
async function withNames(report: QualityReport, db: Kysely<PeopleTables>): Promise<ToldFinding[]> {
  const owners = new Map(report.findings.map(({ owner }) => [JSON.stringify(owner), owner]))
  const named = new Map<string, Owner & { names: Text[] }>()
  for (const [id, owner] of owners) named.set(id, { ...owner, names: await namesOfOwner(db, owner) })
  return report.findings.map(finding => ({
    ...finding,
    owner: named.get(JSON.stringify(finding.owner)) ?? finding.owner,
  }))
}

function say(text: Text, { locale }: Pick<RequestContext, 'locale'>): string {
  return locale === 'en' ? text.en : text.zh
}

function refused(context: RequestContext): GraphQLError {
  const text = { zh: '数据质量给管理员和数据的负责人看', en: 'Data quality is for administrators and owners of data' }
  return coded('FORBIDDEN', say(text, context))
}

function coded(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: false } })
}
