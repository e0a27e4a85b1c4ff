-- What the SCIM resource of a person shows. It is recomputed in the transaction of every change of the directory, of
-- roles or of the mapping, and `last_modified` moves exactly when it differs: a reader that asks for what changed since
-- its last visit misses nothing, whatever table the change came from.
-- Writers hold one advisory lock until they commit, hence `last_modified` grows in the order of commits.
create table person_projection (
  person_id text primary key references person (id),
  shown jsonb not null,
  last_modified timestamptz not null
);
create index person_projection_last_modified on person_projection (last_modified, person_id);

-- The same for business roles as SCIM groups; the members are read live, the fingerprint covers them.
create table role_projection (
  role_id text primary key references business_role (id),
  fingerprint text not null,
  last_modified timestamptz not null
);
