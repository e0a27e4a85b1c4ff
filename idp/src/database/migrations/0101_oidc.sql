-- Business applications: OpenID Connect clients, resources and provisioning targets in one row each.
create table application (
  id text primary key check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
  name jsonb not null,
  url text not null,
  protocol text not null,
  secret_sealed text not null,
  redirect_uris text[] not null default '{}',
  post_logout_redirect_uris text[] not null default '{}',
  backchannel_logout_uri text,
  native_roles jsonb not null default '[]',
  provisioning jsonb,
  updated_at timestamptz not null default now()
);

-- Everything oidc-provider keeps: sessions, grants, codes, refresh tokens, interactions. The key is the SHA-256 of the
-- id, and the payload carries no id that somebody could present: a stolen copy of this table opens nothing.
create table oidc_model (
  model text not null,
  id_hash text not null,
  payload jsonb not null,
  grant_id text,
  uid text,
  account_id text,
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (model, id_hash)
);
-- Revoking a grant removes its codes and refresh tokens; sessions and interactions have none, so the index stays small.
create index oidc_model_grant on oidc_model (grant_id, model) where grant_id is not null;
-- Session-bound tokens look their session up by uid at every use; unique, because two sessions of one uid would make
-- the answer a matter of luck.
create unique index oidc_model_session_uid on oidc_model (uid) where model = 'Session';
-- "End all sessions of this person", and the number of live ones.
create index oidc_model_session_account on oidc_model (account_id) where model = 'Session';
-- The purge walks from the oldest; nothing else reads by time.
create index oidc_model_expiry on oidc_model (expires_at);
-- Refresh tokens and interactions come and go by the minute: vacuum long before a fifth of the table is dead, and leave
-- room in the page so that the update that consumes a row stays on it.
alter table oidc_model set (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 80);

-- Answers to refreshes, kept for seconds. Unlogged: losing them in a crash costs a retrying tab one sign-in redirect,
-- writing them to the log would cost every refresh.
create unlogged table refresh_replay (
  key_hash text primary key,
  sealed text not null,
  expires_at timestamptz not null
);
create index refresh_replay_expiry on refresh_replay (expires_at);

-- Keys that sign tokens. A retired key still verifies until its last token is gone.
create table signing_key (
  kid text primary key,
  alg text not null,
  private_sealed text not null,
  public_jwk jsonb not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
-- Two replicas that start together on an empty database must end with one key.
create unique index signing_key_current on signing_key (alg) where retired_at is null;

-- Failed sign-ins. In the database, so that neither a restart nor a second replica gives a guesser a fresh start.
create table sign_in_throttle (
  kind text not null check (kind in ('account', 'address')),
  subject text not null,
  failures integer not null default 0,
  not_before timestamptz,
  locked_until timestamptz,
  last_at timestamptz not null,
  primary key (kind, subject)
);
create index sign_in_throttle_age on sign_in_throttle (last_at);
