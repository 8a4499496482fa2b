-- Which notices about forms and custody have been mailed: once each, also where several gateways
-- share the database. Those from before this are not mailed any more.
create table notice_told (
    id  text   not null primary key references notice (id),
    at  bigint not null
);
insert into notice_told (id, at) select id, created_at from notice;
create index notice_created on notice (created_at);
-- Looks afterwards at forms that were open before they had a clock: it begins when the gateway next
-- looks, and the line goes then.
create table hold_clockless (
    id  text not null primary key references hold (id)
);
insert into hold_clockless (id) select id from hold
where after = 1 and state = 'open' and escalated_at is null
and exchange in (select id from form_sent);
