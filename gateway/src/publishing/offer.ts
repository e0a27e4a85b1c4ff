import type { IResolvers } from '@graphql-tools/utils'
import type { RequestContext } from '../schema/context.ts'
import { requireAdministration } from './administration.ts'
import { descriptionOf } from './offered.ts'
import type { Running } from './running.ts'

/** What a running system offers and nobody mapped. For administrators. */
export const offerTypeDefs = /* GraphQL */ `
  extend type Query {
    "What a system says it offers, and what of it is mapped, as it runs; null when it could not be described."
    systemDescription(id: ID!): SystemDescription
  }
  extend type OfferedOperation {
    "what its records hold and no field of its types is mapped to, at most 500; a record within is told whole unless a part of it is mapped; empty where nothing maps it or the system does not say"
    unmapped: [OfferedProperty!]!
  }
  "path: in a record; kind: text, integer, decimal … or the protocol's own name of a type"
  type OfferedProperty { path: String! kind: String! list: Boolean! }
`

/** Their resolvers. */
export function offerResolvers(running: Pick<Running, 'ground'>): IResolvers {
  return {
    Query: {
      systemDescription: (_: unknown, { id }: { id: string }, context: RequestContext) => {
        requireAdministration(context)
        const { ground } = running
        return ground.attached.has(id) ? descriptionOf(id, ground, ground.attached.get(id).described) : null
      },
    },
  } as IResolvers
}
