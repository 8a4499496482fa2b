-- Which steps of a hold its approvers have been told of by mail: once each, also where several
-- gateways share the database. An id is that of the hold, a slash, and the step.
create table hold_told (
    id    text   not null primary key,
    hold  text   not null references hold (id),
    step  text   not null check (step in ('opened', 'reminded', 'escalated')),
    at    bigint not null
);
