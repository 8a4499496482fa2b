//! The vault over real databases, embedded and on a server.

mod kept_apart;
mod keys;
mod ledger;
mod own;
mod people;
mod reader;
mod whom;
mod world;
