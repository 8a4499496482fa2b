//! Requests for health information: both sides' lists, their steps and tasks, what is due, and the
//! counts.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{ExchangeRow, HealthRequestRow, HealthStepRow, HealthTaskRow};

/// How a coordination unit's requests went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HealthCounts {
    /// Requests that were not taken back.
    pub asked: i64,
    /// Of them, answered with something, in full or in part.
    pub shared: i64,
    /// Nothing is held, or the person is not known.
    pub nothing: i64,
    /// Refused.
    pub refused: i64,
    /// Refused or answered in part for confidentiality's sake.
    pub withheld: i64,
    /// Not answered, and past their time.
    pub overdue: i64,
    /// Not answered, and not past their time.
    pub open: i64,
    /// Cases in which health was asked.
    pub cases: i64,
    /// Of them, with an answer that is no refusal.
    pub cases_shared: i64,
}

impl Tx {
    /// The requests that an agency made, is asked, or oversees: what waits first, the soonest due
    /// before all.
    pub async fn health_requests_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.select(
            "where agency = $1 or holder = $1 or unit = $1 order by \
             case when closed_at is null then 0 else 1 end, \
             case when closed_at is null then due_at end, id desc limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// The exchanges in reply to a request that an agency sent, or has something of, and that were
    /// taken in; the newest first.
    pub async fn health_answers_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        self.select(
            "where in_reply_to in (select id from health_request) \
             and state not in ('incomplete', 'quarantined') \
             and (sender = $1 or exists (select 1 from wrap w \
             where w.exchange = exchange.id and w.agency = $1)) order by id desc limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// The steps of a request, the oldest first.
    pub async fn health_steps(&mut self, request: &str) -> Result<Vec<HealthStepRow>, StoreError> {
        self.select("where request = $1 order by id", &[request.into()])
            .await
    }

    /// The questions of a request that an agency gave to its people.
    pub async fn health_tasks(
        &mut self,
        request: &str,
        agency: &str,
    ) -> Result<Vec<HealthTaskRow>, StoreError> {
        self.select(
            "where request = $1 and agency = $2 order by id",
            &[request.into(), agency.into()],
        )
        .await
    }

    /// The questions that wait for a person, of requests that their agency is still asked, the oldest
    /// first.
    pub async fn health_tasks_for(
        &mut self,
        person: &str,
        limit: i64,
    ) -> Result<Vec<HealthTaskRow>, StoreError> {
        self.select(
            "where person = $1 and signed_at is null and exists (select 1 from health_request r \
             where r.id = health_task.request and r.holder = health_task.agency \
             and r.answered_at is null and r.closed_at is null) order by id limit $2",
            &[person.into(), limit.into()],
        )
        .await
    }

    /// Requests that have to be reminded of, or are past their time and not said to be.
    pub async fn health_requests_due(
        &mut self,
        now: i64,
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.select(
            "where answered_at is null and closed_at is null \
             and ((reminded_at is null and remind_at <= $1) or (late_at is null and due_at <= $1)) \
             order by due_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// Refusals at which the Caldicott guardian has not looked in time.
    pub async fn health_stages_due(
        &mut self,
        now: i64,
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.select(
            "where closed_at is null and stage = 'caldicott' and stage_due_at <= $1 \
             order by stage_due_at limit 100",
            &[now.into()],
        )
        .await
    }

    /// The request whose answer an exchange is.
    pub async fn health_request_answered_by(
        &mut self,
        exchange: &str,
    ) -> Result<Option<HealthRequestRow>, StoreError> {
        let rows = self.select("where answer = $1", &[exchange.into()]).await?;
        Ok(rows.into_iter().next())
    }

    /// The requests about a nominal, the oldest first.
    pub async fn health_requests_about(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// How the requests that a unit oversees went; `private` are the reasons that are
    /// confidentiality's, a JSON array of codes.
    pub async fn health_counts(
        &mut self,
        unit: &str,
        private: &str,
        now: i64,
    ) -> Result<HealthCounts, StoreError> {
        let confidential = self.among("reason", 2);
        let sql = format!(
            "select count(*) as asked, \
             coalesce(sum(case when outcome in ('full', 'partial') then 1 else 0 end), 0) as shared, \
             coalesce(sum(case when outcome in ('nil_held', 'not_known') then 1 else 0 end), 0) as none_held, \
             coalesce(sum(case when outcome = 'refused' then 1 else 0 end), 0) as refused, \
             coalesce(sum(case when outcome in ('refused', 'partial') and {confidential} then 1 else 0 end), 0) as withheld, \
             coalesce(sum(case when answered_at is null and closed_at is null and due_at <= $3 then 1 else 0 end), 0) as overdue, \
             coalesce(sum(case when answered_at is null and closed_at is null and due_at > $3 then 1 else 0 end), 0) as open, \
             count(distinct nominal) as cases, \
             count(distinct case when outcome in ('full', 'partial', 'nil_held', 'not_known') then nominal end) as cases_shared \
             from health_request where unit = $1 and (outcome is null or outcome <> 'cancelled')"
        );
        let rows = self
            .fetch(sql, &[unit.into(), private.into(), now.into()])
            .await?;
        let Some(row) = rows.first() else {
            return Ok(HealthCounts::default());
        };
        Ok(HealthCounts {
            asked: row.get("asked")?,
            shared: row.get("shared")?,
            nothing: row.get("none_held")?,
            refused: row.get("refused")?,
            withheld: row.get("withheld")?,
            overdue: row.get("overdue")?,
            open: row.get("open")?,
            cases: row.get("cases")?,
            cases_shared: row.get("cases_shared")?,
        })
    }
}
