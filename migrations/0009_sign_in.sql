-- Signing in: who is signed in now, which addresses failed lately, which one-time codes were
-- used. All short-lived; what happened is in the log as events.

-- `token` is the SHA-256 of the cookie's token, hexadecimal.
create table session (
    id          text   not null primary key,
    token       text   not null unique,
    person      text   not null references person (id),
    agency      text   not null references agency (id),
    started_at  bigint not null,
    proved_at   bigint not null,
    seen_at     bigint not null,
    ends_at     bigint not null
);
create index session_person on session (person);
create index session_agency on session (agency);
create index session_ends on session (ends_at);

-- An id is the blind index of the address that was given, whether or not it is anybody's.
-- `failures` is a JSON array of times.
create table sign_in_failure (
    id            text   not null primary key,
    failures      text   not null,
    locked_until  bigint not null,
    at            bigint not null
);
create index sign_in_failure_at on sign_in_failure (at);

-- An id is that of the person, a slash, and the step of the code.
create table code_used (
    id  text   not null primary key,
    at  bigint not null
);
create index code_used_at on code_used (at);
