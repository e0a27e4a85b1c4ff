-- Whoever changes an application says which revision of it they saw: nobody's change is lost under another's.
alter table application
  add column revision integer not null default 1,
  add column updated_by jsonb;
