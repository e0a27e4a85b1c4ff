-- What changed at a system against its mapping: in its description, or in what it answers.
create table system_drift (
  id bigint generated always as identity primary key,
  system text not null,
  source text not null check (source in ('DESCRIPTION', 'ANSWERS')),
  level text not null check (level in ('BREAKING', 'RISK', 'HARMLESS')),
  -- the same finding, noticed by several replicas or again after a restart, is one row while it lasts
  fingerprint text not null,
  -- false: the mapping asks for what is no longer there; it ends when a description fits again
  fits boolean not null,
  changes jsonb not null,
  at_risk jsonb not null,
  operations jsonb not null,
  found_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  acknowledged_by jsonb,
  comment text,
  ended_at timestamptz
);
create unique index system_drift_open on system_drift (system, source, fingerprint) where ended_at is null;
-- the page of a system shows its newest first
create index system_drift_newest on system_drift (system, id desc);
