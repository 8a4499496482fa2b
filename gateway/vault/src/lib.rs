//! The vault: the only holder of private keys.
//!
//! It is reached through a narrow set of requests ([`Request`], [`Response`], [`Vault::call`])
//! that can be written down and sent, so that it can become a process of its own; the typed
//! methods of [`Vault`] are a thin façade over them. Keys lie in the key store, each secret
//! under the master key and bound to its name; opened ones are kept in memory and wiped when
//! dropped.
//!
//! What it does before it opens an item: it looks itself, in the database, for the committed
//! leaf of the log that says so, and asks the protocols with the facts as they are now. What
//! it will not do: give out a private key, open an item that no leaf speaks of, wrap for a
//! reader whose key it does not know, or sign behind a checkpoint that has been given out.
//! To add a request: a variant of [`Request`], a line in [`Vault::call`], a typed method.

mod agencies;
mod columns;
mod error;
mod facade;
mod items;
mod kept_apart;
mod keyring;
mod log;
mod mail;
mod matching;
mod own;
pub mod parties;
mod reading;
mod request;
mod review;
mod secret;
#[cfg(test)]
mod tests;
mod vault;
mod witness;

pub use error::VaultError;
pub use facade::person_scope;
pub use keyring::check_at_rest;
pub use matching::{Candidate, Match};
pub use request::{
    Head, HoldingKeys, LogRequest, MailRequest, MayOpen, MayOpenOwn, OpenForReview, OpenItem,
    OpenKeptApart, OpenOwn, Opened, PlaceOf, ReaderKey, Request, Response,
};
pub use secret::{Sealed, Secret};
pub use vault::Vault;
