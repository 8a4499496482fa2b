//! A verdict on what is held: written with its reasons, and what it brings about. The decision
//! is made again with an approval; a no refuses the cell, or calls back what went out.

use std::collections::BTreeSet;

use gateway_core::event::EventKind;
use gateway_core::question::ItemFacts;
use gateway_core::text::clean;
use gateway_core::{AgencyId, Category, ExchangeState, Outcome, Role};
use gateway_ledger::Receipt;
use gateway_store::Tx;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow};

use super::{HoldDecided, Judgement};
use crate::Flow;
use crate::case::{corrupt, reasons_place};
use crate::decide::Approvals;
use crate::error::{FieldFault, FlowError};
use crate::hold_clock::is_form;
use crate::record::{DecisionView, state_of};
use crate::recorder::{Draft, work};
use crate::seal::reader;
use crate::submission::Caller;

/// One of several holds that a reviewer decides together.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The hold.
    pub hold: String,
    /// As in [`Judgement`].
    pub category: Option<Category>,
}

impl Flow {
    /// A reviewer approves or refuses, with reasons that cannot be empty.
    pub async fn decide_hold(
        &self,
        caller: &Caller,
        id: &str,
        judgement: Judgement,
    ) -> Result<HoldDecided, FlowError> {
        let Judgement {
            approve,
            reasons,
            category,
        } = judgement;
        let chosen = Chosen {
            hold: id.to_owned(),
            category,
        };
        let (area, verdicts) = self
            .verdicts(caller, std::slice::from_ref(&chosen), approve, &reasons)
            .await?;
        let decided = self.write_verdicts(area, verdicts, false).await?;
        let one = decided.into_iter().next();
        one.ok_or_else(|| FlowError::Internal("a decision of nothing".to_owned()))
    }

    /// A reviewer approves or refuses several holds of one exchange, all or none of them, with
    /// the same reasons. Those that the same person has decided so already stay as they are: a
    /// form that is sent twice decides once.
    pub async fn decide_holds(
        &self,
        caller: &Caller,
        chosen: &[Chosen],
        approve: bool,
        reasons: &str,
    ) -> Result<Vec<HoldDecided>, FlowError> {
        let (area, verdicts) = self.verdicts(caller, chosen, approve, reasons).await?;
        self.write_verdicts(area, verdicts, true).await
    }

    /// The verdicts on holds of one exchange, with its area.
    async fn verdicts(
        &self,
        caller: &Caller,
        chosen: &[Chosen],
        approve: bool,
        reasons: &str,
    ) -> Result<(String, Vec<Verdict>), FlowError> {
        let mut verdicts = Vec::new();
        let mut of: Option<ExchangeRow> = None;
        for one in chosen {
            let (hold, row) = self.held(&one.hold).await?;
            let person = self.deciding(caller, &hold, &row.area).await?;
            if of.as_ref().is_some_and(|of| of.id != row.id) {
                return Err(FlowError::NotFound);
            }
            let reasons = clean(reasons, 20_000).map_err(|e| {
                FlowError::Invalid(vec![FieldFault::new("/reasons", e.to_string())])
            })?;
            let place = reasons_place(&row.area, &hold.id);
            let sealed = self.vault.seal_column(&place, reasons.as_bytes()).await?;
            verdicts.push(Verdict {
                hold: hold.id,
                approve,
                person,
                reasons: sealed,
                category: one.category,
                by: caller.agency.clone(),
            });
            of = Some(row);
        }
        match of {
            Some(row) => Ok((row.area, verdicts)),
            None => Err(FlowError::Invalid(vec![FieldFault::new(
                "/holds",
                "is empty: choose at least one",
            )])),
        }
    }

    async fn write_verdicts(
        &self,
        area: String,
        verdicts: Vec<Verdict>,
        again: bool,
    ) -> Result<Vec<HoldDecided>, FlowError> {
        let flow = self.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let (mut drafts, mut done) = (Vec::new(), Vec::new());
                let mut cells = BTreeSet::new();
                for verdict in verdicts {
                    if flow.stands(tx, &verdict, &cells, again).await? {
                        continue;
                    }
                    let at = drafts.len();
                    let (mut more, unproved) = flow.write_verdict(tx, verdict).await?;
                    cells.insert(unproved.cell_id.clone());
                    drafts.append(&mut more);
                    done.push((at, unproved));
                }
                Ok((drafts, done))
            })
        });
        let (done, recorded) = self.recorder.record(&area, "decide-hold", work).await?;
        let finished = done.into_iter().map(|(at, unproved)| {
            let receipt = recorded.get(at).map(|recorded| recorded.receipt.clone());
            unproved.finish(receipt)
        });
        finished.collect()
    }

    /// Whether there is nothing left to decide: it was closed by another verdict of the same
    /// sending, or the same person has said the same before.
    async fn stands(
        &self,
        tx: &mut Tx,
        verdict: &Verdict,
        cells: &BTreeSet<String>,
        again: bool,
    ) -> Result<bool, FlowError> {
        let hold: HoldRow = tx.get(&verdict.hold).await?.ok_or(FlowError::NotFound)?;
        let closed = hold.state == "closed" && cells.contains(&hold.cell);
        let same =
            hold.state == verdict.state() && hold.decided_by.as_ref() == Some(&verdict.person);
        Ok(closed || (again && same))
    }

    async fn write_verdict(
        &self,
        tx: &mut Tx,
        verdict: Verdict,
    ) -> Result<(Vec<Draft>, Unproved), FlowError> {
        let mut hold: HoldRow = tx.get(&verdict.hold).await?.ok_or(FlowError::NotFound)?;
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
        if let Some(why) = self
            .hindrance(tx, &verdict.person, &verdict.by, &row, &hold)
            .await?
        {
            return Err(FlowError::Forbidden(why));
        }
        self.label(tx, &hold, &verdict).await?;
        hold.state = verdict.state().to_owned();
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
        let state = self.state_after(tx, &row, &hold, verdict.approve).await?;
        row.state = state.to_string();
        tx.put(&mut row).await?;
        drafts.insert(0, verdict_event(&verdict, &row, &hold, &cell));
        Ok((
            drafts,
            Unproved {
                cell_id: hold.cell,
                hold: hold.id,
                decision: if verdict.approve { "approve" } else { "refuse" },
                exchange: row.id,
                state,
                cell,
            },
        ))
    }

    /// The exchange's state, of its cells as they are now.
    async fn state_after(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        hold: &HoldRow,
        approve: bool,
    ) -> Result<ExchangeState, FlowError> {
        let cells = tx.cells_of(&row.id).await?;
        let outcomes: Result<Vec<Outcome>, _> = cells.iter().map(|c| c.outcome.parse()).collect();
        let state = state_of(outcomes.map_err(|_| corrupt("cell", &row.id))?.into_iter());
        let recalled =
            row.state == ExchangeState::Recalled.as_str() || (hold.after == 1 && !approve);
        match recalled && state == ExchangeState::Refused {
            true => Ok(ExchangeState::Recalled),
            false => Ok(state),
        }
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
        let of = (&*hold.recipient, &*hold.item);
        let cell = self
            .one_cell(tx, &case, of, &approvals)
            .await?
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        let revision = tx
            .get::<CellRow>(&hold.cell)
            .await?
            .map_or(0, |cell| cell.revision);
        tx.put(&mut self.cell_row(row, &cell, revision + 1)?)
            .await?;
        let known = tx.holds_of(&row.id).await?;
        let form = is_form(tx, row).await?;
        let clocks = self.hold_clocks(tx, row, form).await?;
        let mut holds = self.hold_rows(row, &cell, &known, clocks);
        tx.put_all(&mut holds).await?;
        let mut drafts = Vec::new();
        if let Some(permit) = cell.permit() {
            // Whoever else was asked need not answer: the decision was made without them.
            close_others(tx, hold).await?;
            let item: ItemRow = tx
                .get(&hold.item)
                .await?
                .ok_or_else(|| corrupt("item", &hold.item))?;
            let keys = self.keys_for(std::slice::from_ref(&cell)).await?;
            let wrapped = self
                .wrap_kept(&item, &cell, reader(&keys, &permit)?)
                .await?;
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

fn verdict_event(
    verdict: &Verdict,
    row: &ExchangeRow,
    hold: &HoldRow,
    cell: &DecisionView,
) -> Draft {
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
    match verdict.category.filter(|_| verdict.approve) {
        Some(category) => event.with("category", category.as_str()),
        None => event,
    }
}

/// A reviewer's decision on its way in.
struct Verdict {
    hold: String,
    approve: bool,
    person: String,
    reasons: Vec<u8>,
    category: Option<Category>,
    by: AgencyId,
}

impl Verdict {
    /// The state that a hold gets by it.
    const fn state(&self) -> &'static str {
        if self.approve { "approved" } else { "refused" }
    }
}

/// A decided hold before its proof.
struct Unproved {
    hold: String,
    cell_id: String,
    decision: &'static str,
    exchange: String,
    state: ExchangeState,
    cell: DecisionView,
}

impl Unproved {
    fn finish(self, receipt: Option<Receipt>) -> Result<HoldDecided, FlowError> {
        Ok(HoldDecided {
            hold: self.hold,
            decision: self.decision,
            exchange: self.exchange,
            state: self.state,
            decisions: vec![self.cell],
            receipt: receipt
                .ok_or_else(|| FlowError::Internal("a decision without a proof".to_owned()))?,
        })
    }
}
