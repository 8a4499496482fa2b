//! A coordinator asks an agency for a form for a meeting (report 5.24). The clock reminds, and says
//! when it is late.

use gateway_core::calendar::{add_working_days, close_of, local_date, working_days_before};
use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, FormRequestRow, NominalRow, NoticeRow};
use jiff::civil::Date;

use super::kind_of;
use crate::Flow;
use crate::admin::clocks::{Clocks, clocks};
use crate::case::id_of;
use crate::error::{FieldFault, FlowError};
use crate::identify::live;
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::{Caller, FormNote};

/// Most requests that are listed at once.
const LISTED: i64 = 500;

/// What a coordinator asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The form.
    pub form: String,
    /// About whom: the nominal's reference.
    pub nominal: String,
    /// Of which agency; none, of the prison that holds the person.
    pub agency: Option<AgencyId>,
    /// The day of the meeting.
    pub meeting_on: Date,
    /// The meeting is called in an emergency: less notice.
    pub emergency: bool,
}

/// A request, as its two sides see it.
#[derive(Debug, Clone)]
pub struct FormRequestView {
    /// Its id.
    pub id: String,
    /// The form.
    pub form: String,
    /// About whom: the nominal's reference.
    pub nominal: String,
    /// Who is asked.
    pub agency: String,
    /// Who asks.
    pub unit: String,
    /// The day of the meeting, ISO.
    pub meeting_on: String,
    /// When it was asked, microseconds UTC.
    pub asked: i64,
    /// When it is due, microseconds UTC.
    pub due: i64,
    /// It was, or is, late.
    pub late: bool,
    /// The exchange that answered it.
    pub exchange: Option<String>,
    /// When it was answered, microseconds UTC.
    pub answered: Option<i64>,
}

impl Flow {
    /// Asks for a form; the request, which is the one there is where the same is asked already. It
    /// is due as long before the meeting as the area's clocks say, and by the working day before
    /// the meeting where that day is past.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than the area's coordinator; [`FlowError::NotFound`]
    /// for another area's nominal; [`FlowError::Invalid`] where a field is wrong.
    pub async fn ask_for_form(
        &self,
        caller: &Caller,
        asked: &Asked,
    ) -> Result<FormRequestView, FlowError> {
        let (area, person) = self.coordinator(caller, "asking for a form").await?;
        let person = person.id.clone();
        let form = self.form_of(&asked.form)?;
        let mut tx = self.store.read().await?;
        let nominal = live(&mut tx, &asked.nominal).await?;
        let nominal = nominal
            .filter(|nominal| nominal.area == area)
            .ok_or(FlowError::NotFound)?;
        let of = self.asked_agency(&mut tx, &nominal, asked).await?;
        if !form.writers.is_empty() && !form.writers.contains(&kind_of(&of)?) {
            return Err(invalid(
                "/agency",
                "does not write this form: choose another",
            ));
        }
        let clocks = clocks(&mut tx, &area).await?;
        drop(tx);
        let today = local_date(self.clock.now());
        if asked.meeting_on <= today {
            return Err(invalid(
                "/meeting_on",
                "is past: give the day of a meeting to come",
            ));
        }
        let due = due(asked, clocks, today);
        let mut row = FormRequestRow {
            id: fresh(self),
            area: area.clone(),
            nominal: nominal.id.clone(),
            form: form.id.clone(),
            agency: of.id.clone(),
            unit: caller.agency.to_string(),
            person,
            meeting_on: asked.meeting_on.to_string(),
            asked_at: self.now(),
            remind_at: close_of(working_days_before(due, clocks.form_reminder)).as_microsecond(),
            due_at: close_of(due).as_microsecond(),
            reminded_at: None,
            late_at: None,
            exchange: None,
            answered_at: None,
            updated_by: String::new(),
        };
        let flow = self.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                // Asked twice for one meeting, it is asked once.
                let open = tx.form_requests_open(&row.nominal, &row.agency, &row.form);
                let mut open = open.await?.into_iter();
                if let Some(same) = open.find(|open| open.meeting_on == row.meeting_on) {
                    return Ok((Vec::new(), view(same)));
                }
                let mut drafts = vec![about(EventKind::FormAsked, &row, &row.agency)?];
                tx.put(&mut row).await?;
                flow.tell_asked(tx, &row, "form-asked", &mut drafts).await?;
                Ok((drafts, view(row)))
            })
        });
        Ok(self.recorder.record(&area, "ask-for-form", work).await?.0)
    }

    /// The agency named, else the prison that holds the person.
    async fn asked_agency(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        asked: &Asked,
    ) -> Result<AgencyRow, FlowError> {
        let now = self.now();
        let id = match &asked.agency {
            Some(named) => Some(named.to_string()),
            None => tx
                .parts_of(&nominal.id)
                .await?
                .into_iter()
                .find(|part| {
                    let runs = part.from_at <= now && part.until_at.is_none_or(|u| u > now);
                    part.kind == "custody" && runs
                })
                .map(|part| part.agency),
        };
        let Some(id) = id else {
            return Err(invalid(
                "/agency",
                "is not known: no prison is on record as holding this person",
            ));
        };
        let row: Option<AgencyRow> = tx.get(&id).await?;
        row.filter(|row| row.state == "active")
            .ok_or_else(|| invalid("/agency", "choose an agency that takes part"))
    }

    /// The requests that the caller's agency is asked, or has asked; those that wait first, the
    /// one due soonest before all.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn form_requests(&self, caller: &Caller) -> Result<Vec<FormRequestView>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.form_requests_of(caller.agency.as_str(), LISTED).await?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// A form that is sent answers what its agency was asked about the person.
    pub(crate) async fn answer_requests(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        note: &FormNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (Some(nominal), false) = (&row.nominal, row.state == "incomplete") else {
            return Ok(());
        };
        for mut asked in tx
            .form_requests_open(nominal, &row.sender, &note.form)
            .await?
        {
            asked.exchange = Some(row.id.clone());
            asked.answered_at = Some(self.now());
            let event = about(EventKind::FormAnswered, &asked, &asked.unit)?;
            let late = asked.late_at.is_some() || self.now() > asked.due_at;
            drafts.push(
                event
                    .with("exchange", &*row.id)
                    .with("late", late.to_string()),
            );
            tx.put(&mut asked).await?;
        }
        Ok(())
    }

    /// Reminds of what is due soon, and says what is late: each once, as events.
    pub(crate) async fn run_form_clock(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let due = tx.form_requests_due(self.now()).await?;
        drop(tx);
        for row in due {
            let (flow, area) = (self.clone(), row.area.clone());
            let work = work(move |tx| Box::pin(async move { flow.press_form(tx, &row.id).await }));
            self.recorder.record(&area, "form-clock", work).await?;
        }
        Ok(())
    }

    async fn press_form(&self, tx: &mut Tx, id: &str) -> Result<(Vec<Draft>, ()), FlowError> {
        let mut drafts = Vec::new();
        let row: Option<FormRequestRow> = tx.get(id).await?;
        let Some(mut row) = row.filter(|row| row.answered_at.is_none()) else {
            return Ok((drafts, ()));
        };
        let now = self.now();
        let late = row.late_at.is_none() && row.due_at <= now;
        let reminded = row.reminded_at.is_none() && row.remind_at <= now;
        if late {
            row.late_at = Some(now);
            let event = about(EventKind::FormLate, &row, &row.agency)?;
            drafts.push(event.reaching([id_of(&row.agency)?, id_of(&row.unit)?]));
        }
        if reminded {
            row.reminded_at = Some(now);
            drafts.push(about(EventKind::FormReminded, &row, &row.agency)?);
        }
        if drafts.is_empty() {
            // Another round of the clockwork was faster.
            return Ok((drafts, ()));
        }
        tx.put(&mut row).await?;
        let kind = match late {
            true => "form-late",
            false => "form-reminded",
        };
        self.tell_asked(tx, &row, kind, &mut drafts).await?;
        if late {
            let told = NoticeFor {
                agency: &row.unit,
                role: Role::Coordinator,
                kind: "form-overdue",
                due: Some(row.due_at),
            };
            self.tell_of_form(tx, None, &row.nominal, &told, &mut drafts)
                .await?;
        }
        Ok((drafts, ()))
    }

    /// Tells the agency that is asked.
    pub(super) async fn tell_asked(
        &self,
        tx: &mut Tx,
        row: &FormRequestRow,
        kind: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let told = NoticeFor {
            agency: &row.agency,
            role: Role::Spoc,
            kind,
            due: Some(row.due_at),
        };
        self.tell_of_form(tx, None, &row.nominal, &told, drafts)
            .await
    }

    pub(crate) async fn tell_of_form(
        &self,
        tx: &mut Tx,
        exchange: Option<&str>,
        nominal: &str,
        told: &NoticeFor<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (kind, role) = (told.kind, told.role);
        let mut notice = NoticeRow {
            id: format!("{}/{}/{role}/{kind}", fresh(self), told.agency),
            exchange: exchange.map(str::to_owned),
            nominal: Some(nominal.to_owned()),
            agency: told.agency.to_owned(),
            role: role.to_string(),
            kind: kind.to_owned(),
            created_at: self.now(),
            due_at: told.due,
            done_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut notice).await?;
        drafts.push(
            Draft::new(EventKind::Notified, None)
                .nominal(nominal)
                .reaching([id_of(told.agency)?])
                .with("role", role.as_str())
                .with("notice", kind),
        );
        Ok(())
    }
}

/// Whom a notice is for, what it is, and by when something is to be done.
pub(crate) struct NoticeFor<'a> {
    pub(crate) agency: &'a str,
    pub(crate) role: Role,
    pub(crate) kind: &'a str,
    pub(crate) due: Option<i64>,
}

/// The day on which a form is due.
fn due(asked: &Asked, clocks: Clocks, today: Date) -> Date {
    let before = match asked.emergency {
        true => clocks.form_due_emergency,
        false => clocks.form_due,
    };
    let due = working_days_before(asked.meeting_on, before);
    match due > today {
        true => due,
        // Less notice than that: by the day before the meeting, and not before tomorrow.
        false => working_days_before(asked.meeting_on, 1).max(add_working_days(today, 1)),
    }
}

pub(super) fn about(kind: EventKind, row: &FormRequestRow, to: &str) -> Result<Draft, FlowError> {
    let from = id_of(match to == row.agency {
        true => &row.unit,
        false => &row.agency,
    })?;
    Ok(Draft::new(kind, Some(&from))
        .nominal(&row.nominal)
        .reaching([id_of(to)?])
        .with("request", &*row.id)
        .with("form", &*row.form)
        .with("meeting", &*row.meeting_on))
}

fn view(row: FormRequestRow) -> FormRequestView {
    FormRequestView {
        id: row.id,
        form: row.form,
        nominal: row.nominal,
        agency: row.agency,
        unit: row.unit,
        meeting_on: row.meeting_on,
        asked: row.asked_at,
        due: row.due_at,
        late: row.late_at.is_some() || row.answered_at.is_some_and(|at| at > row.due_at),
        exchange: row.exchange,
        answered: row.answered_at,
    }
}

pub(super) fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}
