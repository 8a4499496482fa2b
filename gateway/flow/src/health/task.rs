//! A single point of contact is not the clinician: each question can be given to a colleague, who
//! answers and signs it as an act of their own. The single point of contact gathers what was signed.

use std::collections::BTreeMap;

use gateway_core::AgencyId;
use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_seal::Place;
use gateway_store::rows::{HealthRequestRow, HealthTaskRow};

use super::review::{conflict, health_row, open};
use super::{GATHERS, LISTED, LONGEST};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// A question that a person is given.
#[derive(Debug, Clone)]
pub struct HealthTaskView {
    /// Its id.
    pub id: String,
    /// The request.
    pub request: String,
    /// The question's code.
    pub question: String,
    /// Whom it was given to, by name.
    pub person: Option<String>,
    /// When it was given, microseconds UTC.
    pub given: i64,
    /// When it was signed, microseconds UTC.
    pub signed: Option<i64>,
}

/// A signed answer, for whoever gathers them.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The question's code.
    pub question: String,
    /// The answer, in words.
    pub answer: String,
    /// Who signed it, by name.
    pub signed_by: Option<String>,
    /// When, microseconds UTC.
    pub signed: Option<i64>,
}

const fn answer_place<'a>(area: &'a str, task: &'a str) -> Place<'a> {
    Place {
        area,
        table: "health_task",
        row: task,
        column: "answer",
    }
}

impl Flow {
    /// Gives a question of a request to a colleague, by their enrolled address. Given to another,
    /// the first need not answer any more.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than the single point of contact and the deputy;
    /// [`FlowError::Invalid`] where there is no such question or colleague;
    /// [`FlowError::Conflict`] where it is signed already, or the request does not wait.
    pub async fn give_question(
        &self,
        caller: &Caller,
        id: &str,
        question: &str,
        colleague: &str,
    ) -> Result<Vec<HealthTaskView>, FlowError> {
        let by = self
            .acting(caller, GATHERS, "giving a question out")
            .await?;
        let by = by.id.clone();
        let request = self.health_asked(caller, id).await?;
        let mut tx = self.store.read().await?;
        let asked = self.asked_in(&mut tx, &request).await?;
        if asked.iter().all(|code| code != question) {
            return Err(invalid(
                "/question",
                "is no question that this request asks",
            ));
        }
        let own = caller.agency.as_str();
        let person = self.person_at(&mut tx, own, colleague).await?;
        drop(tx);
        let person =
            person.ok_or_else(|| invalid("/person", "is nobody who is enrolled at your agency"))?;
        let mut task = HealthTaskRow {
            id: fresh(self),
            request: request.id.clone(),
            agency: own.to_owned(),
            question: question.to_owned(),
            person: person.id,
            given_by: by,
            given_at: self.now(),
            answer: None,
            signed_at: None,
            updated_by: String::new(),
        };
        let flow_area = request.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let row = health_row(tx, &task.request).await?;
                open(&row)?;
                let given = tx.health_tasks(&task.request, &task.agency).await?;
                let same = given.into_iter().find(|one| one.question == task.question);
                if let Some(same) = same {
                    if same.signed_at.is_some() {
                        return Err(conflict("this question is answered and signed"));
                    }
                    if same.person == task.person {
                        // Given to the same colleague twice, it is given once.
                        return Ok((Vec::new(), ()));
                    }
                    task.id = same.id;
                }
                let event = within(EventKind::HealthAssigned, &row, &task)?;
                tx.put(&mut task).await?;
                Ok((vec![event], ()))
            })
        });
        self.recorder
            .record(&flow_area, "give-question", work)
            .await?;
        self.given_questions(caller, id).await
    }

    /// The questions of a request that were given out at the caller's agency.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency is not asked.
    pub async fn given_questions(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<HealthTaskView>, FlowError> {
        self.health_asked(caller, id).await?;
        let mut tx = self.store.read().await?;
        let rows = tx.health_tasks(id, caller.agency.as_str()).await?;
        self.task_views(&mut tx, rows).await
    }

    /// The questions that wait for the caller.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] where nobody is named.
    pub async fn own_questions(&self, caller: &Caller) -> Result<Vec<HealthTaskView>, FlowError> {
        let person = self.acting(caller, &[], "answering a question").await?;
        let mut tx = self.store.read().await?;
        let rows = tx.health_tasks_for(&person.id, LISTED).await?;
        self.task_views(&mut tx, rows).await
    }

    /// Answers and signs a question that was given to the caller.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it was not; [`FlowError::Conflict`] where it is signed, or the
    /// request does not wait any more; [`FlowError::Invalid`] without words.
    pub async fn sign_answer(
        &self,
        caller: &Caller,
        task: &str,
        words: &str,
    ) -> Result<HealthTaskView, FlowError> {
        let person = self.acting(caller, &[], "answering a question").await?;
        let person = person.id.clone();
        let words =
            clean(words, LONGEST).map_err(|error| invalid("/answer", &error.to_string()))?;
        let mut tx = self.store.read().await?;
        let row: Option<HealthTaskRow> = tx.get(task).await?;
        let row = row
            .filter(|row| row.person == person && row.agency == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        let request = health_row(&mut tx, &row.request).await?;
        drop(tx);
        let place = answer_place(&request.area, &row.id);
        let sealed = self.vault.seal_column(&place, words.as_bytes()).await?;
        let (flow, area) = (self.clone(), request.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                let request = health_row(tx, &row.request).await?;
                open(&request)?;
                if request.holder != row.agency {
                    return Err(conflict("this request is asked of another body now"));
                }
                let now: Option<HealthTaskRow> = tx.get(&row.id).await?;
                let mut now = now.ok_or(FlowError::NotFound)?;
                if now.person != person {
                    return Err(conflict("this question was given to another colleague"));
                }
                if now.signed_at.is_some() {
                    return Err(conflict("this question is answered and signed"));
                }
                (now.answer, now.signed_at) = (Some(sealed), Some(flow.now()));
                let event = within(EventKind::HealthSigned, &request, &now)?;
                tx.put(&mut now).await?;
                Ok((vec![event], now))
            })
        });
        let (row, _) = self.recorder.record(&area, "sign-answer", work).await?;
        let mut tx = self.store.read().await?;
        let signed = self.task_views(&mut tx, vec![row]).await?.pop();
        signed.ok_or(FlowError::NotFound)
    }

    /// What colleagues have signed of a request, by question, for whoever gathers it.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than the single point of contact and the deputy;
    /// [`FlowError::NotFound`] where the caller's agency is not asked.
    pub async fn gathered(&self, caller: &Caller, id: &str) -> Result<Vec<Gathered>, FlowError> {
        let person = self.acting(caller, GATHERS, "gathering answers").await?;
        let person = person.id.clone();
        let request = self.health_asked(caller, id).await?;
        let read = Draft::new(EventKind::ItemRead, Some(&caller.agency))
            .about(&request.id, Some(&request.nominal))
            .reaching([caller.agency.clone()])
            .with("gathered", "yes")
            .with("person", &*person);
        let work = work(move |_| Box::pin(async move { Ok((vec![read], ())) }));
        self.recorder
            .record(&request.area, "gather-answers", work)
            .await?;
        let mut tx = self.store.read().await?;
        let rows = tx.health_tasks(id, caller.agency.as_str()).await?;
        let people: Vec<&str> = rows.iter().map(|row| row.person.as_str()).collect();
        let names = self.names_of(&mut tx, &people).await?;
        let mut all = BTreeMap::new();
        for row in rows {
            let Some(sealed) = &row.answer else { continue };
            let place = answer_place(&request.area, &row.id);
            let plain = self.vault.open_column(&place, sealed).await?;
            let answer = String::from_utf8(plain.to_vec());
            let one = Gathered {
                question: row.question.clone(),
                answer: answer.map_err(|_| corrupt("health_task", &row.id))?,
                signed_by: names.get(&row.person).cloned(),
                signed: row.signed_at,
            };
            all.insert(row.question, one);
        }
        Ok(all.into_values().collect())
    }
}

/// An event that stays within the body that is asked.
fn within(
    kind: EventKind,
    request: &HealthRequestRow,
    task: &HealthTaskRow,
) -> Result<Draft, FlowError> {
    let own: AgencyId = id_of(&task.agency)?;
    Ok(Draft::new(kind, Some(&own))
        .about(&request.id, Some(&request.nominal))
        .reaching([own.clone()])
        .with("task", &*task.id)
        .with("question", &*task.question))
}

fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}
