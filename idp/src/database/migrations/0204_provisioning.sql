-- One account in one system: what it should be, what the system last confirmed. `generation` grows with every change of
-- `desired`; a push of an older generation confirms nothing.
create table provisioning (
  system text not null references application (id),
  native_id text not null,
  person_id text not null references person (id),
  desired jsonb not null,
  generation integer not null default 1,
  state text not null default 'pending' check (state in ('pending', 'done', 'failed')),
  -- The published mapping that last changed it, so that the effects of one publication can be counted.
  version integer,
  -- Set when an administrator asked to overwrite what was changed by hand in the system.
  overwrite boolean not null default false,
  confirmed jsonb,
  confirmed_at timestamptz,
  last_error text,
  -- Two pushes for one account must not overlap: the older could land last.
  pushing_until timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (system, native_id)
);
create index provisioning_person on provisioning (person_id);
create index provisioning_open on provisioning (system, state) where state <> 'done';

-- What a comparison with a system found: rights that were given or taken by hand there. Shown, never overwritten.
create table drift (
  system text not null references application (id),
  native_id text not null,
  kind text not null check (kind in ('unknown_account', 'missing_account', 'added_roles', 'removed_roles', 'activated', 'deactivated')),
  person_id text references person (id),
  expected jsonb not null,
  actual jsonb not null,
  first_seen timestamptz not null default clock_timestamp(),
  primary key (system, native_id, kind)
);
create table drift_check (
  system text primary key references application (id),
  checked_at timestamptz not null,
  accounts integer not null,
  error text
);
