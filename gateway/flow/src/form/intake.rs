//! What a form says that is not what the record has: for its sender to put right or to confirm before
//! anything is decided.

use gateway_core::{AgencyKind, Identifier, Personal};
use gateway_forms::{Answer as Given, Body, Definition};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NominalRow};
use gateway_vault::parties;

use crate::Flow;
use crate::case::kind_of;
use crate::error::FlowError;
use crate::submission::Intake;

/// What a prison is told that sends a form about somebody it is not known to hold.
const NOT_HELD: &str = "your prison is not on record as holding this person: if it does, say so, \
                        and the coordination unit will put the record right";
/// What is told of identifiers that are not those of the record that was named.
const OTHER_PERSON: &str = "the family name, the numbers or the date of birth in the form are not \
                            those of the record that was named";
/// What is told of a level that is not that of the record.
const OTHER_LEVEL: &str = "the level in the form is not the one on record: look again at which is \
                           right, and say so";
/// What is told of a name that has nothing in common with those of the record.
const OTHER_NAME: &str = "the family name in the form is none that the person with these numbers is \
                          known by: if it is right, say so";

impl Flow {
    /// What has to be put right or confirmed before a form is decided on: a prison that is not
    /// known to hold the person (report 8.14), and numbers that are another person's.
    pub(super) async fn form_intake(
        &self,
        tx: &mut Tx,
        said: (&Definition, &Body),
        (own, nominal): (&AgencyRow, Option<&NominalRow>),
        named: bool,
        (identifiers, called): (&[Identifier], &[Identifier]),
    ) -> Result<Intake, FlowError> {
        let mut intake = Intake::default();
        let Some(nominal) = nominal else {
            return Ok(intake);
        };
        let mut confirm = |pointer: &str, why: &str| {
            intake.confirm.push(pointer.to_owned());
            intake.faults.push(Personal::new(why.to_owned()));
        };
        let party = parties::party(tx, own, Some(nominal), self.clock.now()).await?;
        let left_lately = parties::left_lately(tx, own, &nominal.id, self.clock.now()).await?;
        if kind_of(own)? == AgencyKind::Prison && !party.custody && !left_lately {
            confirm("/custody", NOT_HELD);
        }
        // Names are compared where a number says whose record it is: without one, every record
        // of the area would be opened.
        let has_number = identifiers.iter().any(|one| one.kind().is_unique());
        let called = called.iter().filter(|_| has_number);
        let given: Vec<Identifier> = identifiers.iter().chain(called).cloned().collect();
        if named && !given.is_empty() || given.len() > identifiers.len() {
            let found = self.vault.match_person(&nominal.area, &given).await?;
            let another = found.attach.as_ref().is_some_and(|id| *id != nominal.id);
            let contradicts = found.candidates.iter().any(|candidate| {
                candidate.nominal == nominal.id && !candidate.contradict.is_empty()
            });
            match (another || contradicts, named) {
                (true, true) => confirm("/nominal", OTHER_PERSON),
                (true, false) => confirm("/nominal", OTHER_NAME),
                (false, _) => {}
            }
        }
        self.level_intake(tx, said, (own, nominal), intake).await
    }

    /// The level that a form says is compared with the record's, for a sender who may read that: the
    /// time in which health bodies answer follows from it.
    async fn level_intake(
        &self,
        tx: &mut Tx,
        (form, body): (&Definition, &Body),
        (own, nominal): (&AgencyRow, &NominalRow),
        mut intake: Intake,
    ) -> Result<Intake, FlowError> {
        let Some(said) = level_said(form, body).filter(|_| nominal.level > 0) else {
            return Ok(intake);
        };
        let party = parties::party(tx, own, Some(nominal), self.clock.now()).await?;
        if party.live_part() && said != nominal.level.to_string() {
            intake.confirm.push("/level".to_owned());
            intake.faults.push(Personal::new(OTHER_LEVEL.to_owned()));
        }
        Ok(intake)
    }
}

/// The level of the case that a form says.
fn level_said<'b>(form: &Definition, body: &'b Body) -> Option<&'b str> {
    let mut fields = form
        .sections
        .iter()
        .flat_map(|section| section.fields.iter().map(move |field| (section, field)));
    let (section, field) = fields.find(|(_, field)| field.record_level)?;
    match body.answer(&format!("{}.{}", section.id, field.id))? {
        Given::One(level) => Some(level),
        Given::Number(_) | Given::Flag(_) | Given::Many(_) | Given::Rows(_) => None,
    }
}
