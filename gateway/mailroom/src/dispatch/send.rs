//! The sending: each mail's bytes are made once and kept sealed; every try sends the same.

use base64::Engine as _;
use gateway_flow::outgoing::{MailKind, mail_place};
use gateway_mail::{Letter, Route, Sent, Why};
use gateway_store::failpoint;
use gateway_store::rows::MailOutRow;

use crate::error::Trouble;
use crate::intake::BOUNCE;
use crate::room::Mailroom;

use super::lanes::{Lanes, sorted};

/// How many mails that are due are looked at in one round.
const AT_ONCE: i64 = 200;
/// How long one try may take before another gateway takes it up, microseconds.
const LEASE: i64 = 10 * 60 * 1_000_000;
/// How long is waited before each next try, seconds; the last goes on.
const WAITS: [i64; 6] = [60, 5 * 60, 15 * 60, 30 * 60, 3600, 4 * 3600];
/// How long a mail is tried, microseconds (RFC 5321 section 4.5.4.1: four to five days).
const TRIED_FOR: i64 = 5 * 24 * 3600 * 1_000_000;

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

    /// Sends mails to one place, one after the other. Where no host of a domain is there for the
    /// first, the others are not tried now: each would wait as long.
    async fn send_all(self, rows: Vec<MailOutRow>) {
        let mut reached = true;
        for row in rows {
            let id = row.id.clone();
            match self.claim_and_send(row, reached).await {
                Ok(there) => reached &= there,
                Err(error) => {
                    tracing::warn!(mail = %id, %error, "a mail could not be made or sent: it is tried again");
                    if let Err(error) = self.wait_again(&id).await {
                        tracing::warn!(mail = %id, %error, "a mail waits until its lease ends");
                    }
                }
            }
        }
    }

    /// Whether the place could be reached.
    async fn claim_and_send(&self, row: MailOutRow, reached: bool) -> Result<bool, Trouble> {
        let now = self.0.flow.clock.now().as_microsecond();
        let until = match reached {
            true => now + LEASE,
            false => now + wait(row.attempts + 1) * 1_000_000,
        };
        let mut tx = self.0.flow.store.write("claim-mail").await?;
        let mine = tx.claim_mail(&row, until).await?;
        tx.commit().await?;
        match mine && reached {
            true => self.send_one(row).await,
            false => Ok(true),
        }
    }

    async fn send_one(&self, row: MailOutRow) -> Result<bool, Trouble> {
        let row = MailOutRow {
            attempts: row.attempts + 1,
            ..row
        };
        // After a restore the bytes of a large one are gone: it is another database's mail now.
        let there = match (&row.body, &row.blob) {
            (Some(_), _) => true,
            (None, Some(blob)) => self.0.flow.keeps(blob),
            (None, None) => false,
        };
        let row = match there {
            true => row,
            false => self.written(row).await?,
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
                    self.later(row, status, next).await?;
                }
                // A relay that breaks off over one mail may take the next.
                let direct = matches!(self.0.settings.route, Route::Direct(_));
                Ok(!direct || why != Why::Unreachable)
            }
        }
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
        self.later(row, None, next).await
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

    /// Writes a mail and keeps its bytes, sealed.
    async fn written(&self, mut row: MailOutRow) -> Result<MailOutRow, Trouble> {
        let bytes = self.write(&mut row).await?;
        let (key, inline, blob) = self.0.flow.keep_bytes(&bytes)?;
        let place = mail_place(&row.area, &row.id, "key");
        let vault = &self.0.flow.vault;
        row.key = Some(vault.seal_column(&place, key.as_bytes()).await?);
        (row.body, row.blob) = (inline, blob);
        let mut tx = self.0.flow.store.write("mail-written").await?;
        if let Some(blob) = &row.blob {
            tx.enliven_blob(blob).await?;
        }
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(row)
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

fn wait(attempts: i64) -> i64 {
    let place = usize::try_from(attempts - 1).unwrap_or_default();
    WAITS.get(place).copied().unwrap_or(4 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_than_the_one_before_until_four_hours() {
        assert_eq!(wait(0), 60);
        assert!((1..6).all(|n| wait(n) < wait(n + 1)));
        assert_eq!(wait(99), wait(6));
    }
}
