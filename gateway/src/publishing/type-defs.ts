/**
 * The administration of systems in the public schema: what runs, what was published, checking and trying what is not yet.
 * For administrators and for clients with the scope `admin`; everybody else gets FORBIDDEN.
 */
export const publishingTypeDefs = /* GraphQL */ `
  extend type Query {
    "Which revision of the systems runs here, and whether a published one could not be taken."
    publishing: PublishingState!
    "A system's own YAML as it runs, or as of a revision (0 = systems.yaml); null when it is not there."
    systemSource(id: ID!, revision: Int): SystemSource
    "What was published, newest first; of one system when it is named."
    systemRevisions(system: ID, first: Int = 30, before: Int): [SystemRevision!]!
    "Names of the secrets kept for a system. Their values are never told."
    systemSecrets(system: ID!): [SystemSecret!]!
  }
  extend type Mutation {
    "Reads the YAML, the system's description and the whole graph with it, and stores nothing. Clears nothing of what runs. asked: false when nobody asked for it, as when a page is opened: the text that runs is then not recorded as checked."
    checkSystem(id: ID!, yaml: String!, asked: Boolean = true): SystemCheck!
    "Live records of one type through the unpublished mapping, as the viewer: with their rights, row scope and masks."
    trySystem(id: ID!, yaml: String!, type: String!, first: Int = 5): SystemTrial!
    "Checks and publishes. expectedRevision is the latest one the author has seen; another one is refused as a conflict."
    publishSystem(id: ID!, yaml: String!, comment: String!, expectedRevision: Int!): SystemPublication!
    "Takes a system away, also one of systems.yaml."
    removeSystem(id: ID!, comment: String!, expectedRevision: Int!): SystemPublication!
    "A new revision in which every system is as it was in an earlier one; 0 is systems.yaml alone."
    rollBackSystems(revision: Int!, comment: String!, expectedRevision: Int!): SystemPublication!
    "Keeps a secret, which the system's YAML names as \${secret:NAME}; a running system takes it at once."
    setSystemSecret(system: ID!, name: String!, value: String!): SystemSecret!
    "Forgets a secret; refused while the running YAML names it."
    removeSystemSecret(system: ID!, name: String!): Boolean!
  }
  type PublishingState {
    "the revision that runs here; 0 is systems.yaml alone"
    revision: Int!
    "the latest revision in the database"
    latest: Int!
    since: DateTime!
    "set when the latest revision does not run here: why, in a sentence"
    fault: String
    "systems that are attached"
    systems: Int!
    "editions that requests or open sockets still use, the running one among them"
    editions: Int!
  }
  enum SystemOrigin { FILE REVISION }
  type SystemSource {
    id: ID!
    yaml: String!
    origin: SystemOrigin!
    "the revision that wrote it; 0 for systems.yaml"
    revision: Int!
    "what publishSystem expects"
    latestRevision: Int!
    "environment variables that this system's YAML may name as \${NAME}"
    variables: [String!]!
    secrets: [SystemSecret!]!
  }
  type SystemRevision {
    revision: Int!
    at: DateTime!
    author: String!
    "the author's names as the directory has them now"
    authorNames: Text!
    comment: String!
    "set when it was a roll back"
    rolledBackTo: Int
    "whether this gateway runs it"
    running: Boolean!
    changes: [SystemChange!]!
  }
  enum SystemChangeKind { ADDED CHANGED REMOVED }
  "before and after are the system's YAML; null where it was or is not there"
  type SystemChange { system: ID! kind: SystemChangeKind! before: String after: String }
  "named: whether the running YAML names it"
  type SystemSecret { name: String! setAt: DateTime! setBy: String! named: Boolean! }
  enum SystemFaultLevel { ERROR WARNING }
  "line and column count from 1 and are null when the fault has no place in the text"
  type SystemFault { level: SystemFaultLevel! message: String! path: String line: Int column: Int }
  type SystemCheck {
    "whether publishSystem would take it"
    publishable: Boolean!
    faults: [SystemFault!]!
    "what the system says it offers; null when it could not be described"
    description: SystemDescription
    mapped: [MappedType!]!
    difference: SystemDifference!
  }
  "fresh: read from the system just now; otherwise it is the one kept"
  type SystemDescription { hash: String! fresh: Boolean! protocolVersion: String operations: [OfferedOperation!]! }
  "types: the dictionary's types that are read by it; empty when nothing maps it"
  type OfferedOperation { name: String! safe: Boolean! types: [String!]! }
  type MappedType { type: String! operation: String! key: String filters: [String!]! fields: [MappedField!]! }
  "path: where the value is in a record; expression: how it is computed of one"
  type MappedField { field: String! names: Text! class: String! path: String expression: String overridden: Boolean! }
  type SystemDifference { breaking: Boolean! changes: [SchemaChange!]! }
  enum SchemaChangeKind { ADDED REMOVED CHANGED }
  "place: a type, a field (Customer.phone), a filter (crm.Customer(owner)) or a setting of the system (limits.timeoutMs)"
  type SchemaChange { kind: SchemaChangeKind! place: String! breaking: Boolean! before: String after: String text: String! }
  type SystemTrial {
    "null when no answer came; then error says why"
    rows: [TriedRow!]
    columns: [TriedColumn!]!
    total: Int
    ms: Int!
    "what of the records broke the dictionary"
    faults: [TriedFault!]!
    "why nothing could be fetched"
    error: String
  }
  enum FieldDecision { READABLE MASKED DENIED }
  type TriedColumn { field: String! names: Text! class: String! decision: FieldDecision! }
  "cells: one for each column, as text; null where there is none or it may not be read"
  type TriedRow { key: String cells: [String]! }
  type TriedFault { key: String field: String! reason: String! }
  enum PublicationOutcome { PUBLISHED UNCHANGED REFUSED CONFLICT }
  type SystemPublication {
    outcome: PublicationOutcome!
    "the latest revision after it"
    revision: Int!
    "why it was refused: faults of the YAML and mapping, stored operations and widgets that would break"
    faults: [SystemFault!]!
    difference: SystemDifference!
  }
`
