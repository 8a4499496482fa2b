-- A form that came after whoever sent it had been away too long: kept until they have signed in
-- again, so that no word of it is lost. Nothing of it was done, so no leaf commits to it; `content`
-- is sealed under that person's key. One for each address: who sends a form twice keeps it once.
create table kept_form (
    id          text   not null primary key,
    person      text   not null references person (id),
    path        text   not null,
    content     bytea  not null,
    kept_at     bigint not null,
    unique (person, path)
);
create index kept_form_kept on kept_form (kept_at);
