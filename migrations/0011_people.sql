-- What the people of an agency manage themselves: invitations and fresh second factors by a link
-- that is good once, and the keys by which people sign in without a password.

-- `token` is the SHA-256 of the link's token, hexadecimal. `person` is who joined by it, or whose
-- second factor it resets; name and address are those of who is invited, until they join.
create table invitation (
    id           text   not null primary key,
    agency       text   not null references agency (id),
    kind         text   not null check (kind in ('join', 'factor', 'both')),
    person       text   references person (id),
    name         bytea,
    email        bytea,
    email_index  text   not null,
    role         text,
    token        text   not null unique,
    by_person    text   not null references person (id),
    checked      bytea,
    made_at      bigint not null,
    until_at     bigint not null,
    state        text   not null check (state in ('open', 'used', 'withdrawn')),
    updated_by   text   not null
);
create index invitation_agency on invitation (agency, state);

-- A mail may be about no exchange, but about who signs in.
create table mail_out_new (
    id          text   not null primary key,
    kind        text   not null check (kind in ('delivery', 'notice', 'receipt', 'incomplete', 'failure', 'invitation')),
    subject     text   not null unique,
    area        text   not null references area (id),
    exchange    text   references exchange (id),
    delivery    text   references delivery (id),
    agency      text   not null references agency (id),
    recipient   bytea  not null,
    key         bytea,
    body        bytea,
    blob        text,
    details     bytea,
    state       text   not null check (state in ('queued', 'sent', 'failed', 'expired')),
    attempts    bigint not null,
    next_at     bigint not null,
    status      text,
    created_at  bigint not null,
    sent_at     bigint
);
insert into mail_out_new (id, kind, subject, area, exchange, delivery, agency, recipient, key, body, blob, details, state, attempts, next_at, status, created_at, sent_at)
    select id, kind, subject, area, exchange, delivery, agency, recipient, key, body, blob, details, state, attempts, next_at, status, created_at, sent_at from mail_out;
drop table mail_out;
alter table mail_out_new rename to mail_out;
create index mail_out_due on mail_out (state, next_at);
create index mail_out_delivery on mail_out (delivery);
