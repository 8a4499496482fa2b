-- Why somebody looked at what had not been delivered to them: in words, sealed. The events of
-- their readings refer to it.
create table reading (
    id          text   not null primary key,
    person      text   not null references person (id),
    area        text   not null references area (id),
    what        text   not null,
    object      text,
    reason      bytea  not null,
    at          bigint not null,
    updated_by  text   not null
);
create index reading_person on reading (person, what, at);

-- What a reviewer asks the sender of something that is held, and the answer: in words, sealed.
create table question (
    id           text   not null primary key,
    exchange     text   not null references exchange (id),
    agency       text   not null references agency (id),
    role         text   not null,
    asked_by     text   not null references person (id),
    question     bytea  not null,
    asked_at     bigint not null,
    answered_by  text   references person (id),
    answer       bytea,
    answered_at  bigint,
    updated_by   text   not null
);
create index question_exchange on question (exchange, id);
