-- Secure email: whose certificate is whose, what was kept apart, and what goes out.

create table mail_certificate (
    id           text   not null primary key,
    agency       text   not null references agency (id),
    person       text   references person (id),
    certificate  bytea  not null,
    profile      text   not null check (profile in ('modern', 'cbc', 'compatible')),
    state        text   not null check (state in ('proposed', 'active', 'revoked')),
    created_at   bigint not null,
    updated_by   text   not null
);
create index mail_certificate_agency on mail_certificate (agency);

create table quarantine (
    id          text   not null primary key,
    area        text   not null references area (id),
    channel     text   not null,
    reason      text   not null,
    claimed     bytea  not null,
    agency      text   references agency (id),
    addressed   text   not null,
    size        bigint not null,
    body        bytea,
    blob        text,
    blob_sha256 text,
    hold_wrap   bytea  not null,
    state       text   not null check (state in ('kept', 'discarded')),
    at          bigint not null,
    updated_by  text   not null
);
create index quarantine_area on quarantine (area, state, id);

create table thread (
    id          text   not null primary key,
    exchange    text   not null references exchange (id),
    agency      text   not null references agency (id),
    created_at  bigint not null,
    unique (exchange, agency)
);

create table mail_out (
    id          text   not null primary key,
    kind        text   not null check (kind in ('delivery', 'notice', 'receipt', 'incomplete', 'failure')),
    subject     text   not null unique,
    area        text   not null references area (id),
    exchange    text   not null references exchange (id),
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
create index mail_out_due on mail_out (state, next_at);
create index mail_out_delivery on mail_out (delivery);
