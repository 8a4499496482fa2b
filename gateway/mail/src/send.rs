//! How mail leaves: to a relay, straight to a domain's own mail hosts over verified TLS (with
//! MTA-STS, RFC 8461, and DANE, RFC 7672), or, where there is neither, into a folder. The
//! commands are said by `lettre`; TLS is begun below it.
//!
//! Where a host offers DSN (RFC 3461), it is asked for notices of failure and delay that
//! carry the letter's id.

mod connection;
mod direct;
mod evidence;
mod fault;
mod lines;
mod relay;
mod secure;
mod tls;

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use secrecy::SecretString;

pub use direct::{Direct, DirectConfig, Dns, DnsError, DnsRecord, Dnssec, Ports, Tlsa};
pub use evidence::{Evidence, MtaSts, TlsVersion, VerifiedBy};
pub use relay::Relay;

use crate::Address;

/// A mail to be sent: its bytes go out as they are, each time.
#[derive(Clone)]
pub struct Letter {
    /// Names it; safe to show, and as a file's name.
    pub id: String,
    /// Where reports on it go; none is the null path.
    pub envelope_from: Option<String>,
    /// Who gets it: all, or none, so that a letter to one each has an answer for each.
    pub to: Vec<String>,
    /// The mail, lines ending in CRLF.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({}, {} bytes)", self.id, self.bytes.len())
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The other side has taken it; how, where it is not a folder.
    Accepted(Option<Evidence>),
    /// Not now: try again with the same bytes.
    Later {
        /// The enhanced status (RFC 3463), where one was given. The other side's words are not
        /// kept: they may say anything.
        status: Option<String>,
        /// Why.
        why: Why,
    },
    /// Never.
    Refused {
        /// The enhanced status.
        status: Option<String>,
    },
}

/// Why a mail was not sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The host says so.
    Deferred,
    /// The host could not be found or reached, or the connection broke.
    Unreachable,
    /// There is no TLS to be had with it, its certificate is not trusted, or the domain's policy
    /// does not name it.
    NotSecure,
    /// The relay does not let the gateway in.
    NotSignedIn,
    /// The folder could not be written.
    NotWritten,
}

/// How the relay is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayTls {
    /// STARTTLS, with a certificate for the relay's name that these authorities (PEM) vouch
    /// for; the system's where none are given. Without it nothing is sent.
    Required(Option<Vec<u8>>),
    /// STARTTLS where it is offered, whoever is there; else in clear.
    Opportunistic,
    /// In clear: only to a relay on this machine.
    None,
}

/// A relay.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub tls: RelayTls,
    /// User and password; only where TLS is required.
    pub credentials: Option<(String, SecretString)>,
    /// What the gateway calls itself.
    pub hello: String,
    /// How long each may take: the connection with its handshake, a command, the message.
    pub timeout: Duration,
}

/// A route cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// Clear text over a network.
    #[error("relay `{0}` is not on this machine: mail goes to it over TLS only; set `tls = true`")]
    ClearOverNetwork(String),
    /// A password that could be read on the way.
    #[error("credentials go to relay `{0}` over TLS only; set `tls = true`")]
    CredentialsInClear(String),
    /// What is said in EHLO is no domain.
    #[error("`{0}` is no name to say hello with: give the gateway's own domain name")]
    Hello(String),
    /// The authorities' certificates do not read.
    #[error("the authorities do not read: give their certificates as PEM")]
    Roots,
    /// The relay's name can be on no certificate.
    #[error("`{0}` is no host name: give the relay's name as its certificate has it")]
    Host(String),
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: build the gateway with its own cryptography")]
    Tls,
    /// The folder cannot be made.
    #[error("the folder `{0}` for outgoing mail cannot be made: {1}")]
    Folder(PathBuf, #[source] io::Error),
}

/// How mail leaves.
pub enum Route {
    /// Into a folder: one `.eml` each.
    Folder(PathBuf),
    /// To a relay.
    Relay(Box<Relay>),
    /// To the mail hosts of each letter's own domain.
    Direct(Box<Direct>),
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(_) => f.write_str("Route::Folder"),
            Self::Relay(_) => f.write_str("Route::Relay"),
            Self::Direct(_) => f.write_str("Route::Direct"),
        }
    }
}

impl Route {
    /// Into a folder, made where it is not there.
    pub fn folder(path: &Path) -> Result<Self, RouteError> {
        std::fs::create_dir_all(path)
            .map_err(|error| RouteError::Folder(path.to_owned(), error))?;
        Ok(Self::Folder(path.to_owned()))
    }

    /// To a relay. Nothing is connected to yet.
    pub fn relay(config: RelayConfig) -> Result<Self, RouteError> {
        Relay::new(config).map(Box::new).map(Self::Relay)
    }

    /// To the mail hosts of each letter's own domain. Nothing is looked up yet.
    pub fn direct(config: DirectConfig) -> Result<Self, RouteError> {
        Direct::new(config).map(Box::new).map(Self::Direct)
    }

    /// One try. A letter that goes direct has recipients of one domain only.
    pub async fn send(&self, letter: &Letter) -> Sent {
        match self {
            Self::Folder(folder) => {
                let (folder, letter) = (folder.clone(), letter.clone());
                let written = tokio::task::spawn_blocking(move || keep(&folder, &letter)).await;
                match written {
                    Ok(Ok(())) => Sent::Accepted(None),
                    Ok(Err(_)) | Err(_) => Sent::Later {
                        status: None,
                        why: Why::NotWritten,
                    },
                }
            }
            Self::Relay(relay) => relay.send(letter).await,
            Self::Direct(direct) => direct.send(letter).await,
        }
    }
}

/// The enhanced status that a reply begins with (RFC 2034 section 4).
fn enhanced(reply: &str) -> Option<String> {
    let word = reply.split_whitespace().next()?;
    let numbers: Vec<&str> = word.split('.').collect();
    let digits = |n: &&str| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let fits = numbers.len() == 3
        && numbers.iter().all(digits)
        && numbers
            .first()
            .is_some_and(|class| matches!(*class, "2" | "4" | "5"));
    fits.then(|| word.to_owned())
}

/// What is said in EHLO: a domain name and nothing else.
fn said_as(hello: &str) -> Result<ClientId, RouteError> {
    match Address::parse(&format!("gateway@{hello}"), false) {
        Some(_) => Ok(ClientId::Domain(hello.to_owned())),
        None => Err(RouteError::Hello(hello.to_owned())),
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whole or not at all, and there after a power cut.
fn keep(folder: &Path, letter: &Letter) -> io::Result<()> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if letter.id.is_empty() || !letter.id.chars().all(good) {
        return Err(io::Error::from(io::ErrorKind::InvalidFilename));
    }
    let place = folder.join(format!("{}.eml", letter.id));
    let part = folder.join(format!(".{}.part", letter.id));
    let mut file = std::fs::File::create(&part)?;
    file.write_all(&letter.bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, &place)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_taken_from_a_reply_and_nothing_else_of_it() {
        assert_eq!(enhanced("5.1.1 no such user"), Some("5.1.1".to_owned()));
        for reply in ["no such user 5.1.1", "6.1.1 x", "5.1 x", "5.1.1234 x", ""] {
            assert_eq!(enhanced(reply), None, "{reply}");
        }
    }

    #[test]
    fn mail_goes_in_clear_to_this_machine_only() {
        let relay = |host: &str| RelayConfig {
            host: host.to_owned(),
            port: 25,
            tls: RelayTls::None,
            credentials: None,
            hello: "gateway.example".to_owned(),
            timeout: Duration::from_secs(1),
        };
        let refused = Route::relay(relay("relay.example"));
        assert!(matches!(refused, Err(RouteError::ClearOverNetwork(_))));
        assert!(is_here("127.0.0.1") && is_here("::1") && is_here("localhost"));
        assert!(!is_here("192.0.2.1"));
    }

    #[tokio::test]
    async fn a_folder_keeps_each_mail_once_and_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let route = Route::folder(folder.path()).unwrap();
        let letter = Letter {
            id: "a".to_owned(),
            envelope_from: None,
            to: vec!["x@example.org".to_owned()],
            bytes: b"Subject: x\r\n\r\n.\r\n".to_vec(),
        };
        assert_eq!(route.send(&letter).await, Sent::Accepted(None));
        assert_eq!(route.send(&letter).await, Sent::Accepted(None));
        let kept = std::fs::read(folder.path().join("a.eml")).unwrap();
        assert_eq!(kept, letter.bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
