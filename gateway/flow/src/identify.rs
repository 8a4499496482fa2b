//! Identify: the nominal, on one unique identifier and one more that agree and none that
//! contradicts. The sender learns only whether it is complete, never who else there is.

use gateway_store::Tx;
use gateway_store::rows::{IdempotencyRow, NominalRow};
use gateway_vault::parties;

use crate::Flow;
use crate::case::Case;
use crate::error::FlowError;
use crate::receive::Received;
use crate::recorder::Draft;
use crate::submission::AnswerTo;

/// What is missing of what is set aside: everything.
const SET_ASIDE: &str = "";

/// A case with its nominal, or with the list of what is missing.
#[derive(Debug)]
pub struct Identified {
    pub(crate) case: Case,
    pub(crate) missing: Vec<String>,
    pub(crate) key: Option<IdempotencyRow>,
    /// A provisional nominal to open with it (an emergency about an unknown person).
    pub(crate) opened: Option<NominalRow>,
    /// Who is answered by mail.
    pub(crate) answer_to: Option<AnswerTo>,
}

impl Flow {
    pub(crate) async fn identify(&self, received: Received) -> Result<Identified, FlowError> {
        let Received {
            mut case,
            areas,
            key,
            answer_to,
        } = received;
        let mut tx = self.store.read().await?;
        let mut opened = None;
        if case.particulars.intake.set_aside.is_some() {
            // What is set aside is nobody's record.
            return Ok(Identified {
                case,
                missing: vec![SET_ASIDE.to_owned()],
                key,
                opened,
                answer_to,
            });
        }
        let found = self.find(&mut tx, &areas, &case).await?;
        if let Some(nominal) = found {
            case.area.clone_from(&nominal.area);
            case.nominal = Some(nominal);
        } else if case.particulars.emergency.is_some() {
            let nominal = self.provisional(&case.area);
            case.nominal = Some(nominal.clone());
            opened = Some(nominal);
        }
        if case.particulars.intake.unbound {
            self.believe_live_parts(&mut tx, &mut case).await?;
        }
        let missing = missing(&case);
        Ok(Identified {
            case,
            missing,
            key,
            opened,
            answer_to,
        })
    }

    async fn find(
        &self,
        tx: &mut Tx,
        own: &[String],
        case: &Case,
    ) -> Result<Option<NominalRow>, FlowError> {
        if let Some(reference) = &case.particulars.reference {
            return live(tx, reference).await;
        }
        if case.particulars.identifiers.is_empty() {
            return Ok(None);
        }
        // The sender's own areas first; then the others: a person may have moved.
        if let Some(id) = self.match_in(own, case).await? {
            return live(tx, &id).await;
        }
        let others = tx.areas().await?.into_iter().map(|area| area.id);
        let others: Vec<String> = others.filter(|id| !own.contains(id)).collect();
        match self.match_in(&others, case).await? {
            Some(id) => live(tx, &id).await,
            None => Ok(None),
        }
    }

    /// The reference in the first of these areas where one matches.
    async fn match_in(&self, areas: &[String], case: &Case) -> Result<Option<String>, FlowError> {
        for area in areas {
            let found = self
                .vault
                .match_person(area, &case.particulars.identifiers)
                .await?;
            if found.attach.is_some() {
                return Ok(found.attach);
            }
        }
        Ok(None)
    }

    /// Where the sender's proof does not cover the recipients, somebody on the way may have
    /// written others: those without a live part are for the sender to confirm.
    async fn believe_live_parts(&self, tx: &mut Tx, case: &mut Case) -> Result<(), FlowError> {
        for addressee in &case.addressees {
            let now = self.clock.now();
            let party = parties::party(tx, &addressee.agency, case.nominal.as_ref(), now).await?;
            if !party.live_part() {
                case.particulars
                    .intake
                    .confirm
                    .push("/recipients".to_owned());
                return Ok(());
            }
        }
        Ok(())
    }

    fn provisional(&self, area: &str) -> NominalRow {
        NominalRow {
            id: gateway_core::Id::new(&self.clock).to_string(),
            area: area.to_owned(),
            state: "provisional".to_owned(),
            merged_into: None,
            level: 0,
            category: 0,
            lead_agency: None,
            trust: None,
            gp: None,
            created_at: self.now(),
            updated_by: String::new(),
        }
    }
}

/// The nominal with this reference; a merged one is what it became.
pub(crate) async fn live(tx: &mut Tx, reference: &str) -> Result<Option<NominalRow>, FlowError> {
    let mut id = reference.to_owned();
    for _ in 0..8 {
        match tx.get::<NominalRow>(&id).await? {
            Some(NominalRow {
                state,
                merged_into: Some(into),
                ..
            }) if state == "merged" => id = into,
            found => return Ok(found.filter(|nominal| nominal.state != "merged")),
        }
    }
    Ok(None)
}

/// What keeps a case incomplete (ISP-01, ISP-02), as JSON Pointers.
pub(crate) fn missing(case: &Case) -> Vec<String> {
    let said = &case.particulars;
    let mut missing = said.intake.confirm.clone();
    if case.nominal.is_none() {
        missing.push("/nominal".to_owned());
    }
    if said.purpose.is_none() {
        missing.push("/purpose".to_owned());
    }
    if said.necessity.is_none() {
        missing.push("/necessity".to_owned());
    }
    if said.bases.is_empty() {
        missing.push("/bases".to_owned());
    }
    missing
}

impl Identified {
    /// Writes the provisional nominal, where one is opened, with its event.
    pub(crate) async fn open_provisional(
        tx: &mut Tx,
        opened: Option<NominalRow>,
        sender: &gateway_core::AgencyId,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let Some(mut nominal) = opened else {
            return Ok(());
        };
        tx.put(&mut nominal).await?;
        drafts.push(
            Draft::new(gateway_core::event::EventKind::NominalChanged, Some(sender))
                .nominal(&nominal.id)
                .with("change", "provisional-opened"),
        );
        Ok(())
    }
}
