-- An area's log is begun anew after a restore: one is open, the others are closed for good, and
-- no two logs share a name (C2SP tlog-checkpoint: an origin is one log's alone).
create unique index log_open on log (area) where state = 'open';
create unique index log_epoch on log (area, epoch);
create unique index log_origin on log (origin);
