//! Mail to different domains goes out side by side, so that one that does not answer holds up
//! nobody else's; to one domain, or to the relay, it goes one after the other.

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

    #[test]
    fn mail_to_one_domain_keeps_its_order() {
        let of = |to: &str, n| (to.to_owned(), n);
        let lanes = sorted(vec![of("a", 1), of("b", 2), of("a", 3)]);
        assert_eq!((&lanes["a"], &lanes["b"]), (&vec![1, 3], &vec![2]));
    }
}
