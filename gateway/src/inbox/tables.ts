import type { ColumnType, Generated } from 'kysely'

type Json<T> = ColumnType<T, string, string>
type Instant = ColumnType<Date, Date | string, Date | string>

/** A text in both languages, as stored. */
export interface Text {
  zh: string
  en: string
}

export type MessageKind = 'APPROVAL' | 'TASK' | 'ALERT' | 'REMINDER' | 'NOTICE'
export type Priority = 'LOW' | 'NORMAL' | 'HIGH' | 'URGENT'
export type MessageState = 'OPEN' | 'DONE' | 'ARCHIVED' | 'SNOOZED'
export type DecisionPhase = 'PENDING' | 'IN_DOUBT' | 'CONFIRMED' | 'REFUSED'
export type DecisionTone = 'MAIN' | 'PLAIN' | 'GRAVE'

/** A figure that helps to decide, as rendered when the event came. */
export interface StoredFact {
  label: Text
  value: Text
  note: Text | null
  tone: string | null
}

/** A decision the message offers, as rendered when the event came. */
export interface StoredOption {
  id: string
  label: Text
  tone: DecisionTone
  commentRequired: boolean
  inRow: boolean
}

export interface InboxMessageTable {
  id: Generated<string>
  person_id: string
  seq: number
  changed_seq: number
  source: string
  event_id: string
  system: string
  type: string
  slot: string
  subject_type: string
  subject_id: string
  kind: MessageKind
  priority: Priority
  title: Json<Text>
  summary: Json<Text | null>
  amount: string | null
  currency: string | null
  thread_key: string
  thread_title: Json<Text | null>
  url: string | null
  facts: Json<StoredFact[]>
  decisions: Json<StoredOption[]>
  created_at: Instant
  due_at: Instant | null
  sort_at: Instant
  state: MessageState
  read: boolean
  snoozed_until: Instant | null
  closed_at: Instant | null
  close_reason: Json<Text | null>
  changed_at: Instant
  decision_id: string | null
  search_text: string
}

export interface DecisionTable {
  id: Generated<string>
  message_id: string
  person_id: string
  idempotency_key: string
  decision_set: string
  decision: string
  comment: string | null
  phase: Generated<DecisionPhase>
  reason: Json<Text | null>
  token_sealed: string | null
  token_expires_at: Instant | null
  native_id: string | null
  calls: Generated<number>
  called_at: Instant | null
  created_at: Generated<Date>
  settled_at: Instant | null
}

export interface InboxTables {
  event_in: {
    source: string
    id: string
    type: string
    subject: string | null
    time: Date | null
    data: Json<Record<string, unknown>>
    state: 'accepted' | 'stale' | 'quarantined'
    received_at: Generated<Date>
  }
  event_object: { system: string; type: string; id: string; version: number }
  inbox_counter: { person_id: string; seq: Generated<number>; floor: Generated<number> }
  inbox_tally: { person_id: string; system: string; kind: MessageKind; open: number; unread: number; snoozed: number }
  inbox_message: InboxMessageTable
  inbox_log: {
    person_id: string
    seq: number
    message_id: string
    kind: 'MESSAGE' | 'STATE'
    change: string
    at: Generated<Date>
  }
  quarantine: {
    source: string
    event_id: string
    type: string
    code: string
    reason: Json<Text>
    envelope: Json<unknown>
    fingerprint: string
    received_at: Generated<Date>
    released_at: Date | null
  }
  decision: DecisionTable
  event_feed: {
    system: string
    trail: Json<{ cursor: string; at: string }[]>
    failures: Generated<number>
    last_error: string | null
    last_success_at: Date | null
    next_at: Generated<Date>
  }
}
