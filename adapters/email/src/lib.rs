//! Mail to and from the exchange, as text: reads the clear stream that a listener has
//! authenticated and decrypted, and renders the clear parts of what is sent back.
//!
//! [`read`] takes bytes apart (MIME, headers, reports); [`details::read`] reads the block of
//! details that a sender may write first; [`claims::claims`] puts both together as items that
//! a listener maps one to one; [`render`] writes notices, receipts and non-delivery texts.
//!
//! What it will not do: open a connection or a file, hold a key, decide, or trust a header.
//! To add a name to the details block, add one line in [`details::Name`] and one arm in
//! `details/reader.rs`.

mod address;
mod auto;
mod bounce;
mod charset;
pub mod claims;
pub mod details;
mod entity;
mod file_name;
mod flowed;
pub mod headers;
mod html;
mod limits;
mod mail;
mod multipart;
pub mod parts;
mod protected;
pub mod render;
mod smime;
mod thread;
mod tnef;
mod transfer;

pub use address::{Address, agency_of};
pub use auto::Automatic;
pub use bounce::{Action, Report, ReportKind, ReportedRecipient};
pub use headers::Headers;
pub use limits::{Limits, Refused};
pub use mail::{Mail, read};
pub use parts::{Note, Part, PartKind};
pub use protected::{Protected, Protection};
pub use smime::{Layer, layer};
pub use thread::{BadThread, ThreadRef};
