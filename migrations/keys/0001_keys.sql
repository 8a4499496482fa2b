-- The key store: kept apart from the records, so that its backups can expire sooner.

create table key (
    id            text   not null primary key,
    purpose       text   not null,
    scope         text   not null,
    public        text   not null,
    secret        bytea,
    state         text   not null check (state in ('active', 'retired', 'destroyed')),
    created_at    bigint not null,
    destroyed_at  bigint
);
create index key_scope on key (purpose, scope);

-- The highest checkpoint that this installation has given out for each log: what a restored
-- database must not fall behind.
create table log_mark (
    log   text   not null primary key,
    size  bigint not null,
    root  text   not null
);
