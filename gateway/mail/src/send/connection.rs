//! One connection to a host, and one letter over it.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{
    ClientId, Extension, MailBodyParameter, MailParameter, RcptParameter,
};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::evidence::TlsVersion;
use super::fault::{Fault, status};
use super::secure::{Secured, Security, secure};
use super::{Letter, Sent, Why};
use crate::Address;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Makes connections to one host.
pub(super) struct Connector {
    /// What the gateway calls itself.
    pub(super) hello: ClientId,
    /// Whether TLS is spoken, and with whom.
    pub(super) security: Security,
    /// User and password.
    pub(super) credentials: Option<(String, SecretString)>,
    /// How long each may take: the connection with its handshake, a command, the message.
    pub(super) timeout: Duration,
}

/// A connection that has said hello and is as secure as it must be.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// The TLS that it is over.
    pub(super) tls: Option<TlsVersion>,
    /// Whether it offers notices (RFC 3461).
    notices: bool,
    /// Whether a letter went over it already.
    used: bool,
}

impl Connector {
    /// Dials, secures, signs in.
    pub(super) async fn connect(
        &self,
        dial: impl Future<Output = Option<TcpStream>>,
    ) -> Result<Connection, Fault> {
        within(self.timeout, self.connected(dial)).await?
    }

    async fn connected(
        &self,
        dial: impl Future<Output = Option<TcpStream>>,
    ) -> Result<Connection, Fault> {
        let stream = dial.await.ok_or(Fault::later(Why::Unreachable))?;
        let _ = stream.set_nodelay(true);
        let Secured { stream, tls } = secure(stream, &self.hello, &self.security).await?;
        let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?;
        self.sign_in(&mut smtp).await?;
        // The client keeps no note of DSN from its own hello.
        let offers = smtp.command(Ehlo::new(self.hello.clone())).await?;
        let is_dsn = |line: &str| line.trim().eq_ignore_ascii_case("DSN");
        Ok(Connection {
            notices: offers.message().any(is_dsn),
            smtp,
            tls,
            used: false,
        })
    }

    async fn sign_in(&self, smtp: &mut AsyncSmtpConnection) -> Result<(), Fault> {
        let Some((user, password)) = &self.credentials else {
            return Ok(());
        };
        let password = password.expose_secret().to_owned();
        let credentials = Credentials::new(user.clone(), password);
        let ways = [Mechanism::Plain, Mechanism::Login];
        let signed_in = smtp.auth(&ways, &credentials).await;
        signed_in.map(|_| ()).map_err(|error| {
            Fault::Is(Sent::Later {
                status: status(&error),
                why: Why::NotSignedIn,
            })
        })
    }

    /// One letter over one connection: all its recipients, or none. `begun` says whether the
    /// host may have it: from then on it is not tried on another connection.
    pub(super) async fn deliver(
        &self,
        connection: &mut Connection,
        letter: &Letter,
        begun: &mut bool,
    ) -> Result<(), Fault> {
        let wait = self.timeout;
        if connection.used {
            within(wait, connection.smtp.command(Rset)).await??;
        }
        connection.used = true;
        let mail = connection.mail(letter)?;
        within(wait, connection.smtp.command(mail)).await??;
        for to in &letter.to {
            let recipient = connection.recipient(to)?;
            within(wait, connection.smtp.command(recipient)).await??;
        }
        let go = within(wait, connection.smtp.command(Data)).await??;
        expect(&go, 354)?;
        *begun = true;
        // The client always ends the text with CRLF, dot, CRLF: the letter's own last CRLF is
        // the first of them.
        let text = letter.bytes.strip_suffix(b"\r\n").unwrap_or(&letter.bytes);
        let done = within(wait, connection.smtp.message(text)).await??;
        expect(&done, 250)
    }
}

impl Connection {
    fn mail(&self, letter: &Letter) -> Result<Mail, Fault> {
        let sender = letter.envelope_from.as_deref().map(address).transpose()?;
        let mut parameters = Vec::new();
        if !letter.bytes.is_ascii() {
            let info = self.smtp.server_info();
            if !info.supports_feature(Extension::EightBitMime) {
                return Err(refused("5.6.3"));
            }
            let body = MailBodyParameter::EightBitMime;
            parameters.push(MailParameter::Body(body));
        }
        if self.notices {
            for (keyword, value) in [("RET", "HDRS"), ("ENVID", letter.id.as_str())] {
                parameters.push(MailParameter::Other {
                    keyword: keyword.to_owned(),
                    value: Some(value.to_owned()),
                });
            }
        }
        Ok(Mail::new(sender, parameters))
    }

    fn recipient(&self, to: &str) -> Result<Rcpt, Fault> {
        let notify = self.notices.then(|| RcptParameter::Other {
            keyword: "NOTIFY".to_owned(),
            value: Some("FAILURE,DELAY".to_owned()),
        });
        Ok(Rcpt::new(address(to)?, notify.into_iter().collect()))
    }

    /// Ends it in order, without waiting long.
    pub(super) async fn close(mut self) {
        let _ = timeout(GOODBYE, self.smtp.abort()).await;
    }
}

/// An address that can be said in one way only, by the rule that the server keeps too.
fn address(text: &str) -> Result<lettre::Address, Fault> {
    let bad = || refused("5.1.3");
    let good = Address::parse(text, false).ok_or_else(bad)?;
    let domain = good.domain().ok_or_else(bad)?;
    lettre::Address::new(good.local(), domain).map_err(|_| bad())
}

fn refused(status: &str) -> Fault {
    Fault::Is(Sent::Refused {
        status: Some(status.to_owned()),
    })
}

/// A positive reply of another kind is no agreement.
fn expect(reply: &Response, code: u16) -> Result<(), Fault> {
    if reply.has_code(code) {
        Ok(())
    } else {
        Err(Fault::later(Why::Unreachable))
    }
}

async fn within<T>(most: Duration, what: impl Future<Output = T>) -> Result<T, Fault> {
    timeout(most, what).await.map_err(|_| Fault::TooSlow)
}
