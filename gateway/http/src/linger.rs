//! A request that is answered before all of it was read. Were its connection closed then, the
//! bytes that nobody read would reset it, and whoever sends them would see a broken line in place
//! of the answer. So what still comes is read and dropped for a while; after that, the line is cut.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Method, Version};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::runtime::Handle;

/// So long is read on, and so many bytes.
const TIME: Duration = Duration::from_secs(30);
const BYTES: usize = 256 << 20;

/// Hands a request on; where it is answered before its end, the answer says that the connection
/// closes after it, and what still comes of it is dropped meanwhile.
pub async fn linger(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let is_http1 = request.version() < Version::HTTP_2;
    let is_cut = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| {
        Body::from_stream(Lingering {
            chunks: body.into_data_stream(),
            has_ended: false,
            is_cut: Arc::clone(&is_cut),
        })
    });
    let mut response = next.run(request).await;
    if is_http1 && is_cut.load(Ordering::Acquire) {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

struct Lingering {
    chunks: BodyDataStream,
    has_ended: bool,
    is_cut: Arc<AtomicBool>,
}

impl Stream for Lingering {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.chunks.poll_next_unpin(context);
        self.has_ended |= matches!(next, Poll::Ready(None | Some(Err(_))));
        next
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if self.has_ended || self.chunks.is_end_stream() {
            return;
        }
        self.is_cut.store(true, Ordering::Release);
        let chunks = std::mem::replace(&mut self.chunks, Body::empty().into_data_stream());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(TIME, read_past(chunks)));
        }
    }
}

async fn read_past(mut chunks: BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        read += chunk.len();
        if read > BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicUsize;

    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    /// The answer to a body of so many chunks of a mebibyte, and how many were taken in the end.
    async fn answered(path: &str, chunks: usize) -> (Response, usize) {
        let app = Router::new()
            .route("/all", post(async |body: Bytes| body.len().to_string()))
            .route("/none", post(async || "no"))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .layer(from_fn(linger));
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let chunk = Bytes::from(vec![0; 1 << 20]);
        let body = futures_util::stream::iter(0..chunks).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(chunk.clone())
        });
        let request = Request::post(path).body(Body::from_stream(body)).unwrap();
        let answer = app.oneshot(request).await.unwrap();
        // What is read past is read in a task of its own.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        (answer, taken.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_is_answered_early_is_read_past_for_a_while() {
        let (answer, taken) = answered("/all", 3).await;
        assert_eq!((answer.headers().get(CONNECTION), taken), (None, 3));
        let (answer, taken) = answered("/none", 3).await;
        assert_eq!(answer.headers()[CONNECTION], "close");
        assert_eq!(taken, 3);
        let (_, taken) = answered("/none", 10_000).await;
        assert_eq!(taken, (BYTES >> 20) + 1, "and no longer");
    }
}
