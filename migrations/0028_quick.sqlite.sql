-- What runs out, and of what its approvers have to be told, is looked for each second: few among many.
create index wrap_expires on wrap (expires_at) where expires_at is not null;
create index hold_since on hold (since) where state = 'open';
create index hold_reminded on hold (reminded_at) where state = 'open' and reminded_at is not null;
create index hold_escalated on hold (escalated_at) where state = 'open' and escalated_at is not null;
