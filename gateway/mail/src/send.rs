//! How mail leaves: to a relay by `lettre`, or, where there is none, into a folder.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

/// A mail to be sent: its bytes go out as they are, each time.
#[derive(Clone)]
pub struct Letter {
    /// Names it; safe to show, and as a file's name.
    pub id: String,
    /// Where reports on it go; none is the null path.
    pub envelope_from: Option<String>,
    /// Who gets it.
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
    /// The relay has taken it.
    Accepted,
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
    /// The relay says so.
    Deferred,
    /// The relay could not be reached, or the connection broke.
    Unreachable,
    /// There is no TLS to be had with it, or its certificate is not trusted.
    NotSecure,
    /// The folder could not be written.
    NotWritten,
}

/// How the relay is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayTls {
    /// STARTTLS, with a certificate for the relay's name that these authorities (PEM) vouch
    /// for; the system's where none are given. Without it nothing is sent.
    Required(Option<Vec<u8>>),
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
    /// User and password.
    pub credentials: Option<(String, SecretString)>,
    /// What the gateway calls itself.
    pub hello: String,
    /// How long one command may take.
    pub timeout: Duration,
}

/// A route cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// Clear text over a network.
    #[error(
        "relay `{0}` is not on this machine: mail goes to it over TLS only; set `tls = \"required\"`"
    )]
    ClearOverNetwork(String),
    /// The authorities' certificates do not read.
    #[error("the relay's authorities do not read: give their certificates as PEM")]
    Roots,
    /// The folder cannot be made.
    #[error("the folder `{0}` for outgoing mail cannot be made: {1}")]
    Folder(PathBuf, #[source] io::Error),
}

/// How mail leaves.
pub enum Route {
    /// Into a folder: one `.eml` each.
    Folder(PathBuf),
    /// To a relay.
    Relay(AsyncSmtpTransport<Tokio1Executor>),
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(_) => f.write_str("Route::Folder"),
            Self::Relay(_) => f.write_str("Route::Relay"),
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
        let tls = match &config.tls {
            RelayTls::None if is_here(&config.host) => Tls::None,
            RelayTls::None => return Err(RouteError::ClearOverNetwork(config.host)),
            RelayTls::Required(roots) => Tls::Required(parameters(&config.host, roots.as_deref())?),
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.clone())
                .port(config.port)
                .tls(tls)
                .hello_name(ClientId::Domain(config.hello))
                .timeout(Some(config.timeout))
                .pool_config(PoolConfig::new().max_size(4));
        if let Some((user, password)) = config.credentials {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self::Relay(builder.build()))
    }

    /// One try.
    pub async fn send(&self, letter: &Letter) -> Sent {
        match self {
            Self::Folder(folder) => {
                let (folder, letter) = (folder.clone(), letter.clone());
                let written = tokio::task::spawn_blocking(move || keep(&folder, &letter)).await;
                match written {
                    Ok(Ok(())) => Sent::Accepted,
                    Ok(Err(_)) | Err(_) => Sent::Later {
                        status: None,
                        why: Why::NotWritten,
                    },
                }
            }
            Self::Relay(relay) => {
                let Some(envelope) = envelope(letter) else {
                    return Sent::Refused {
                        status: Some("5.1.3".to_owned()),
                    };
                };
                match relay.send_raw(&envelope, &letter.bytes).await {
                    Ok(_) => Sent::Accepted,
                    Err(error) => failed(&error),
                }
            }
        }
    }
}

fn envelope(letter: &Letter) -> Option<Envelope> {
    let from = match &letter.envelope_from {
        Some(from) => Some(from.parse::<Address>().ok()?),
        None => None,
    };
    let to: Result<Vec<Address>, _> = letter.to.iter().map(|to| to.parse()).collect();
    Envelope::new(from, to.ok()?).ok()
}

fn failed(error: &Error) -> Sent {
    let status = std::error::Error::source(error).and_then(|said| enhanced(&said.to_string()));
    if error.is_permanent() {
        return Sent::Refused { status };
    }
    let why = if error.is_transient() {
        Why::Deferred
    } else if error.is_tls() || error.is_client() {
        Why::NotSecure
    } else {
        Why::Unreachable
    };
    Sent::Later { status, why }
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

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn parameters(host: &str, roots: Option<&[u8]>) -> Result<TlsParameters, RouteError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(roots) = roots {
        builder = builder.certificate_store(CertificateStore::None);
        let certificate = Certificate::from_pem(roots).map_err(|_| RouteError::Roots)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|_| RouteError::Roots)
}

/// Whole or not at all, and there after a power cut.
fn keep(folder: &Path, letter: &Letter) -> io::Result<()> {
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
        assert_eq!(route.send(&letter).await, Sent::Accepted);
        assert_eq!(route.send(&letter).await, Sent::Accepted);
        let kept = std::fs::read(folder.path().join("a.eml")).unwrap();
        assert_eq!(kept, letter.bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
