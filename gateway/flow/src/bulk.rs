//! Many messages taken away at once: an event of its own, before the first of them is opened.
//! Each document in them is read, and logged, as if it were opened by itself.

use gateway_core::event::EventKind;

use crate::Flow;
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::submission::Caller;

/// The most messages that are taken away at once.
pub const AT_ONCE: usize = 50;

impl Flow {
    /// Records that a person takes messages of their agency's inbox away, by the ids of their
    /// exchanges.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where one of them is not there for this agency, or was sent by it;
    /// [`FlowError::Conflict`] for none, or for more than [`AT_ONCE`].
    pub async fn begin_bulk(&self, caller: &Caller, messages: &[String]) -> Result<(), FlowError> {
        let person = self.acting(caller, &[], "taking messages away").await?;
        if messages.is_empty() || messages.len() > AT_ONCE {
            return Err(FlowError::Conflict(format!(
                "between 1 and {AT_ONCE} messages can be taken away at once"
            )));
        }
        let mut tx = self.store.read().await?;
        for message in messages {
            let own = tx.wraps_for(message, caller.agency.as_str()).await?;
            if own.is_empty() {
                return Err(FlowError::NotFound);
            }
        }
        drop(tx);
        let event = Draft::new(EventKind::BulkDownloaded, Some(&caller.agency))
            .reaching([caller.agency.clone()])
            .with("person", &*person.id)
            .with("messages", messages.len().to_string())
            .with("exchanges", messages.join(" "));
        self.administer("bulk-download", move |_| {
            Box::pin(async move { Ok((vec![event], ())) })
        })
        .await
    }
}
