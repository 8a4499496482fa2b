-- Who is who: areas, agencies, people, nominals. Ids are text made by the gateway; times are
-- microseconds UTC; dates are ISO text (Europe/London); sealed columns are bytea; lists are
-- JSON text that no query looks into. The same text runs on SQLite and on PostgreSQL.

create table area (
    id          text   not null primary key,
    name        text   not null,
    settings    text   not null,
    created_at  bigint not null,
    updated_by  text   not null
);

create table agency (
    id            text   not null primary key,
    name          text   not null,
    kind          text   not null,
    regime        text   not null check (regime in ('dpa-part-3', 'uk-gdpr')),
    channel       text   not null check (channel in ('portal', 'secure-email', 'mesh', 'api')),
    custody       text   not null check (custody in ('gateway', 'agency')),
    email         text,
    overseas      bigint not null check (overseas in (0, 1)),
    state         text   not null check (state in ('active', 'suspended')),
    signed_on     text,
    signed_until  text,
    created_at    bigint not null,
    updated_by    text   not null
);

create table membership (
    id          text   not null primary key,
    agency      text   not null references agency (id),
    area        text   not null references area (id),
    created_at  bigint not null,
    until_at    bigint,
    updated_by  text   not null
);

create table credential (
    id           text   not null primary key,
    agency       text   not null references agency (id),
    fingerprint  text   not null unique,
    state        text   not null check (state in ('active', 'revoked')),
    created_at   bigint not null,
    updated_by   text   not null
);
create index credential_agency on credential (agency);

create table person (
    id           text   not null primary key,
    agency       text   not null references agency (id),
    name         bytea  not null,
    email        bytea  not null,
    email_index  text   not null unique,
    state        text   not null check (state in ('active', 'suspended')),
    password     text,
    totp         bytea,
    created_at   bigint not null,
    updated_by   text   not null
);
create index person_agency on person (agency);

create table appointment (
    id          text   not null primary key,
    person      text   not null references person (id),
    agency      text   not null references agency (id),
    role        text   not null,
    deputy      bigint not null check (deputy in (0, 1)),
    from_at     bigint not null,
    until_at    bigint,
    updated_by  text   not null
);
create index appointment_agency on appointment (agency, role);
create index appointment_person on appointment (person);

create table absence (
    id          text   not null primary key,
    person      text   not null references person (id),
    from_at     bigint not null,
    until_at    bigint not null,
    updated_by  text   not null
);
create index absence_person on absence (person);

create table nominal (
    id           text   not null primary key,
    area         text   not null references area (id),
    state        text   not null check (state in ('active', 'provisional', 'merged')),
    merged_into  text,
    level        bigint not null check (level between 0 and 3),
    category     bigint not null check (category between 0 and 4),
    lead_agency  text   references agency (id),
    trust        text   references agency (id),
    gp           bytea,
    created_at   bigint not null,
    updated_by   text   not null
);
create index nominal_area on nominal (area);

create table nominal_identifier (
    id          text   not null primary key,
    nominal     text   not null references nominal (id),
    kind        text   not null,
    value       bytea  not null,
    blind       text,
    created_at  bigint not null,
    until_at    bigint,
    updated_by  text   not null
);
create index nominal_identifier_nominal on nominal_identifier (nominal);
create index nominal_identifier_blind on nominal_identifier (blind);

create table part (
    id          text   not null primary key,
    nominal     text   not null references nominal (id),
    agency      text   not null references agency (id),
    kind        text   not null check (kind in ('partner', 'associate', 'custody')),
    from_at     bigint not null,
    until_at    bigint,
    updated_by  text   not null
);
create index part_nominal on part (nominal);
create index part_agency on part (agency);

create table meeting (
    id          text   not null primary key,
    nominal     text   not null references nominal (id),
    held_on     text   not null,
    level       bigint not null,
    kind        text   not null,
    updated_by  text   not null
);
create index meeting_nominal on meeting (nominal);

create table attendance (
    id          text   not null primary key,
    meeting     text   not null references meeting (id),
    nominal     text   not null references nominal (id),
    agency      text   not null references agency (id),
    manner      text   not null check (manner in ('invited', 'attended', 'report', 'absent')),
    updated_by  text   not null
);
create index attendance_nominal on attendance (nominal);
