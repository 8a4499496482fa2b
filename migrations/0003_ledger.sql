-- The transparency log of each area: leaves with their openings, tiles, checkpoints, and the
-- digests of the rows that each leaf covers.

create table log (
    id          text   not null primary key,
    area        text   not null references area (id),
    epoch       bigint not null,
    origin      text   not null,
    size        bigint not null,
    root        text   not null,
    checkpoint  text   not null,
    state       text   not null check (state in ('open', 'closed')),
    created_at  bigint not null
);
create index log_area on log (area, epoch);

create table log_leaf (
    log       text   not null references log (id),
    idx       bigint not null,
    id        text   not null unique,
    kind      text   not null,
    at        bigint not null,
    exchange  text,
    nominal   text,
    salt      bytea  not null,
    row_salt  bytea  not null,
    event     text   not null,
    data      bytea  not null,
    primary key (log, idx)
);
create index log_leaf_exchange on log_leaf (exchange);
create index log_leaf_nominal on log_leaf (nominal, id);

create table log_row (
    log     text   not null,
    idx     bigint not null,
    tbl     text   not null,
    row_id  text   not null,
    digest  text   not null,
    primary key (log, idx, tbl, row_id)
);
create index log_row_place on log_row (tbl, row_id);

create table log_tile (
    log    text   not null references log (id),
    level  bigint not null,
    n      bigint not null,
    data   bytea  not null,
    primary key (log, level, n)
);
