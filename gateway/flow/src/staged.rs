//! The file of a sealed body that no record refers to yet. Whatever becomes of what brought it
//! (refused, sent before, broken off), it goes as soon as nobody holds it any more, unless a record
//! refers to it by then; where that fails, it is swept a day later.

use std::fmt;

use tokio::runtime::Handle;

use crate::Flow;

/// A staged file, held; nothing once a record refers to it.
pub(crate) struct StagedFile(Option<Box<Held>>);

struct Held {
    id: String,
    flow: Flow,
    runtime: Handle,
}

impl StagedFile {
    /// Holds a file that was staged.
    pub(crate) fn new(flow: &Flow, runtime: &Handle, id: String) -> Self {
        Self(Some(Box::new(Held {
            id,
            flow: flow.clone(),
            runtime: runtime.clone(),
        })))
    }

    /// The file's id.
    pub(crate) fn id(&self) -> &str {
        self.0.as_ref().map_or("", |held| &held.id)
    }

    /// A record refers to it now, and was committed.
    pub(crate) fn kept(self) {
        self.into_id();
    }

    /// Lets go of it: whoever has its id looks after it.
    pub(crate) fn into_id(mut self) -> String {
        self.0.take().map_or_else(String::new, |held| held.id)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        let Some(held) = self.0.take() else { return };
        let Held { id, flow, runtime } = *held;
        runtime.spawn(async move {
            // One that a record refers to after all, as where a commit was not heard of, stays.
            if let Err(error) = flow.remove_staged(id).await {
                tracing::debug!(%error, "a body that was not kept is left to the sweeper");
            }
        });
    }
}

impl fmt::Debug for StagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StagedFile").field(&self.id()).finish()
    }
}
