-- A hospital flag (report, example after 3.19; ISP-33): the id is the exchange's that told the trust.
-- `holder` is the trust. `follows` is the flag that it goes on from. `ended_why` is a word: ended,
-- lapsed, renewed, level, withdrawn; from then on the trust is asked to clear the flag from its own
-- system, by `clear_due_at`.
create table hospital_flag (
    id            text   not null primary key references exchange (id),
    area          text   not null references area (id),
    nominal       text   not null references nominal (id),
    agency        text   not null references agency (id),
    person        text   references person (id),
    holder        text   not null references agency (id),
    unit          text   not null references agency (id),
    follows       text   references exchange (id),
    decided_on    text   not null,
    review_on     text   not null,
    set_at        bigint not null,
    remind_at     bigint not null,
    review_at     bigint not null,
    reminded_at   bigint,
    ended_at      bigint,
    ended_why     text,
    clear_due_at  bigint,
    clear_late_at bigint,
    cleared_at    bigint,
    updated_by    text   not null
);
create index hospital_flag_agency on hospital_flag (agency, id);
create index hospital_flag_holder on hospital_flag (holder, id);
create index hospital_flag_unit on hospital_flag (unit, id);
create index hospital_flag_nominal on hospital_flag (nominal, id);
create index hospital_flag_follows on hospital_flag (follows);
create index hospital_flag_open on hospital_flag (review_at) where ended_at is null;
create index hospital_flag_clear on hospital_flag (clear_due_at) where cleared_at is null;

-- What happened to a flag, in order: the person attended (`other` is the exchange that says so), it was
-- renewed (`other` is the flag that goes on from it), it ended or lapsed, and the trust cleared it. The
-- gateway's own steps have no agency. `words` are sealed.
create table hospital_flag_step (
    id         text   not null primary key,
    flag       text   not null references hospital_flag (id),
    kind       text   not null,
    agency     text   references agency (id),
    person     text   references person (id),
    other      text   references exchange (id),
    words      bytea,
    at         bigint not null,
    updated_by text   not null
);
create index hospital_flag_step_flag on hospital_flag_step (flag, id);
