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
