/** The dictionary as it is shown: what there is, what it means, where it comes from, who may read it. */
export const catalogueTypeDefs = /* GraphQL */ `
  extend type Query {
    "The data dictionary: types that I may read something of; all of them for administrators."
    dictionary: DataDictionary!
  }
  type DataDictionary {
    "Those that hold the text in their names or meanings, or in those of a field; in the order of the dictionary."
    types(search: String, system: ID, first: Int = 200): [DataType!]!
    "how many types that are, without the limit"
    count(search: String, system: ID): Int!
    type(name: String!): DataType
    "where the figures of the boards come from that I may open"
    figures: [FigureLineage!]!
  }
  type DataType {
    name: String!
    label: Text!
    about: Text
    key: String
    "the system of record; null for what the gateway itself knows and for parts of other records"
    system: ID
    sources: [DataSource!]!
    fields: [DataField!]!
    "the fields that hold the text, at most five"
    matching(search: String!): [DataField!]!
    figures: [FigureLineage!]!
    "how many fields it has"
    size: Int!
    "how many of them I may read"
    readable: Int!
  }
  enum DataFreshness { LIVE CACHED SYNCHRONISED }
  "A system that holds records of a type. operation and scope: for administrators."
  type DataSource { system: ID! name: Text! record: Boolean! freshness: DataFreshness! seconds: Int operation: String scope: String owner: QualityOwner! }
  type DataField {
    name: String!
    label: Text!
    about: Text
    "name of the type, with [] for a list"
    type: String!
    "the type of the dictionary it leads to"
    leadsTo: String
    key: Boolean!
    required: Boolean!
    class: String!
    "rules of which one is enough: a system's role (crm:Rep, crm:*), a business role (role:accountant), everybody (*)"
    readers: [String!]!
    mask: DataMask
    readable: Boolean!
    masked: Boolean!
    system: ID
    "path or expression in the system's record; for administrators"
    mapping: String
    "what is done with the value: code list, unit, way of writing; for administrators"
    conversion: String
    unit: String
    codes: [DataCode!]!
    rules: [DataRule!]!
    freshness: DataFreshness
    seconds: Int
  }
  type DataMask { kind: String! readers: [String!]! }
  "codes: what systems write for it; for administrators"
  type DataCode { value: String! label: Text! codes: [String!]! }
  type DataRule { id: String! name: Text! }
  type FigureLineage { id: ID! name: Text! system: ID! everySeconds: Int! operations: [String!]! fields: [FigureField!]! byReport: Boolean! }
  type FigureField { type: String! typeLabel: Text! field: String! label: Text! }
`
