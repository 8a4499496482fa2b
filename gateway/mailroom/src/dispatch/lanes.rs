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

/// Does something with each of many, so many at a time. Each is a task of its own: one may wait for a
/// commit on its thread, which another has to make.
pub(crate) async fn side_by_side<T, F>(
    things: impl IntoIterator<Item = T>,
    at_once: usize,
    work: impl Fn(T) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    for thing in things {
        if under_way.len() >= at_once {
            ended(under_way.join_next().await);
        }
        under_way.spawn(work(thing));
    }
    while !under_way.is_empty() {
        ended(under_way.join_next().await);
    }
}

fn ended(one: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = one {
        tracing::error!(%error, "a mail broke the task that dealt with it: it is tried again");
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

    #[tokio::test]
    async fn so_many_are_dealt_with_at_a_time_and_all_of_them_in_the_end() {
        let (now, most, all) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let counts = Arc::new((now, most, all));
        side_by_side(0..100, 7, |_| {
            let counts = Arc::clone(&counts);
            async move {
                let there = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
                counts.1.fetch_max(there, Ordering::SeqCst);
                tokio::task::yield_now().await;
                counts.0.fetch_sub(1, Ordering::SeqCst);
                counts.2.fetch_add(1, Ordering::SeqCst);
            }
        })
        .await;
        assert_eq!(counts.1.load(Ordering::SeqCst), 7);
        assert_eq!(counts.2.load(Ordering::SeqCst), 100);
    }

    #[test]
    fn mail_to_one_domain_keeps_its_order() {
        let of = |to: &str, n| (to.to_owned(), n);
        let lanes = sorted(vec![of("a", 1), of("b", 2), of("a", 3)]);
        assert_eq!((&lanes["a"], &lanes["b"]), (&vec![1, 3], &vec![2]));
    }
}
