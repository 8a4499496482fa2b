//! Requests for health information: both sides' lists, their steps and tasks, what is due, and the
//! counts.

use std::collections::BTreeMap;

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
    /// Refused, with a reason.
    pub refused: i64,
    /// Refused, and no reason is on record.
    pub unexplained: i64,
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

/// What of a request's exchanges says where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HealthStanding {
    /// Something of its answer waits for a decision.
    pub held: bool,
    /// The body that is asked has opened it.
    pub opened: bool,
}

/// What waits at an agency, and for one of its people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HealthWaits {
    /// Requests that the agency made, is asked, or oversees, and that are not closed.
    pub requests: i64,
    /// Questions that were given to the person and are not signed.
    pub questions: i64,
}

/// Of a task: its request is still asked of its agency, and waits for an answer.
const STILL_ASKED: &str = "exists (select 1 from health_request r \
     where r.id = health_task.request and r.holder = health_task.agency \
     and r.answered_at is null and r.closed_at is null)";

impl Tx {
    /// The requests that an agency made, is asked, or oversees: what waits first, the soonest due
    /// before all; a refusal that is looked at, by when that is due.
    pub async fn health_requests_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.select(
            "where agency = $1 or holder = $1 or unit = $1 order by \
             case when closed_at is null then 0 else 1 end, \
             case when closed_at is null then coalesce(stage_due_at, due_at) end, id desc limit $2",
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

    /// The requests with these ids.
    pub async fn health_requests_by_id(
        &mut self,
        ids: &[&str],
    ) -> Result<Vec<HealthRequestRow>, StoreError> {
        self.all_among("id", ids, "order by id").await
    }

    /// What the exchanges of these requests and of their answers say, by request.
    pub async fn health_standings(
        &mut self,
        requests: &[&str],
    ) -> Result<BTreeMap<String, HealthStanding>, StoreError> {
        if requests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql = format!(
            "select r.id as id, \
             (select count(*) from hold h where h.exchange = r.answer and h.state = 'open' and h.after = 0) as held, \
             (select count(*) from delivery d where d.exchange = r.id and d.agency = r.holder \
             and (d.state in ('opened', 'acknowledged') \
             or d.channel = 'mesh' and d.state = 'delivered')) as opened \
             from health_request r where {}",
            self.among("r.id", 1)
        );
        let list = serde_json::to_string(requests).unwrap_or_default();
        let rows = self.fetch(sql, &[list.into()]).await?;
        let standing = |row: &crate::db::Row| {
            let standing = HealthStanding {
                held: row.get::<i64>("held")? > 0,
                opened: row.get::<i64>("opened")? > 0,
            };
            Ok((row.get("id")?, standing))
        };
        rows.iter().map(standing).collect()
    }

    /// How much waits at an agency, and for one of its people.
    pub async fn health_waits(
        &mut self,
        agency: &str,
        person: &str,
    ) -> Result<HealthWaits, StoreError> {
        let sql = format!(
            "select (select count(*) from health_request where closed_at is null \
             and (agency = $1 or holder = $1 or unit = $1)) as requests, \
             (select count(*) from health_task where person = $2 and signed_at is null \
             and {STILL_ASKED}) as questions"
        );
        let rows = self.fetch(sql, &[agency.into(), person.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(HealthWaits::default());
        };
        Ok(HealthWaits {
            requests: row.get("requests")?,
            questions: row.get("questions")?,
        })
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
        let rest = format!(
            "where person = $1 and signed_at is null and {STILL_ASKED} order by id limit $2"
        );
        self.select(&rest, &[person.into(), limit.into()]).await
    }

    /// Questions that wait for the colleague that they were given to, and that no mail has been made
    /// for since.
    pub async fn health_tasks_untold(
        &mut self,
        limit: i64,
    ) -> Result<Vec<HealthTaskRow>, StoreError> {
        let rest = format!(
            "where signed_at is null and {STILL_ASKED} and not exists \
             (select 1 from mail_out where mail_out.subject = \
             'told/question/' || health_task.id || '/' || cast(health_task.given_at as text)) \
             order by id limit $1"
        );
        self.select(&rest, &[limit.into()]).await
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
             coalesce(sum(case when outcome = 'refused' and reason is not null then 1 else 0 end), 0) as refused, \
             coalesce(sum(case when outcome = 'refused' and reason is null then 1 else 0 end), 0) as unexplained, \
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
            unexplained: row.get("unexplained")?,
            withheld: row.get("withheld")?,
            overdue: row.get("overdue")?,
            open: row.get("open")?,
            cases: row.get("cases")?,
            cases_shared: row.get("cases_shared")?,
        })
    }
}
