//! The client of MESH, the health service's Message Exchange for Social Care and Health: a
//! mailbox that sends and collects messages of any size, by HTTP.
//!
//! - Configuration: [`Config`], [`mutual_tls`], [`Client::new`]; then [`Client::handshake`] once
//!   a day.
//! - In: [`Client::inbox`] lists, [`Client::collect`] gives a [`Download`] (headers and a stream)
//!   or a [`Report`] (MESH's word that a message of ours failed), [`Client::acknowledge`] takes it
//!   out of the inbox. Acknowledge after your own commit: until then MESH keeps it, for five days.
//! - Out: [`Client::begin`] sends the first chunk and gives an [`Upload`] to keep, with MESH's id
//!   of the message; [`Client::resume`] sends the rest, after a fault too; [`Client::send`] does
//!   both. [`Client::track`] says later whether the recipient took it, and [`Client::look_up`]
//!   finds a recipient's mailbox.
//! - Each [`Error`] says by [`Error::retry`] what to do next. MESH does not know a message by its
//!   local id: it takes the same one twice. So a send to which no answer came is
//!   [`Retry::AskFirst`]: [`Client::track_local`], and only where that finds nothing, send again.
//!
//! Nothing holds a whole message: what comes in is given out in pieces of about 1 MiB at most,
//! what goes out is read 64 KiB at a time. A message that is not whole, not as its headers say, or
//! over the caller's bound after decompression ends in an error and never as if it were whole.
//!
//! What it will not do: keep anything, decide anything, hold a key of the gateway, or send a
//! subject or a file name. The content is the caller's: seal or sign it before. A local id is a
//! [`LocalId`] and has no meaning to anybody else.
//!
//! The API is the NHS's MESH API, version 2 of its answers; the names of its endpoints are in
//! quotation marks in the documents here. To add an endpoint, add a file with its answer's type
//! and one method of [`Client`].

mod auth;
mod client;
mod config;
mod download;
mod error;
mod fault;
mod headers;
mod inbox;
mod lookup;
mod names;
mod outgoing;
mod report;
mod source;
mod text;
mod tls;
mod tracking;
mod unzip;

pub use client::Client;
pub use config::{Config, ConfigError, LARGEST_CHUNK, LARGEST_MESSAGE, Timeouts};
pub use download::{Download, Incoming};
pub use error::{Error, Retry};
pub use fault::Fault;
pub use headers::Headers;
pub use inbox::{Continue, Listing, POLL_EVERY, Page};
pub use lookup::Found;
pub use names::{BadName, LocalId, MailboxId, MessageId, OdsCode, WorkflowId};
pub use outgoing::{Interrupted, Outgoing, Upload};
pub use report::Report;
pub use source::{Reader, Source};
pub use tls::{TlsError, mutual_tls};
pub use tracking::{Stage, Tracking};
