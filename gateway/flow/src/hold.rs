//! Holds: when one opens, who may decide it, and who may not though they have the role. One
//! file a part: the lists, what a reviewer is shown, the verdict, and what is asked of the
//! sender before it.

mod list;
mod question;
mod review;
mod verdict;

use gateway_core::question::{Question, Seat};
use gateway_core::{AgencyId, Category, ExchangeState, Outcome, Role};
use gateway_ledger::Receipt;
use gateway_store::Tx;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow, NominalRow};
use gateway_vault::parties;

pub use self::list::{Asked, HoldView, WaitKind, WaitingView};
pub use self::question::{AnswerView, QuestionView};
pub use self::review::{ReviewCell, ReviewItem, ReviewView};
pub use self::verdict::Chosen;
use crate::Flow;
use crate::case::corrupt;
use crate::decide::{Approver, Cell};
use crate::error::FlowError;
use crate::hold_clock::HoldClocks;
use crate::record::{DecisionView, cell_id};
use crate::seal::fresh;
use crate::submission::Caller;

/// What a person is told who sent it.
const OWN_WORK: &str = "you sent this yourself: another person decides it";
/// What a person is told whose colleague sent it, where the rule wants another agency.
const OWN_AGENCY: &str =
    "your own agency sent this, and the rule wants another agency to decide it";

/// What says where a hold's role sits: the question that was asked of the cell, the item's owner,
/// and the person's mental health trust.
pub(crate) struct Seating<'a> {
    pub(crate) question: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) trust: Option<&'a str>,
}

/// A decided hold.
#[derive(Debug, Clone)]
pub struct HoldDecided {
    /// The hold.
    pub hold: String,
    /// `approve` or `refuse`.
    pub decision: &'static str,
    /// The exchange.
    pub exchange: String,
    /// The exchange's state now.
    pub state: ExchangeState,
    /// The cell, decided again.
    pub decisions: Vec<DecisionView>,
    /// The proof.
    pub receipt: Receipt,
}

/// A reviewer's decision as it comes in.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Yes or no.
    pub approve: bool,
    /// Why; cannot be empty.
    pub reasons: String,
    /// What kind of information it is: of an item that came without a category, whose approval
    /// must say it, and of no other.
    pub category: Option<Category>,
}

impl Flow {
    /// A hold for each approver of a cell who has none open or decided yet among those that are
    /// `known` of its exchange; and a look afterwards for each whom an emergency passed over.
    pub(crate) fn hold_rows(
        &self,
        row: &ExchangeRow,
        cell: &Cell,
        known: &[HoldRow],
        clocks: HoldClocks,
    ) -> Vec<HoldRow> {
        let cell_id = cell_id(&row.id, &cell.recipient, cell.n);
        let (wanted, after): (&[Approver], bool) = match cell.ruling.outcome {
            Outcome::Hold => (&cell.approvers, false),
            Outcome::Permit => (&cell.review_after, true),
            Outcome::Refuse => (&[], false),
        };
        let new = wanted.iter().filter(|approver| {
            known
                .iter()
                .all(|hold| hold.cell != cell_id || hold.role != approver.role.as_str())
        });
        let (remind_at, escalate_at) = match after {
            true => clocks.afterwards,
            false => clocks.before,
        };
        new.map(|approver| HoldRow {
            id: fresh(self),
            exchange: row.id.clone(),
            item: cell.item.clone(),
            recipient: cell.recipient.to_string(),
            cell: cell_id.clone(),
            role: approver.role.to_string(),
            agency: approver.agency.to_string(),
            after: i64::from(after),
            state: "open".to_owned(),
            since: self.now(),
            remind_at,
            escalate_at,
            reminded_at: None,
            escalated_at: None,
            decided_at: None,
            decided_by: None,
            reasons: None,
            updated_by: String::new(),
        })
        .collect()
    }

    /// The person who may decide a hold: of the role at its agency; the coordinator where the
    /// unit stands in for a role that nobody has, or where the hold has escalated.
    pub(crate) async fn deciding(
        &self,
        caller: &Caller,
        hold: &HoldRow,
        area: &str,
    ) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        let unit = crate::decide::coordination_unit(&mut tx, area).await?;
        let at_unit = caller.agency.as_str() == unit.id;
        let stands_in = at_unit && (hold.agency == unit.id || hold.escalated_at.is_some());
        if caller.agency.as_str() != hold.agency && !stands_in {
            return Err(FlowError::NotFound);
        }
        let person = self.acting(caller, &[], "deciding a hold").await?;
        let roles = parties::roles_of(&mut tx, &person.id, self.clock.now()).await?;
        let role: Role = hold.role.parse().map_err(|_| corrupt("hold", &hold.id))?;
        let of_role = caller.agency.as_str() == hold.agency && roles.contains(&role);
        let vacant = tx
            .holders(&hold.agency, role.as_str(), self.now())
            .await?
            .is_empty();
        let coordinator = stands_in
            && roles.contains(&Role::Coordinator)
            && (vacant || hold.escalated_at.is_some());
        if of_role || coordinator {
            return Ok(person.id.clone());
        }
        Err(FlowError::Forbidden(format!(
            "this waits for the {} of {}, and the person who asks has not that role",
            hold.role, hold.agency
        )))
    }

    /// Whether the caller may decide a hold, as far as its role goes.
    pub(crate) async fn may_decide(
        &self,
        caller: &Caller,
        hold: &HoldRow,
        area: &str,
    ) -> Result<bool, FlowError> {
        match self.deciding(caller, hold, area).await {
            Ok(_) => Ok(true),
            Err(FlowError::NotFound | FlowError::Forbidden(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A hold, and its exchange.
    pub(crate) async fn held(&self, id: &str) -> Result<(HoldRow, ExchangeRow), FlowError> {
        let mut tx = self.store.read().await?;
        let hold: HoldRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        let row = tx.get(&hold.exchange).await?;
        let row = row.ok_or_else(|| corrupt("exchange", &hold.exchange))?;
        Ok((hold, row))
    }

    /// Why a person who has the role may not decide about this all the same: they sent it, or a
    /// colleague did and the rule wants another agency to look at it.
    pub(crate) async fn hindrance(
        &self,
        tx: &mut Tx,
        person: &str,
        agency: &AgencyId,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<Option<String>, FlowError> {
        if row.sender_person.as_deref() == Some(person) {
            return Ok(Some(OWN_WORK.to_owned()));
        }
        if row.sender != agency.as_str() {
            return Ok(None);
        }
        let wanted = self.is_wanted(tx, agency, row, hold).await?;
        Ok((!wanted).then(|| OWN_AGENCY.to_owned()))
    }

    /// The same, of rows that were read before.
    pub(crate) fn hindrance_among(
        &self,
        person: &str,
        agency: &AgencyId,
        row: &ExchangeRow,
        hold: &HoldRow,
        among: &Seating<'_>,
    ) -> Result<Option<String>, FlowError> {
        if row.sender_person.as_deref() == Some(person) {
            return Ok(Some(OWN_WORK.to_owned()));
        }
        if row.sender != agency.as_str() {
            return Ok(None);
        }
        let wanted = self.is_seated(agency, hold, among)?;
        Ok((!wanted).then(|| OWN_AGENCY.to_owned()))
    }

    /// Whether a rule that holds this seats the hold's role at this agency. It came to another
    /// where nobody at the agency that the rule names has the role, or has answered in time.
    async fn is_wanted(
        &self,
        tx: &mut Tx,
        agency: &AgencyId,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<bool, FlowError> {
        let cell: CellRow = tx
            .get(&hold.cell)
            .await?
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        let item: ItemRow = tx
            .get(&hold.item)
            .await?
            .ok_or_else(|| corrupt("item", &hold.item))?;
        let nominal: Option<NominalRow> = match &row.nominal {
            Some(id) => tx.get(id).await?,
            None => None,
        };
        let among = Seating {
            question: &cell.question,
            owner: &item.owner,
            trust: nominal
                .as_ref()
                .and_then(|nominal| nominal.trust.as_deref()),
        };
        self.is_seated(agency, hold, &among)
    }

    fn is_seated(
        &self,
        agency: &AgencyId,
        hold: &HoldRow,
        among: &Seating<'_>,
    ) -> Result<bool, FlowError> {
        let mut question: Question = serde_json::from_str(among.question)?;
        if hold.after == 1 {
            question.emergency = false;
            question.recipient_confirmed = false;
        }
        let ruling = self.protocols.ruling(&question);
        let mut seats = ruling
            .reviewers
            .iter()
            .filter(|reviewer| reviewer.role.as_str() == hold.role)
            .map(|reviewer| reviewer.seat)
            .peekable();
        // Where no rule names the role, the gateway itself asked the coordination unit.
        if seats.peek().is_none() {
            return Ok(true);
        }
        Ok(seats.any(|seat| match seat {
            Seat::Owner => among.owner == agency.as_str(),
            Seat::Trust => among.trust == Some(agency.as_str()),
            Seat::Coordination => hold.agency == agency.as_str(),
        }))
    }
}
