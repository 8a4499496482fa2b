//! STARTTLS (RFC 3207): what is said in clear, and the handshake. The client above begins anew
//! on what comes out, so that nothing it was told in clear counts.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::evidence::TlsVersion;
use super::fault::Fault;
use super::lines::Lines;
use super::{Sent, Why, enhanced};

/// The longest reply line that is read, in octets; RFC 5321 section 4.5.3.1.5 has 512.
const LONGEST_LINE: usize = 2048;
/// The most lines of a reply.
const MOST_LINES: usize = 64;
/// What the client above takes for the greeting.
const GREETING: &[u8] = b"220 go on\r\n";

/// Whether TLS is spoken, and with whom.
#[derive(Clone)]
pub(super) enum Security {
    /// In clear.
    Clear,
    /// Where it is offered.
    Opportunistic(Tls),
    /// Or nothing.
    Required(Tls),
}

/// With whom TLS is spoken.
#[derive(Clone)]
pub(super) struct Tls {
    /// What the certificate is held against.
    pub(super) config: Arc<ClientConfig>,
    /// The name that it must bear.
    pub(super) name: ServerName<'static>,
}

/// A connection that a client may greet, and the TLS that is under it.
pub(super) struct Secured {
    pub(super) stream: Box<dyn AsyncTokioStream>,
    pub(super) tls: Option<TlsVersion>,
}

/// Makes a fresh connection as secure as it must be.
pub(super) async fn secure(
    stream: TcpStream,
    hello: &ClientId,
    security: &Security,
) -> Result<Secured, Fault> {
    let mut lines = Lines::new(stream);
    let (tls, required) = match security {
        Security::Clear => {
            let stream = Box::new(lines);
            return Ok(Secured { stream, tls: None });
        }
        Security::Opportunistic(tls) => (tls, false),
        Security::Required(tls) => (tls, true),
    };
    reply(&mut lines, "220").await?;
    let offers = ask(&mut lines, &format!("EHLO {hello}\r\n"), "250").await?;
    let is_starttls = |line: &String| line.trim().eq_ignore_ascii_case("STARTTLS");
    if !offers.iter().skip(1).any(is_starttls) {
        if required {
            return Err(Fault::later(Why::NotSecure));
        }
        let stream = Box::new(Greeted::new(lines));
        return Ok(Secured { stream, tls: None });
    }
    let go = ask(&mut lines, "STARTTLS\r\n", "220").await;
    go.map_err(|_| Fault::later(Why::NotSecure))?;
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let secret = connector.connect(tls.name.clone(), lines).await;
    let secret = secret.map_err(|_| Fault::later(Why::NotSecure))?;
    let version = version(&secret).ok_or(Fault::later(Why::NotSecure))?;
    Ok(Secured {
        stream: Box::new(Greeted::new(secret)),
        tls: Some(version),
    })
}

fn version(stream: &TlsStream<Lines>) -> Option<TlsVersion> {
    let version = stream.get_ref().1.protocol_version()?;
    if version == ProtocolVersion::TLSv1_3 {
        Some(TlsVersion::V1_3)
    } else if version == ProtocolVersion::TLSv1_2 {
        Some(TlsVersion::V1_2)
    } else {
        None
    }
}

async fn ask(lines: &mut Lines, say: &str, code: &str) -> Result<Vec<String>, Fault> {
    let gone = |_| Fault::later(Why::Unreachable);
    lines.write_all(say.as_bytes()).await.map_err(gone)?;
    lines.flush().await.map_err(gone)?;
    reply(lines, code).await
}

/// The texts of a reply's lines, which must have this code. Another code means that the host
/// does not talk now, whatever it says: no letter is refused by it.
async fn reply(lines: &mut Lines, code: &str) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    while texts.len() < MOST_LINES {
        let line = line(lines).await.ok_or(Fault::later(Why::Unreachable))?;
        let (said, rest) = line.split_at_checked(3).unwrap_or_default();
        let last = !rest.starts_with('-');
        let text = rest.get(1..).unwrap_or_default().to_owned();
        if said != code {
            return Err(not_now(said, &text));
        }
        texts.push(text);
        if last {
            return Ok(texts);
        }
    }
    Err(Fault::later(Why::Unreachable))
}

fn not_now(code: &str, text: &str) -> Fault {
    let class = code.get(..1).filter(|class| ["4", "5"].contains(class));
    let (Some(class), 3) = (class, code.bytes().filter(u8::is_ascii_digit).count()) else {
        return Fault::later(Why::Unreachable);
    };
    Fault::Is(Sent::Later {
        // RFC 2034 section 4: its class is the reply's own.
        status: enhanced(text).filter(|status| status.starts_with(class)),
        why: Why::Deferred,
    })
}

/// One line without its end; what comes behind it stays where it is.
async fn line(lines: &mut Lines) -> Option<String> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        if line.len() > LONGEST_LINE || lines.read_buf(&mut line).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8(line).ok()?;
    line.strip_suffix("\r\n").map(str::to_owned)
}

/// A connection that has been greeted already: it says so again, once.
#[derive(Debug)]
struct Greeted<S> {
    greeting: &'static [u8],
    stream: S,
}

impl<S> Greeted<S> {
    const fn new(stream: S) -> Self {
        Self {
            greeting: GREETING,
            stream,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, to);
        }
        let (now, later) = self
            .greeting
            .split_at(self.greeting.len().min(to.remaining()));
        to.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Greeted<Lines> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncTokioStream for Greeted<TlsStream<Lines>> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}
