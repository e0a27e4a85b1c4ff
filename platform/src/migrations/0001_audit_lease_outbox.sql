-- Who did what to what. Rows are written in the business transaction without any chain column, so that writers never
-- wait for one another; one worker under a lease seals them afterwards, in the order of `id`.
create table audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor jsonb not null,
  action text not null,
  target jsonb not null,
  outcome text not null check (outcome in ('success', 'refused', 'failed')),
  detail jsonb not null default '{}',
  ip text,
  trace_id text,
  -- xid of the writer: a row may be sealed only when no older transaction can still commit a smaller id.
  xid xid8 not null default pg_current_xact_id()
);
create index audit_entry_actor on audit_entry ((actor->>'id'), id desc);
create index audit_entry_action on audit_entry (action, id desc);
create index audit_entry_target on audit_entry ((target->>'id'), id desc);

-- The chain: each seal covers one entry and the seal before it.
create table audit_seal (
  position bigint primary key,
  entry_id bigint not null unique references audit_entry (id),
  hash text not null,
  sealed_at timestamptz not null default clock_timestamp()
);

-- Append-only: even the service's own role cannot change or remove what was recorded.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_entry_append_only before update or delete on audit_entry
  for each statement execute function audit_is_append_only();
create trigger audit_entry_no_truncate before truncate on audit_entry
  for each statement execute function audit_is_append_only();

-- A named right to be the only worker of a kind; expires by itself when its holder dies.
create table lease (
  name text primary key,
  holder text not null,
  until timestamptz not null
);

-- Deliveries that must happen: the row is written in the business transaction, a leased worker carries it out.
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  payload jsonb not null,
  state text not null default 'pending' check (state in ('pending', 'done', 'dead')),
  attempts integer not null default 0,
  last_error text,
  due_at timestamptz not null default clock_timestamp(),
  locked_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (topic, key)
);
-- The worker looks for due rows of its topic only.
create index outbox_due on outbox (topic, due_at) where state = 'pending';
