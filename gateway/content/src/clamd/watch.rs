//! A content that goes past the scanner on its way to somewhere else.

use super::{ScanError, Scanner, Stream, Verdict};

/// A content on its way past the scanner, where there is one.
#[derive(Debug)]
pub enum Watch {
    /// There is none: nobody looks.
    Off,
    /// It is looked at.
    On(Box<Stream>),
    /// The scanner has had enough of it.
    TooLarge,
}

impl Watch {
    /// Begins.
    ///
    /// # Errors
    /// [`ScanError`] where the scanner is away.
    pub async fn begin(scanner: Option<&Scanner>) -> Result<Self, ScanError> {
        match scanner {
            None => Ok(Self::Off),
            Some(scanner) => Ok(Self::On(Box::new(scanner.begin().await?))),
        }
    }

    /// The next bytes. What is too large goes on unseen: the end says so.
    ///
    /// # Errors
    /// [`ScanError`] where the scanner gives no answer.
    pub async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        let Self::On(stream) = self else {
            return Ok(());
        };
        match stream.chunk(bytes).await {
            Err(ScanError::TooLarge) => {
                *self = Self::TooLarge;
                Ok(())
            }
            other => other,
        }
    }

    /// There is no more: what the scanner says.
    ///
    /// # Errors
    /// [`ScanError::TooLarge`] where it has not seen all; as [`Watch::chunk`].
    pub async fn finish(self) -> Result<Verdict, ScanError> {
        match self {
            Self::Off => Ok(Verdict::Clean),
            Self::TooLarge => Err(ScanError::TooLarge),
            Self::On(stream) => stream.finish().await,
        }
    }
}
