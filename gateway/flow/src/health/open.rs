//! A request is recorded: whom it asks, and by when.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, AgencyKind, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, HealthRequestRow, NominalRow};

use super::due::{Asked, due};
use super::event;
use super::note::HealthNote;
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::{corrupt, id_of, kind_of};
use crate::decide::coordination_unit;
use crate::error::{FieldFault, FlowError};
use crate::recorder::Draft;
use crate::submission::RecipientClaim;

/// What is told where it is not clear which one health body is asked.
const ONE: &str = "asks one health body at a time: name it; where it is not known who has the \
                   person's records, name the integrated care board or the local health board";

impl Flow {
    /// The one health body that a request is for: the one that is named, else the person's mental
    /// health trust, else the one partner that is one. The coordination unit has a copy, and
    /// whoever else is named, as far as the protocols let them.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] where that is not one.
    pub(crate) async fn whom_it_asks(
        &self,
        tx: &mut Tx,
        named: Vec<RecipientClaim>,
        own: &AgencyRow,
        nominal: Option<&NominalRow>,
    ) -> Result<(AgencyId, Vec<RecipientClaim>), FlowError> {
        let (mut bodies, mut copies) = (Vec::new(), Vec::new());
        for claim in named {
            let row: Option<AgencyRow> = tx.get(claim.agency.as_str()).await?;
            match row.as_ref().map(kind_of).transpose()? {
                Some(kind) if kind.is_health_body() => bodies.push(claim),
                Some(_) | None => copies.push(claim),
            }
        }
        if bodies.is_empty() {
            bodies = self.known_body(tx, nominal).await?;
        }
        let [body] = bodies.as_slice() else {
            return Err(fault(ONE));
        };
        let asked = body.agency.clone();
        if let Some(nominal) = nominal {
            let unit = coordination_unit(tx, &nominal.area).await?;
            let unit = id_of(&unit.id)?;
            if unit.as_str() != own.id && copies.iter().all(|copy| copy.agency != unit) {
                copies.push(claim(unit));
            }
        }
        bodies.append(&mut copies);
        Ok((asked, bodies))
    }

    async fn known_body(
        &self,
        tx: &mut Tx,
        nominal: Option<&NominalRow>,
    ) -> Result<Vec<RecipientClaim>, FlowError> {
        let Some(nominal) = nominal else {
            return Ok(Vec::new());
        };
        if let Some(trust) = &nominal.trust {
            return Ok(vec![claim(id_of(trust)?)]);
        }
        let now = self.now();
        let mut bodies = Vec::new();
        for part in tx.parts_of(&nominal.id).await? {
            let runs = part.from_at <= now && part.until_at.is_none_or(|until| until > now);
            if part.kind != "partner" || !runs {
                continue;
            }
            let row: Option<AgencyRow> = tx.get(&part.agency).await?;
            let row = row.ok_or_else(|| corrupt("agency", &part.agency))?;
            if kind_of(&row)? == AgencyKind::MentalHealthTrust {
                bodies.push(claim(id_of(&row.id)?));
            }
        }
        Ok(bodies)
    }

    /// Opens a request in the recording of its exchange, once its person is known.
    pub(crate) async fn open_health_request(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        note: &HealthNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (
            HealthNote::Asks {
                holder,
                emergency,
                needed_by,
                meeting,
                ..
            },
            Some(nominal),
        ) = (note, &row.nominal)
        else {
            return Ok(());
        };
        let person: Option<NominalRow> = tx.get(nominal).await?;
        let person = person.ok_or_else(|| corrupt("nominal", nominal))?;
        let unit = coordination_unit(tx, &person.area).await?;
        let asked = Asked {
            at: self.clock.now(),
            level: person.level,
            emergency: *emergency,
            needed_by: *needed_by,
            meeting: *meeting,
        };
        let (due, remind) = due(&asked, clocks(tx, &person.area).await?);
        let mut request = HealthRequestRow {
            id: row.id.clone(),
            area: row.area.clone(),
            nominal: nominal.clone(),
            agency: row.sender.clone(),
            person: row.sender_person.clone(),
            holder: holder.to_string(),
            unit: unit.id,
            level: person.level,
            urgency: match emergency {
                true => "emergency".to_owned(),
                false => "standard".to_owned(),
            },
            asked_at: self.now(),
            remind_at: remind.as_microsecond(),
            due_at: due.as_microsecond(),
            reminded_at: None,
            late_at: None,
            accepted_at: None,
            outcome: None,
            reason: None,
            answer: None,
            answered_at: None,
            stage: None,
            stage_due_at: None,
            closed_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut request).await?;
        let asked = event(EventKind::HealthAsked, Some(&request.agency), &request)?;
        drafts.push(asked.with("urgency", &*request.urgency));
        let holder = request.holder.clone();
        self.tell_of_health(tx, &request, (&holder, Role::Spoc), "health-asked", drafts)
            .await
    }
}

fn claim(agency: AgencyId) -> RecipientClaim {
    RecipientClaim {
        agency,
        person: None,
        reason: None,
    }
}

fn fault(detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new("/recipients", detail)])
}
