//! Sending: what MESH has of a message is kept in mind once it is begun and when it breaks off, so that
//! it goes on (chunks since then go again), and one whose answer was lost is looked for before it is
//! sent again.

use std::time::Duration;

use gateway_core::Id;
use gateway_mesh::{
    Client, Error, LocalId, MailboxId, Outgoing, Retry, Source, Stage, Upload, WorkflowId,
};
use gateway_store::failpoint;
use gateway_store::rows::MeshOutRow;

use super::Uploads;
use crate::error::Trouble;
use crate::room::Meshroom;

/// So long a message is this gateway's to send before another may take it, microseconds.
const LEASE: i64 = 3 * 60 * 1_000_000;
/// So often it is taken anew while it is being sent.
const RENEWED: Duration = Duration::from_mins(1);
/// So long it is tried, microseconds.
pub(super) const TRIED_FOR: i64 = 5 * 24 * 3600 * 1_000_000;
/// Waits between attempts, seconds.
const WAITS: [i64; 7] = [10, 30, 60, 300, 900, 3600, 4 * 3600];
/// Under this many bytes nothing is gained by compressing.
const SMALL: u64 = 4096;

impl Meshroom {
    /// Begins to send what is due.
    pub(crate) async fn send_due(&self, uploads: &mut Uploads) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let due = tx.mesh_due("queued", self.now(), 20).await?;
        drop(tx);
        for row in due {
            if !uploads.is_busy(&row.id) {
                uploads.begin(row.id.clone(), self.clone().send(row));
            }
        }
        Ok(())
    }

    async fn send(self, row: MeshOutRow) {
        let id = row.id.clone();
        if let Err(error) = self.claim_and_send(row).await {
            tracing::warn!(message = %id, %error, "a message for MESH could not be made or sent: it is tried again");
        }
    }

    async fn claim_and_send(&self, mut row: MeshOutRow) -> Result<(), Trouble> {
        let until = self.now() + LEASE;
        let mut tx = self.0.flow.store.write("claim-mesh").await?;
        let mine = tx.claim_mesh(&row, until).await?;
        tx.commit().await?;
        if !mine {
            return Ok(());
        }
        row.attempts += 1;
        row.next_at = until;
        if let Some(why) = self.no_more(&row).await? {
            return self.not_delivered(row, why).await;
        }
        // Whatever kept it, the gateway's own trouble with writing it as well.
        if self.now() - row.created_at > TRIED_FOR {
            return self.not_delivered(row, "expired").await;
        }
        if !self.is_written(&row) {
            let written = match row.withdraws {
                Some(_) => Some(self.withdrawal_again(&mut row).await?),
                None => self.written(&row).await?,
            };
            let Some(written) = written else {
                return self.not_delivered(row, "not-to-be-read").await;
            };
            self.keep(&mut row, written).await?;
            self.note(&row, "mesh-written").await?;
        }
        failpoint::reached("mesh-to-send");
        match self.pass(&mut row).await {
            Ok(()) => {
                failpoint::reached("mesh-sent");
                self.sent(row).await
            }
            Err(Trouble::Mesh(error)) => self.stopped(row, &error).await,
            Err(error) => Err(error),
        }
    }

    /// After a restore the bytes of a large one are gone: it is another database's message now.
    pub(super) fn is_written(&self, row: &MeshOutRow) -> bool {
        match (&row.body, &row.blob) {
            (Some(_), _) => true,
            (None, Some(blob)) => self.0.flow.keeps(blob),
            (None, None) => false,
        }
    }

    /// Gives MESH what it has not of a message.
    async fn pass(&self, row: &mut MeshOutRow) -> Result<(), Trouble> {
        let source = self.stored(row).await?;
        let outgoing = outgoing(row)?;
        let client = &self.0.settings.client;
        let mut upload = match &row.upload {
            Some(kept) => serde_json::from_str(kept)?,
            None if row.attempts > 1 => match known(client, &outgoing).await? {
                Known::Part(upload) => upload,
                Known::Whole(message) => {
                    row.message = Some(message);
                    return Ok(());
                }
                Known::Nothing => client.begin(&outgoing, &source).await?,
            },
            None => client.begin(&outgoing, &source).await?,
        };
        self.so_far(row, &upload).await?;
        let resumed = self.resume(row, &mut upload, &source).await;
        self.so_far(row, &upload).await?;
        resumed
    }

    /// Sends the rest, and keeps the message this gateway's meanwhile.
    async fn resume(
        &self,
        row: &mut MeshOutRow,
        upload: &mut Upload,
        source: &dyn Source,
    ) -> Result<(), Trouble> {
        let client = self.0.settings.client.clone();
        let sending = client.resume(upload, source);
        tokio::pin!(sending);
        loop {
            tokio::select! {
                ended = &mut sending => return Ok(ended?),
                () = tokio::time::sleep(RENEWED) => {
                    row.next_at = self.now() + LEASE;
                    self.note(row, "renew-mesh").await?;
                }
            }
        }
    }

    async fn so_far(&self, row: &mut MeshOutRow, upload: &Upload) -> Result<(), Trouble> {
        row.upload = Some(serde_json::to_string(upload)?);
        row.message = Some(upload.message().to_string());
        self.note(row, "mesh-begun").await
    }

    /// Writes a message's row.
    pub(super) async fn note(&self, row: &MeshOutRow, name: &'static str) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.write(name).await?;
        if let Some(blob) = &row.blob {
            tx.enliven_blob(blob).await?;
        }
        tx.put(&mut row.clone()).await?;
        Ok(tx.commit().await?)
    }

    /// It was not sent: now, or not at all.
    async fn stopped(&self, mut row: MeshOutRow, error: &Error) -> Result<(), Trouble> {
        tracing::warn!(message = %row.id, %error, "a message was not sent by MESH");
        if is_final(error) {
            return self.not_delivered(row, &reason(error)).await;
        }
        if error.retry() == Retry::Afresh {
            // MESH has a part that cannot be completed: this is another message to it.
            row.local_id = Id::new(&self.0.flow.clock).to_string();
            (row.upload, row.message) = (None, None);
        }
        row.status = Some(error.to_string());
        row.next_at = self.now() + wait(row.attempts, error) * 1_000_000;
        self.note(&row, "mesh-later").await
    }
}

/// What MESH has of a message to which no answer came.
enum Known {
    Nothing,
    Part(Upload),
    Whole(String),
}

async fn known(client: &Client, outgoing: &Outgoing) -> Result<Known, Error> {
    let Some(tracking) = client.track_local(&outgoing.local_id).await? else {
        return Ok(Known::Nothing);
    };
    match tracking.stage {
        Stage::Accepted | Stage::Acknowledged => Ok(Known::Whole(tracking.message.to_string())),
        Stage::Uploading | Stage::Unknown => {
            Ok(Known::Part(client.adopt(outgoing, tracking.message)?))
        }
        Stage::Undeliverable | Stage::Failed => Err(Error::UploadLost),
    }
}

fn outgoing(row: &MeshOutRow) -> Result<Outgoing, Trouble> {
    let unread = |_| Trouble::Stopped("a message's row does not read");
    let length = row.size.and_then(|size| u64::try_from(size).ok());
    let length = length.ok_or(Trouble::Stopped("a message has no size"))?;
    Ok(Outgoing {
        to: MailboxId::parse(&row.mailbox).map_err(unread)?,
        workflow: WorkflowId::parse(&row.workflow).map_err(unread)?,
        local_id: LocalId::parse(&row.local_id).map_err(unread)?,
        length,
        compress: length >= SMALL,
    })
}

/// What another attempt would not change. That MESH does not let the mailbox in is the operator's to
/// mend, and no fault of the message.
fn is_final(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused(_) | Error::Length | Error::Size(_) | Error::Several
    )
}

/// In a word, for whoever sent it.
fn reason(error: &Error) -> String {
    match error.fault() {
        Some(fault) if fault.unknown_recipient() => "mesh-no-mailbox".to_owned(),
        Some(fault) if fault.unregistered_workflow() => "mesh-no-workflow".to_owned(),
        Some(_) | None => "mesh-refused".to_owned(),
    }
}

/// Seconds to the next attempt: as long as MESH says, where it does.
fn wait(attempts: i64, error: &Error) -> i64 {
    let place = usize::try_from(attempts - 1).unwrap_or_default();
    let usual = WAITS.get(place).copied().unwrap_or(4 * 3600);
    let asked = match error.after() {
        Some(after) => i64::try_from(after.as_secs()).unwrap_or(usual),
        None => 0,
    };
    usual.max(asked.min(24 * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_than_the_one_before_and_as_long_as_mesh_asks() {
        let (away, busy) = (
            Error::Unreachable,
            Error::Busy {
                after: Some(Duration::from_mins(2)),
            },
        );
        assert_eq!(wait(1, &away), 10);
        assert!((1..7).all(|n| wait(n, &away) < wait(n + 1, &away)));
        assert_eq!(wait(99, &away), 4 * 3600);
        assert_eq!((wait(1, &busy), wait(5, &busy)), (120, 900));
    }

    #[test]
    fn what_is_no_fault_of_the_message_is_tried_again() {
        for passes in [Error::Unreachable, Error::Timeout, Error::Untrusted] {
            assert!(!is_final(&passes), "{passes}");
        }
        assert!(is_final(&Error::Size(0)) && is_final(&Error::Several));
    }
}
