//! Holds: who may decide, what an approval does (the decision is made again with it), and what
//! happens to one that nobody answers.

mod list;

use gateway_core::event::EventKind;
use gateway_core::question::ItemFacts;
use gateway_core::text::clean;
use gateway_core::{AgencyId, Category, ExchangeState, Outcome, Role};
use gateway_ledger::Receipt;
use gateway_store::Tx;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow};
use gateway_vault::parties;

pub use self::list::HoldView;
use crate::Flow;
use crate::case::{corrupt, reasons_place};
use crate::decide::{Approvals, Approver, Cell};
use crate::error::{FieldFault, FlowError};
use crate::record::{DecisionView, cell_id, state_of};
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

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
    /// Opens a hold for each approver of a cell who has none open or decided yet; and a look
    /// afterwards for each whom an emergency passed over.
    pub(crate) async fn open_holds(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        cell: &Cell,
    ) -> Result<(), FlowError> {
        let known = tx.holds_of(&row.id).await?;
        let cell_id = cell_id(&row.id, &cell.recipient, cell.n);
        let wanted = match cell.ruling.outcome {
            Outcome::Hold => cell
                .approvers
                .iter()
                .map(|approver| (approver, false))
                .collect(),
            Outcome::Permit => cell
                .review_after
                .iter()
                .map(|approver| (approver, true))
                .collect(),
            Outcome::Refuse => Vec::new(),
        };
        for (Approver { agency, role }, after) in wanted {
            let there = known
                .iter()
                .any(|hold| hold.cell == cell_id && hold.role == role.as_str());
            if there {
                continue;
            }
            let (remind_at, escalate_at) = Self::hold_clock(self.clock.now(), row.emergency == 1);
            let mut hold = HoldRow {
                id: fresh(self),
                exchange: row.id.clone(),
                item: cell.item.clone(),
                recipient: cell.recipient.to_string(),
                cell: cell_id.clone(),
                role: role.to_string(),
                agency: agency.to_string(),
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
            };
            tx.put(&mut hold).await?;
        }
        Ok(())
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
            "this waits for the {} of {}: the person in X-On-Behalf-Of has not that role",
            hold.role, hold.agency
        )))
    }

    /// A reviewer approves or refuses, with reasons that cannot be empty.
    pub async fn decide_hold(
        &self,
        caller: &Caller,
        id: &str,
        judgement: Judgement,
    ) -> Result<HoldDecided, FlowError> {
        let mut tx = self.store.read().await?;
        let hold: HoldRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        let row: ExchangeRow = tx
            .get(&hold.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &hold.exchange))?;
        drop(tx);
        let person = self.deciding(caller, &hold, &row.area).await?;
        let Judgement {
            approve,
            reasons,
            category,
        } = judgement;
        let reasons = clean(&reasons, 20_000)
            .map_err(|e| FlowError::Invalid(vec![FieldFault::new("/reasons", e.to_string())]))?;
        let place = reasons_place(&row.area, id);
        let sealed = self.vault.seal_column(&place, reasons.as_bytes()).await?;
        let (flow, by) = (self.clone(), caller.agency.clone());
        let (area, id) = (row.area.clone(), id.to_owned());
        let work = work(move |tx| {
            Box::pin(async move {
                let verdict = Verdict {
                    approve,
                    person,
                    reasons: sealed,
                    category,
                    by,
                };
                flow.write_verdict(tx, &id, verdict).await
            })
        });
        let (mut decided, recorded) = self.recorder.record(&area, "decide-hold", work).await?;
        decided.receipt = Some(crate::read::first(recorded)?.receipt);
        decided.finish()
    }

    async fn write_verdict(
        &self,
        tx: &mut Tx,
        id: &str,
        verdict: Verdict,
    ) -> Result<(Vec<Draft>, Unproved), FlowError> {
        let mut hold: HoldRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        if hold.state != "open" {
            return Err(FlowError::Conflict(format!(
                "this has been decided: it is {}",
                hold.state
            )));
        }
        let mut row: ExchangeRow = tx
            .get(&hold.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &hold.exchange))?;
        if row.sender_person.as_ref() == Some(&verdict.person) {
            return Err(FlowError::Forbidden(
                "you sent this yourself: another person decides it".to_owned(),
            ));
        }
        self.label(tx, &hold, &verdict).await?;
        hold.state = if verdict.approve {
            "approved"
        } else {
            "refused"
        }
        .to_owned();
        hold.decided_at = Some(self.now());
        hold.decided_by = Some(verdict.person.clone());
        hold.reasons = Some(verdict.reasons.clone());
        tx.put(&mut hold).await?;
        let (cell, mut drafts) = match (hold.after == 1, verdict.approve) {
            (false, true) => self.decide_again(tx, &row, &hold).await?,
            (false, false) => self.refuse_cell(tx, &hold).await?,
            (true, true) => (self.cell_view(tx, &hold).await?, Vec::new()),
            (true, false) => self.recall_cell(tx, &row, &hold).await?,
        };
        let cells = tx.cells_of(&row.id).await?;
        let outcomes: Result<Vec<Outcome>, _> = cells.iter().map(|c| c.outcome.parse()).collect();
        let mut state = state_of(outcomes.map_err(|_| corrupt("cell", &row.id))?.into_iter());
        let recalled =
            row.state == ExchangeState::Recalled.as_str() || (hold.after == 1 && !verdict.approve);
        if recalled && state == ExchangeState::Refused {
            state = ExchangeState::Recalled;
        }
        row.state = state.to_string();
        tx.put(&mut row).await?;
        let kind = match verdict.approve {
            true => EventKind::HoldApproved,
            false => EventKind::HoldRefused,
        };
        let reached = (cell.outcome == Outcome::Permit).then(|| cell.recipient.clone());
        let event = Draft::new(kind, Some(&verdict.by))
            .about(&row.id, row.nominal.as_deref())
            .reaching(reached)
            .by(cell.rules.iter().map(|hit| hit.rule.clone()))
            .with("hold", &*hold.id)
            .with("role", &*hold.role)
            .with("person", &*verdict.person)
            .with("recipient", &*hold.recipient)
            .with("item", &*hold.item)
            .with("outcome", cell.outcome.as_str());
        let event = match verdict.category.filter(|_| verdict.approve) {
            Some(category) => event.with("category", category.as_str()),
            None => event,
        };
        drafts.insert(0, event);
        let decision = if verdict.approve { "approve" } else { "refuse" };
        Ok((
            drafts,
            Unproved {
                hold: hold.id,
                decision,
                exchange: row.id,
                state,
                cell,
                receipt: None,
            },
        ))
    }

    /// What came without a category gets it from whoever approves it, before the decision is
    /// made again: no approval can carry it past the rules for what it is.
    async fn label(&self, tx: &mut Tx, hold: &HoldRow, verdict: &Verdict) -> Result<(), FlowError> {
        let mut item: ItemRow = tx
            .get(&hold.item)
            .await?
            .ok_or_else(|| corrupt("item", &hold.item))?;
        let unlabelled = item.category == Category::Unlabelled.as_str();
        let wrong = |detail: &str| FlowError::Invalid(vec![FieldFault::new("/category", detail)]);
        match verdict.category {
            Some(Category::Unlabelled) => {
                Err(wrong("is no category: say what kind of information it is"))
            }
            Some(_) if !unlabelled => Err(wrong("is given already for this item: leave it out")),
            None if unlabelled && verdict.approve && hold.after == 0 => Err(wrong(
                "is missing: this came without a category, so whoever approves it says what kind of information it is",
            )),
            Some(category) if verdict.approve => {
                let mut facts: ItemFacts = serde_json::from_str(&item.facts)?;
                facts.category = category;
                item.category = category.to_string();
                item.facts = serde_json::to_string(&facts)?;
                Ok(tx.put(&mut item).await?)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The decision is made again with the approvals that the cell has now: refusals and other
    /// holds still stand.
    async fn decide_again(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<(DecisionView, Vec<Draft>), FlowError> {
        let case = self.kept_case(tx, row).await?;
        let mut approvals = Approvals::new();
        for other in tx.holds_of(&row.id).await? {
            if other.state == "approved" && other.after == 0 {
                let role: Role = other.role.parse().map_err(|_| corrupt("hold", &other.id))?;
                approvals
                    .entry((other.recipient, other.item))
                    .or_default()
                    .insert(role);
            }
        }
        let cell = self
            .matrix(tx, &case, &approvals)
            .await?
            .into_iter()
            .find(|c| c.recipient.as_str() == hold.recipient && c.item == hold.item)
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        let revision = tx
            .get::<CellRow>(&hold.cell)
            .await?
            .map_or(0, |cell| cell.revision);
        self.write_cell(tx, row, &cell, revision + 1).await?;
        self.open_holds(tx, row, &cell).await?;
        let mut drafts = Vec::new();
        if let Some(permit) = cell.permit() {
            // Whoever else was asked need not answer: the decision was made without them.
            close_others(tx, hold).await?;
            let item: ItemRow = tx
                .get(&hold.item)
                .await?
                .ok_or_else(|| corrupt("item", &hold.item))?;
            let wrapped = self.wrap_kept(&item, &cell, &permit).await?;
            self.release(tx, row, &case, vec![wrapped], &mut drafts)
                .await?;
        }
        Ok((DecisionView::of(&cell), drafts))
    }

    /// A reviewer's no: the cell is refused, and whoever else was asked need not answer.
    async fn refuse_cell(
        &self,
        tx: &mut Tx,
        hold: &HoldRow,
    ) -> Result<(DecisionView, Vec<Draft>), FlowError> {
        let mut cell: CellRow = tx
            .get(&hold.cell)
            .await?
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        cell.outcome = Outcome::Refuse.to_string();
        cell.obligations = "[]".to_owned();
        cell.reviewers = "[]".to_owned();
        cell.revision += 1;
        cell.decided_at = self.now();
        tx.put(&mut cell).await?;
        close_others(tx, hold).await?;
        Ok((self.cell_view(tx, hold).await?, Vec::new()))
    }

    /// A no after an emergency: what was let through is called back.
    async fn recall_cell(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<(DecisionView, Vec<Draft>), FlowError> {
        let mut drafts = Vec::new();
        let wraps = tx.wraps_for(&row.id, &hold.recipient).await?;
        for mut wrap in wraps.into_iter().filter(|wrap| wrap.item == hold.item) {
            wrap.state = "recalled".to_owned();
            tx.put(&mut wrap).await?;
            let left = tx.wraps_in(&wrap.delivery).await?;
            if left.iter().all(|other| other.state == "recalled") {
                let state = gateway_core::DeliveryState::Recalled;
                self.step(tx, row, &wrap.delivery, state, None, &mut drafts)
                    .await?;
            }
        }
        let (cell, mut more) = self.refuse_cell(tx, hold).await?;
        drafts.append(&mut more);
        Ok((cell, drafts))
    }

    async fn cell_view(&self, tx: &mut Tx, hold: &HoldRow) -> Result<DecisionView, FlowError> {
        let views = crate::view::decisions(tx, &hold.exchange).await?;
        let item: ItemRow = tx
            .get(&hold.item)
            .await?
            .ok_or_else(|| corrupt("item", &hold.item))?;
        views
            .into_iter()
            .find(|v| v.recipient.as_str() == hold.recipient && v.item == item.n)
            .ok_or_else(|| corrupt("cell", &hold.cell))
    }
}

/// Closes what is still open for the cell of a decided hold.
async fn close_others(tx: &mut Tx, hold: &HoldRow) -> Result<(), FlowError> {
    for mut other in tx.holds_of(&hold.exchange).await? {
        if other.cell == hold.cell && other.state == "open" && other.after == 0 {
            other.state = "closed".to_owned();
            tx.put(&mut other).await?;
        }
    }
    Ok(())
}

/// A reviewer's decision on its way in.
struct Verdict {
    approve: bool,
    person: String,
    reasons: Vec<u8>,
    category: Option<Category>,
    by: AgencyId,
}

/// A decided hold before its proof.
struct Unproved {
    hold: String,
    decision: &'static str,
    exchange: String,
    state: ExchangeState,
    cell: DecisionView,
    receipt: Option<Receipt>,
}

impl Unproved {
    fn finish(self) -> Result<HoldDecided, FlowError> {
        Ok(HoldDecided {
            hold: self.hold,
            decision: self.decision,
            exchange: self.exchange,
            state: self.state,
            decisions: vec![self.cell],
            receipt: self
                .receipt
                .ok_or_else(|| FlowError::Internal("a decision without a proof".to_owned()))?,
        })
    }
}
