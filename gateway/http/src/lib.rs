//! What portal and API share: TLS listeners and client certificates, the serving loop, problem
//! documents, extractors whose refusals are problems, and opaque cursors.
//!
//! What it will not do: know an agency, a session or a database. To add a kind of refusal, add
//! a variant to [`problem::Fault`]; the compiler then asks for its status, title and words.

mod activity;
mod attachment;
mod evenly;
pub mod extract;
pub mod harden;
pub mod json;
mod linger;
pub mod page;
pub mod problem;
pub mod serve;
pub mod tls;

pub use attachment::{attachment, media_type};
pub use evenly::evenly;
pub use extract::{Path, Query};
pub use harden::{harden, log_panics};
pub use json::Json;
pub use linger::linger;
pub use page::CursorKey;
pub use problem::{Fault, FieldError, Problem};
pub use serve::{Limits, PeerAddress, PeerCertificate, serve_plain, serve_tls};
pub use tls::{TlsError, server_config};
