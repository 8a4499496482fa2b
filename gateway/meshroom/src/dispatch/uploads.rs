//! What is being sent: a large message holds up no small one.

use std::collections::HashSet;

use tokio::task::JoinSet;

/// The most messages that are sent at the same time.
const MOST: usize = 4;

/// The messages under way, by id.
#[derive(Default)]
pub(crate) struct Uploads {
    busy: HashSet<String>,
    under_way: JoinSet<String>,
}

impl Uploads {
    /// Begins to send, unless it is under way, or too many are: it is due still.
    pub fn begin(&mut self, id: String, sending: impl Future<Output = ()> + Send + 'static) {
        if self.busy.len() < MOST && self.busy.insert(id.clone()) {
            self.under_way.spawn(async move {
                sending.await;
                id
            });
        }
    }

    pub fn is_busy(&self, id: &str) -> bool {
        self.busy.contains(id)
    }

    pub fn some_are_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Waits until one has ended.
    pub async fn one_ends(&mut self) {
        match self.under_way.join_next().await {
            Some(Ok(id)) => {
                self.busy.remove(&id);
            }
            // It panicked, and nobody knows which it was: those that go on are known by ending.
            Some(Err(_)) if self.under_way.is_empty() => self.busy.clear(),
            Some(Err(_)) | None => {}
        }
    }
}
