-- What a sign-in writes anew each time, the moment included, stays in its page when no index but a summary of its blocks has that moment
-- (PostgreSQL 16). Only purging goes by these columns.
drop index sign_in_throttle_age;
create index sign_in_throttle_age on sign_in_throttle using brin (last_at) with (autosummarize = on);
drop index known_device_age;
create index known_device_age on known_device using brin (last_seen_at) with (autosummarize = on);
alter table sign_in_throttle set (fillfactor = 50);
alter table known_device set (fillfactor = 80);
