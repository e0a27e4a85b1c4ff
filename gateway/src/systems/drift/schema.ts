import { audit } from '@atrium/platform/audit'
import { GraphQLError } from 'graphql'
import type { Kysely } from 'kysely'
import { authorOf, requireAdministration } from '../../publishing/administration.ts'
import type { RequestContext } from '../../schema/context.ts'
import { badInput } from '../../schema/errors.ts'
import type { Text } from '../types.ts'
import type { Change } from './difference.ts'
import { acknowledgeDrift, type DriftRow, readDrift } from './store.ts'
import type { DriftTables } from './tables.ts'
import { sayChange } from './words.ts'

/** The part of the public schema about systems that are no longer as they were mapped. */
export const driftTypeDefs = /* GraphQL */ `
  extend type Query {
    "What changed at systems against their mappings, newest first; for administrators. open: neither over nor acknowledged."
    systemDrift(system: ID, open: Boolean = false, first: Int = 20): [SystemDrift!]!
  }
  extend type Mutation {
    "Notes that an administrator has seen a finding. Repeating it changes nothing."
    acknowledgeSystemDrift(id: ID!, comment: String): SystemDrift!
  }
  type SystemDrift {
    id: ID!
    system: ID!
    foundAt: DateTime!
    "DESCRIPTION: it describes itself otherwise. ANSWERS: values are suddenly missing or unfit."
    source: DriftSource!
    "of what is mapped; HARMLESS changes are recorded and raise no message"
    level: DriftLevel!
    "whether the whole mapping still fits; where it does not, fields are left out or types go on by what they last fitted"
    fits: Boolean!
    changes: [DriftChange!]!
    atRisk: [DriftRisk!]!
    "stored operations that select what is at risk"
    operations: [ID!]!
    acknowledgedAt: DateTime
    acknowledgedBy: String
    comment: String
    "when it fitted again, or was acknowledged and fits"
    endedAt: DateTime
  }
  enum DriftSource { DESCRIPTION ANSWERS }
  enum DriftLevel { BREAKING RISK HARMLESS }
  "kind: e.g. PROPERTY_REMOVED; text: the same in a sentence of the request's language"
  type DriftChange { kind: String! level: DriftLevel! operation: String! path: String before: String after: String text: String! }
  "field: null when every record of the type is at risk; place: in the system's words"
  type DriftRisk { type: String! field: String level: DriftLevel! place: String! }
`

/** Their resolvers. */
export function driftResolvers(db: Kysely<DriftTables>) {
  return {
    Query: {
      systemDrift: async (
        _: unknown,
        args: { system?: string | null; open?: boolean | null; first?: number | null },
        context: RequestContext,
      ): Promise<DriftRow[]> => {
        requireAdministration(context)
        const limit = args.first ?? 20
        if (limit < 1 || limit > 100) throw badInput('"first" must be from 1 to 100')
        return await readDrift(db, { system: args.system ?? undefined, open: args.open === true, limit })
      },
    },
    Mutation: {
      acknowledgeSystemDrift: async (
        _: unknown,
        args: { id: string; comment?: string | null },
        context: RequestContext,
      ): Promise<DriftRow> => {
        requireAdministration(context)
        const author = authorOf(context)
        if (!/^\d{1,18}$/.test(args.id)) throw badInput('"id" is the id of a finding')
        const comment = args.comment?.trim() || null
        if (comment !== null && comment.length > 1000) throw badInput('"comment" has at most 1000 characters')
        const row = await acknowledgeDrift(db, args.id, { id: author.id, name: nameOf(context) }, comment)
        if (!row)
          throw new GraphQLError('there is no such finding', { extensions: { code: 'NOT_FOUND', retryable: false } })
        await audit(context.db, {
          actor: author,
          action: 'system.drift.acknowledge',
          target: { type: 'system', id: row.system },
          outcome: 'success',
          detail: { drift: row.id },
        })
        return row
      },
    },
    SystemDrift: {
      id: (row: DriftRow) => String(row.id),
      foundAt: (row: DriftRow) => row.found_at,
      atRisk: (row: DriftRow) => row.at_risk,
      acknowledgedAt: (row: DriftRow) => row.acknowledged_at,
      acknowledgedBy: (row: DriftRow, _: object, context: RequestContext) =>
        row.acknowledged_by && say(row.acknowledged_by.name, context),
      endedAt: (row: DriftRow) => row.ended_at,
    },
    DriftChange: { text: (change: Change, _: object, context: RequestContext) => say(sayChange(change), context) },
  }
}

function nameOf({ viewer }: RequestContext): Text {
  return viewer.kind === 'person' ? viewer.person.name : { zh: viewer.clientId, en: viewer.clientId }
}

function say(text: Text, { locale }: Pick<RequestContext, 'locale'>): string {
  return locale === 'en' ? text.en : text.zh
}
