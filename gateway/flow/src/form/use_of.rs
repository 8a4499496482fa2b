//! How a meeting used a form (report 3.11): noted by the area's coordinator, told to its writers.

use gateway_core::Role;
use gateway_core::calendar::local_date;
use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_seal::Place;
use gateway_store::rows::{ExchangeRow, FormSentRow, FormUseRow};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ask::{NoticeFor, invalid};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// The longest words about how a form was used, characters.
const EFFECT: usize = 20_000;

/// How a meeting used a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormUse {
    /// The day of the meeting.
    pub meeting_on: Date,
    /// The meeting had it before it.
    pub considered: bool,
    /// What came of it, or why it was not considered.
    pub effect: String,
}

/// As it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    considered: bool,
    effect: String,
}

impl Flow {
    /// Notes how a meeting used a form; its writers are told.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than the area's coordinator; [`FlowError::NotFound`]
    /// where there is no such form in the area; [`FlowError::Conflict`] where it is noted already.
    pub async fn consider_form(
        &self,
        caller: &Caller,
        exchange: &str,
        used: &FormUse,
    ) -> Result<(), FlowError> {
        let (area, person) = self
            .coordinator(caller, "noting how a form was used")
            .await?;
        let person = person.id.clone();
        let effect =
            clean(&used.effect, EFFECT).map_err(|error| invalid("/effect", &error.to_string()))?;
        if used.meeting_on > local_date(self.clock.now()) {
            return Err(invalid(
                "/meeting_on",
                "is to come: say it after the meeting",
            ));
        }
        let mut tx = self.store.read().await?;
        let sent: Option<FormSentRow> = tx.get(exchange).await?;
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        drop(tx);
        let row = row.filter(|row| row.area == area);
        let (sent, row) = sent.zip(row).ok_or(FlowError::NotFound)?;
        let Some(nominal) = row.nominal.clone() else {
            return Err(FlowError::Conflict(
                "it is not known yet whom it is about".to_owned(),
            ));
        };
        let kept = serde_json::to_vec(&Kept {
            considered: used.considered,
            effect,
        })?;
        let place = effect_place(&area, &row.id);
        let mut noted = FormUseRow {
            effect: self.vault.seal_column(&place, &kept).await?,
            id: row.id.clone(),
            area: area.clone(),
            nominal,
            meeting_on: used.meeting_on.to_string(),
            person: person.clone(),
            at: self.now(),
            updated_by: String::new(),
        };
        let considered = if used.considered { "yes" } else { "no" };
        let (flow, from) = (self.clone(), caller.agency.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                if tx.get::<FormUseRow>(&noted.id).await?.is_some() {
                    let why = "how this form was used has been noted already";
                    return Err(FlowError::Conflict(why.to_owned()));
                }
                let mut drafts = vec![
                    Draft::new(EventKind::FormConsidered, Some(&from))
                        .about(&noted.id, Some(&noted.nominal))
                        .reaching([id_of(&sent.agency)?])
                        .with("form", &*sent.form)
                        .with("meeting", &*noted.meeting_on)
                        .with("considered", considered)
                        .with("person", person),
                ];
                tx.put(&mut noted).await?;
                let told = NoticeFor {
                    agency: &sent.agency,
                    role: Role::Spoc,
                    kind: "form-considered",
                    due: None,
                };
                flow.tell_of_form(tx, Some(&noted.id), &noted.nominal, &told, &mut drafts)
                    .await?;
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "consider-form", work).await?;
        Ok(())
    }

    /// How a meeting used a form, for those who have it or sent it; none where nothing is noted.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller has no part in the exchange.
    pub async fn form_use(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormUse>, FlowError> {
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx.get(exchange).await?.ok_or(FlowError::NotFound)?;
        if !crate::receive::has_part(&mut tx, &row, caller.agency.as_str()).await? {
            return Err(FlowError::NotFound);
        }
        let Some(used) = tx.get::<FormUseRow>(exchange).await? else {
            return Ok(None);
        };
        let unread = || corrupt("form_use", &used.id);
        let place = effect_place(&used.area, &used.id);
        let plain = self.vault.open_column(&place, &used.effect).await?;
        // What was noted before there was a yes or no to it is the words alone.
        let kept = match serde_json::from_slice::<Kept>(&plain) {
            Ok(kept) => kept,
            Err(_) => Kept {
                considered: true,
                effect: String::from_utf8(plain.to_vec()).map_err(|_| unread())?,
            },
        };
        Ok(Some(FormUse {
            meeting_on: used.meeting_on.parse().map_err(|_| unread())?,
            considered: kept.considered,
            effect: kept.effect,
        }))
    }
}

const fn effect_place<'a>(area: &'a str, row: &'a str) -> Place<'a> {
    Place {
        area,
        table: "form_use",
        row,
        column: "effect",
    }
}
