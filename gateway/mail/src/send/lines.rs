//! A connection that hands out at most one line at a time.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How much is read ahead.
const AHEAD: usize = 4096;

/// A connection to a host. Replies injected behind the 220 of STARTTLS must not count as said in
/// secret. Here they stay below, where the handshake takes them for TLS and fails.
#[derive(Debug)]
pub(super) struct Lines {
    stream: TcpStream,
    ahead: Vec<u8>,
    at: usize,
}

impl Lines {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            at: 0,
        }
    }

    fn waiting(&self) -> &[u8] {
        self.ahead.get(self.at..).unwrap_or_default()
    }
}

impl AsyncRead for Lines {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.waiting().is_empty() {
            let mut ahead = [0; AHEAD];
            let mut buffer = ReadBuf::new(&mut ahead);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            self.ahead.clear();
            self.ahead.extend_from_slice(buffer.filled());
            self.at = 0;
        }
        let waiting = self.waiting();
        let line = memchr::memchr(b'\n', waiting).map_or(waiting.len(), |end| end + 1);
        let count = line.min(to.remaining());
        to.put_slice(waiting.get(..count).unwrap_or_default());
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Lines {
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

impl AsyncTokioStream for Lines {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
