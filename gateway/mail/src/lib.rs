//! The wire of secure email: an SMTP and LMTP server (RFC 5321, RFC 2033) with a loop of its
//! own that takes nothing which two servers could read in two ways.
//!
//! It knows sessions, envelopes and octets. It does not know what a message is, who may send
//! it, or where it goes: a [`Handler`] says which recipients there are and gives each message a
//! [`Sink`], which takes its octets as they come; 250 is said after [`Sink::finish`] has
//! returned it, and a sink that is dropped leaves nothing. No message is ever held whole here.
//! Nothing here trusts a sender's claims, and nothing logs more than ids, sizes and codes, and
//! the domain whose MTA-STS policy cannot be had.
//!
//! Beside it stands what is needed to answer: [`compose`] makes the octets of a mail, [`dkim`]
//! signs them and says of a mail that came whether its From domain is proved, and a [`Route`]
//! hands them to a relay, a domain's own hosts, or a folder.
//!
//! A command is read in `command`, done in `talk` or `message`; a new limit stands in
//! [`Limits`] or [`Timeouts`] and is kept in one place.

mod address;
mod body;
mod command;
pub mod compose;
mod config;
pub mod dkim;
mod envelope;
mod handler;
mod intake;
mod message;
mod network;
mod quota;
mod reply;
mod send;
mod server;
mod talk;
mod wire;

#[cfg(test)]
mod time_tests;

pub use address::Address;
pub use config::{Config, Limits, Timeouts};
pub use dkim::{Authentication, DkimSigner, Resolver, authenticate};
pub use envelope::{Body, Encryption, Envelope, Mode, Notify, Recipient, Return, Session, Xtext};
pub use handler::{Handler, Sink, Verdict};
pub use network::{BadNetwork, Network};
pub use reply::{Outcome, Reply};
pub use send::{
    Direct, DirectConfig, Dns, DnsError, DnsRecord, Dnssec, Evidence, Letter, MtaSts, Ports, Relay,
    RelayConfig, RelayTls, Route, RouteError, Sent, TlsVersion, Tlsa, VerifiedBy, Why,
};
pub use server::Server;
