-- From when on a browser that is not known gets a notice: the first one a person ever signs in with is no news to them.
alter table person add column device_since timestamptz;

-- A password without a date would never grow old.
update person set password_changed_at = clock_timestamp() where password_hash is not null;

-- Requests for a link by mail, per address and per account asked for; unknown accounts count like known ones.
create table reset_throttle (
  subject text primary key,
  requests integer not null,
  until timestamptz not null
);
create index reset_throttle_until on reset_throttle (until);

-- Purging walks along time, and finds few rows.
create index mail_unpurged on mail (created_at) where content_sealed <> '';
create index known_device_age on known_device (last_seen_at);
