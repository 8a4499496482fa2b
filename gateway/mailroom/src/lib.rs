//! The mailroom: secure email as a channel of the gateway. It joins the wire (`gateway-mail`),
//! S/MIME (`gateway-cms`, its private keys in the vault), the pure adapter (`gateway-email`) and
//! the flow.
//!
//! [`intake`] takes a mail from the wire, opens it, proves who sent it, has its content looked
//! at, and submits it; 250 is said after the flow has committed. [`dispatch`] writes what goes
//! out, seals it, keeps its bytes until they are sent, and carries what comes back of it to the
//! delivery. What it will not do: decide, hold a private key, or write plaintext to a disk.

pub mod dispatch;
mod error;
pub mod intake;
mod room;
mod settings;

pub use error::Trouble;
pub use room::Mailroom;
pub use settings::Settings;
