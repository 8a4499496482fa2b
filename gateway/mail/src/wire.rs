//! One connection's octets: replies gathered and sent together (RFC 2920), lines that end in
//! CRLF only, and a bound on every wait.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::Reply;

/// Octets read at once.
const READ: usize = 32 * 1024;
/// Octets of one line that are thrown away before the connection is.
const LONGEST_WASTE: usize = 1024 * 1024;
/// How long, and how much, is still read after the last reply, so that the reply arrives
/// (closing with octets unread resets a TCP connection).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_OCTETS: usize = 1024 * 1024;

/// What a connection is carried by.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Why a connection ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client is gone, or does not read.
    Gone,
    /// It is told this, and closed.
    Told(Reply),
}

impl End {
    pub(crate) fn stopping() -> Self {
        Self::Told(Reply::new(
            421,
            (3, 2),
            "the gateway is stopping; try again later",
        ))
    }

    pub(crate) fn late() -> Self {
        Self::Told(Reply::new(
            421,
            (4, 2),
            "nothing came in time, or too slowly; closing",
        ))
    }
}

/// A line, or what is in a line's place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Without its CRLF.
    Whole(BytesMut),
    /// Too long, or with an LF that has no CR before it.
    Bad,
}

pub(crate) struct Wire {
    stream: Box<dyn Io>,
    pub input: BytesMut,
    output: Vec<u8>,
    /// Throwing away what is left of a bad line, and how much was so far.
    wasting: Option<usize>,
    stop: watch::Receiver<bool>,
    write: Duration,
}

impl Wire {
    pub(crate) fn new(stream: Box<dyn Io>, stop: watch::Receiver<bool>, write: Duration) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: Vec::new(),
            wasting: None,
            stop,
            write,
        }
    }

    /// Puts a reply with those that wait; it leaves before the next octets are waited for.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        reply.write(&mut self.output, false);
    }

    /// As [`Self::reply`], with more lines of the same reply to follow.
    pub(crate) fn line_of_reply(&mut self, reply: &Reply) {
        reply.write(&mut self.output, true);
    }

    /// Sends the replies that wait.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        if self.output.is_empty() {
            return Ok(());
        }
        let sent = timeout(self.write, async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        })
        .await;
        self.output.clear();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Sends what waits and reads something, before `deadline`.
    pub(crate) async fn fill(&mut self, deadline: Instant) -> Result<(), End> {
        self.flush().await?;
        self.input.reserve(READ);
        let read = tokio::select! {
            biased;
            // An error means that nobody is left to tell us.
            _ = self.stop.wait_for(|stop| *stop) => return Err(End::stopping()),
            read = timeout_at(deadline, self.stream.read_buf(&mut self.input)) => read,
        };
        match read {
            Err(_) => Err(End::late()),
            Ok(Ok(0) | Err(_)) => Err(End::Gone),
            Ok(Ok(_)) => Ok(()),
        }
    }

    /// The next line of at most `longest` octets, all of it within `wait`. A bad line is
    /// reported once for each LF in it; nothing of it is ever taken for a command.
    pub(crate) async fn line(&mut self, longest: usize, wait: Duration) -> Result<Line, End> {
        if *self.stop.borrow() {
            return Err(End::stopping());
        }
        let deadline = Instant::now() + wait;
        let mut seen = 0;
        loop {
            let unseen = self.input.get(seen..).unwrap_or_default();
            if let Some(at) = memchr(b'\n', unseen) {
                let mut line = self.input.split_to(seen + at + 1);
                seen = 0;
                let ended = line.ends_with(b"\r\n");
                match (self.wasting.take(), ended) {
                    (Some(_), true) => continue,
                    (waste, false) => {
                        self.wasting = Some(waste.unwrap_or(0));
                        return Ok(Line::Bad);
                    }
                    (None, true) if line.len() > longest => return Ok(Line::Bad),
                    (None, true) => {
                        line.truncate(line.len() - 2);
                        return Ok(Line::Whole(line));
                    }
                }
            }
            seen = self.input.len();
            let begun = self.wasting.is_some();
            if begun || seen > longest {
                self.waste()?;
                seen = self.input.len();
                if !begun {
                    return Ok(Line::Bad);
                }
            }
            self.fill(deadline).await?;
        }
    }

    /// Throws away what is there of a line without an end, but for a CR that may begin it.
    fn waste(&mut self) -> Result<(), End> {
        let keep = usize::from(self.input.last() == Some(&b'\r'));
        let count = self.input.len() - keep;
        self.input.advance(count);
        let wasted = self.wasting.unwrap_or(0) + count;
        self.wasting = Some(wasted);
        if wasted > LONGEST_WASTE {
            return Err(End::Told(Reply::new(
                421,
                (7, 0),
                "a line without an end; closing",
            )));
        }
        Ok(())
    }

    /// The stream, for the TLS handshake; what was read and not used is thrown away.
    pub(crate) fn into_stream(self) -> Box<dyn Io> {
        self.stream
    }

    /// Says goodbye so that the client can read it.
    pub(crate) async fn close(mut self, end: End) {
        let End::Told(reply) = end else {
            return;
        };
        self.reply(&reply);
        if self.flush().await.is_err() {
            return;
        }
        let mut left = LINGER_OCTETS;
        let lingering = async {
            self.stream.shutdown().await?;
            while left > 0 {
                self.input.clear();
                self.input.reserve(READ);
                let read = self.stream.read_buf(&mut self.input).await?;
                if read == 0 {
                    break;
                }
                left = left.saturating_sub(read);
            }
            Ok::<_, std::io::Error>(())
        };
        let _ = timeout(LINGER, lingering).await;
    }
}
