-- Which exchanges are forms, and which. What a form says lies in the exchange's items, a kind of
-- information each; the id is the exchange's.
create table form_sent (
    id          text   not null primary key references exchange (id),
    form        text   not null,
    version     text   not null,
    agency      text   not null references agency (id),
    person      text   references person (id),
    after       text   references exchange (id),
    corrects    text   references exchange (id),
    sent_at     bigint not null,
    updated_by  text   not null
);
create index form_sent_agency on form_sent (agency, form, id);
