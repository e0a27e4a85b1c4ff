-- Access tokens that their client gave back before they expired, until they do; at most five minutes.
create table revoked_access_token (
  jti_hash text primary key,
  expires_at timestamptz not null
);
create index revoked_access_token_expiry on revoked_access_token (expires_at);
