-- What administrators published over systems.yaml. The number is given by whoever writes it, one more than the revision they
-- saw: of two who saw the same one, the primary key lets one through.
create table system_revision (
  number integer primary key check (number > 0),
  at timestamptz not null default now(),
  author jsonb not null,
  comment text not null,
  rolled_back_to integer
);

-- The systems that a revision touched. A system is as its newest entry up to a revision says: 'yaml' replaces or adds it,
-- 'removed' takes it away, 'file' leaves it to systems.yaml again.
create table system_revision_entry (
  revision integer not null references system_revision (number),
  system text not null,
  state text not null check (state in ('yaml', 'removed', 'file')),
  yaml text,
  primary key (system, revision),
  check ((state = 'yaml') = (yaml is not null))
);

-- Secrets of systems, sealed under ENCRYPTION_KEY. `version` grows over all of them, so that a gateway sees by one number
-- whether any was changed.
create sequence system_secret_version;
create table system_secret (
  system text not null,
  name text not null,
  sealed text not null,
  set_at timestamptz not null default now(),
  set_by jsonb not null,
  version bigint not null default nextval('system_secret_version'),
  primary key (system, name)
);
