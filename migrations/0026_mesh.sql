-- NHS MESH: whose mailbox is whose, which way each kind of exchange goes, what goes out and what
-- has come in.

create table mesh_mailbox (
    id         text   not null primary key references agency (id),
    mailbox    text   not null unique,
    created_at bigint not null,
    updated_by text   not null
);

-- By which channel an agency receives a kind of exchange, where it is not its usual one. `kind` is a
-- form's id, or `exchange` for what is no form.
create table agency_route (
    id         text   not null primary key,
    agency     text   not null references agency (id),
    kind       text   not null,
    channel    text   not null,
    created_at bigint not null,
    updated_by text   not null
);
create index agency_route_agency on agency_route (agency, kind);

-- A message to be sent; its bytes are sealed, and kept until MESH has all of them. `upload` is how
-- far it has come there, `message` what MESH calls it.
create table mesh_out (
    id         text   not null primary key,
    kind       text   not null check (kind in ('delivery', 'reply')),
    area       text   not null references area (id),
    delivery   text   unique references delivery (id),
    replies_to text   unique,
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
create index mesh_out_due on mesh_out (state, next_at);
create index mesh_out_message on mesh_out (message);
create index mesh_out_header on mesh_out (header);

-- A message that was taken in, by MESH's id of it, and what became of it.
create table mesh_in (
    id         text   not null primary key,
    sender     text   not null,
    workflow   text   not null,
    became     text   not null,
    exchange   text   references exchange (id),
    at         bigint not null
);
