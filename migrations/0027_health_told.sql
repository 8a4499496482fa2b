-- That a request which went out by MESH was withdrawn is a message of its own: `withdraws` is the
-- delivery that carried the request.
create table mesh_out_next (
    id         text   not null primary key,
    kind       text   not null check (kind in ('delivery', 'reply', 'withdrawal')),
    area       text   not null references area (id),
    delivery   text   unique references delivery (id),
    replies_to text   unique,
    withdraws  text   unique references delivery (id),
    mailbox    text   not null,
    workflow   text   not null,
    local_id   text   not null unique,
    header     text   not null,
    key        bytea,
    body       bytea,
    blob       text,
    size       bigint,
    upload     text,
    message    text,
    state      text   not null check (state in ('queued', 'sent', 'delivered', 'failed', 'expired')),
    attempts   bigint not null,
    next_at    bigint not null,
    status     text,
    created_at bigint not null,
    sent_at    bigint
);
insert into mesh_out_next (id, kind, area, delivery, replies_to, mailbox, workflow, local_id, header, key, body,
    blob, size, upload, message, state, attempts, next_at, status, created_at, sent_at)
select id, kind, area, delivery, replies_to, mailbox, workflow, local_id, header, key, body,
    blob, size, upload, message, state, attempts, next_at, status, created_at, sent_at from mesh_out;
drop table mesh_out;
alter table mesh_out_next rename to mesh_out;
create index mesh_out_due on mesh_out (state, next_at);
create index mesh_out_message on mesh_out (message);
create index mesh_out_header on mesh_out (header);
create index health_request_cancelled on health_request (id) where outcome = 'cancelled';

-- Questions that wait for whoever they were given to: each is told of by mail.
create index health_task_waits on health_task (id) where signed_at is null;
