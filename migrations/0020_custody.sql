-- A prison says that a person is with it. `holder` is the prison that was on record then, which
-- answers; where there was none, or it disputes, or is silent, the coordination unit does. `named`
-- (how the claim named the person), `dispute` and `reasons` are sealed.
create table custody_claim (
    id          text   not null primary key,
    area        text   not null references area (id),
    nominal     text   not null references nominal (id),
    agency      text   not null references agency (id),
    holder      text   references agency (id),
    unit        text   not null references agency (id),
    person      text   not null references person (id),
    since_on    text   not null,
    named       bytea  not null,
    state       text   not null,
    claimed_at  bigint not null,
    due_at      bigint not null,
    overdue_at  bigint,
    left_on     text,
    dispute     bytea,
    answered_by text   references person (id),
    answered_at bigint,
    reasons     bytea,
    closed_by   text   references person (id),
    closed_at   bigint,
    updated_by  text   not null
);
create index custody_claim_agency on custody_claim (agency, id);
create index custody_claim_holder on custody_claim (holder, id);
create index custody_claim_unit on custody_claim (unit, id);
create index custody_claim_nominal on custody_claim (nominal, id);
create index custody_claim_open on custody_claim (due_at) where closed_at is null;

-- What a prison that has begun to hold a person owes: its first form on them. `exchange` is that
-- form; a task that ended without one ended with the custody.
create table hand_over (
    id          text   not null primary key,
    area        text   not null references area (id),
    nominal     text   not null references nominal (id),
    agency      text   not null references agency (id),
    unit        text   not null references agency (id),
    opened_at   bigint not null,
    remind_at   bigint not null,
    due_at      bigint not null,
    reminded_at bigint,
    late_at     bigint,
    exchange    text   references exchange (id),
    ended_at    bigint,
    updated_by  text   not null
);
create index hand_over_agency on hand_over (agency, id);
create index hand_over_unit on hand_over (unit, id);
create index hand_over_open on hand_over (due_at) where ended_at is null;
