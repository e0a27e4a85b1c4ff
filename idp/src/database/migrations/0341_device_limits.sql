-- When a device last asked whether it may come in: one that asks faster than it was told must wait longer (RFC 8628 §3.5).
create table device_poll (
  code_hash text primary key,
  polled_at timestamptz,
  interval_seconds integer not null default 5,
  expires_at timestamptz not null
);
create index device_poll_expiry on device_poll (expires_at);

-- Wrong codes typed at the device page, by address (RFC 8628 §5.1): for all replicas, and beyond a restart.
create table user_code_guess (
  address text primary key,
  failures integer not null,
  since timestamptz not null
);
create index user_code_guess_since on user_code_guess (since);
