-- What its sender took back, who did it, and why, in words, sealed. The id is the exchange's.
create table withdrawal (
    id          text   not null primary key references exchange (id),
    area        text   not null references area (id),
    agency      text   not null references agency (id),
    person      text   not null references person (id),
    reasons     bytea  not null,
    at          bigint not null,
    updated_by  text   not null
);
create index form_request_exchange on form_request (exchange);
create index notice_withdrawn on notice (id) where kind = 'withdrawn';
