//! Messages on their way out: queued for what waits, written and sealed once, sent until MESH has
//! all of them or their time runs out, and asked after until their recipient has taken them.

mod bytes;
mod outcome;
mod queue;
mod send;
mod shared;
mod text;
mod track;
mod uploads;
mod withdrawn;
mod write;

pub use self::bytes::Stored;
pub(crate) use self::bytes::write;
pub(crate) use self::queue::{New, REPLY};
pub(crate) use self::uploads::Uploads;
use crate::error::Trouble;
use crate::room::Meshroom;

impl Meshroom {
    /// One round: queues what waits, and begins to send what is due.
    pub(crate) async fn dispatch(&self, uploads: &mut Uploads) -> Result<(), Trouble> {
        self.queue_waiting().await?;
        self.queue_withdrawn().await?;
        self.send_due(uploads).await
    }
}
