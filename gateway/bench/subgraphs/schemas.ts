import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import { approvalRows, contractRows, customerRows, messageRows, orderRows } from './data.ts'

type Page = { first?: number; offset?: number }
type Keys = readonly string[] | undefined

const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])'

/**
 * Three systems and the inbox as GraphQL subgraphs of one federation, in the words of the graph: a gateway that only composes
 * GraphQL has no more to do here than one that maps. Keys are lists and pages are asked for by offset, as in any API.
 */
export const subgraphSdl = {
  crm: /* GraphQL */ `
    type Query { customers(codes: [ID!], owners: [ID!], first: Int = 20, offset: Int = 0): CustomerConnection! }
    type CustomerConnection { totalCount: Int! nodes: [Customer!]! }
    type Customer @key(fields: "code") {
      code: ID! name: String shortName: String industry: String region: String level: String phone: String email: String
      address: String ownerId: ID status: String createdAt: String lastContactAt: String
    }`,
  erp: /* GraphQL */ `
    type Query { orders(numbers: [ID!], customers: [ID!], owners: [ID!], first: Int = 20, offset: Int = 0): OrderConnection! }
    type OrderConnection { totalCount: Int! nodes: [Order!]! }
    type Order {
      number: ID! customer: ID customerName: String orderDate: String requestedDelivery: String netAmount: String currency: String
      status: String deliveryStatus: String progressPercent: Int salesPerson: ID
    }
    type Customer @key(fields: "code") { code: ID! orders(first: Int = 10): [Order!] }`,
  oa: /* GraphQL */ `
    scalar Steps
    enum ApprovalSide { REQUESTED ASSIGNED ALL }
    type Query {
      approvals(mine: ApprovalSide = REQUESTED, requesters: [ID!], first: Int = 20, offset: Int = 0): ApprovalConnection!
      contracts(numbers: [ID!], customers: [ID!], owners: [ID!], first: Int = 20, offset: Int = 0): ContractConnection!
    }
    type ApprovalConnection { totalCount: Int! nodes: [Approval!]! }
    type Approval {
      id: ID! kind: String title: String requesterId: ID requesterName: String assigneeId: ID state: String amount: String
      currency: String summary: String submittedAt: String dueAt: String decidedAt: String customer: ID contract: ID history: Steps
    }
    type ContractConnection { totalCount: Int! nodes: [Contract!]! }
    type Contract {
      number: ID! customer: ID title: String amount: String currency: String signedOn: String validFrom: String validTo: String
      state: String ownerId: ID
    }
    type Customer @key(fields: "code") { code: ID! contracts(first: Int = 10): [Contract!] }`,
  inbox: /* GraphQL */ `
    type Query { inbox(first: Int = 30): MessageConnection! }
    type MessageConnection { totalCount: Int! nodes: [Message!]! }
    type Message {
      seq: Int! system: ID! type: String! kind: String! priority: String! title: String! summary: String threadKey: String!
      createdAt: String! dueAt: String overdue: Boolean! read: Boolean!
    }`,
} as const

export type Subgraph = keyof typeof subgraphSdl

/** The text that a composition takes. */
export const federatedSdl = (name: Subgraph): string => `${federation}\n${subgraphSdl[name]}`

/** One subgraph that can be executed. */
export function subgraphSchema(name: Subgraph): GraphQLSchema {
  const entities = /customer @key/i.test(subgraphSdl[name])
  return makeExecutableSchema({
    typeDefs: [
      'directive @key(fields: String!) repeatable on OBJECT',
      subgraphSdl[name],
      ...(entities
        ? [
            'scalar _Any\nunion _Entity = Customer\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }',
          ]
        : []),
    ],
    resolvers: {
      Query: {
        ...resolvers[name],
        ...(entities && { _entities: (_: unknown, given: { representations: unknown[] }) => given.representations }),
      },
      ...(entities && { _Entity: { __resolveType: () => 'Customer' } }),
      ...(name === 'erp' && { Customer: { orders: childrenOf(orderRows) } }),
      ...(name === 'oa' && { Customer: { contracts: childrenOf(contractRows) } }),
    },
  })
}

const resolvers = {
  crm: {
    customers: (_: unknown, { codes, ...page }: Page & { codes?: Keys }) =>
      pageOf(codes ? customerRows.filter(row => codes.includes(row.code)) : customerRows, page),
  },
  erp: {
    orders: (_: unknown, { customers, ...page }: Page & { customers?: Keys }) =>
      pageOf(under(orderRows, customers), page),
  },
  oa: {
    approvals: (_: unknown, page: Page) => pageOf(approvalRows, page),
    contracts: (_: unknown, { customers, ...page }: Page & { customers?: Keys }) =>
      pageOf(under(contractRows, customers), page),
  },
  inbox: { inbox: (_: unknown, page: Page) => pageOf(messageRows, page) },
}

function pageOf<T>(rows: readonly T[], { first = 20, offset = 0 }: Page): { totalCount: number; nodes: T[] } {
  return { totalCount: rows.length, nodes: rows.slice(offset, offset + first) }
}

function under<T extends { customer: string }>(rows: readonly T[], customers: Keys): readonly T[] {
  return customers ? rows.filter(row => customers.includes(row.customer)) : rows
}

function childrenOf<T extends { customer: string }>(rows: readonly T[]) {
  return (parent: { code: string }, { first }: { first: number }): T[] => under(rows, [parent.code]).slice(0, first)
}
