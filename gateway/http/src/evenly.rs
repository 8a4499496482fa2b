//! When a refusal is said: at set moments after the question, so that what had to be looked at before
//! that was known does not show in the time. What is another's takes a look at its row more than what
//! is nobody's; nobody outside can tell.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::{Instant, sleep_until};

/// A refusal is given this long after its question, or twice as long, and so on: more than
/// the database takes for a few rows.
const MOMENT: Duration = Duration::from_millis(5);

/// A layer that lets every refusal (`4xx`) wait for its moment; nothing else waits.
pub async fn evenly(request: Request, next: Next) -> Response {
    let asked = Instant::now();
    let response = next.run(request).await;
    if response.status().is_client_error() {
        sleep_until(moment(asked, Instant::now())).await;
    }
    response
}

/// The first moment after `asked` that is not before `now`.
fn moment(asked: Instant, now: Instant) -> Instant {
    let passed = now.duration_since(asked).as_micros();
    let moments = passed.div_ceil(MOMENT.as_micros()).max(1);
    asked + MOMENT.saturating_mul(u32::try_from(moments).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Path;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_said_at_set_moments_and_all_else_at_once() {
        let works = async |Path((micros, status)): Path<(u64, u16)>| {
            tokio::time::sleep(Duration::from_micros(micros)).await;
            StatusCode::from_u16(status).unwrap()
        };
        let router = Router::new()
            .route("/{micros}/{status}", get(works))
            .layer(from_fn(evenly));
        let takes = async |micros: u64, status: u16| {
            let began = Instant::now();
            let uri = format!("/{micros}/{status}");
            let asked = Request::builder().uri(uri).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(asked).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            began.elapsed().as_millis()
        };
        for quick in [0, 1000, 4000] {
            for refusal in [403, 404, 422] {
                assert_eq!(takes(quick, refusal).await, 5, "{quick} {refusal}");
            }
        }
        for slow in [6000, 9000] {
            assert_eq!(takes(slow, 404).await, 10, "{slow}");
        }
        for other in [200, 303, 503] {
            assert_eq!(takes(1000, other).await, 1, "{other}");
        }
    }
}
