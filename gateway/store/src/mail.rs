//! Secure email: certificates, threads, what is kept apart, what goes out.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{
    AgencyRow, DeliveryRow, HoldRow, MailCertificateRow, MailOutRow, NoticeRow, QuarantineRow,
    QuestionRow, ThreadRow,
};

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

    /// The thread of an exchange with an agency.
    pub async fn thread_of(
        &mut self,
        exchange: &str,
        agency: &str,
    ) -> Result<Option<ThreadRow>, StoreError> {
        let found = self
            .select(
                "where exchange = $1 and agency = $2",
                &[exchange.into(), agency.into()],
            )
            .await?;
        Ok(found.into_iter().next())
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

    /// Deliveries that secure email carries or announces, and that no mail has been made for.
    pub async fn unannounced(&mut self, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where state in ('queued', 'waiting') and channel in ('secure-email', 'portal') \
             and not exists (select 1 from mail_out where mail_out.delivery = delivery.id) \
             order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Open holds that have come to a step (`opened`, `reminded` or `escalated`) of which their
    /// approvers have not been told; those of one exchange together, once all of them have come
    /// to it that are due at `now`.
    pub async fn holds_untold(&mut self, step: &str, now: i64) -> Result<Vec<HoldRow>, StoreError> {
        self.select(
            "where state = 'open' \
             and ($1 = 'opened' or ($1 = 'reminded' and reminded_at is not null) \
             or ($1 = 'escalated' and escalated_at is not null)) \
             and not exists (select 1 from hold_told where hold_told.id = hold.id || '/' || $1) \
             and not exists (select 1 from hold other where other.exchange = hold.exchange \
             and other.agency = hold.agency and other.state = 'open' and other.after = 0 \
             and (($1 = 'reminded' and other.reminded_at is null and other.remind_at <= $2) \
             or ($1 = 'escalated' and other.escalated_at is null and other.escalate_at <= $2))) \
             order by exchange, agency, id limit 500",
            &[step.into(), now.into()],
        )
        .await
    }

    /// Keeps in mind that the approvers of a hold are told of a step; false where they were.
    pub async fn hold_is_told(
        &mut self,
        hold: &str,
        step: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let id = format!("{hold}/{step}");
        let fresh = self
            .execute(
                "insert into hold_told (id, hold, step, at) values ($1, $2, $3, $4) \
                 on conflict (id) do nothing"
                    .to_owned(),
                &[(&id).into(), hold.into(), step.into(), at.into()],
            )
            .await?;
        Ok(fresh == 1)
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
        self.select(
            "where state = 'queued' and next_at <= $1 order by next_at, id limit $2",
            &[now.into(), limit.into()],
        )
        .await
    }

    /// Takes a due mail until `until`; false where another gateway was faster.
    pub async fn claim_mail(&mut self, mail: &MailOutRow, until: i64) -> Result<bool, StoreError> {
        let taken = self
            .execute(
                "update mail_out set next_at = $1, attempts = attempts + 1 \
                 where id = $2 and next_at = $3 and state = 'queued'",
                &[until.into(), (&mail.id).into(), mail.next_at.into()],
            )
            .await?;
        Ok(taken == 1)
    }

    /// Puts a mail into the queue; false where one about the same subject is there.
    pub async fn queue_mail(&mut self, mail: &MailOutRow) -> Result<bool, StoreError> {
        let known = self
            .number(
                "select count(*) from mail_out where subject = $1",
                &[(&mail.subject).into()],
            )
            .await?;
        if known > 0 {
            return Ok(false);
        }
        self.put(&mut mail.clone()).await?;
        Ok(true)
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
