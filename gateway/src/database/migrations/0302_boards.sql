-- The last value of each figure of a board. A board is answered from here at once; the same row carries the state of
-- the work that refreshes it, so that N gateways share it: a figure is due, is taken by one of them, is written.
create table kpi_value (
  kpi text not null,
  subject text not null default '',
  definition text not null,
  reading jsonb,
  at timestamptz,
  error_code text,
  error_since timestamptz,
  failures integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  -- Who reads it now has until then; a gateway that died in between loses its claim by itself.
  locked_until timestamptz,
  owners text[],
  primary key (kpi, subject)
);
create index kpi_value_due on kpi_value (due_at);
