-- The life of a key: next (published, does not sign) → current (signs) → retired (verifies until its last token is gone) → removed.
alter table signing_key
  add column published_at timestamptz,
  add column active_from timestamptz,
  add column verifies_until timestamptz;
update signing_key set published_at = created_at, active_from = created_at, verifies_until = retired_at + interval '32 days';
alter table signing_key
  add check (active_from is null or published_at is not null),
  add check ((retired_at is null) = (verifies_until is null)),
  add check (retired_at is null or active_from is not null);
-- One key of an algorithm signs and one waits, however many replicas begin a rotation at the same moment.
drop index signing_key_current;
create unique index signing_key_current on signing_key (alg) where active_from is not null and retired_at is null;
create unique index signing_key_next on signing_key (alg) where active_from is null;

-- Which keys each running replica publishes: a key must not sign before all of them do. Unlogged: replicas write it anew in seconds.
create unlogged table key_replica (
  id text primary key,
  kids text[] not null,
  seen_at timestamptz not null
);
