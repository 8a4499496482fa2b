-- Why a nominal's level was changed: kept, sealed, one row a change (report 3.7, 8.17).
create table level_change (
    id          text   not null primary key,
    nominal     text   not null references nominal (id),
    level       bigint not null check (level between 1 and 3),
    rationale   bytea  not null,
    at          bigint not null,
    updated_by  text   not null
);
create index level_change_nominal on level_change (nominal, at);
