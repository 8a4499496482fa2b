//! The sending: each mail's bytes are made once and kept sealed; every try sends the same.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base64::Engine as _;
use futures_util::FutureExt as _;
use gateway_flow::outgoing::{MailKind, mail_place};
use gateway_mail::{Letter, Route, Sent, Why};
use gateway_store::failpoint;
use gateway_store::rows::MailOutRow;
use tokio::sync::MutexGuard;

use crate::error::Trouble;
use crate::intake::BOUNCE;
use crate::room::Mailroom;

use super::batch::Batch;
use super::lanes::{Lanes, side_by_side, sorted};

/// How many mails that are due are looked at in one round.
const AT_ONCE: i64 = 200;
/// How many go to a relay side by side.
const SIDE_BY_SIDE: usize = 16;
/// The most content of a mail that is not large, bytes.
const SMALL: usize = 64 * 1024;
/// How long one try may take before another gateway takes it up, microseconds.
const LEASE: i64 = 10 * 60 * 1_000_000;
/// How long is waited before each next try, seconds; the last goes on.
const WAITS: [i64; 6] = [60, 5 * 60, 15 * 60, 30 * 60, 3600, 4 * 3600];
/// How long a mail is tried, microseconds (RFC 5321 section 4.5.4.1: four to five days).
const TRIED_FOR: i64 = 5 * 24 * 3600 * 1_000_000;

/// That no other large mail is dealt with, where that matters.
struct Alone<'m>(
    #[expect(dead_code, reason = "held until it is dropped")] Option<MutexGuard<'m, ()>>,
);

impl Mailroom {
    /// Begins to send what is due.
    pub(crate) async fn send_due(&self, lanes: &mut Lanes) -> Result<(), Trouble> {
        let now = self.0.flow.clock.now().as_microsecond();
        let mut tx = self.0.flow.store.read().await?;
        let due = tx.mails_due(now, AT_ONCE).await?;
        drop(tx);
        let mut all = Vec::new();
        for row in due {
            let to = self.lane_of(&row).await;
            if !lanes.is_busy(&to) {
                all.push((to, row));
            }
        }
        for (to, rows) in sorted(all) {
            lanes.begin(to, self.clone().send_all(rows));
        }
        Ok(())
    }

    /// Where it goes: one relay, or each domain's own hosts.
    async fn lane_of(&self, row: &MailOutRow) -> String {
        let address = match self.0.settings.route {
            Route::Direct(_) => self.recipient_of(row).await.unwrap_or_default(),
            Route::Relay(_) | Route::Folder(_) => String::new(),
        };
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        domain.to_lowercase()
    }

    /// Sends mails to one place: to a relay, or into a folder, some side by side, for each waits for
    /// commits more than for anything else, and those of many are one; to a domain's own hosts one
    /// after the other. Where none of these is there for the first, the others are not tried now:
    /// each would wait as long.
    async fn send_all(self, rows: Vec<MailOutRow>) {
        let at_once = match self.0.settings.route {
            Route::Direct(_) => 1,
            Route::Relay(_) | Route::Folder(_) => SIDE_BY_SIDE,
        };
        let mut reached = true;
        for some in rows.chunks(at_once) {
            match self.claimed(some, reached).await {
                Ok(mine) if reached => reached &= self.send_some(mine, at_once).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(mails = some.len(), %error, "mails could not be taken to be sent: they are due still");
                }
            }
        }
    }

    /// Takes mails, so that no other gateway sends them; where nobody is there, until they are tried
    /// again.
    async fn claimed(
        &self,
        rows: &[MailOutRow],
        reached: bool,
    ) -> Result<Vec<MailOutRow>, Trouble> {
        let now = self.0.flow.clock.now().as_microsecond();
        let attempts = rows.iter().map(|row| row.attempts).max().unwrap_or(0);
        let until = match reached {
            true => now + LEASE,
            false => now + wait(attempts + 1) * 1_000_000,
        };
        let ids: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
        let mut tx = self.0.flow.store.write("claim-mail").await?;
        let mine = tx.claim_mails(&ids, now, until).await?;
        tx.commit().await?;
        Ok(mine)
    }

    /// Writes what is not written, and sends all; whether the place could be reached.
    async fn send_some(&self, rows: Vec<MailOutRow>, at_once: usize) -> bool {
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let written = match self.all_written(rows, at_once).await {
            Ok(written) => written,
            Err(error) => {
                for id in &ids {
                    self.in_trouble(id, &error).await;
                }
                return true;
            }
        };
        let sent = side_by_side(written, at_once, |row| {
            let room = self.clone();
            async move {
                let id = row.id.clone();
                match unbroken(room.send_one(row)).await {
                    Ok(there) => there,
                    Err(error) => {
                        room.in_trouble(&id, &error).await;
                        true
                    }
                }
            }
        });
        sent.await.into_iter().all(|there| there)
    }

    async fn in_trouble(&self, id: &str, error: &Trouble) {
        tracing::warn!(mail = %id, %error, "a mail could not be made or sent: it is tried again");
        if let Err(error) = self.wait_again(id).await {
            tracing::warn!(mail = %id, %error, "a mail waits until its lease ends");
        }
    }

    /// Mails with their bytes: those that have none are written now, and all of these kept before
    /// the first is sent.
    async fn all_written(
        &self,
        rows: Vec<MailOutRow>,
        at_once: usize,
    ) -> Result<Vec<MailOutRow>, Trouble> {
        let (mut ready, bare): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| self.has_bytes(row));
        if bare.is_empty() {
            return Ok(ready);
        }
        let batch = Arc::new(self.batch_of(&bare).await?);
        let made = side_by_side(bare, at_once, |row| {
            let (room, batch) = (self.clone(), Arc::clone(&batch));
            async move {
                let id = row.id.clone();
                match unbroken(room.written(row, &batch)).await {
                    Ok(row) => row,
                    Err(error) => {
                        room.in_trouble(&id, &error).await;
                        None
                    }
                }
            }
        });
        let mut made: Vec<MailOutRow> = made.await.into_iter().flatten().collect();
        let ids: Vec<&str> = ready.iter().chain(&made).map(|row| &*row.id).collect();
        let mut tx = self.0.flow.store.write("mail-written").await?;
        // What was taken back meanwhile is not written, and not sent.
        let queued = tx.still_queued(&ids).await?;
        ready.retain(|row| queued.contains(&row.id));
        made.retain(|row| queued.contains(&row.id));
        for blob in made.iter().filter_map(|row| row.blob.as_deref()) {
            tx.enliven_blob(blob).await?;
        }
        tx.put_all(&mut made).await?;
        tx.commit().await?;
        ready.append(&mut made);
        Ok(ready)
    }

    /// After a restore the bytes of a large one are gone: it is another database's mail now.
    fn has_bytes(&self, row: &MailOutRow) -> bool {
        match (&row.body, &row.blob) {
            (Some(_), _) => true,
            (None, Some(blob)) => self.0.flow.keeps(blob),
            (None, None) => false,
        }
    }

    async fn send_one(&self, mut row: MailOutRow) -> Result<bool, Trouble> {
        let large = row.blob.is_some();
        let Some(_alone) = self.alone(&mut row, large).await? else {
            return Ok(true);
        };
        let letter = Letter {
            id: row.id.clone(),
            envelope_from: self.return_path(&row),
            to: vec![self.recipient_of(&row).await?],
            bytes: self.bytes_of(&row).await?,
        };
        failpoint::reached("mail-to-send");
        match self.0.settings.route.send(&letter).await {
            Sent::Accepted(evidence) => {
                failpoint::reached("mail-taken");
                let transport = evidence.map(|evidence| evidence.to_string());
                self.sent(row, transport).await?;
                Ok(true)
            }
            Sent::Refused { status } => {
                let status = status.unwrap_or_else(|| "5.0.0".to_owned());
                self.not_delivered(&row, Some(&status)).await?;
                Ok(true)
            }
            Sent::Later { status, why } => {
                let now = self.0.flow.clock.now().as_microsecond();
                if now - row.created_at > TRIED_FOR {
                    self.not_delivered(&row, None).await?;
                } else {
                    let next = now + wait(row.attempts) * 1_000_000;
                    self.later(&row.id, status.as_deref(), next).await?;
                }
                // A relay that breaks off over one mail may take the next.
                let direct = matches!(self.0.settings.route, Route::Direct(_));
                Ok(!direct || why != Why::Unreachable)
            }
        }
    }

    /// One that is large is dealt with when no other large one is, for memory holds each whole, and
    /// is claimed anew once it is its turn; nothing where it is another gateway's by then. To a
    /// domain's own hosts there is one at a time anyway.
    async fn alone(&self, row: &mut MailOutRow, large: bool) -> Result<Option<Alone<'_>>, Trouble> {
        if !large || matches!(self.0.settings.route, Route::Direct(_)) {
            return Ok(Some(Alone(None)));
        }
        let guard = self.0.large.lock().await;
        let until = self.0.flow.clock.now().as_microsecond() + LEASE;
        let mut tx = self.0.flow.store.write("hold-mail").await?;
        let held = tx.hold_mail(&row.id, row.next_at, until).await?;
        tx.commit().await?;
        row.next_at = until;
        Ok(held.then_some(Alone(Some(guard))))
    }

    /// Its own trouble, not the relay's: tried again after the usual wait.
    async fn wait_again(&self, id: &str) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let row: Option<MailOutRow> = tx.get(id).await?;
        drop(tx);
        let Some(row) = row.filter(|row| row.state == "queued") else {
            return Ok(());
        };
        let now = self.0.flow.clock.now().as_microsecond();
        if now - row.created_at > TRIED_FOR {
            return self.not_delivered(&row, None).await;
        }
        let next = now + wait(row.attempts) * 1_000_000;
        self.later(&row.id, None, next).await
    }

    /// Where reports on it come back to. What answers a mail has the null path (RFC 3834
    /// section 3.3), so that no two machines answer each other.
    fn return_path(&self, row: &MailOutRow) -> Option<String> {
        match MailKind::parse(&row.kind) {
            Some(MailKind::Delivery | MailKind::Notice | MailKind::Invitation) => {
                Some(format!("{BOUNCE}{}@{}", row.id, self.0.settings.domain))
            }
            Some(MailKind::Receipt | MailKind::Incomplete | MailKind::Failure) | None => None,
        }
    }

    /// Writes a mail; its row with its bytes, sealed. None where it is another gateway's by now.
    async fn written(
        &self,
        mut row: MailOutRow,
        batch: &Batch,
    ) -> Result<Option<MailOutRow>, Trouble> {
        let large = self.is_large(&row).await?;
        let Some(_alone) = self.alone(&mut row, large).await? else {
            return Ok(None);
        };
        let bytes = self.write(&mut row, batch).await?;
        let (key, inline, blob) = self.0.flow.keep_bytes(&bytes)?;
        let place = mail_place(&row.area, &row.id, "key");
        let vault = &self.0.flow.vault;
        row.key = Some(vault.seal_column(&place, key.as_bytes()).await?);
        (row.body, row.blob) = (inline, blob);
        Ok(Some(row))
    }

    /// Whether it carries much, by the size that was queued with it; where none was, it may.
    async fn is_large(&self, row: &MailOutRow) -> Result<bool, Trouble> {
        if row.kind != MailKind::Delivery.as_str() {
            return Ok(false);
        }
        let words = self.words_of(row).await?;
        let size = words.first().and_then(|size| size.parse::<usize>().ok());
        Ok(size.is_none_or(|size| size > SMALL))
    }

    async fn bytes_of(&self, row: &MailOutRow) -> Result<Vec<u8>, Trouble> {
        let sealed = row.key.as_deref().unwrap_or_default();
        let key = self.open(row, "key", sealed).await?;
        let key = String::from_utf8(key).map_err(|_| Trouble::Stopped("a key does not read"))?;
        let flow = &self.0.flow;
        let bytes = flow.kept_bytes(&key, row.body.as_deref(), row.blob.as_deref())?;
        Ok(bytes.to_vec())
    }

    /// The newest checkpoint, as mails carry it.
    pub(crate) async fn checkpoint(&self) -> Result<Option<String>, Trouble> {
        let note = self.0.flow.checkpoint(None).await?;
        Ok(note.map(|note| base64::prelude::BASE64_STANDARD.encode(note)))
    }
}

/// Deals with a mail. What panics over it is trouble as any other: tried again after the usual waits,
/// and not for ever.
async fn unbroken<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let broken = Trouble::Stopped("a mail broke the task that dealt with it");
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or(Err(broken))
}

fn wait(attempts: i64) -> i64 {
    let place = usize::try_from(attempts - 1).unwrap_or_default();
    WAITS.get(place).copied().unwrap_or(4 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_over_a_mail_is_trouble_as_any_other() {
        let panics = unbroken::<()>(async { panic!("it breaks") });
        assert!(matches!(panics.await, Err(Trouble::Stopped(_))));
        assert_eq!(unbroken(async { Ok(7) }).await.unwrap(), 7);
    }

    #[test]
    fn each_wait_is_longer_than_the_one_before_until_four_hours() {
        assert_eq!(wait(0), 60);
        assert!((1..6).all(|n| wait(n) < wait(n + 1)));
        assert_eq!(wait(99), wait(6));
    }
}
