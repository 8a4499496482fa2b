//! A file's bytes on their way to be sealed, and no more of them than it may have.

use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use gateway_flow::FlowError;
use gateway_flow::compose::TOO_LARGE;
use tokio::sync::mpsc;

/// What is said of a file whose end did not come.
const BROKE_OFF: &str = "this file did not come whole: add it again";

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poured {
    /// All of it was handed on.
    Whole,
    /// It broke off, or is larger than it may be, or nobody takes it: what still comes of it is
    /// not read.
    Cut,
}

/// Hands on what comes, up to so many bytes. What is cut ends in an error, so that nothing of it
/// is kept.
pub(super) async fn pour<E>(
    mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
    most: i64,
    send: mpsc::Sender<Result<Bytes, FlowError>>,
) -> Poured {
    let mut left = u64::try_from(most).unwrap_or_default();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BROKE_OFF).and_then(|chunk| {
            left = left.checked_sub(chunk.len() as u64).ok_or(TOO_LARGE)?;
            Ok(chunk)
        });
        let failed = chunk.is_err();
        let chunk = chunk.map_err(|words| FlowError::Conflict(words.to_owned()));
        if send.send(chunk).await.is_err() || failed {
            return Poured::Cut;
        }
    }
    Poured::Whole
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn poured(
        chunks: Vec<Result<&'static [u8], ()>>,
        most: i64,
    ) -> (Poured, usize, Option<String>) {
        let chunks = chunks.into_iter().map(|one| one.map(Bytes::from_static));
        let (send, mut receive) = mpsc::channel(8);
        let ended = pour(futures_util::stream::iter(chunks), most, send).await;
        let (mut bytes, mut words) = (0, None);
        while let Some(one) = receive.recv().await {
            match one {
                Ok(chunk) => bytes += chunk.len(),
                Err(error) => words = Some(error.to_string()),
            }
        }
        (ended, bytes, words)
    }

    #[tokio::test]
    async fn no_more_is_taken_than_may_be_and_what_broke_off_is_no_file() {
        let two: Vec<Result<&[u8], ()>> = vec![Ok(b"abc"), Ok(b"def")];
        assert_eq!(poured(two.clone(), 6).await, (Poured::Whole, 6, None));
        let (ended, bytes, words) = poured(two, 5).await;
        assert_eq!((ended, bytes), (Poured::Cut, 3));
        assert!(words.unwrap().contains("larger than 5 GB"));
        let (ended, bytes, words) = poured(vec![Ok(b"abc"), Err(())], 6).await;
        assert_eq!((ended, bytes), (Poured::Cut, 3));
        assert!(words.unwrap().contains("did not come whole"));
    }
}
