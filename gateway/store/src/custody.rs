//! Claims of custody, hand-overs, and the forms that go with a person who is moved.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{CustodyClaimRow, FormRequestRow, FormSentRow, HandOverRow, PartRow};

impl Tx {
    /// The claims that an agency made, answers, or settles: what waits first, the oldest before all.
    pub async fn custody_claims_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<CustodyClaimRow>, StoreError> {
        self.select(
            "where agency = $1 or holder = $1 or unit = $1 order by \
             case when closed_at is null then 0 else 1 end, \
             case when closed_at is null then id end, id desc limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// The claims about a nominal that wait, the oldest first.
    pub async fn custody_claims_open(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<CustodyClaimRow>, StoreError> {
        self.select(
            "where nominal = $1 and closed_at is null order by id",
            &[nominal.into()],
        )
        .await
    }

    /// The claims that nobody has answered in time, and of which that is not said yet.
    pub async fn custody_claims_due(
        &mut self,
        now: i64,
    ) -> Result<Vec<CustodyClaimRow>, StoreError> {
        self.select(
            "where closed_at is null and overdue_at is null and due_at <= $1 \
             order by due_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// The hand-overs that an agency owes, or whose unit it is: what waits first, the soonest due
    /// before all.
    pub async fn hand_overs_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<HandOverRow>, StoreError> {
        self.select(
            "where agency = $1 or unit = $1 order by \
             case when ended_at is null then 0 else 1 end, due_at, id limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// What is owed about a nominal.
    pub async fn hand_overs_open(&mut self, nominal: &str) -> Result<Vec<HandOverRow>, StoreError> {
        self.select(
            "where nominal = $1 and ended_at is null order by id",
            &[nominal.into()],
        )
        .await
    }

    /// All claims about a nominal, the oldest first.
    pub async fn custody_claims_about(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<CustodyClaimRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// All that was owed about a nominal, the oldest first.
    pub async fn hand_overs_about(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<HandOverRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// All that was asked for about a nominal, the oldest first.
    pub async fn form_requests_about(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// The hand-overs that have to be reminded of, or are late and not said to be.
    pub async fn hand_overs_due(&mut self, now: i64) -> Result<Vec<HandOverRow>, StoreError> {
        self.select(
            "where ended_at is null and ((reminded_at is null and remind_at <= $1) \
             or (late_at is null and due_at <= $1)) order by due_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// The forms about a nominal, the oldest first.
    pub async fn forms_about(&mut self, nominal: &str) -> Result<Vec<FormSentRow>, StoreError> {
        self.select(
            "where id in (select id from exchange where nominal = $1) order by id",
            &[nominal.into()],
        )
        .await
    }

    /// The requests whose agency held the person until before `since`, where another holds them
    /// now.
    pub async fn form_requests_left(
        &mut self,
        since: i64,
        now: i64,
    ) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select(
            "where answered_at is null \
             and exists (select 1 from part p where p.nominal = form_request.nominal \
                 and p.kind = 'custody' and p.agency = form_request.agency) \
             and not exists (select 1 from part p where p.nominal = form_request.nominal \
                 and p.kind = 'custody' and p.agency = form_request.agency \
                 and (p.until_at is null or p.until_at >= $1)) \
             and exists (select 1 from part p where p.nominal = form_request.nominal \
                 and p.kind = 'custody' and p.from_at <= $2 \
                 and (p.until_at is null or p.until_at > $2)) \
             order by id limit 100",
            &[since.into(), now.into()],
        )
        .await
    }

    /// The custody that a prison has now, the newest first.
    pub async fn held_by(
        &mut self,
        agency: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<PartRow>, StoreError> {
        self.select(
            "where agency = $1 and kind = 'custody' and from_at <= $2 \
             and (until_at is null or until_at > $2) order by from_at desc, id limit $3",
            &[agency.into(), now.into(), limit.into()],
        )
        .await
    }
}
