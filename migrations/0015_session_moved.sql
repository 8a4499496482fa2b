-- Where a session was begun: digests of the browser's name for itself and of the network, each
-- keyed by the session's own token, so that nothing is told by them without it. Sessions from
-- before are bound to nothing, and are over.
alter table session add column browser text not null default '';
alter table session add column network text not null default '';

-- Sessions that were used from elsewhere, and ended: until their person has been told. An id is
-- that of the session.
create table session_moved (
    id       text   not null primary key,
    person   text   not null references person (id),
    differs  text   not null,
    at       bigint not null
);
create index session_moved_person on session_moved (person, at);
