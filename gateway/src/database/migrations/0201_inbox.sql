-- Messages: every table of them. The functions that write them are in 0202.

-- Events as they came in; (source, id) is the idempotency key of CloudEvents 1.0.
create table event_in (
  source text not null,
  id text not null,
  type text not null,
  subject text,
  time timestamptz,
  data jsonb not null,
  state text not null check (state in ('accepted', 'stale', 'quarantined')),
  received_at timestamptz not null default clock_timestamp(),
  primary key (source, id)
);
-- Retention removes the oldest.
create index event_in_received on event_in (received_at);

-- The newest version seen of each object of a system: what arrives later with a smaller one is stale.
create table event_object (
  system text not null,
  type text not null,
  id text not null,
  version bigint not null,
  primary key (system, type, id)
);

-- One row a person. Its lock makes `seq` gapless and equal to the order of commits; `floor` is the last seq retention removed.
create table inbox_counter (
  person_id text primary key,
  seq bigint not null default 0,
  floor bigint not null default 0
);

-- Counters by system and kind, kept by a trigger on inbox_message, so that no writer can forget them.
create table inbox_tally (
  person_id text not null,
  system text not null,
  kind text not null,
  open integer not null default 0 check (open >= 0),
  unread integer not null default 0 check (unread >= 0),
  snoozed integer not null default 0 check (snoozed >= 0),
  primary key (person_id, system, kind)
);

create table inbox_message (
  id uuid primary key default gen_random_uuid(),
  person_id text not null,
  -- seq of the log row that brought it, and of the last one that changed it
  seq bigint not null,
  changed_seq bigint not null,
  source text not null,
  event_id text not null,
  system text not null,
  type text not null,
  -- which of the rule's messages this is; one is open for each person, object and slot
  slot text not null,
  subject_type text not null,
  subject_id text not null,
  kind text not null check (kind in ('APPROVAL', 'TASK', 'ALERT', 'REMINDER', 'NOTICE')),
  priority text not null check (priority in ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
  title jsonb not null,
  summary jsonb,
  amount numeric,
  currency text,
  thread_key text not null,
  thread_title jsonb,
  url text,
  facts jsonb not null default '[]',
  decisions jsonb not null default '[]',
  -- milliseconds, as JavaScript has them: cursors carry these values out and back
  created_at timestamptz(3) not null,
  due_at timestamptz(3),
  -- when it wants attention: its due date, else by priority
  sort_at timestamptz(3) not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'DONE', 'ARCHIVED', 'SNOOZED')),
  read boolean not null default false,
  snoozed_until timestamptz(3),
  -- when the object itself was settled, also if the person had archived the message before
  closed_at timestamptz(3),
  close_reason jsonb,
  changed_at timestamptz(3) not null,
  decision_id uuid,
  search_text text not null,
  unique (person_id, seq)
);
-- The list of open messages, and overdue ones.
create index inbox_message_open on inbox_message (person_id, sort_at, seq) where state = 'OPEN';
create index inbox_message_due on inbox_message (person_id, due_at) where state = 'OPEN' and due_at is not null;
-- The lists of done and archived ones, newest change first.
create index inbox_message_changed on inbox_message (person_id, state, changed_at desc, seq desc);
-- What closes or renews the messages of an object.
create index inbox_message_object on inbox_message (system, subject_type, subject_id, slot) where closed_at is null;

-- The per-person log: one row for each new message and each change of one. Every device follows it by `seq`.
create table inbox_log (
  person_id text not null,
  seq bigint not null,
  message_id uuid not null,
  kind text not null check (kind in ('MESSAGE', 'STATE')),
  change text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (person_id, seq)
);
create index inbox_log_at on inbox_log (at);

-- Events no rule understands, that break their schema or name nobody. Never dropped; replayed exactly once.
create table quarantine (
  source text not null,
  event_id text not null,
  type text not null,
  code text not null,
  reason jsonb not null,
  -- the event as it came
  envelope jsonb not null,
  -- equal ones are shown as one
  fingerprint text not null,
  received_at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  primary key (source, event_id)
);
create index quarantine_held on quarantine (fingerprint, received_at) where released_at is null;

-- What a person decided, and what became of it at the system of origin.
create table decision (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references inbox_message (id),
  person_id text not null,
  idempotency_key text not null,
  -- name of the decision set in messages.yaml, and the option chosen
  decision_set text not null,
  decision text not null,
  comment text,
  phase text not null default 'PENDING' check (phase in ('PENDING', 'IN_DOUBT', 'CONFIRMED', 'REFUSED')),
  reason jsonb,
  -- the person's token for that system, sealed; removed as soon as the decision is settled
  token_sealed text,
  token_expires_at timestamptz,
  native_id text,
  -- Written before each call leaves: after a crash it tells that the system may have been asked.
  calls integer not null default 0,
  called_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  unique (person_id, idempotency_key)
);
-- At most one decision of a message is under way.
create unique index decision_under_way on decision (message_id) where phase in ('PENDING', 'IN_DOUBT');

-- How far each polled system has been read. `trail` holds recent cursors with their times, for the overlap.
create table event_feed (
  system text primary key,
  trail jsonb not null default '[]',
  failures integer not null default 0,
  last_error text,
  last_success_at timestamptz,
  next_at timestamptz not null default clock_timestamp()
);
