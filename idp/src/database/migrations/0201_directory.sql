-- Departments form one tree. `path` (root → the department itself) is kept in the row, so that "department and below" and
-- rules on a department are one array test instead of a recursion at every token.
create table department (
  id text primary key,
  parent_id text references department (id) deferrable initially deferred,
  name jsonb not null,
  path text[] not null default '{}',
  updated_at timestamptz not null default clock_timestamp()
);
create index department_path on department using gin (path);

-- `id` is the employee id that never changes; every token's `sub`.
create table person (
  id text primary key,
  username text not null,
  name jsonb not null,
  email text not null,
  phone text,
  department_id text not null references department (id),
  position jsonb not null,
  manager_id text references person (id) deferrable initially deferred,
  active boolean not null default true,
  locale text,
  password_hash text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
-- People type their name in any case; two people must not differ by case only.
create unique index person_username on person (lower(username));
create index person_department on person (department_id);
create index person_manager on person (manager_id) where manager_id is not null;
-- The list of people is read page by page in this order.
create index person_listing on person ((name->>'zh') collate "zh-x-icu", id);

-- Who a person is in a system. A native id belongs to one person only.
create table native_identity (
  person_id text not null references person (id),
  system text not null references application (id),
  native_id text not null,
  primary key (person_id, system),
  unique (system, native_id)
);
