-- One exchange: its items, the matrix, the holds, the wraps, the deliveries.

create table exchange (
    id             text   not null primary key,
    area           text   not null references area (id),
    nominal        text   references nominal (id),
    sender         text   not null references agency (id),
    sender_person  text   references person (id),
    channel        text   not null,
    proof          text   not null,
    state          text   not null check (state in
                   ('incomplete', 'quarantined', 'held', 'refused', 'released', 'superseded', 'recalled')),
    purpose        text,
    bases          text   not null,
    emergency      bigint not null check (emergency in (0, 1)),
    in_reply_to    text   references exchange (id),
    particulars    bytea  not null,
    policy         text   not null,
    received_at    bigint not null,
    updated_by     text   not null
);
create index exchange_sender on exchange (sender, id);
create index exchange_nominal on exchange (nominal, id);
create index exchange_state on exchange (state, id);

create table item (
    id               text   not null primary key,
    exchange         text   not null references exchange (id),
    n                bigint not null,
    title            bytea  not null,
    category         text   not null,
    owner            text   not null references agency (id),
    regime           text   not null,
    about            text   not null,
    nature           text,
    as_at            text,
    facts            text   not null,
    media_type       text   not null,
    size             bigint not null,
    digest           bytea  not null,
    salt             bytea  not null,
    commitment       text   not null,
    fingerprint      text   not null,
    body             bytea,
    blob             text,
    blob_sha256      text,
    hold_wrap        bytea  not null,
    retention_key    text   not null,
    retention_wrap   bytea  not null,
    corrects         text,
    supersedes       text,
    disputed         bigint not null check (disputed in (0, 1)),
    retention_class  text   not null,
    review_on        text,
    legal_hold       bigint not null check (legal_hold in (0, 1)),
    restricted       bigint not null check (restricted in (0, 1)),
    updated_by       text   not null
);
create index item_exchange on item (exchange, n);
create index item_fingerprint on item (fingerprint);
create index item_corrects on item (corrects);
create index item_supersedes on item (supersedes);

create table cell (
    id           text   not null primary key,
    exchange     text   not null references exchange (id),
    item         text   not null references item (id),
    recipient    text   not null references agency (id),
    person       text   references person (id),
    outcome      text   not null check (outcome in ('permit', 'hold', 'refuse')),
    obligations  text   not null,
    reviewers    text   not null,
    rules        text   not null,
    question     text   not null,
    policy       text   not null,
    revision     bigint not null,
    decided_at   bigint not null,
    updated_by   text   not null
);
create index cell_exchange on cell (exchange);

create table hold (
    id            text   not null primary key,
    exchange      text   not null references exchange (id),
    item          text   not null references item (id),
    recipient     text   not null references agency (id),
    cell          text   not null references cell (id),
    role          text   not null,
    agency        text   not null references agency (id),
    after         bigint not null check (after in (0, 1)),
    state         text   not null check (state in ('open', 'approved', 'refused', 'closed')),
    since         bigint not null,
    remind_at     bigint not null,
    escalate_at   bigint not null,
    reminded_at   bigint,
    escalated_at  bigint,
    decided_at    bigint,
    decided_by    text   references person (id),
    reasons       bytea,
    updated_by    text   not null
);
create index hold_agency on hold (agency, state, id);
create index hold_exchange on hold (exchange);
create index hold_clock on hold (state, escalate_at);

create table delivery (
    id           text   not null primary key,
    exchange     text   not null references exchange (id),
    agency       text   not null references agency (id),
    person       text   references person (id),
    channel      text   not null,
    state        text   not null check (state in
                 ('queued', 'waiting', 'sent', 'delivered', 'opened', 'acknowledged', 'failed', 'expired', 'recalled')),
    obligations  text   not null,
    created_at   bigint not null,
    at           bigint not null,
    updated_by   text   not null
);
create index delivery_agency on delivery (agency, id);
create index delivery_exchange on delivery (exchange);
create index delivery_state on delivery (state, id);

create table delivery_step (
    id          text   not null primary key,
    delivery    text   not null references delivery (id),
    state       text   not null,
    channel     text   not null,
    at          bigint not null,
    updated_by  text   not null
);
create index delivery_step_delivery on delivery_step (delivery, id);

create table wrap (
    id           text   not null primary key,
    exchange     text   not null references exchange (id),
    item         text   not null references item (id),
    agency       text   not null references agency (id),
    person       text   references person (id),
    delivery     text   not null references delivery (id),
    n            bigint not null,
    wrap         bytea  not null,
    key_id       text   not null,
    obligations  text   not null,
    expires_at   bigint,
    state        text   not null check (state in ('active', 'recalled')),
    created_at   bigint not null,
    updated_by   text   not null,
    unique (exchange, agency, n),
    unique (item, agency)
);
create index wrap_delivery on wrap (delivery);
create index wrap_key on wrap (key_id);

create table notice (
    id          text   not null primary key,
    exchange    text   references exchange (id),
    nominal     text   references nominal (id),
    agency      text   not null references agency (id),
    role        text   not null,
    kind        text   not null,
    created_at  bigint not null,
    due_at      bigint,
    done_at     bigint,
    updated_by  text   not null
);
create index notice_agency on notice (agency, id);

create table idempotency (
    id          text   not null primary key,
    request     text   not null,
    exchange    text   not null references exchange (id),
    created_at  bigint not null
);

create table blob (
    id          text   not null primary key,
    state       text   not null check (state in ('staging', 'live')),
    created_at  bigint not null
);
create index blob_state on blob (state, created_at);
