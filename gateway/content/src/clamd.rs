//! A client of `ClamAV`'s daemon: `INSTREAM`, `PING` and `VERSION` (clamd(8), "COMMANDS").
//!
//! Only `stream: OK` is clean. Whatever else happens is an error or an infection, so that a
//! caller which goes on only with [`Verdict::Clean`] never takes what was not looked at. The
//! daemon itself must be told not to pass what is beyond its limits: `AlertExceedsMax yes`.

mod address;
mod stream;
mod watch;

use std::io;
use std::time::Duration;

use tokio::time::timeout;

pub use address::BadAddress;
use address::{Address, Connection};
pub use stream::Stream;
pub use watch::Watch;

/// What a person is told of a document that the scanner does not take, to follow its name.
pub const UNSEEN: &str = "is too large for the scanner: nobody has looked for malware in it";

/// Longest piece sent at once, in bytes.
const PIECE: usize = 256 * 1024;

/// How long the scanner is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For it to take a piece of 256 KiB.
    pub piece: Duration,
    /// For its answer, once it has all: it scans in this time.
    pub answer: Duration,
}

impl Default for Timeouts {
    /// 5 seconds, 30 seconds and 2 minutes (clamd itself gives up a scan after `MaxScanTime`,
    /// 2 minutes as it comes).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            piece: Duration::from_secs(30),
            answer: Duration::from_mins(2),
        }
    }
}

/// What the scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Something was.
    Infected {
        /// The name of what was found, of letters, digits, dots, hyphens and underscores.
        signature: String,
    },
}

/// Why there is no verdict. Nothing may go on without one; all but [`ScanError::TooLarge`] are
/// worth another try later.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is no connection, or it broke.
    #[error("the virus scanner cannot be reached: look whether clamd runs at the address")]
    Unreachable(#[source] io::Error),
    /// It took longer than was waited for.
    #[error("the virus scanner did not answer in time: look at its load and its log")]
    TimedOut,
    /// It takes no document so large (`StreamMaxLength` in clamd.conf).
    #[error(
        "larger than the virus scanner takes: send a smaller document, or raise `StreamMaxLength`"
    )]
    TooLarge,
    /// It said something that is no verdict.
    #[error("the virus scanner said `{0}`: look at its log")]
    Unexpected(String),
}

/// A virus scanner at an address.
#[derive(Debug, Clone)]
pub struct Scanner {
    address: Address,
    timeouts: Timeouts,
}

impl Scanner {
    /// The clamd at `host:port`, or at `unix:/path`. Nothing is connected to yet.
    pub fn new(address: &str, timeouts: Timeouts) -> Result<Self, BadAddress> {
        Ok(Self {
            address: address.parse()?,
            timeouts,
        })
    }

    /// Scans bytes that are all there.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Verdict, ScanError> {
        let mut stream = self.begin().await?;
        stream.chunk(bytes).await?;
        stream.finish().await
    }

    /// Begins to scan what comes in pieces.
    pub async fn begin(&self) -> Result<Stream, ScanError> {
        Stream::begin(self.connect().await?, self.timeouts).await
    }

    /// Whether it is there and answers.
    pub async fn ping(&self) -> Result<(), ScanError> {
        match self.ask(b"zPING\0").await?.as_str() {
            "PONG" => Ok(()),
            other => Err(ScanError::Unexpected(other.to_owned())),
        }
    }

    /// Its version and that of its signatures, as it says them: `ClamAV 1.4.3/27700/…`.
    pub async fn version(&self) -> Result<String, ScanError> {
        let version = self.ask(b"zVERSION\0").await?;
        match version.starts_with("ClamAV ") {
            true => Ok(version),
            false => Err(ScanError::Unexpected(version)),
        }
    }

    async fn connect(&self) -> Result<Connection, ScanError> {
        timeout(self.timeouts.connect, self.address.connect())
            .await
            .map_err(|_| ScanError::TimedOut)?
            .map_err(ScanError::Unreachable)
    }

    async fn ask(&self, command: &[u8]) -> Result<String, ScanError> {
        let connection = self.connect().await?;
        let mut wire = stream::Wire::new(connection, self.timeouts);
        wire.send(command).await?;
        wire.flush().await?;
        wire.answer().await
    }
}
