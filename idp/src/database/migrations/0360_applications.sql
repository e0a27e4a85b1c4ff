-- Applications that prove themselves by a key, or not at all, have no secret.
alter table application alter column secret_sealed drop not null;
alter table application add column created_at timestamptz not null default clock_timestamp();

-- How often people signed in to an application, counted by day: the audit log knows sign-ins of people, not the silent ones that follow
-- from a session.
create table application_use (
  client_id text not null,
  day date not null,
  sign_ins bigint not null,
  primary key (client_id, day)
);

-- How many live sessions each client had at a moment not long ago; one row. Counting them walks every session, which two
-- administrators who look at a list need not do twice.
create table application_sessions (
  id integer primary key default 1 check (id = 1),
  counted_at timestamptz not null,
  counts jsonb not null
);

-- Sign-ins that an administrator tries out. The secret in the address, the browser's cookie and what comes back lie hashed or sealed.
create table sign_in_test (
  id text primary key default gen_random_uuid()::text,
  application text not null references application (id) on delete cascade,
  secret_hash text not null unique,
  browser_hash text,
  state text not null default 'waiting' check (state in ('waiting', 'exchanging', 'confirming', 'done', 'failed')),
  started_by jsonb not null,
  checks_sealed text not null,
  result_sealed text,
  error jsonb,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  finished_at timestamptz
);
create index sign_in_test_expiry on sign_in_test (expires_at);
