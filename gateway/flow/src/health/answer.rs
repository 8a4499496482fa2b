//! A request is answered: in full, in part, with nothing, by another body, or not at all and why.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Id, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, HealthRequestRow};

use super::note::HealthNote;
use super::{Step, event};
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::{id_of, kind_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::Draft;
use crate::submission::RecipientClaim;

impl Flow {
    /// The request that a form answers; and for whom the answer is where its sender names nobody:
    /// whoever asked, and the coordination unit.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] where it waits for no answer of the caller's agency.
    pub(crate) async fn answerable(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        note: &HealthNote,
        (in_reply_to, corrects): (Option<Id>, Option<Id>),
    ) -> Result<(HealthRequestRow, Vec<RecipientClaim>), FlowError> {
        let Some(id) = in_reply_to else {
            return Err(fault(
                "names no request: begin it from the request that your agency is asked",
            ));
        };
        let row: Option<HealthRequestRow> = tx.get(&id.to_string()).await?;
        let row = row.filter(|row| row.holder == own.id);
        let row =
            row.ok_or_else(|| fault("is no health information request that your agency is asked"))?;
        let corrected = corrects.map(|id| id.to_string());
        let stands = row.answer.is_some() && row.answered_at.is_some();
        if row.outcome.as_deref() == Some("cancelled") {
            return Err(fault(
                "was withdrawn by whoever asked: nothing is to be answered",
            ));
        }
        if stands && corrected != row.answer {
            return Err(fault(
                "has been answered: send a correction of that answer, or withdraw it",
            ));
        }
        self.may_pass_on(tx, own, note).await?;
        let readers = [id_of(&row.agency)?, id_of(&row.unit)?];
        let mut claims: Vec<RecipientClaim> = Vec::new();
        for agency in readers {
            if claims.iter().all(|claim| claim.agency != agency) {
                claims.push(RecipientClaim {
                    agency,
                    person: None,
                    reason: None,
                });
            }
        }
        Ok((row, claims))
    }

    /// Whoever is said to have it is a health body that takes part, and another.
    async fn may_pass_on(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        note: &HealthNote,
    ) -> Result<(), FlowError> {
        let HealthNote::Answers {
            redirected_to: Some(next),
            ..
        } = note
        else {
            return Ok(());
        };
        let row: Option<AgencyRow> = tx.get(next.as_str()).await?;
        let fits = match &row {
            Some(row) => {
                row.state == "active" && row.id != own.id && kind_of(row)?.is_health_body()
            }
            None => false,
        };
        match fits {
            true => Ok(()),
            false => Err(FlowError::Invalid(vec![FieldFault::new(
                "/answers/answer/redirected_to",
                "is no other health body that takes part: give its id",
            )])),
        }
    }

    /// Notes an answer in the recording of its exchange.
    pub(crate) async fn note_health_answer(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        (note, corrects): (&HealthNote, Option<Id>),
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (
            HealthNote::Answers {
                outcome,
                reason,
                redirected_to,
                interim,
            },
            Some(id),
        ) = (note, &row.in_reply_to)
        else {
            return Ok(());
        };
        let request: Option<HealthRequestRow> = tx.get(id).await?;
        // Since it was looked at, somebody else may have been asked, or it was taken back.
        let Some(mut request) = request.filter(|request| request.holder == row.sender) else {
            return Err(FlowError::Conflict(
                "this request is not your agency's to answer any more".to_owned(),
            ));
        };
        if request.outcome.as_deref() == Some("cancelled") {
            return Err(FlowError::Conflict(
                "this request was withdrawn meanwhile: nothing is to be answered".to_owned(),
            ));
        }
        let corrected = corrects.map(|id| id.to_string());
        if request.answered_at.is_some() && corrected != request.answer {
            return Err(FlowError::Conflict(
                "this request was answered meanwhile: look at that answer first".to_owned(),
            ));
        }
        let now = self.now();
        let late = request.answered_at.is_none() && now > request.due_at;
        request.answer = Some(row.id.clone());
        request.accepted_at.get_or_insert(now);
        let kind = match (outcome.as_str(), interim) {
            ("refused", false) => EventKind::HealthRefused,
            _ => EventKind::HealthAnswered,
        };
        let said = event(kind, Some(&row.sender), &request)?
            .with("answer", &*row.id)
            .with("outcome", &**outcome)
            .with("interim", interim.to_string())
            .with("late", late.to_string());
        drafts.push(match reason {
            Some(reason) => said.with("reason", &**reason),
            None => said,
        });
        if *interim {
            tx.put(&mut request).await?;
            return self
                .tell_answered(tx, &request, "health-answered", drafts)
                .await;
        }
        if let Some(next) = redirected_to {
            return self.pass_on(tx, request, next, drafts).await;
        }
        request.outcome = Some(outcome.clone());
        request.reason.clone_from(reason);
        request.answered_at = Some(now);
        if outcome == "refused" {
            return self.open_review(tx, request, drafts).await;
        }
        (request.stage, request.stage_due_at) = (None, None);
        request.closed_at = Some(now);
        tx.put(&mut request).await?;
        self.tell_answered(tx, &request, "health-answered", drafts)
            .await
    }

    async fn tell_answered(
        &self,
        tx: &mut Tx,
        request: &HealthRequestRow,
        kind: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let asks = request.agency.clone();
        self.tell_of_health(tx, request, (&asks, Role::Spoc), kind, drafts)
            .await
    }

    /// A refusal is looked at by the Caldicott guardian of the body that refuses.
    async fn open_review(
        &self,
        tx: &mut Tx,
        mut request: HealthRequestRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let days = clocks(tx, &request.area).await?.health_review;
        let due = gateway_core::calendar::due_at(self.clock.now(), days);
        request.stage = Some("caldicott".to_owned());
        request.stage_due_at = Some(due.as_microsecond());
        request.closed_at = None;
        tx.put(&mut request).await?;
        let (holder, unit) = (request.holder.clone(), request.unit.clone());
        let review = (&*holder, Role::Caldicott);
        self.tell_of_health(tx, &request, review, "health-review", drafts)
            .await?;
        let unit = (&*unit, Role::Coordinator);
        self.tell_of_health(tx, &request, unit, "health-refused", drafts)
            .await?;
        self.tell_answered(tx, &request, "health-refused", drafts)
            .await
    }

    /// Another body is asked: it gets the request, and the time that there is.
    async fn pass_on(
        &self,
        tx: &mut Tx,
        mut request: HealthRequestRow,
        next: &AgencyId,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let before = std::mem::replace(&mut request.holder, next.to_string());
        // A correction may say so of what was answered before.
        (request.outcome, request.reason, request.answer) = (None, None, None);
        (request.accepted_at, request.answered_at) = (None, None);
        (request.stage, request.stage_due_at) = (None, None);
        request.closed_at = None;
        (request.reminded_at, request.late_at) = (None, None);
        let (due, remind) = self.time_again(tx, &request).await?;
        (request.due_at, request.remind_at) = (due, remind);
        tx.put(&mut request).await?;
        let step = Step {
            kind: "redirected",
            agency: &before,
            person: None,
            other: Some(next.as_str()),
        };
        self.write_step_of(tx, &request.id, step, None).await?;
        drafts.push(
            event(EventKind::HealthRedirected, Some(&before), &request)?
                .with("next", next.as_str()),
        );
        self.call_back_unsent(tx, &request, &before, drafts).await?;
        self.carry_request(tx, &request, drafts).await?;
        let holder = (next.as_str(), Role::Spoc);
        self.tell_of_health(tx, &request, holder, "health-asked", drafts)
            .await?;
        self.tell_answered(tx, &request, "health-redirected", drafts)
            .await
    }
}

fn fault(detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new("/in_reply_to", detail)])
}
