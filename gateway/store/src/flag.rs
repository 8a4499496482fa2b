//! Hospital flags: their sides' lists, their steps, and what is due.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{HospitalFlagRow, HospitalFlagStepRow};

impl Tx {
    /// The flags that an agency set, has, or oversees: those that are set, the soonest reviewed
    /// before all; then those that wait to be cleared; then the others, the newest first.
    pub async fn hospital_flags_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<HospitalFlagRow>, StoreError> {
        self.select(
            "where agency = $1 or holder = $1 or unit = $1 order by \
             case when ended_at is null then 0 \
             when clear_due_at is not null and cleared_at is null then 1 else 2 end, \
             case when ended_at is null then review_at else 0 end, id desc limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// The flags about a nominal, the oldest first.
    pub async fn hospital_flags_about(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<HospitalFlagRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// The flag that goes on from another.
    pub async fn hospital_flag_after(
        &mut self,
        flag: &str,
    ) -> Result<Option<HospitalFlagRow>, StoreError> {
        let rows = self
            .select("where follows = $1 order by id", &[flag.into()])
            .await?;
        Ok(rows.into_iter().next())
    }

    /// The steps of a flag, the oldest first.
    pub async fn hospital_flag_steps(
        &mut self,
        flag: &str,
    ) -> Result<Vec<HospitalFlagStepRow>, StoreError> {
        self.select("where flag = $1 order by id", &[flag.into()])
            .await
    }

    /// Flags that are set, or may be yet, and whose review has to be reminded of or is past.
    pub async fn hospital_flags_due(
        &mut self,
        now: i64,
    ) -> Result<Vec<HospitalFlagRow>, StoreError> {
        self.select(
            "where ended_at is null and exists \
             (select 1 from exchange e where e.id = hospital_flag.id and e.state <> 'refused') \
             and ((reminded_at is null and remind_at <= $1) or review_at <= $1) \
             order by review_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// Flags that are set, which nobody at the trust has opened, and which nobody there can open any
    /// more, their review being to come.
    pub async fn hospital_flags_unopened(
        &mut self,
        now: i64,
    ) -> Result<Vec<HospitalFlagRow>, StoreError> {
        self.select(
            "where ended_at is null and review_at > $1 \
             and exists (select 1 from wrap w where w.exchange = hospital_flag.id \
             and w.agency = hospital_flag.holder and w.expires_at <= $1) \
             and not exists (select 1 from wrap w where w.exchange = hospital_flag.id \
             and w.agency = hospital_flag.holder and (w.expires_at is null or w.expires_at > $1)) \
             and not exists (select 1 from delivery d, delivery_step s \
             where d.exchange = hospital_flag.id and d.agency = hospital_flag.holder \
             and s.delivery = d.id and s.state = 'opened') \
             order by review_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// When the trust of a flag first opened it, microseconds UTC.
    pub async fn hospital_flag_opened(
        &mut self,
        flag: &HospitalFlagRow,
    ) -> Result<Option<i64>, StoreError> {
        let rows = self
            .fetch(
                "select min(s.at) as at from delivery d join delivery_step s on s.delivery = d.id \
                 where d.exchange = $1 and d.agency = $2 and s.state = 'opened'"
                    .to_owned(),
                &[(&flag.id).into(), (&flag.holder).into()],
            )
            .await?;
        rows.first().map_or(Ok(None), |row| row.get("at"))
    }

    /// Until when the trust of a flag can open what it is told, microseconds UTC; none where that
    /// has no end, or nothing of it has reached the trust.
    pub async fn hospital_flag_opens_until(
        &mut self,
        flag: &HospitalFlagRow,
    ) -> Result<Option<i64>, StoreError> {
        let rows = self
            .fetch(
                "select max(expires_at) as until from wrap where exchange = $1 and agency = $2 \
                 and not exists (select 1 from wrap other where other.exchange = $1 \
                 and other.agency = $2 and other.expires_at is null)"
                    .to_owned(),
                &[(&flag.id).into(), (&flag.holder).into()],
            )
            .await?;
        rows.first().map_or(Ok(None), |row| row.get("until"))
    }

    /// Flags that are over, and that the trust has not said in time to have cleared.
    pub async fn hospital_flags_uncleared(
        &mut self,
        now: i64,
    ) -> Result<Vec<HospitalFlagRow>, StoreError> {
        self.select(
            "where cleared_at is null and clear_late_at is null and clear_due_at <= $1 \
             order by clear_due_at limit 100",
            &[now.into()],
        )
        .await
    }
}
