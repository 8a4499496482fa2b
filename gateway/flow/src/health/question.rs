//! Which questions a request asks, to whom they can be given, and what is said of one to whoever
//! it was given to.

use std::collections::BTreeMap;

use gateway_core::Personal;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HealthRequestRow, HealthTaskRow, PersonRow};

use super::list::{HealthView, health_views, one_view};
use super::note::HealthNote;
use super::review::health_row;
use super::task::HealthTaskView;
use super::{GATHERS, LISTED};
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::submission::Caller;

/// What can be given out of a request, and to whom.
#[derive(Debug, Clone)]
pub struct ToGive {
    /// The codes of the questions that it asks, in its order.
    pub questions: Vec<String>,
    /// Who is enrolled at the body that is asked, by name.
    pub colleagues: Vec<HealthColleague>,
}

/// A colleague to whom a question can be given.
#[derive(Debug, Clone)]
pub struct HealthColleague {
    /// The enrolled address.
    pub address: Personal<String>,
    /// The name.
    pub name: Personal<String>,
}

/// A question with what whoever answers it has to know of its request.
#[derive(Debug, Clone)]
pub struct OwnQuestion {
    /// The question.
    pub task: HealthTaskView,
    /// Its request, without its steps.
    pub request: HealthView,
    /// It waits for an answer.
    pub open: bool,
}

impl Flow {
    /// The codes of the questions that a request asks, as its form had them.
    pub(super) async fn asked_in(
        &self,
        tx: &mut Tx,
        request: &HealthRequestRow,
    ) -> Result<Vec<String>, FlowError> {
        let row: Option<ExchangeRow> = tx.get(&request.id).await?;
        let row = row.ok_or_else(|| corrupt("exchange", &request.id))?;
        let said = self.particulars(&row).await?;
        Ok(match said.form.and_then(|form| form.health) {
            Some(HealthNote::Asks { questions, .. }) => questions,
            Some(HealthNote::Answers { .. }) | None => Vec::new(),
        })
    }

    /// What whoever sees to a request at the body that is asked can give out, and to whom. A request
    /// that has not reached the body gives out nothing.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than the single point of contact and the deputy;
    /// [`FlowError::NotFound`] where the caller's agency is not asked.
    pub async fn questions_to_give(&self, caller: &Caller, id: &str) -> Result<ToGive, FlowError> {
        let request = self.health_asked(caller, id).await?;
        self.acting(caller, GATHERS, "giving a question out")
            .await?;
        let own = caller.agency.as_str();
        let mut tx = self.store.read().await?;
        let mut deliveries = tx.deliveries_of(id).await?.into_iter();
        let questions = match deliveries.any(|one| one.agency == own) {
            true => self.asked_in(&mut tx, &request).await?,
            false => Vec::new(),
        };
        let mut colleagues = Vec::new();
        for person in tx.people_of(own).await? {
            if person.state == "active" {
                colleagues.push(HealthColleague {
                    address: self.person_email(&person).await?,
                    name: self.person_name(&person).await?,
                });
            }
        }
        colleagues.sort_by_key(|one| one.name.reveal().to_lowercase());
        Ok(ToGive {
            questions,
            colleagues,
        })
    }

    /// The questions that wait for the caller, each with its request, the oldest first.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] where nobody is named.
    pub async fn questions_waiting(&self, caller: &Caller) -> Result<Vec<OwnQuestion>, FlowError> {
        let person = self.acting(caller, &[], "answering a question").await?;
        let mut tx = self.store.read().await?;
        let rows = tx.health_tasks_for(&person.id, LISTED).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.request.as_str()).collect();
        let requests = tx.health_requests_by_id(&ids).await?;
        let views = health_views(&mut tx, requests, self.now()).await?;
        let mut tasks = self.task_views(&mut tx, rows).await?;
        let mut all = Vec::new();
        for task in tasks.drain(..) {
            let request = views.iter().find(|view| view.id == task.request);
            let request = request.ok_or_else(|| corrupt("health_request", &task.request))?;
            all.push(OwnQuestion {
                request: request.clone(),
                task,
                open: true,
            });
        }
        Ok(all)
    }

    /// One question that was given to the caller, signed or not.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it was given to nobody, or to another.
    pub async fn own_question(&self, caller: &Caller, id: &str) -> Result<OwnQuestion, FlowError> {
        let person = self.acting(caller, &[], "answering a question").await?;
        let mut tx = self.store.read().await?;
        let row: Option<HealthTaskRow> = tx.get(id).await?;
        let row = row
            .filter(|row| row.person == person.id && row.agency == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        let request = health_row(&mut tx, &row.request).await?;
        let asked = request.holder == row.agency
            && request.answered_at.is_none()
            && request.closed_at.is_none();
        let open = asked && row.signed_at.is_none();
        let request = one_view(&mut tx, request, self.now()).await?;
        let task = self.task_views(&mut tx, vec![row]).await?.pop();
        Ok(OwnQuestion {
            task: task.ok_or(FlowError::NotFound)?,
            request,
            open,
        })
    }

    /// Tasks as they are shown: the names of all their people are asked for at once.
    pub(super) async fn task_views(
        &self,
        tx: &mut Tx,
        rows: Vec<HealthTaskRow>,
    ) -> Result<Vec<HealthTaskView>, FlowError> {
        let people: Vec<&str> = rows.iter().map(|row| row.person.as_str()).collect();
        let names = self.names_of(tx, &people).await?;
        let view = |row: HealthTaskRow| HealthTaskView {
            person: names.get(&row.person).cloned(),
            id: row.id,
            request: row.request,
            question: row.question,
            given: row.given_at,
            signed: row.signed_at,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// What people are called, by id.
    pub(super) async fn names_of(
        &self,
        tx: &mut Tx,
        people: &[&str],
    ) -> Result<BTreeMap<String, String>, FlowError> {
        let mut names = BTreeMap::new();
        let rows: Vec<PersonRow> = tx.people_by_id(people).await?;
        for person in rows {
            let name = self.person_name(&person).await?.into_inner();
            names.insert(person.id, name);
        }
        Ok(names)
    }
}
