//! Mail to different domains goes out side by side, so that one that does not answer holds up
//! nobody else's; to one domain it goes one after the other, to the relay some at a time.

use std::collections::{HashMap, HashSet};

use tokio::task::JoinSet;

/// The most domains that are sent to at the same time.
const MOST: usize = 16;

/// Where mail is being sent.
#[derive(Default)]
pub(crate) struct Lanes {
    busy: HashSet<String>,
    under_way: JoinSet<String>,
}

impl Lanes {
    /// Begins to send, unless mail to there is under way, or too many are; it is due still.
    pub fn begin(&mut self, to: String, sending: impl Future<Output = ()> + Send + 'static) {
        if self.busy.len() < MOST && self.busy.insert(to.clone()) {
            self.under_way.spawn(async move {
                sending.await;
                to
            });
        }
    }

    pub fn is_busy(&self, to: &str) -> bool {
        self.busy.contains(to)
    }

    pub fn some_are_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Waits until one has ended.
    pub async fn one_ends(&mut self) {
        match self.under_way.join_next().await {
            Some(Ok(to)) => {
                self.busy.remove(&to);
            }
            // It panicked, and nobody knows which it was: those that go on are known by ending.
            Some(Err(_)) if self.under_way.is_empty() => self.busy.clear(),
            Some(Err(_)) | None => {}
        }
    }
}

/// Does something with each of many, so many at a time; what came of them, in the order in which
/// they ended. Each is a task of its own: one may wait on its thread for what another has to do.
pub(crate) async fn side_by_side<T, R, F>(
    things: impl IntoIterator<Item = T>,
    at_once: usize,
    work: impl Fn(T) -> F,
) -> Vec<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let (mut under_way, mut done) = (JoinSet::new(), Vec::new());
    let mut things = things.into_iter();
    loop {
        let room = at_once.max(1) - under_way.len();
        for thing in things.by_ref().take(room) {
            under_way.spawn(work(thing));
        }
        match under_way.join_next().await {
            Some(Ok(one)) => done.push(one),
            Some(Err(error)) => {
                tracing::error!(%error, "a mail broke the task that dealt with it: it is tried again");
            }
            None => return done,
        }
    }
}

/// By where they go, each in its order.
pub(crate) fn sorted<T>(all: Vec<(String, T)>) -> HashMap<String, Vec<T>> {
    let mut lanes: HashMap<String, Vec<T>> = HashMap::new();
    for (to, one) in all {
        lanes.entry(to).or_default().push(one);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_that_does_not_end_holds_up_its_own_lane_and_no_other() {
        let mut lanes = Lanes::default();
        let (sent, mut sending) = tokio::sync::mpsc::unbounded_channel();
        lanes.begin("silent.example".to_owned(), std::future::pending());
        for (to, word) in [("silent.example", "not yet"), ("other.example", "gone")] {
            let sent = sent.clone();
            lanes.begin(to.to_owned(), async move { sent.send(word).unwrap() });
        }
        lanes.one_ends().await;
        assert_eq!(sending.recv().await, Some("gone"));
        assert!(sending.try_recv().is_err());
        assert!(lanes.is_busy("silent.example") && !lanes.is_busy("other.example"));
        assert!(lanes.some_are_busy());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn so_many_are_dealt_with_at_a_time_and_what_breaks_is_left_out() {
        let there = Arc::new(AtomicUsize::new(0));
        let mut done = side_by_side(0..100, 7, |n| {
            let there = Arc::clone(&there);
            async move {
                let most = there.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_millis(1)).await;
                there.fetch_sub(1, Ordering::SeqCst);
                assert!(n != 50, "it breaks");
                (n, most)
            }
        })
        .await;
        assert!(done.iter().all(|(_, most)| *most <= 8));
        assert!(done.iter().any(|(_, most)| *most > 1));
        done.sort_unstable();
        let all: Vec<i32> = done.into_iter().map(|(n, _)| n).collect();
        assert_eq!(all, (0..100).filter(|n| *n != 50).collect::<Vec<_>>());
    }

    #[test]
    fn mail_to_one_domain_keeps_its_order() {
        let of = |to: &str, n| (to.to_owned(), n);
        let lanes = sorted(vec![of("a", 1), of("b", 2), of("a", 3)]);
        assert_eq!((&lanes["a"], &lanes["b"]), (&vec![1, 3], &vec![2]));
    }
}
