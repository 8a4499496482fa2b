//! What an area's coordinator does to its nominals: changes a part or the level, moves what was
//! filed with the wrong person, joins two records that are one person's. Each is checked by role,
//! needs reasons, is one event at least that says who acted, and is done once however often its
//! form is sent.

mod join;
mod transfer;

use std::time::Duration;

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, AgencyKind, Id};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NominalActRow, NominalRow};

use crate::Flow;
use crate::admin::NominalChange;
use crate::error::{FieldFault, FlowError};
use crate::identify::live;
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// The longest reasons, characters.
const LONGEST: usize = 20_000;

/// How often the faster one of two alike is looked for, every 20 ms.
const RACE: u32 = 250;
/// Why the slower one is not done.
const ALREADY: &str = "this has been done already";

/// One act: the id that its form was given, and why.
#[derive(Debug, Clone)]
pub struct Act {
    /// By which it is known when it is sent again.
    pub id: String,
    /// Why; cannot be empty.
    pub reasons: String,
}

/// A coordinator about to act.
struct Actor {
    area: String,
    agency: AgencyId,
    person: String,
    reasons: String,
}

fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}

impl Flow {
    /// A fresh id for the form of an act.
    pub fn act_id(&self) -> String {
        fresh(self)
    }

    /// Changes a nominal of the coordinator's area.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for other agencies and other areas' nominals,
    /// [`FlowError::Forbidden`] for others of the unit, [`FlowError::Invalid`] where a field is
    /// wrong, [`FlowError::Conflict`] where it is so already.
    pub async fn act_on_nominal(
        &self,
        caller: &Caller,
        reference: &str,
        change: NominalChange,
        act: &Act,
    ) -> Result<(), FlowError> {
        let actor = self.actor(caller, act).await?;
        let nominal = self.of_area(&actor, reference).await?;
        let row = self
            .act_row(&actor, act, &nominal.id, None, "change")
            .await?;
        if self.is_done(&row).await? {
            return Ok(());
        }
        let change = if let NominalChange::Level(level, _) = change {
            NominalChange::Level(level, actor.reasons.clone())
        } else {
            change
        };
        let change = self.checked(change).await?;
        let identifier = if let NominalChange::AddIdentifier(identifier) = &change {
            Some(self.identifier_row(&nominal, identifier).await?)
        } else {
            None
        };
        let (flow, kept, area) = (self.clone(), row.clone(), actor.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                let mut row = row;
                first(tx, &row).await?;
                fits(tx, &nominal, &change, flow.now()).await?;
                let touched = change.agency().cloned();
                let word = flow
                    .write_change(tx, &nominal.id, change, identifier)
                    .await?;
                row.what = word.to_owned();
                let event = actor.event(&nominal.id, word, &row.id);
                let event = match &touched {
                    Some(agency) => event
                        .with("agency", agency.as_str())
                        .reaching([agency.clone()]),
                    None => event,
                };
                tx.put(&mut row).await?;
                let mut drafts = vec![event];
                if word == "level" {
                    flow.flags_follow_level(tx, &nominal.id, &mut drafts)
                        .await?;
                }
                if let ("custody", Some(prison)) = (word, &touched) {
                    flow.follow_custody(tx, &nominal, prison, &mut drafts)
                        .await?;
                }
                Ok((drafts, ()))
            })
        });
        let done = self.recorder.record(&area, "act-on-nominal", work).await;
        self.once(&kept, done.map(|_| ())).await
    }

    async fn actor(&self, caller: &Caller, act: &Act) -> Result<Actor, FlowError> {
        let (area, person) = self.coordinator(caller, "changing a record").await?;
        act.id
            .parse::<Id>()
            .map_err(|_| invalid("/act", "is no form of this service: open the page again"))?;
        let reasons = clean(&act.reasons, LONGEST)
            .map_err(|error| invalid("/reasons", &error.to_string()))?;
        Ok(Actor {
            area,
            agency: caller.agency.clone(),
            person: person.id.clone(),
            reasons,
        })
    }

    /// A nominal of the coordinator's area, that stands for itself.
    async fn of_area(&self, actor: &Actor, reference: &str) -> Result<NominalRow, FlowError> {
        let mut tx = self.store.read().await?;
        let found = live(&mut tx, reference).await?;
        found
            .filter(|nominal| nominal.area == actor.area)
            .ok_or(FlowError::NotFound)
    }

    async fn act_row(
        &self,
        actor: &Actor,
        act: &Act,
        nominal: &str,
        exchange: Option<&str>,
        what: &str,
    ) -> Result<NominalActRow, FlowError> {
        let place = Place {
            area: &actor.area,
            table: "nominal_act",
            row: &act.id,
            column: "reasons",
        };
        let reasons = self.vault.seal_column(&place, actor.reasons.as_bytes());
        Ok(NominalActRow {
            reasons: reasons.await?,
            id: act.id.clone(),
            area: actor.area.clone(),
            nominal: nominal.to_owned(),
            exchange: exchange.map(str::to_owned),
            person: actor.person.clone(),
            what: what.to_owned(),
            at: self.now(),
            updated_by: String::new(),
        })
    }

    /// Whether an act was done already, by the same person to the same nominal.
    async fn is_done(&self, row: &NominalActRow) -> Result<bool, FlowError> {
        let mut tx = self.store.read().await?;
        let Some(known) = tx.get::<NominalActRow>(&row.id).await? else {
            return Ok(false);
        };
        if known.person == row.person && known.nominal == row.nominal {
            return Ok(true);
        }
        Err(FlowError::Conflict(
            "this form was used for something else: open the page again".to_owned(),
        ))
    }

    /// The outcome of an act: where the same form came twice at once, the faster one's.
    async fn once(
        &self,
        row: &NominalActRow,
        done: Result<(), FlowError>,
    ) -> Result<(), FlowError> {
        if !matches!(&done, Err(FlowError::Conflict(why)) if why == ALREADY) {
            return done;
        }
        // It may be in the same recording, and not committed yet.
        for _ in 0..RACE {
            if self.is_done(row).await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        done
    }
}

impl Actor {
    fn event(&self, nominal: &str, change: &str, act: &str) -> Draft {
        Draft::new(EventKind::NominalChanged, Some(&self.agency))
            .nominal(nominal)
            .with("change", change)
            .with("person", &*self.person)
            .with("act", act)
    }
}

/// Nobody was faster with the same form.
async fn first(tx: &mut Tx, row: &NominalActRow) -> Result<(), FlowError> {
    match tx.get::<NominalActRow>(&row.id).await? {
        None => Ok(()),
        Some(_) => Err(FlowError::Conflict(ALREADY.to_owned())),
    }
}

/// Whether a change fits what there is: no part is given twice or ended that is not there. `now`
/// is in milliseconds. Asked in the transaction that changes it, so that two at once are one.
async fn fits(
    tx: &mut Tx,
    nominal: &NominalRow,
    change: &NominalChange,
    now: i64,
) -> Result<(), FlowError> {
    let Some(id) = change.agency() else {
        return Ok(());
    };
    let agency: Option<AgencyRow> = tx.get(id.as_str()).await?;
    let agency = agency
        .filter(|agency| agency.state == "active")
        .ok_or_else(|| invalid("/agency", "choose an agency that takes part"))?;
    let has = tx.parts_of(&nominal.id).await?.into_iter().any(|part| {
        let runs = part.until_at.is_none_or(|until| until > now);
        part.kind == "partner" && part.agency == agency.id && runs
    });
    let begins = matches!(
        change,
        NominalChange::PartnerBetween { .. } | NominalChange::AddPartner(_)
    );
    if begins && has {
        let why = format!("{} is a partner already", agency.name);
        return Err(FlowError::Conflict(why));
    }
    if matches!(change, NominalChange::EndPartner(_)) && !has {
        let why = format!("{} is no partner any more", agency.name);
        return Err(FlowError::Conflict(why));
    }
    let prison = agency.kind == AgencyKind::Prison.as_str();
    if matches!(change, NominalChange::Custody(_)) && !prison {
        return Err(invalid("/agency", "choose a prison"));
    }
    Ok(())
}
