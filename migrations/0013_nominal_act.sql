-- What a coordinator did to a nominal, and why: in words, sealed. The id is the form's, so that
-- a form that is sent twice is one act.
create table nominal_act (
    id          text   not null primary key,
    area        text   not null references area (id),
    nominal     text   not null references nominal (id),
    exchange    text   references exchange (id),
    person      text   not null references person (id),
    what        text   not null,
    reasons     bytea  not null,
    at          bigint not null,
    updated_by  text   not null
);
create index nominal_act_nominal on nominal_act (nominal, id);
