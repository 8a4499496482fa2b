//! Sealed formats: what lies on a disk, in a database or in a reader's hands is made and
//! opened here.
//!
//! | what | format | open it without us |
//! | --- | --- | --- |
//! | an item's body ([`seal_body`]) | [age v1](https://c2sp.org/age) to a fresh [`ItemKey`] | `age -d -i item.key body.age` |
//! | a wrap ([`wrap`]): the item key for one reader | a small age file to a [`Recipient`] | `age -d -i reader.key wrap.age > item.key` |
//! | a sealed column ([`ColumnKeys`]) | AES-256-GCM, bound to its [`Place`] | no |
//! | a blind index ([`blind`]) | HMAC-SHA-256 | no |
//! | a key at rest ([`MasterKey`]) | AES-256-GCM, bound to its [`KeyName`] | no |
//!
//! Bodies never change once sealed: to add, move or withdraw a reader is to add or delete a
//! wrap.
//!
//! What it will not do: touch a disk, a database or a network, keep a key, or decide who may
//! read. To add a kind of reader's key, add it in [`Recipient`] and [`Identity`]; to add a
//! sealed format, give it its own label in the associated data and its own version byte.

mod aead;
mod age_file;
mod bech;
mod blind;
mod body;
mod column;
mod digesting;
mod error;
mod hybrid;
mod item_key;
mod item_recipient;
mod key_bytes;
mod master;
mod plain;
mod reader;
mod wrap;
mod xwing;

pub use blind::{BlindKey, blind, content_fingerprint};
pub use body::{BodyReader, BodyWriter, open_body, open_bytes, seal_body, seal_bytes};
pub use column::{ColumnKey, ColumnKeys, Place};
pub use digesting::{ContentDigest, Digesting};
pub use error::{ColumnError, KeyTextError, OpenError, SealError};
pub use item_key::ItemKey;
pub use master::{KeyName, MasterKey, open_secret, seal_secret};
pub use plain::{open_plain, seal_plain};
pub use reader::{Identity, Recipient};
pub use wrap::{unwrap, wrap};
