//! What a client is told: where MESH is, which mailbox it is, and how long to wait.

use std::fmt;
use std::time::Duration;

use gateway_core::Clock;
use reqwest::Url;
use rustls::ClientConfig;
use secrecy::SecretString;

use crate::names::MailboxId;

/// The most that a chunk may be before it is compressed, in bytes. MESH takes 100 MB in a request
/// ("Messages larger than 100MB"); what cannot be compressed grows by less than a thousandth.
pub const LARGEST_CHUNK: u64 = 99_900_000;
/// The most that a message may be, in bytes ("Outbox workflow": 100 GB).
pub const LARGEST_MESSAGE: u64 = 100_000_000_000;
/// The chunk that the NHS's own client makes, in bytes.
const USUAL_CHUNK: u64 = 75 * 1024 * 1024;

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the whole of a short call, and while a message flows, for the next of its bytes.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_mins(1),
        }
    }
}

/// What a [`crate::Client`] is made from. `Debug` shows no secret.
#[derive(Clone)]
pub struct Config {
    /// Where MESH is, as `https://msg.intspineservices.nhs.uk`. Plain HTTP only to this machine.
    pub base: String,
    /// The mailbox that the client is.
    pub mailbox: MailboxId,
    /// The mailbox's password.
    pub password: SecretString,
    /// The key that all mailboxes of MESH's environment share.
    pub shared_key: SecretString,
    /// From [`crate::mutual_tls`]; needed for HTTPS.
    pub tls: Option<ClientConfig>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How much of a message goes into a request, in bytes before compression: 1 to
    /// [`LARGEST_CHUNK`]. Not every receiver takes a message in chunks.
    pub chunk: u64,
    /// What the tokens are dated by: MESH refuses one that is two hours off.
    pub clock: Clock,
}

impl Config {
    /// With the usual chunk and times, and without TLS.
    pub fn new(
        base: impl Into<String>,
        mailbox: MailboxId,
        password: SecretString,
        shared_key: SecretString,
        clock: Clock,
    ) -> Self {
        Self {
            base: base.into(),
            mailbox,
            password,
            shared_key,
            tls: None,
            timeouts: Timeouts::default(),
            chunk: USUAL_CHUNK,
            clock,
        }
    }

    /// The base, checked.
    pub(crate) fn base(&self) -> Result<Url, ConfigError> {
        let base = Url::parse(&self.base).map_err(|_| ConfigError::Base)?;
        let no_more = base.path() == "/"
            && base.query().is_none()
            && base.fragment().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        match base.scheme() {
            "https" if no_more && self.tls.is_none() => Err(ConfigError::NoTls),
            "https" if no_more => Ok(base),
            "http" if no_more && is_here(&base) => Ok(base),
            "http" if no_more => Err(ConfigError::InClear),
            _ => Err(ConfigError::Base),
        }
    }
}

fn is_here(base: &Url) -> bool {
    match base.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base", &self.base)
            .field("mailbox", &self.mailbox)
            .field("timeouts", &self.timeouts)
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not an address, or more than one.
    #[error("the base is not usable: give `https://HOST` or `https://HOST:PORT` and no more")]
    Base,
    /// Plain HTTP to another machine.
    #[error("plain HTTP is for a MESH on this machine alone: give an `https://` base")]
    InClear,
    /// HTTPS without a certificate.
    #[error("MESH needs a client certificate: give one with its key and MESH's authority")]
    NoTls,
    /// The size of the chunks is nothing or too much.
    #[error("a chunk of `{0}` bytes is not usable: give 1 to {LARGEST_CHUNK}")]
    Chunk(u64),
    /// The system has no randomness, or TLS cannot be set up.
    #[error("the client cannot be set up: see that the system gives random bytes")]
    System,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base: &str) -> Config {
        Config::new(
            base,
            MailboxId::parse("X26ABC1").unwrap(),
            "a secret".into(),
            "another secret".into(),
            Clock::system(),
        )
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for here in [
            "http://127.0.0.1:8700",
            "http://localhost:8700/",
            "http://[::1]:8700",
        ] {
            assert!(config(here).base().is_ok(), "{here}");
        }
        for away in [
            "http://mesh.example",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            assert!(
                matches!(config(away).base(), Err(ConfigError::InClear)),
                "{away}"
            );
        }
    }

    #[test]
    fn https_needs_a_certificate_and_a_base_is_no_more_than_a_host() {
        assert!(matches!(
            config("https://mesh.example").base(),
            Err(ConfigError::NoTls)
        ));
        for bad in [
            "",
            "mesh.example",
            "ftp://127.0.0.1",
            "http://127.0.0.1/messageexchange",
            "http://127.0.0.1/?a=b",
            "http://user:word@127.0.0.1",
        ] {
            assert!(
                matches!(config(bad).base(), Err(ConfigError::Base)),
                "{bad}"
            );
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", config("http://127.0.0.1"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
