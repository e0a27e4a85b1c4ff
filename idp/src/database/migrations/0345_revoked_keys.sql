-- Signing keys that were taken back because somebody else may have them. Their private halves are gone; the ids stay, so that no replica
-- accepts a token of theirs, not even before it has heard of it.
create table revoked_key (
  kid text primary key,
  alg text not null,
  created_at timestamptz not null,
  active_from timestamptz,
  revoked_at timestamptz not null default clock_timestamp()
);
