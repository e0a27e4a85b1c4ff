/** The inbox's part of the public schema. Customer, Contract, ApprovalStep, PageInfo and the scalars belong to the dictionary. */
export const inboxTypeDefs = /* GraphQL */ `
  extend type Query {
    "The viewer's messages. State is OPEN unless given; open ones come in the order they want attention."
    inbox(filter: InboxFilter, first: Int = 30, after: String): MessageConnection!
    message(id: ID!): Message
    inboxCounts: InboxCounts!
    "Events that were not understood, equal ones as one. For administrators."
    quarantine(first: Int = 50, after: String): QuarantineConnection!
  }
  extend type Mutation {
    "Decides in the system of origin, once: the same key again gives the first answer."
    decide(message: ID!, decision: String!, comment: String, idempotencyKey: String!): DecidePayload!
    markRead(messages: [ID!]!): InboxCounts!
    markAllRead(filter: InboxFilter): InboxCounts!
    archive(messages: [ID!]!): InboxCounts!
    unarchive(messages: [ID!]!): InboxCounts!
    snooze(messages: [ID!]!, until: DateTime!): InboxCounts!
    "Takes held events again by today's rules and people; gives how many left quarantine. For administrators."
    replayQuarantine(ids: [ID!]!): Int!
  }
  extend type Subscription {
    "The viewer's log after a cursor, then live; seq without a gap. RESET: load anew and go on from its seq."
    inboxChanges(after: Int): InboxChange!
  }
  enum MessageKind { APPROVAL TASK ALERT REMINDER NOTICE }
  enum MessageState { OPEN DONE ARCHIVED SNOOZED }
  enum Priority { LOW NORMAL HIGH URGENT }
  input InboxFilter { state: MessageState, kinds: [MessageKind!], systems: [ID!], unread: Boolean, overdue: Boolean, text: String }
  type Message {
    id: ID!
    "seq of its last change"
    seq: Int!
    system: ID!
    type: String!
    kind: MessageKind!
    priority: Priority!
    title: String!
    summary: String
    amount: Decimal
    currency: String
    threadKey: String!
    threadTitle: String
    createdAt: DateTime!
    dueAt: DateTime
    overdue: Boolean!
    read: Boolean!
    state: MessageState!
    snoozedUntil: DateTime
    "what may be decided now; empty while a decision is under way and when it is settled"
    decisions: [DecisionOption!]!
    decision: DecisionState
    url: String
    facts: [Fact!]!
    subject: SubjectRef
    "read from the system of origin at this moment, with the viewer's rights there"
    detail: MessageDetail
  }
  "inRow: within policy, may be offered in the list"
  type DecisionOption { id: String! label: String! tone: DecisionTone! commentRequired: Boolean! inRow: Boolean! }
  enum DecisionTone { MAIN PLAIN GRAVE }
  enum DecisionPhase { PENDING IN_DOUBT CONFIRMED REFUSED }
  type DecisionState { decision: String! label: String! phase: DecisionPhase! comment: String by: String! at: DateTime! reason: String }
  type Fact { label: String! value: String! note: String tone: String }
  type SubjectRef { system: ID! type: String! id: String! }
  type MessageDetail { facts: [Fact!]! history: [ApprovalStep!]! customer: Customer contract: Contract body: String }
  type MessageEdge { cursor: String! node: Message! }
  type MessageConnection { nodes: [Message!]! edges: [MessageEdge!]! totalCount: Int! pageInfo: PageInfo! }
  type InboxCounts { open: Int! unread: Int! overdue: Int! snoozed: Int! bySystem: [Count!]! byKind: [Count!]! seq: Int! }
  type Count { key: String! open: Int! unread: Int! }
  type InboxChange { seq: Int! kind: InboxChangeKind! message: Message counts: InboxCounts! }
  enum InboxChangeKind { MESSAGE STATE RESET }
  type DecidePayload { message: Message! decision: DecisionState! }
  type QuarantineItem { id: ID! source: String! type: String receivedAt: DateTime! reason: String! count: Int! body: String! }
  type QuarantineConnection { nodes: [QuarantineItem!]! totalCount: Int! pageInfo: PageInfo! }
`
