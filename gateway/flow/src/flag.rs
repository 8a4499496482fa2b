//! Hospital flags: an acute trust is told as little as its staff need for safety when a person comes, and
//! whom to call; it says so when they do; and it clears the flag when that is over (report, practice
//! example after 3.19; ISP-33). The flag and what the trust says are forms, and go the one way through
//! as anything else; what is here is the flag's state and clock.

mod clock;
mod end;
mod list;
mod note;
mod open;
mod talk;

use gateway_core::Role;
use gateway_core::calendar::end_of;
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{HospitalFlagRow, HospitalFlagStepRow};

pub use self::list::{FlagState, FlagStepView, FlagView};
pub use self::note::FlagNote;
use crate::Flow;
use crate::case::{Case, corrupt, id_of};
use crate::error::FlowError;
use crate::form::NoticeFor;
use crate::identify::live;
use crate::recorder::Draft;
use crate::seal::fresh;

/// Who speaks for the agency that set a flag: not those who only clear or audit.
const SPEAKS: &[Role] = &[
    Role::Practitioner,
    Role::Manager,
    Role::Spoc,
    Role::DeputySpoc,
    Role::Coordinator,
];
/// The longest reasons, characters.
const LONGEST_WORDS: usize = 20_000;
/// Most flags that are listed at once.
const LISTED: i64 = 500;

/// Until when what sets a flag can be read, microseconds UTC: its review.
pub(crate) fn read_until(case: &Case) -> Option<i64> {
    let form = case.particulars.form.as_ref()?;
    match form.flag.as_ref()? {
        FlagNote::Sets { review_on, .. } => end_of(*review_on).map(jiff::Timestamp::as_microsecond),
        FlagNote::Attends { .. } => None,
    }
}

/// Whom a form about a flag asks, or keeps its promise to.
pub(crate) async fn asks(tx: &mut Tx, note: &FlagNote) -> Result<Vec<String>, FlowError> {
    match note {
        FlagNote::Sets { holder, .. } => Ok(vec![holder.to_string()]),
        FlagNote::Attends { flag } => {
            let row: Option<HospitalFlagRow> = tx.get(&flag.to_string()).await?;
            match row {
                Some(row) => owed(tx, &row).await,
                None => Ok(Vec::new()),
            }
        }
    }
}

/// Whom a flag promises that they are told when the person comes: whoever set it, the lead agency, and
/// the coordination unit.
async fn owed(tx: &mut Tx, row: &HospitalFlagRow) -> Result<Vec<String>, FlowError> {
    let lead = live(tx, &row.nominal).await?;
    let lead = lead.and_then(|nominal| nominal.lead_agency);
    let mut owed: Vec<String> = Vec::new();
    for agency in [Some(row.agency.clone()), lead, Some(row.unit.clone())] {
        let Some(agency) = agency else { continue };
        if agency != row.holder && !owed.contains(&agency) {
            owed.push(agency);
        }
    }
    Ok(owed)
}

/// A flag, in the transaction that changes it.
async fn flag_row(tx: &mut Tx, id: &str) -> Result<HospitalFlagRow, FlowError> {
    tx.get(id)
        .await?
        .ok_or_else(|| corrupt("hospital_flag", id))
}

/// An event of a flag, by one of its agencies, reaching the others.
fn event(kind: EventKind, by: Option<&str>, row: &HospitalFlagRow) -> Result<Draft, FlowError> {
    let by = by.map(id_of).transpose()?;
    let mut reached = Vec::new();
    for agency in [&row.agency, &row.holder, &row.unit] {
        let agency = id_of(agency)?;
        if by.as_ref() != Some(&agency) {
            reached.push(agency);
        }
    }
    Ok(Draft::new(kind, by.as_ref())
        .about(&row.id, Some(&row.nominal))
        .reaching(reached))
}

/// The table of the steps of flags.
const STEPS: &str = "hospital_flag_step";

/// A step of a flag.
struct Step<'a> {
    kind: &'a str,
    agency: Option<&'a str>,
    person: Option<&'a str>,
    other: Option<&'a str>,
}

impl Flow {
    /// Writes a step, its words sealed already.
    async fn write_flag_step(
        &self,
        tx: &mut Tx,
        flag: &str,
        step: Step<'_>,
        words: Option<(String, Vec<u8>)>,
    ) -> Result<(), FlowError> {
        let (id, words) = match words {
            Some((id, words)) => (id, Some(words)),
            None => (fresh(self), None),
        };
        let mut row = HospitalFlagStepRow {
            id,
            flag: flag.to_owned(),
            kind: step.kind.to_owned(),
            agency: step.agency.map(str::to_owned),
            person: step.person.map(str::to_owned),
            other: step.other.map(str::to_owned),
            words,
            at: self.now(),
            updated_by: String::new(),
        };
        Ok(tx.put(&mut row).await?)
    }

    /// Tells a role at an agency of a flag.
    async fn tell_of_flag(
        &self,
        tx: &mut Tx,
        row: &HospitalFlagRow,
        (agency, role, kind): (&str, Role, &str),
        due: Option<i64>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let told = NoticeFor {
            agency,
            role,
            kind,
            due,
        };
        self.tell_of_form(tx, Some(&row.id), &row.nominal, &told, drafts)
            .await
    }
}
