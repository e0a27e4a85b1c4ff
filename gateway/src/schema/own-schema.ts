/** What the gateway itself answers: who I am, the systems and their health, search, the audit log. */
export const ownTypeDefs = /* GraphQL */ `
  extend type Query {
    me: Me!
    "Applications I may open."
    apps: [App!]!
    employees(search: String, first: Int = 20, after: String): EmployeeConnection!
    "Customers, orders, products, colleagues and messages that hold the text, among what I may read."
    search(text: String!, first: Int = 10): SearchResult!
    "Names and states for everybody; errors and latency for administrators."
    systems: [System!]!
    "The gateway's own audit log, for administrators: target finds a record by its key, also among those that were read; reads = false leaves reads of personal and secret fields out."
    auditLog(first: Int = 50, before: ID, actor: String, action: String, target: String, reads: Boolean = true): [AuditEntry!]!
    "Why a field is null or masked for me; with a key, that of the record."
    explainField(type: String!, field: String!, key: ID): FieldExplanation!
  }
  extend type Mutation {
    "Asks a system now whether it is there; for administrators."
    probeSystem(id: ID!): System!
  }
  extend type Subscription {
    systemChanges: System!
  }
  type Text { zhCN: String! en: String! }
  type Me { id: ID! username: String! name: String! names: Text! position: String department: String businessRoles: [BusinessRole!]! rights: [SystemRight!]! administrator: Boolean! boards: [Board!]! }
  type BusinessRole { id: ID! }
  type SystemRight { system: ID! nativeId: String roles: [String!]! scope: String! }
  type App { id: ID! name: String! url: String! description: String state: SystemState! roles: [String!]! }
  type EmployeeConnection { nodes: [Employee!]! totalCount: Int! pageInfo: PageInfo! }
  union SearchHitSubject = Customer | Order | Employee | Product | Message
  type SearchHit { title: String! subtitle: String url: String system: ID! subject: SearchHitSubject }
  "missing: systems that did not answer in time"
  type SearchResult { hits: [SearchHit!]! missing: [ID!]! }
  enum SystemState { UP SLOW DOWN PAUSED UNKNOWN }
  enum BreakerState { CLOSED OPEN HALF_OPEN }
  type System { id: ID! name: String! protocol: String! state: SystemState! since: DateTime lastSuccessAt: DateTime freshAt: DateTime p95Ms: Int errorRate: Decimal breaker: BreakerState! nextProbeAt: DateTime quarantined: Int! explanation: String latency: [TrendPoint!]! events: [SystemEvent!]! }
  type SystemEvent { at: DateTime! kind: String! text: String! }
  type AuditEntry { id: ID! at: DateTime! actor: String! action: String! target: String! outcome: String! sealed: Boolean! read: AuditedRead }
  "What was read of personal and secret fields, without their values."
  type AuditedRead { client: String operation: String fields: [String!]! records: Int! keys: [String!]! }
  enum FieldCause { SHOWN NO_RIGHT MASKED NOT_MAPPED SYSTEM_DOWN OUTSIDE_SCOPE DATA_FAULT EMPTY }
  type FieldExplanation { readable: Boolean! masked: Boolean! class: String! cause: FieldCause! reason: String! rights: [String!]! }
`
