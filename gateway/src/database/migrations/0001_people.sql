-- First of all: the inbox and the figures refer to people.
-- Employees as the directory (SCIM) last told them; every decision of the gateway is taken by this table.
create table people (
  id text primary key,
  username text not null,
  name jsonb not null,
  email text,
  position jsonb not null,
  department_id text,
  department_name jsonb not null,
  department_path text[] not null,
  manager_id text,
  business_roles text[] not null,
  systems jsonb not null,
  active boolean not null,
  modified_at timestamptz not null,
  -- Of the content: a row that arrives unchanged is not written, and nobody is told.
  digest text not null,
  -- Number of the synchronisation that changed the row; taken under the lock of people_sync, so it grows in commit order
  -- and a reader that knows version n finds everything newer by `version > n`.
  version bigint not null
);
create index people_version on people (version);
-- Row scope "department and below": everybody whose path contains the department.
create index people_department_path on people using gin (department_path);
create index people_department on people (department_id);
-- The employee list sorts Chinese names as Chinese readers expect; id makes the order total.
create index people_name on people ((name->>'zh') collate "zh-x-icu", id) where active;

-- user id in a system -> employee. Two employees may claim one id for a moment while it changes hands.
create table person_account (
  person_id text not null references people (id) on delete cascade,
  system text not null,
  native_id text not null,
  primary key (person_id, system)
);
create index person_account_native on person_account (system, native_id);

create table people_sync (
  id integer primary key default 1 check (id = 1),
  cursor timestamptz,
  full_at timestamptz,
  ok_at timestamptz,
  failed_at timestamptz,
  error text,
  version bigint not null default 0,
  -- Hints of the directory are counted, not executed where they arrive: a hint outlives the process that received it.
  wanted bigint not null default 0,
  served bigint not null default 0
);
insert into people_sync default values;
