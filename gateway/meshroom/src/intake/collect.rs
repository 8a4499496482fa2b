//! The rounds of the mailbox.

use std::collections::BTreeSet;

use gateway_mesh::{Listing, MessageId, Retry};

use crate::error::Trouble;
use crate::room::Meshroom;

impl Meshroom {
    /// Takes in what waits. A message that cannot be taken now stays where it is, and does not keep
    /// the others; where MESH or the database is away, the round ends.
    pub(crate) async fn collect(&self, seen: &mut BTreeSet<MessageId>) -> Result<(), Trouble> {
        let client = &self.0.settings.client;
        let mut listing = Listing::default();
        loop {
            let page = client.inbox(&listing).await?;
            for message in page.messages {
                if !seen.insert(message.clone()) {
                    continue;
                }
                if let Err(error) = self.take_one(&message).await {
                    if is_away(&error) {
                        return Err(error);
                    }
                    tracing::warn!(%message, %error, "a message of MESH was not taken in: it is tried again");
                }
            }
            match page.next {
                Some(next) => listing.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn take_one(&self, message: &MessageId) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let taken: Option<gateway_store::rows::MeshInRow> = tx.get(message.as_str()).await?;
        drop(tx);
        match taken {
            // It cannot be collected at all: MESH tells its sender when its time has run out.
            Some(row) if row.became == super::apart::LEFT => Ok(()),
            // It was committed, and the word to MESH did not arrive.
            Some(_) => Ok(self.0.settings.client.acknowledge(message).await?),
            None => self.take(message).await,
        }
    }
}

/// Whether nothing else would go better now.
fn is_away(error: &Trouble) -> bool {
    match error {
        Trouble::Mesh(error) => matches!(error.retry(), Retry::Later),
        Trouble::Store(_) | Trouble::Vault(_) | Trouble::Scanner(_) => true,
        Trouble::Flow(_) | Trouble::Stopped(_) | Trouble::Corrupt(_) | Trouble::Io(_) => false,
    }
}
