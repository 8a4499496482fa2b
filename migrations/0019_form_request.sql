-- A coordinator asks an agency for a form for a meeting: the clock, and the exchange that answered
-- it. A row is also the task of whoever is asked.
create table form_request (
    id          text   not null primary key,
    area        text   not null references area (id),
    nominal     text   not null references nominal (id),
    form        text   not null,
    agency      text   not null references agency (id),
    unit        text   not null references agency (id),
    person      text   not null references person (id),
    meeting_on  text   not null,
    asked_at    bigint not null,
    remind_at   bigint not null,
    due_at      bigint not null,
    reminded_at bigint,
    late_at     bigint,
    exchange    text   references exchange (id),
    answered_at bigint,
    updated_by  text   not null
);
create index form_request_agency on form_request (agency, id);
create index form_request_area on form_request (area, id);
create index form_request_open on form_request (due_at) where answered_at is null;

-- How a meeting used a form that was sent to it; `effect` is sealed. The id is the exchange's.
create table form_use (
    id          text   not null primary key references exchange (id),
    area        text   not null references area (id),
    nominal     text   not null references nominal (id),
    meeting_on  text   not null,
    effect      bytea  not null,
    person      text   not null references person (id),
    at          bigint not null,
    updated_by  text   not null
);
