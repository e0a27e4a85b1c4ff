-- Clients that registered themselves (RFC 7591) with an initial access token. Apart from `application`: an application is a
-- system of the company with roles and accounts, these only sign people in. Their ids hold a dot, which no application's id may.
create table registered_client (
  id text primary key check (id like 'dyn.%'),
  metadata jsonb not null,
  secret_sealed text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- What a person types to let a device in, and the device's own code behind it: one hashed, one sealed, since each opens something.
create table device_user_code (
  code_hash text primary key,
  device_code_sealed text not null,
  expires_at timestamptz not null
);
create index device_user_code_expiry on device_user_code (expires_at);

-- How an application's client differs from the usual one (secret in the header, code flow): its keys, DPoP, PAR, the device flow.
alter table application add column client_metadata jsonb not null default '{}';
