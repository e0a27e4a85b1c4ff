-- Ordered from narrow to wide, so that max() is the union of two scopes.
create type data_scope as enum ('none', 'own', 'department', 'department_and_below', 'all');

create table business_role (
  id text primary key,
  name jsonb not null,
  "group" jsonb not null,
  position integer not null default 0
);

-- A business role given to one person. Nothing is deleted: an ended grant keeps who ended it and when.
create table role_assignment (
  id bigint generated always as identity primary key,
  person_id text not null references person (id),
  role_id text not null references business_role (id),
  valid_from timestamptz,
  valid_until timestamptz,
  reason text not null,
  granted_by jsonb not null,
  granted_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  ended_by jsonb,
  -- Set when the grant took effect, and when its end was announced: the job that starts, warns and ends does each once.
  started_at timestamptz,
  warned_at timestamptz,
  check (valid_until is null or valid_from is null or valid_until > valid_from)
);
create index role_assignment_person on role_assignment (person_id) where ended_at is null;
create index role_assignment_role on role_assignment (role_id) where ended_at is null;
-- One open-ended grant of a role to a person at most; temporary ones may overlap it.
create unique index role_assignment_permanent on role_assignment (person_id, role_id)
  where ended_at is null and valid_until is null and valid_from is null;
-- What the job looks for: grants that have a moment at which something happens.
create index role_assignment_timed on role_assignment (valid_until, valid_from)
  where ended_at is null and (valid_until is not null or valid_from is not null);

-- A business role given to whoever is in a department (or below) and holds a position. Neither condition: everybody.
create table role_rule (
  id bigint generated always as identity primary key,
  role_id text not null references business_role (id),
  department_id text references department (id),
  position text,
  reason text not null,
  created_by jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  unique nulls not distinct (role_id, department_id, position)
);

-- The mapping business role → native roles, as published. The live one is the highest version.
create table mapping_version (
  version integer primary key,
  comment text not null,
  published_at timestamptz not null default clock_timestamp(),
  published_by jsonb not null,
  restores integer references mapping_version (version),
  xid xid8 not null default pg_current_xact_id()
);
create table mapping_cell (
  version integer not null references mapping_version (version),
  role_id text not null references business_role (id),
  system text not null references application (id),
  native_roles text[] not null check (cardinality(native_roles) > 0),
  scope data_scope not null,
  primary key (version, role_id, system)
);

-- A published version never changes: explanations, audit and roll-back rest on it. Cells may be added only by the
-- transaction that publishes.
create function mapping_is_immutable() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and (select xid from mapping_version where version = new.version) = pg_current_xact_id() then
    return new;
  end if;
  raise exception 'a published mapping version is immutable';
end $$;
create trigger mapping_version_immutable before update or delete on mapping_version
  for each row execute function mapping_is_immutable();
create trigger mapping_cell_immutable before insert or update or delete on mapping_cell
  for each row execute function mapping_is_immutable();

-- One draft at a time. It holds only the cells that differ from what is live, so that a roll-back published meanwhile
-- is not undone by publishing an older draft. `revision` is the optimistic lock.
create table mapping_draft (
  singleton boolean primary key default true check (singleton),
  revision integer not null default 1,
  started_at timestamptz not null default clock_timestamp(),
  edited_at timestamptz not null default clock_timestamp(),
  edited_by jsonb not null,
  editors text[] not null
);
create table mapping_draft_cell (
  role_id text not null references business_role (id),
  system text not null references application (id),
  native_roles text[] not null,
  scope data_scope not null,
  primary key (role_id, system)
);

-- Segregation of duties: two native roles, possibly in two systems, that nobody may hold together.
create table separation_rule (
  id text primary key,
  name jsonb not null,
  first_system text not null references application (id),
  first_role text not null,
  second_system text not null references application (id),
  second_role text not null,
  check ((first_system, first_role) <> (second_system, second_role))
);
