-- The last value of each figure of a board. A board is answered from here at once; the same row carries the state of
-- the work that refreshes it, so that N gateways share it: a figure is due, is claimed by one of them, is written.
create table kpi_value (
  kpi text not null,
  -- '' = the whole company, else a digest of the user ids in `owners`.
  subject text not null default '',
  definition text not null,
  reading jsonb,
  at timestamptz,
  -- The same by the database's clock, by which what is due is decided: the clocks of N gateways differ.
  read_at timestamptz,
  error_code text,
  error_since timestamptz,
  failures integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  -- Who reads it now has until then; the claim of a gateway that died in between ends by itself.
  claim uuid,
  locked_until timestamptz,
  owners text[],
  -- A figure of some people only is refreshed while somebody looks at it.
  looked_at timestamptz not null default clock_timestamp(),
  primary key (kpi, subject)
);
create index kpi_value_due on kpi_value (due_at);

-- One value a day of figures whose system keeps no history of its own.
create table kpi_history (
  kpi text not null,
  subject text not null default '',
  day date not null,
  value numeric not null,
  primary key (kpi, subject, day)
);
