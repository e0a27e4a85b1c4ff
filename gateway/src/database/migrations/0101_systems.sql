-- What happened to each system, for the page of systems. The newest twenty of one system are read: hence the index.
create table system_event (
  id bigint generated always as identity primary key,
  system text not null,
  kind text not null,
  text jsonb not null,
  at timestamptz not null default now()
);
create index system_event_newest on system_event (system, id desc);

-- The description each system last gave of itself: the gateway starts with it while the system is away.
create table system_description (
  system text primary key,
  hash text not null,
  document text not null,
  read_at timestamptz not null default now()
);
