-- Security keys and passkeys (WebAuthn), by which people sign in without a code from a phone.

-- `credential` is the SHA-256 of the credential's id, hexadecimal; `handle` is what the key knows
-- its person by. `data` is the public key with its counter, JSON; of a removed key nothing but the
-- fact is left. The name that the person gave it is sealed.
create table security_key (
    id          text   not null primary key,
    person      text   not null references person (id),
    credential  text   not null unique,
    handle      text   not null,
    data        text   not null,
    name        bytea,
    added_at    bigint not null,
    used_at     bigint,
    state       text   not null check (state in ('active', 'removed')),
    updated_by  text   not null
);
create index security_key_person on security_key (person, state);

-- A challenge that waits for a key's answer: for one browser, once, and for minutes. `browser` is
-- the SHA-256 of what the browser holds, hexadecimal; `held` is sealed.
create table key_ceremony (
    id        text   not null primary key,
    browser   text   not null,
    held      bytea  not null,
    until_at  bigint not null
);
create index key_ceremony_until on key_ceremony (until_at);

-- How whoever has the session proved who they are.
alter table session add column proof text not null default 'password-and-code';
