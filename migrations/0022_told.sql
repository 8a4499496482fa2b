-- Which notices about forms and custody have been mailed: once each, also where several gateways
-- share the database. Those from before this are not mailed any more.
create table notice_told (
    id  text   not null primary key references notice (id),
    at  bigint not null
);
insert into notice_told (id, at) select id, created_at from notice;
create index notice_created on notice (created_at);
