//! What follows on a refusal: the Caldicott guardian of the body that refused stands by it or has
//! it answered; then the chair takes note of it or has it asked again. And an answer that was about
//! the wrong patient.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, Role};
use gateway_store::Tx;
use gateway_store::rows::HealthRequestRow;

use super::list::HealthView;
use super::{GATHERS, LONGEST, SPEAKS, STEPS, Step, event};
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::corrupt;
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Done, Draft, work};
use crate::submission::Caller;

/// A decision about a refusal.
struct Looked {
    request: String,
    stands: bool,
    agency: AgencyId,
    person: String,
    words: (String, Vec<u8>),
}

impl Flow {
    /// The health body that is asked agrees to answer; said twice, it is said once.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency is not asked; [`FlowError::Conflict`]
    /// where it has been answered, or was withdrawn.
    pub async fn accept_health_request(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<HealthView, FlowError> {
        let person = self
            .acting(caller, SPEAKS, "answering a health information request")
            .await?;
        let person = person.id.clone();
        let request = self.health_asked(caller, id).await?;
        let (flow, own) = (self.clone(), caller.agency.clone());
        let area = request.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let mut row = health_row(tx, &request.id).await?;
                if row.holder != own.as_str() {
                    return Err(FlowError::NotFound);
                }
                open(&row)?;
                if row.accepted_at.is_some() {
                    return Ok((Vec::new(), ()));
                }
                row.accepted_at = Some(flow.now());
                let accepted = event(EventKind::HealthAccepted, Some(own.as_str()), &row)?;
                tx.put(&mut row).await?;
                let step = Step {
                    kind: "accepted",
                    agency: own.as_str(),
                    person: Some(&person),
                    other: None,
                };
                flow.write_step_of(tx, &row.id, step, None).await?;
                Ok((vec![accepted.with("person", &*person)], ()))
            })
        });
        self.recorder.record(&area, "accept-health", work).await?;
        self.health_request(caller, id).await
    }

    /// Looks at a refusal: it stands, or the request is answered after all. By the Caldicott
    /// guardian of the body that refused; after that, by the chair of the area's coordination unit.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency is not the one that looks;
    /// [`FlowError::Forbidden`] for others than that role; [`FlowError::Conflict`] where nothing
    /// waits for a look; [`FlowError::Invalid`] without reasons.
    pub async fn review_refusal(
        &self,
        caller: &Caller,
        id: &str,
        stands: bool,
        reasons: &str,
    ) -> Result<HealthView, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<HealthRequestRow> = tx.get(id).await?;
        drop(tx);
        let row = row.ok_or(FlowError::NotFound)?;
        let own = caller.agency.as_str();
        let role = match row.stage.as_deref() {
            Some("caldicott") if row.holder == own => Role::Caldicott,
            Some("chair") if row.unit == own => Role::Chair,
            None if [&row.agency, &row.holder, &row.unit].contains(&&own.to_owned()) => {
                return Err(conflict("no refusal of this request waits for a look"));
            }
            Some(_) | None => return Err(FlowError::NotFound),
        };
        let person = self.acting(caller, &[role], "looking at a refusal").await?;
        let person = person.id.clone();
        let words = self.sealed_reasons(&row.area, reasons).await?;
        let looked = Looked {
            request: row.id.clone(),
            stands,
            agency: caller.agency.clone(),
            person,
            words,
        };
        let flow = self.clone();
        let stage = row.stage.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let now = health_row(tx, &looked.request).await?;
                if now.stage != stage {
                    return Err(conflict("somebody has looked at this refusal already"));
                }
                flow.write_review(tx, now, looked).await
            })
        });
        self.recorder
            .record(&row.area, "review-refusal", work)
            .await?;
        self.health_request(caller, id).await
    }

    async fn sealed_reasons(
        &self,
        area: &str,
        reasons: &str,
    ) -> Result<(String, Vec<u8>), FlowError> {
        let reasons = clean(reasons, LONGEST).map_err(|error| {
            FlowError::Invalid(vec![FieldFault::new("/reasons", error.to_string())])
        })?;
        self.seal_step_words(STEPS, area, &reasons).await
    }

    async fn write_review(
        &self,
        tx: &mut Tx,
        mut row: HealthRequestRow,
        looked: Looked,
    ) -> Done<()> {
        let by_chair = row.stage.as_deref() == Some("chair");
        let kind = match (by_chair, looked.stands) {
            (false, true) => "upheld",
            (true, true) => "noted",
            (_, false) => "reopened",
        };
        let own = looked.agency.as_str();
        let step = Step {
            kind,
            agency: own,
            person: Some(&looked.person),
            other: None,
        };
        let mut drafts = Vec::new();
        let step_id = looked.words.0.clone();
        match (by_chair, looked.stands) {
            (_, false) => {
                let by = (own, Some(&*step_id));
                self.reopen(tx, &mut row, &mut drafts, by).await?;
            }
            (false, true) => {
                let upheld = event(EventKind::HealthUpheld, Some(own), &row)?;
                drafts.push(upheld.with("step", &*step_id));
                self.to_chair(tx, &mut row, &mut drafts).await?;
            }
            (true, true) => {
                (row.stage, row.stage_due_at) = (None, None);
                row.closed_at = Some(self.now());
                let closed = event(EventKind::HealthClosed, Some(own), &row)?;
                drafts.push(closed.with("step", &*step_id));
                tx.put(&mut row).await?;
                for agency in [row.agency.clone(), row.holder.clone()] {
                    let told = (&*agency, Role::Spoc);
                    self.tell_of_health(tx, &row, told, "health-closed", &mut drafts)
                        .await?;
                }
            }
        }
        self.write_step_of(tx, &row.id, step, Some(looked.words))
            .await?;
        Ok((drafts, ()))
    }

    /// A refusal goes to the chair.
    pub(super) async fn to_chair(
        &self,
        tx: &mut Tx,
        row: &mut HealthRequestRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let days = clocks(tx, &row.area).await?.health_review;
        let due = gateway_core::calendar::due_at(self.clock.now(), days);
        row.stage = Some("chair".to_owned());
        row.stage_due_at = Some(due.as_microsecond());
        tx.put(row).await?;
        let unit = row.unit.clone();
        self.tell_of_health(tx, row, (&unit, Role::Chair), "health-review", drafts)
            .await
    }

    /// A request waits for an answer again; by whom, and the step that has the reasons.
    pub(super) async fn reopen(
        &self,
        tx: &mut Tx,
        row: &mut HealthRequestRow,
        drafts: &mut Vec<Draft>,
        (by, step): (&str, Option<&str>),
    ) -> Result<(), FlowError> {
        (row.outcome, row.reason, row.answer) = (None, None, None);
        (row.answered_at, row.closed_at) = (None, None);
        (row.stage, row.stage_due_at) = (None, None);
        (row.reminded_at, row.late_at) = (None, None);
        (row.due_at, row.remind_at) = self.time_again(tx, row).await?;
        tx.put(row).await?;
        let reopened = event(EventKind::HealthReopened, Some(by), row)?;
        drafts.push(match step {
            Some(step) => reopened.with("step", step),
            None => reopened,
        });
        let holder = row.holder.clone();
        self.tell_of_health(tx, row, (&holder, Role::Spoc), "health-reopened", drafts)
            .await
    }

    /// The answer was about the wrong patient: it is called back from all who have it, they are
    /// told, and the request waits for an answer again.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where nothing was answered; as
    /// [`Flow::withdraw_exchange`].
    pub async fn wrong_patient(
        &self,
        caller: &Caller,
        id: &str,
        reasons: &str,
    ) -> Result<HealthView, FlowError> {
        self.acting(caller, GATHERS, "calling an answer back")
            .await?;
        let request = self.health_asked(caller, id).await?;
        let answer = request
            .answer
            .ok_or_else(|| conflict("this request has no answer that could be called back"))?;
        self.withdraw_as(caller, &answer, reasons, true).await?;
        self.health_request(caller, id).await
    }

    /// What becomes of the request whose answer, or which itself, is taken back, in the
    /// transaction that does it.
    pub(crate) async fn health_withdrawn(
        &self,
        tx: &mut Tx,
        exchange: &str,
        wrong_patient: bool,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        if let Some(mut row) = tx.get::<HealthRequestRow>(exchange).await? {
            // What was answered before stays what became of it.
            if row.answered_at.is_none() {
                row.outcome = Some("cancelled".to_owned());
            }
            row.closed_at.get_or_insert(self.now());
            (row.stage, row.stage_due_at) = (None, None);
            tx.put(&mut row).await?;
            return Ok(());
        }
        let Some(mut row) = tx.health_request_answered_by(exchange).await? else {
            return Ok(());
        };
        let holder = row.holder.clone();
        if wrong_patient {
            let told = event(EventKind::HealthWrongPatient, Some(&holder), &row)?;
            drafts.push(told.with("answer", exchange));
            let asks = row.agency.clone();
            let kind = "health-wrong-patient";
            self.tell_of_health(tx, &row, (&asks, Role::Spoc), kind, drafts)
                .await?;
            let step = Step {
                kind: "wrong-patient",
                agency: &holder,
                person: None,
                other: None,
            };
            self.write_step_of(tx, &row.id, step, None).await?;
        }
        self.reopen(tx, &mut row, drafts, (&holder, None)).await
    }

    /// A request that the caller's agency is asked.
    pub(super) async fn health_asked(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<HealthRequestRow, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<HealthRequestRow> = tx.get(id).await?;
        row.filter(|row| row.holder == caller.agency.as_str())
            .ok_or(FlowError::NotFound)
    }
}

/// A request, in the transaction that changes it.
pub(super) async fn health_row(tx: &mut Tx, id: &str) -> Result<HealthRequestRow, FlowError> {
    tx.get(id)
        .await?
        .ok_or_else(|| corrupt("health_request", id))
}

/// It waits for an answer.
pub(super) fn open(row: &HealthRequestRow) -> Result<(), FlowError> {
    match (row.outcome.as_deref(), row.answered_at) {
        (Some("cancelled"), _) => Err(conflict("this request was withdrawn by whoever asked")),
        (_, Some(_)) => Err(conflict("this request has been answered")),
        (_, None) => Ok(()),
    }
}

pub(super) fn conflict(why: &str) -> FlowError {
    FlowError::Conflict(why.to_owned())
}
