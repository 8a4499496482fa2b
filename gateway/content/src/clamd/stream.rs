//! One conversation: a command, pieces behind their lengths, and the answer.

use std::future::Future;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::time::timeout;

use super::address::Connection;
use super::{PIECE, ScanError, Timeouts, Verdict};

/// Longest answer that is read, in bytes.
const ANSWER: u64 = 4096;
/// Longest name of a signature that is passed on.
const SIGNATURE: usize = 200;

/// A document on its way to the scanner. Dropped, it leaves nothing behind.
pub struct Stream {
    wire: Wire,
}

impl Stream {
    pub(super) async fn begin(
        connection: Connection,
        timeouts: Timeouts,
    ) -> Result<Self, ScanError> {
        let mut wire = Wire::new(connection, timeouts);
        wire.send(b"zINSTREAM\0").await?;
        Ok(Self { wire })
    }

    /// The next bytes, as many as there are. After an error the stream is of no more use.
    pub async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        for piece in bytes.chunks(PIECE) {
            if let Err(error) = self.piece(piece).await {
                return Err(self.why(error).await);
            }
        }
        Ok(())
    }

    /// There is no more: what the scanner says.
    pub async fn finish(mut self) -> Result<Verdict, ScanError> {
        if let Err(error) = self.end().await {
            return Err(self.why(error).await);
        }
        verdict(&self.wire.answer().await?)
    }

    async fn piece(&mut self, piece: &[u8]) -> Result<(), ScanError> {
        // A piece is far shorter than 4 GiB.
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        self.wire.send(&length.to_be_bytes()).await?;
        self.wire.send(piece).await
    }

    async fn end(&mut self) -> Result<(), ScanError> {
        self.wire.send(&0_u32.to_be_bytes()).await?;
        self.wire.flush().await
    }

    /// A scanner that has enough says so, and hangs up before it has all.
    async fn why(&mut self, error: ScanError) -> ScanError {
        match error {
            ScanError::Unreachable(_) => {}
            ScanError::TimedOut | ScanError::TooLarge | ScanError::Unexpected(_) => return error,
        }
        match self.wire.answer().await.map(|answer| verdict(&answer)) {
            Ok(Err(said)) => said,
            // A verdict on a part of a document is none.
            Ok(Ok(Verdict::Clean | Verdict::Infected { .. })) | Err(_) => error,
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream(…)")
    }
}

/// The connection, with what may be waited for.
pub(super) struct Wire {
    connection: BufWriter<Connection>,
    timeouts: Timeouts,
}

impl Wire {
    pub(super) fn new(connection: Connection, timeouts: Timeouts) -> Self {
        Self {
            connection: BufWriter::with_capacity(32 * 1024, connection),
            timeouts,
        }
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        within(self.timeouts.piece, self.connection.write_all(bytes)).await
    }

    pub(super) async fn flush(&mut self) -> Result<(), ScanError> {
        within(self.timeouts.piece, self.connection.flush()).await
    }

    /// The answer up to its NUL, without what no person should have to read. An answer that is
    /// cut short is none.
    pub(super) async fn answer(&mut self) -> Result<String, ScanError> {
        let mut answer = Vec::new();
        let read = async {
            let from = self.connection.get_mut();
            let mut piece = [0; 512];
            while !answer.contains(&0) && (answer.len() as u64) < ANSWER {
                let count = from.read(&mut piece).await?;
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                answer.extend(piece.iter().take(count));
            }
            Ok(())
        };
        within(self.timeouts.answer, read).await?;
        let text = answer.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = String::from_utf8_lossy(text);
        Ok(text
            .trim()
            .chars()
            .map(|c| {
                if c == ' ' || c.is_ascii_graphic() {
                    c
                } else {
                    '?'
                }
            })
            .collect())
    }
}

async fn within<T>(
    time: std::time::Duration,
    done: impl Future<Output = io::Result<T>>,
) -> Result<T, ScanError> {
    timeout(time, done)
        .await
        .map_err(|_| ScanError::TimedOut)?
        .map_err(ScanError::Unreachable)
}

/// What an answer means.
fn verdict(answer: &str) -> Result<Verdict, ScanError> {
    let said = answer.strip_prefix("stream: ");
    if said == Some("OK") {
        return Ok(Verdict::Clean);
    }
    if let Some(name) = said.and_then(|said| said.strip_suffix(" FOUND")) {
        return Ok(Verdict::Infected {
            signature: signature(name),
        });
    }
    if answer.starts_with("INSTREAM size limit exceeded") {
        return Err(ScanError::TooLarge);
    }
    Err(ScanError::Unexpected(answer.to_owned()))
}

fn signature(name: &str) -> String {
    let clean: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .take(SIGNATURE)
        .collect();
    match clean.is_empty() {
        true => "unnamed".to_owned(),
        false => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_words_are_clean() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        for answer in [
            "",
            "OK",
            "stream: OK ",
            "stream: ok",
            "stream: OK FOUNDLING",
            "stream: ERROR",
            "stream: Can't allocate memory ERROR",
            "COMMAND READ TIMED OUT",
        ] {
            let said = verdict(answer);
            assert!(
                matches!(said, Err(ScanError::Unexpected(_))),
                "{answer}: {said:?}"
            );
        }
        let large = verdict("INSTREAM size limit exceeded. ERROR");
        assert!(matches!(large, Err(ScanError::TooLarge)));
    }

    #[test]
    fn a_signatures_name_has_nothing_in_it_that_could_mislead() {
        let name = |answer: &str| match verdict(answer) {
            Ok(Verdict::Infected { signature }) => signature,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(
            name("stream: Win.Test.EICAR_HDB-1 FOUND"),
            "Win.Test.EICAR_HDB-1"
        );
        assert_eq!(name("stream: a<b>\u{202e} c/../d FOUND"), "abc..d");
        assert_eq!(name("stream: OK FOUND"), "OK");
        assert_eq!(name("stream: ( FOUND"), "unnamed");
    }
}
