-- What the records of systems break of the dictionary. Written in batches beside the answers, by every gateway; kept 90 days.

-- How often each rule was broken, by day of the company.
create table quality_fault (
  day date not null,
  system text not null,
  type text not null,
  field text not null,
  rule text not null,
  faults bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (day, system, type, field, rule)
);

-- How many records passed by, to set the faults against.
create table quality_checked (
  day date not null,
  system text not null,
  type text not null,
  records bigint not null,
  primary key (day, system, type)
);

-- The records behind the faults, the latest of each rule: what whoever mends them works through. `key` is empty where a
-- record has none. `value` was masked by the class of its field before it came here.
create table quality_record (
  system text not null,
  type text not null,
  field text not null,
  rule text not null,
  key text not null,
  value text,
  masked boolean not null,
  seen bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (system, type, field, rule, key)
);
-- The latest of a rule, the ones of today, and the ones whose time is over.
create index quality_record_latest on quality_record (system, type, field, rule, last_seen desc);
create index quality_record_seen on quality_record (last_seen);
