//! Who holds a person: claimed by the prison that has them, answered by the prison that had them,
//! settled by the coordination unit (report 8.14). What earlier prisons reported goes with the
//! person (report 3.10), and the new prison owes its own first form.

mod answer;
mod carry;
mod claim;
mod clock;
mod earlier;
mod hand_over;
mod joined;
mod list;
mod moving;
mod signed;
mod tried;

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Identifier, Role};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{CustodyClaimRow, NoticeRow, PartRow};
use jiff::civil::Date;

pub use self::earlier::EarlierForm;
pub use self::list::{ClaimView, CustodyDesk, HandOverView, HeldView, WaitsFor};
pub(crate) use self::signed::signs_itself;
use crate::Flow;
use crate::case::id_of;
use crate::error::{FieldFault, FlowError};
use crate::recorder::Draft;
use crate::seal::fresh;

/// Who says and answers for a prison where a person is: not those who only clear or audit.
const SPEAKS: &[Role] = &[
    Role::Practitioner,
    Role::Manager,
    Role::Spoc,
    Role::DeputySpoc,
];
/// The longest reasons, characters.
const LONGEST: usize = 20_000;
/// Most claims, hand-overs and people in custody that are listed at once.
const LISTED: i64 = 500;

/// What a prison says: this person is with us.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The gateway's own reference of the person, where the prison has it.
    pub reference: Option<String>,
    /// Else identifiers: one that nobody else has, and one more.
    pub identifiers: Vec<Identifier>,
    /// The day since which.
    pub since: Date,
}

/// What somebody says to a claim.
#[derive(Debug, Clone)]
pub enum ClaimAnswer {
    /// It is so: by the prison that held the person, with the day they left; where nobody did,
    /// by the coordination unit.
    Confirm {
        /// The day the person left.
        left_on: Option<Date>,
    },
    /// It is not so, by the prison that holds the person.
    Dispute {
        /// Why.
        reasons: String,
    },
    /// The coordination unit says which of them holds the person.
    Settle {
        /// The prison that claims, and not the one that holds.
        for_claimant: bool,
        /// Why.
        reasons: String,
    },
    /// The prison that claimed takes it back.
    Withdraw,
}

/// What a claim can be.
pub(crate) mod state {
    pub(crate) const OPEN: &str = "open";
    pub(crate) const DISPUTED: &str = "disputed";
    pub(crate) const CONFIRMED: &str = "confirmed";
    pub(crate) const REFUSED: &str = "refused";
    pub(crate) const WITHDRAWN: &str = "withdrawn";
}

/// Who is told, of what, and by when something is to be done.
struct Told<'a> {
    agency: &'a str,
    role: Role,
    kind: &'static str,
    due: Option<i64>,
}

impl<'a> Told<'a> {
    const fn at(agency: &'a str, role: Role, kind: &'static str, due: Option<i64>) -> Self {
        Self {
            agency,
            role,
            kind,
            due,
        }
    }
}

impl Flow {
    async fn tell_of_custody(
        &self,
        tx: &mut Tx,
        nominal: &str,
        told: Told<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let Told {
            agency,
            role,
            kind,
            due,
        } = told;
        let mut notice = NoticeRow {
            id: format!("{}/{agency}/{role}/{kind}", fresh(self)),
            exchange: None,
            nominal: Some(nominal.to_owned()),
            agency: agency.to_owned(),
            role: role.to_string(),
            kind: kind.to_owned(),
            created_at: self.now(),
            due_at: due,
            done_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut notice).await?;
        drafts.push(
            Draft::new(EventKind::Notified, None)
                .nominal(nominal)
                .reaching([id_of(agency)?])
                .with("role", role.as_str())
                .with("notice", kind),
        );
        Ok(())
    }
}

/// The custody that runs at `now`, microseconds UTC.
async fn holder(tx: &mut Tx, nominal: &str, now: i64) -> Result<Option<PartRow>, FlowError> {
    let parts = tx.parts_of(nominal).await?.into_iter();
    let mut running = parts.filter(|part| part.kind == "custody" && runs(part, now));
    Ok(running.next_back())
}

fn runs(part: &PartRow, now: i64) -> bool {
    part.from_at <= now && part.until_at.is_none_or(|until| until > now)
}

/// An event of a claim: for the prisons of both sides and the unit. Who leads sees all events.
fn event(
    kind: EventKind,
    from: Option<&AgencyId>,
    row: &CustodyClaimRow,
) -> Result<Draft, FlowError> {
    let mut to = vec![id_of(&row.agency)?, id_of(&row.unit)?];
    if let Some(holder) = &row.holder {
        to.push(id_of(holder)?);
    }
    to.retain(|agency| Some(agency) != from);
    Ok(Draft::new(kind, from)
        .nominal(&row.nominal)
        .reaching(to)
        .with("claim", &*row.id)
        .with("since", &*row.since_on))
}

/// A sealed column of a claim.
const fn place<'a>(area: &'a str, row: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area,
        table: "custody_claim",
        row,
        column,
    }
}

fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}

fn conflict(why: &str) -> FlowError {
    FlowError::Conflict(why.to_owned())
}
