//! Secure email: certificates, threads, what is kept apart, what goes out.

use std::fmt::Write as _;

use crate::db::Tx;
use crate::error::StoreError;
use crate::row::{Record, RowRef, Value, insert};
use crate::rows::{
    AgencyRow, DeliveryRow, HoldRow, MailCertificateRow, MailOutRow, NoticeRow, QuarantineRow,
    QuestionRow, ThreadRow,
};
use crate::together::Insertion;

/// A step in the life of an open hold that its approvers are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldStep {
    /// It began to wait.
    Opened,
    /// Its clock reminded of it.
    Reminded,
    /// It passed on.
    Escalated,
}

impl HoldStep {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Opened, Self::Reminded, Self::Escalated];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reminded => "reminded",
            Self::Escalated => "escalated",
        }
    }

    /// When a hold came to it.
    const fn column(self) -> &'static str {
        match self {
            Self::Opened => "since",
            Self::Reminded => "reminded_at",
            Self::Escalated => "escalated_at",
        }
    }

    /// When a hold is to come to it by its clock.
    const fn due_column(self) -> Option<&'static str> {
        match self {
            Self::Opened => None,
            Self::Reminded => Some("remind_at"),
            Self::Escalated => Some("escalate_at"),
        }
    }
}

/// How many holds are looked for at once.
pub const HOLDS_AT_ONCE: usize = 500;
/// Nothing goes out to an agency while it is suspended, not even what was written before.
const MAY_GO: &str = " and exists (select 1 from agency \
    where agency.id = mail_out.agency and agency.state = 'active')";
/// Another mail about the same subject stays.
const ONCE: &str = " on conflict (subject) do nothing";

impl Tx {
    /// The certificates of an agency and of its people, the newest first.
    pub async fn mail_certificates(
        &mut self,
        agency: &str,
    ) -> Result<Vec<MailCertificateRow>, StoreError> {
        self.select(
            "where agency = $1 order by created_at desc, id",
            &[agency.into()],
        )
        .await
    }

    /// The agencies whose functional address this is; letter case does not matter.
    pub async fn agencies_by_email(&mut self, email: &str) -> Result<Vec<AgencyRow>, StoreError> {
        self.select(
            "where lower(email) = $1 order by id",
            &[email.to_lowercase().into()],
        )
        .await
    }

    /// The threads of these exchanges, with whichever agency.
    pub async fn threads_of(&mut self, exchanges: &[&str]) -> Result<Vec<ThreadRow>, StoreError> {
        self.all_among("exchange", exchanges, "order by id").await
    }

    /// Begins threads; where an exchange has one with that agency, by another gateway too, it stays.
    pub async fn begin_threads(&mut self, threads: &[ThreadRow]) -> Result<(), StoreError> {
        let mut threads: Vec<&ThreadRow> = threads.iter().collect();
        // In one order always: of two gateways, one waits for the other.
        threads.sort_by_key(|thread| (&thread.exchange, &thread.agency));
        self.add_unless(&threads, " on conflict (exchange, agency) do nothing")
            .await
    }

    /// What is kept apart in an area, the oldest first.
    pub async fn quarantined(
        &mut self,
        area: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<QuarantineRow>, StoreError> {
        self.select(
            "where area = $1 and state = 'kept' and ($2 is null or id > $2) order by id limit $3",
            &[area.into(), after.into(), limit.into()],
        )
        .await
    }

    /// How many are kept apart, by reason.
    pub async fn quarantine_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .fetch(
                "select reason, count(*) as number from quarantine where state = 'kept' group by reason",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.get("reason")?, row.get("number")?)))
            .collect()
    }

    /// Deliveries that secure email carries or announces, and that no mail has been made for; those
    /// made since a time alone where it is given (microseconds UTC).
    pub async fn unannounced(
        &mut self,
        since: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where state in ('queued', 'waiting') and channel in ('secure-email', 'portal') \
             and ($1 is null or created_at >= $1) \
             and not exists (select 1 from mail_out where mail_out.delivery = delivery.id) \
             order by id limit $2",
            &[since.into(), limit.into()],
        )
        .await
    }

    /// Open holds that have come to a step since a time, and of which their approvers have not been
    /// told; those of one exchange together, once all of them have come to it that are due at `now`
    /// (microseconds UTC).
    pub async fn holds_untold(
        &mut self,
        step: HoldStep,
        since: i64,
        now: i64,
    ) -> Result<Vec<HoldRow>, StoreError> {
        let (word, came) = (step.as_str(), step.column());
        let mut sql = format!(
            "where state = 'open' and {came} is not null and exchange in \
             (select lately.exchange from hold lately where lately.state = 'open' and lately.{came} >= $1) \
             and not exists (select 1 from hold_told where hold_told.id = hold.id || '/{word}')"
        );
        let mut args: Vec<Value> = vec![since.into()];
        if let Some(due) = step.due_column() {
            let _ = write!(
                sql,
                " and not exists (select 1 from hold other where other.exchange = hold.exchange \
                 and other.agency = hold.agency and other.state = 'open' and other.after = 0 \
                 and other.{came} is null and other.{due} <= $2)"
            );
            args.push(now.into());
        }
        let _ = write!(sql, " order by exchange, agency, id limit {HOLDS_AT_ONCE}");
        self.select(&sql, &args).await
    }

    /// Keeps in mind that the approvers of holds are told of a step; false where they were of all.
    pub async fn holds_are_told(
        &mut self,
        holds: &[&str],
        step: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "insert into hold_told (id, hold, step, at) \
             select hold.id || '/' || $2, hold.id, $2, $3 from hold where {} \
             on conflict (id) do nothing",
            self.among("hold.id", 1)
        );
        let holds = serde_json::to_string(holds).unwrap_or_default();
        let fresh = self
            .execute(sql, &[holds.into(), step.into(), at.into()])
            .await?;
        Ok(fresh > 0)
    }

    /// Questions that wait for an answer, and that no mail has been made for.
    pub async fn questions_untold(&mut self, limit: i64) -> Result<Vec<QuestionRow>, StoreError> {
        self.select(
            "where answered_at is null and not exists \
             (select 1 from mail_out where mail_out.subject = 'question/' || question.id) \
             order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Notices that something was taken back, and that no mail has been made for.
    pub async fn withdrawals_untold(&mut self, limit: i64) -> Result<Vec<NoticeRow>, StoreError> {
        self.select(
            "where kind = 'withdrawn' and not exists \
             (select 1 from mail_out where mail_out.subject = 'withdrawn/' || notice.id) \
             order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Notices about forms and custody since `since` that no mail has been made for.
    pub async fn notices_untold(
        &mut self,
        since: i64,
        limit: i64,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        self.select(
            "where created_at >= $1 \
             and (kind like 'form-%' or kind like 'hand-over%' or kind like 'custody-%' \
             or (kind like 'health-%' and kind not in ('health-asked', 'health-answered', 'health-refused', 'health-redirected')) \
             or kind like 'flag-%' \
             or kind = 'people-custody-tried') \
             and not exists (select 1 from notice_told where notice_told.id = notice.id) \
             order by id limit $2",
            &[since.into(), limit.into()],
        )
        .await
    }

    /// Keeps in mind that a notice has been mailed; false where it was.
    pub async fn notice_is_told(&mut self, notice: &str, at: i64) -> Result<bool, StoreError> {
        let fresh = self
            .execute(
                "insert into notice_told (id, at) values ($1, $2) on conflict (id) do nothing"
                    .to_owned(),
                &[notice.into(), at.into()],
            )
            .await?;
        Ok(fresh == 1)
    }

    /// The mails of an exchange's deliveries that have not been sent.
    pub async fn mails_unsent(&mut self, exchange: &str) -> Result<Vec<MailOutRow>, StoreError> {
        self.select(
            "where exchange = $1 and delivery is not null and kind in ('delivery', 'notice') \
             and state = 'queued' order by id",
            &[exchange.into()],
        )
        .await
    }

    /// Mails that are due to be sent at `now`, the longest due first.
    pub async fn mails_due(&mut self, now: i64, limit: i64) -> Result<Vec<MailOutRow>, StoreError> {
        let sql = format!(
            "where state = 'queued' and next_at <= $1{MAY_GO} order by next_at, id limit $2"
        );
        self.select(&sql, &[now.into(), limit.into()]).await
    }

    /// Takes those of these mails that are due still at `now`, until `until`; the others another
    /// gateway has taken.
    pub async fn claim_mails(
        &mut self,
        mails: &[&str],
        now: i64,
        until: i64,
    ) -> Result<Vec<MailOutRow>, StoreError> {
        let sql = format!(
            "update mail_out set next_at = $2, attempts = attempts + 1 \
             where {} and state = 'queued' and next_at <= $3{MAY_GO} returning {}",
            self.among("id", 1),
            MailOutRow::COLUMNS.join(", ")
        );
        let mails = serde_json::to_string(mails).unwrap_or_default();
        self.fetch(sql, &[mails.into(), until.into(), now.into()])
            .await?
            .iter()
            .map(|row| MailOutRow::from_row(&RowRef::whole(row)))
            .collect()
    }

    /// Takes the bytes of an agency's mails that have not been sent: they are written anew, to the
    /// certificates that it has by then.
    pub async fn unwrite_mails(&mut self, agency: &str) -> Result<(), StoreError> {
        // Held, so that one that is sent meanwhile is not put back into the queue.
        let sql = format!(
            "where agency = $1 and state = 'queued' and key is not null order by id{}",
            self.for_update()
        );
        let written: Vec<MailOutRow> = self.select(&sql, &[agency.into()]).await?;
        for mut mail in written {
            if let Some(blob) = mail.blob.take() {
                self.release_blob(&blob).await?;
            }
            (mail.key, mail.body) = (None, None);
            self.put(&mut mail).await?;
        }
        Ok(())
    }

    /// Which of these mails are in the queue still; each is held until the transaction ends.
    pub async fn still_queued(&mut self, mails: &[&str]) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "select id from mail_out where {} and state = 'queued'{MAY_GO} order by id{}",
            self.among("id", 1),
            self.for_update()
        );
        let mails = serde_json::to_string(mails).unwrap_or_default();
        let rows = self.fetch(sql, &[mails.into()]).await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Has a mail that is in the queue still tried again later; false where it is not.
    pub async fn mail_later(
        &mut self,
        mail: &str,
        status: Option<&str>,
        next_at: i64,
    ) -> Result<bool, StoreError> {
        let moved = self
            .execute(
                "update mail_out set status = $2, next_at = $3 where id = $1 and state = 'queued'",
                &[mail.into(), status.into(), next_at.into()],
            )
            .await?;
        Ok(moved == 1)
    }

    /// Keeps a mail that was claimed until `was` for as long as `until`; false where it is another
    /// gateway's by now, or is not to be sent.
    pub async fn hold_mail(
        &mut self,
        mail: &str,
        was: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        let held = self
            .execute(
                "update mail_out set next_at = $3 \
                 where id = $1 and next_at = $2 and state = 'queued'",
                &[mail.into(), was.into(), until.into()],
            )
            .await?;
        Ok(held == 1)
    }

    /// Puts a mail into the queue; false where one about the same subject is there, by another
    /// gateway too.
    pub async fn queue_mail(&mut self, mail: &MailOutRow) -> Result<bool, StoreError> {
        let sql = insert(MailOutRow::TABLE, MailOutRow::COLUMNS) + ONCE;
        Ok(self.execute(sql, &mail.values()).await? == 1)
    }

    /// Puts mails into the queue, each once for its subject.
    pub async fn queue_mails(&mut self, mails: &[MailOutRow]) -> Result<(), StoreError> {
        let mut mails: Vec<&MailOutRow> = mails.iter().collect();
        mails.sort_by_key(|mail| &mail.subject);
        self.add_unless(&mails, ONCE).await
    }

    async fn add_unless<R: Record>(
        &mut self,
        rows: &[&R],
        conflict: &str,
    ) -> Result<(), StoreError> {
        self.add_all(Insertion {
            table: R::TABLE,
            columns: R::COLUMNS,
            else_do: conflict,
            rows: rows.iter().map(|row| row.values()).collect(),
        })
        .await
    }

    /// The mails of a delivery.
    pub async fn mails_of(&mut self, delivery: &str) -> Result<Vec<MailOutRow>, StoreError> {
        self.select("where delivery = $1 order by id", &[delivery.into()])
            .await
    }

    /// How many mails are in each state.
    pub async fn mail_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .fetch(
                "select state, count(*) as number from mail_out group by state",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.get("state")?, row.get("number")?)))
            .collect()
    }
}
