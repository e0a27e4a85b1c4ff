-- A link by which a person sets a password once. Only the hash of its secret is kept; using it deletes the row.
create table one_time_link (
  secret_hash text primary key,
  person_id text not null,
  expires_at timestamptz not null
);
