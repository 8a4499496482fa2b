//! How many requests a connection has under way: a request counts from its first byte of
//! header until the last byte of its answer has been handed over, so that a long download is
//! never taken for idleness.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// The count of one connection.
#[derive(Clone)]
pub(crate) struct Activity(Arc<watch::Sender<usize>>);

/// One request under way; it ends when this is dropped.
pub(crate) struct AtWork(Activity);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(crate) fn begin(&self) -> AtWork {
        self.0.send_modify(|count| *count += 1);
        AtWork(self.clone())
    }

    /// Returns once nothing has been under way for as long as `limit`.
    pub(crate) async fn idle(&self, limit: Duration) {
        let mut count = self.0.subscribe();
        loop {
            let busy = *count.borrow_and_update() > 0;
            if busy {
                // The sender lives in `self`: this cannot fail, only wait.
                let _ = count.changed().await;
            } else if timeout(limit, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0
            .0
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl AtWork {
    /// Ends when the answer's body has been handed over, or its reader has gone.
    pub(crate) fn until_sent(self, response: Response) -> Response {
        response.map(|body| {
            Body::new(Watched {
                body,
                _at_work: self,
            })
        })
    }
}

struct Watched {
    body: Body,
    _at_work: AtWork,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_only_when_every_answer_has_been_sent() {
        let activity = Activity::new();
        let answer = activity.begin().until_sent(Response::new(Body::from("x")));
        let long = Duration::from_secs(10);
        assert!(timeout(long * 5, activity.idle(long)).await.is_err());
        drop(answer);
        assert!(timeout(long * 5, activity.idle(long)).await.is_ok());
    }
}
