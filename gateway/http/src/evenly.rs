//! When a refusal is said: at set moments after the question, so that what had to be looked at before
//! that was known does not show in the time. What is another's takes a look at its row more than what
//! is nobody's; nobody outside can tell.

use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::task::spawn_blocking;

/// A refusal is given this long after its question, or twice as long, and so on: more than
/// the database takes for a few rows.
const MOMENT: Duration = Duration::from_millis(5);

/// A layer that lets every refusal (`4xx`) wait for its moment; nothing else waits.
pub async fn evenly(request: Request, next: Next) -> Response {
    let asked = Instant::now();
    let response = next.run(request).await;
    if response.status().is_client_error() {
        wait(moment(asked, Instant::now())).await;
    }
    response
}

/// The first moment after `asked` that is not before `now`.
fn moment(asked: Instant, now: Instant) -> Instant {
    let passed = now.duration_since(asked).as_micros();
    let moments = passed.div_ceil(MOMENT.as_micros()).max(1);
    asked + MOMENT.saturating_mul(u32::try_from(moments).unwrap_or(u32::MAX))
}

/// Waits in a thread's own sleep: the runtime's timer wakes whole milliseconds after it began to wait,
/// which tells when that was.
async fn wait(until: Instant) {
    let slept = spawn_blocking(move || {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
    });
    // It fails only where the process ends, and nobody is left to tell anything.
    let _ = slept.await;
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

    #[test]
    fn a_moment_is_a_multiple_and_not_past() {
        let asked = Instant::now();
        let after = |micros| moment(asked, asked + Duration::from_micros(micros)) - asked;
        for (passed, millis) in [
            (0, 5),
            (1, 5),
            (4_999, 5),
            (5_000, 5),
            (5_001, 10),
            (23_000, 25),
        ] {
            assert_eq!(after(passed), Duration::from_millis(millis), "{passed}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_said_at_set_moments_and_all_else_at_once() {
        let works = async |Path((micros, status)): Path<(u64, u16)>| {
            std::thread::sleep(Duration::from_micros(micros));
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
            began.elapsed()
        };
        for (works, moments) in [(0, 1), (4_000, 1), (6_000, 2)] {
            for refusal in [403, 404, 422] {
                // Of many, for a machine may be busy for a moment.
                let mut quickest = Duration::MAX;
                for _ in 0..20 {
                    let took = takes(works, refusal).await;
                    assert!(took >= moments * MOMENT, "{works} {refusal}: {took:?}");
                    quickest = quickest.min(took);
                }
                let next = (moments + 1) * MOMENT;
                assert!(quickest < next, "{works} {refusal}: {quickest:?}");
            }
        }
        for other in [200, 303, 503] {
            let mut quickest = Duration::MAX;
            for _ in 0..100 {
                quickest = quickest.min(takes(0, other).await);
            }
            assert!(quickest < MOMENT, "{other}: {quickest:?}");
        }
    }
}
