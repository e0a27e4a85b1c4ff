-- How a person proves who they are, besides the password; one row a device or key. A TOTP secret lies sealed, a passkey's
-- public key opens nothing and lies open.
create table factor (
  id text primary key,
  person_id text not null references person (id) on delete cascade,
  kind text not null check (kind in ('totp', 'passkey')),
  name text not null,
  secret_sealed text,
  credential_id text unique,
  credential jsonb,
  -- The last TOTP time step that was accepted: RFC 6238 §5.2, a code is taken once. For passkeys the signature counter.
  counter bigint not null default -1,
  created_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  check ((kind = 'totp') = (secret_sealed is not null)),
  check ((kind = 'passkey') = (credential_id is not null and credential is not null))
);
create index factor_person on factor (person_id);

-- A factor that a person has begun to set up, and a challenge that waits for its answer. Whoever answers first deletes the row.
create table factor_challenge (
  id_hash text primary key,
  purpose text not null check (purpose in ('totp_enrolment', 'passkey_enrolment', 'passkey_sign_in')),
  person_id text references person (id) on delete cascade,
  secret_sealed text not null,
  expires_at timestamptz not null
);
create index factor_challenge_expiry on factor_challenge (expires_at);

-- Codes on paper; each is hashed and taken by one conditional UPDATE.
create table recovery_code (
  person_id text not null references person (id) on delete cascade,
  code_hash text not null,
  made_at timestamptz not null default clock_timestamp(),
  used_at timestamptz,
  primary key (person_id, code_hash)
);

-- Browsers in which a person has signed in before, found by the hash of a cookie. A second factor given there may count for some days.
create table known_device (
  person_id text not null references person (id) on delete cascade,
  device_hash text not null,
  id text not null unique default gen_random_uuid()::text,
  user_agent text not null,
  ip text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  factor_at timestamptz,
  primary key (person_id, device_hash)
);

-- How far a sign-in of several steps has come. The interaction's own result is written with the last step only, so that
-- nobody can go on with half of it.
create table sign_in_progress (
  interaction_hash text primary key,
  person_id text not null references person (id) on delete cascade,
  methods text[] not null,
  remember boolean not null default false,
  detail jsonb not null default '{}',
  failures integer not null default 0,
  started_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_in_progress_expiry on sign_in_progress (expires_at);

alter table person
  add column password_changed_at timestamptz,
  add column password_must_change boolean not null default false;
create table password_history (
  id bigint generated always as identity primary key,
  person_id text not null references person (id) on delete cascade,
  hash text not null,
  replaced_at timestamptz not null default clock_timestamp()
);
create index password_history_person on password_history (person_id, id desc);

-- What the company asks of a sign-in; one row. The document is checked by sign-in/policy.ts, which also holds the defaults.
create table sign_in_policy (
  id integer primary key default 1 check (id = 1),
  revision integer not null default 1,
  policy jsonb not null default '{}',
  updated_at timestamptz not null default clock_timestamp(),
  updated_by jsonb
);
insert into sign_in_policy default values;

-- Mails to people. Without a mail server administrators read them here, so that nobody is locked out of a new installation.
create table mail (
  id text primary key default gen_random_uuid()::text,
  person_id text references person (id) on delete set null,
  recipient text not null,
  kind text not null,
  language text not null,
  subject text not null,
  content_sealed text not null,
  state text not null default 'queued' check (state in ('queued', 'sent', 'failed', 'kept')),
  error text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz
);
create index mail_created on mail (created_at desc, id);
create index mail_person on mail (person_id) where person_id is not null;

-- What a link is for. A link to reset a password ends with the password that it was made to replace.
alter table one_time_link add column purpose text not null default 'first_password';
alter table one_time_link add column created_at timestamptz not null default clock_timestamp();
create index one_time_link_person on one_time_link (person_id);

-- From where and with what a session began: for the person's own list of sessions.
alter table oidc_model add column device jsonb;
