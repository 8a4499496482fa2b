-- A request for health information, and its clock: the id is the exchange's. `holder` is the health
-- body that is asked now; `outcome` and `reason` are codes, of the answer that stands. `stage` is who
-- looks at a refusal: the Caldicott guardian of the body that refused, then the chair.
create table health_request (
    id           text   not null primary key references exchange (id),
    area         text   not null references area (id),
    nominal      text   not null references nominal (id),
    agency       text   not null references agency (id),
    person       text   references person (id),
    holder       text   not null references agency (id),
    unit         text   not null references agency (id),
    level        bigint not null,
    urgency      text   not null,
    asked_at     bigint not null,
    remind_at    bigint not null,
    due_at       bigint not null,
    reminded_at  bigint,
    late_at      bigint,
    accepted_at  bigint,
    outcome      text,
    reason       text,
    answer       text   references exchange (id),
    answered_at  bigint,
    stage        text,
    stage_due_at bigint,
    closed_at    bigint,
    updated_by   text   not null
);
create index health_request_agency on health_request (agency, id);
create index health_request_holder on health_request (holder, id);
create index health_request_unit on health_request (unit, id);
create index health_request_nominal on health_request (nominal, id);
create index health_request_answer on health_request (answer);
create index health_request_open on health_request (due_at) where answered_at is null and closed_at is null;
create index health_request_stage on health_request (stage_due_at) where stage is not null;

-- What happened to a request, in order: accepted, redirected (`other` is who was asked next), a refusal
-- upheld or not, an answer that was about the wrong patient. `words` are sealed.
create table health_step (
    id         text   not null primary key,
    request    text   not null references health_request (id),
    kind       text   not null,
    agency     text   not null references agency (id),
    person     text   references person (id),
    other      text   references agency (id),
    words      bytea,
    at         bigint not null,
    updated_by text   not null
);
create index health_step_request on health_step (request, id);

-- A question of a request, given to a colleague at the body that is asked, who answers and signs it;
-- `answer` is sealed.
create table health_task (
    id         text   not null primary key,
    request    text   not null references health_request (id),
    agency     text   not null references agency (id),
    question   text   not null,
    person     text   not null references person (id),
    given_by   text   not null references person (id),
    given_at   bigint not null,
    answer     bytea,
    signed_at  bigint,
    updated_by text   not null
);
create index health_task_request on health_task (request, agency, id);
create index health_task_person on health_task (person, id);
