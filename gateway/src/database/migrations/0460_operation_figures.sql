-- What operations took, by hour. Each replica writes its own rows, whole, so that a row written twice is no mistake; readers add
-- the replicas up.
create table operation_figure (
  hour timestamptz not null,
  replica uuid not null,
  -- id of a stored operation, or 'other' for texts of clients' own
  operation text not null,
  -- id of a client that clients.yaml knows, or 'other'
  client text not null,
  ok integer not null,
  partial integer not null,
  failed integer not null,
  refused integer not null,
  -- counts of durations by observing/buckets.ts
  buckets integer[] not null,
  -- calls by system
  calls jsonb not null,
  -- types asked for many times within one request, and how many times at most
  repeated jsonb not null,
  -- the longest ones: [{ms, at, traceId}]
  worst jsonb not null,
  primary key (hour, replica, operation, client)
);
