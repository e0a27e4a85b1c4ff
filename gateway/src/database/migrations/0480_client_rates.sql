-- When each bucket of requests is full again: what of it is used follows from that. Lost in a crash, which costs one burst.
create unlogged table client_rate (
  client text not null,
  who text not null,
  full_at timestamptz not null,
  primary key (client, who)
);
create index client_rate_full_at on client_rate (full_at);
