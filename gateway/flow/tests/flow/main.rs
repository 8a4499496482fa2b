//! The flow, in process, on every database there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod authenticator;
mod channels;
mod colleague;
mod compose;
mod coordinator;
mod corrections;
mod custody;
mod dossier;
mod emergency;
mod flag;
mod flag_unopened;
mod form;
mod form_doubts;
mod form_queue;
mod health;
mod health_documents;
mod health_facts;
mod health_story;
mod keeping;
mod kept;
mod keys;
mod keys_by_link;
mod moved;
mod none;
mod obligations;
mod portal;
mod queues;
mod reasons;
mod records;
mod review;
mod secure_channel;
mod sign_in;
mod staged;
mod story;
mod usage;
mod withdraw;
mod world;
