-- What a person is writing: nobody else's yet, and nothing that was shared. Sealed under that
-- person's key; removed when it is sent or thrown away, so that no leaf commits to it.

-- `content` is sealed. `revision` counts what was saved: a form that was filled in beside an
-- older one does not overwrite it.
create table draft (
    id          text   not null primary key,
    person      text   not null references person (id),
    revision    bigint not null,
    content     bytea  not null,
    created_at  bigint not null,
    saved_at    bigint not null
);
create index draft_person on draft (person, saved_at);

-- A file of a draft; `about` (its name, its type, what was found in it) is sealed. `size` is the
-- size that was announced; `state` is `arriving` or `whole`.
create table draft_file (
    id          text   not null primary key,
    draft       text   not null references draft (id),
    about       bytea  not null,
    size        bigint not null,
    state       text   not null,
    created_at  bigint not null
);
create index draft_file_draft on draft_file (draft, created_at);

-- A file as it came, piece by piece: each sealed to a key of its own, which is sealed in
-- `body_key`.
create table draft_part (
    id          text   not null primary key,
    file        text   not null references draft_file (id),
    from_byte   bigint not null,
    size        bigint not null,
    body_key    bytea  not null,
    body        bytea,
    blob        text,
    blob_sha256 text,
    unique (file, from_byte)
);
