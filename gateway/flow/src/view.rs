//! What callers are shown: made of the words of the decision, cut to what this caller may know.

mod item;
mod list;

use std::collections::HashMap;

use gateway_core::{Category, RuleHit};
use gateway_ledger::Receipt;
use gateway_store::rows::{CellRow, DeliveryRow, ExchangeRow};
use gateway_store::{ExchangeFilter, Tx};
use serde::Serialize;

pub use self::item::{ItemView, Since};
pub(crate) use self::list::by_id;
pub use self::list::{InboxEntry, SentEntry};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::decide::Approver;
use crate::error::FlowError;
use crate::record::{Answer, DecisionView};
use crate::submission::{Caller, Particulars};
use crate::withdraw::Withdrawal;

/// A state that a delivery passed through.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// The state.
    pub state: String,
    /// The channel.
    pub channel: String,
    /// When, microseconds UTC.
    #[serde(skip)]
    pub at: i64,
}

/// A delivery as the sender sees it.
#[derive(Debug, Clone)]
pub struct DeliveryView {
    /// Its id.
    pub id: String,
    /// The recipient.
    pub recipient: String,
    /// The channel.
    pub channel: String,
    /// The state.
    pub state: String,
    /// Since when, microseconds UTC.
    pub at: i64,
    /// The states it passed through.
    pub steps: Vec<StepView>,
}

/// An exchange as its sender or a reader sees it.
#[derive(Debug, Clone)]
pub struct ExchangeView {
    /// The row: ids and codes.
    pub row: ExchangeRow,
    /// The purpose, basis and necessity.
    pub necessity: Option<String>,
    /// Of an emergency: what is imminent.
    pub emergency: Option<String>,
    /// Lawful bases.
    pub bases: Vec<String>,
    /// The matrix; the sender's alone.
    pub decisions: Vec<DecisionView>,
    /// What is missing; the sender's alone.
    pub missing: Vec<String>,
    /// The deliveries: all for the sender, its own for a reader.
    pub deliveries: Vec<DeliveryView>,
    /// The items: as sent for the sender, its own for a reader.
    pub items: Vec<ItemView>,
    /// The caller sent it.
    pub sent: bool,
    /// Its sender took it back: a reader has nothing of it any more.
    pub withdrawn: Option<Withdrawal>,
}

impl Flow {
    /// The answer to the sender, made again from what is recorded.
    pub async fn answer_of(&self, id: &str) -> Result<Answer, FlowError> {
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        let matrix = decisions(&mut tx, id).await?;
        let missing = self.missing_of(&row).await?;
        drop(tx);
        Ok(Answer {
            id: Some(row.id.clone()),
            state: row.state.parse().map_err(|_| corrupt("exchange", id))?,
            nominal: row.nominal.clone(),
            matrix,
            missing,
            again: false,
            warnings: Vec::new(),
            receipt: Some(self.receipt_of(id).await?),
        })
    }

    pub(crate) async fn missing_of(&self, row: &ExchangeRow) -> Result<Vec<String>, FlowError> {
        if row.state != "incomplete" {
            return Ok(Vec::new());
        }
        let said = self.particulars(row).await?;
        let all = [
            ("/nominal", row.nominal.is_none()),
            ("/purpose", said.purpose.is_none()),
            ("/necessity", said.necessity.is_none()),
            ("/bases", said.bases.is_empty()),
        ];
        let absent = all.iter().filter(|(_, missing)| *missing);
        let absent = absent.map(|(pointer, _)| (*pointer).to_owned());
        Ok(said.intake.confirm.into_iter().chain(absent).collect())
    }

    /// One exchange, for its sender or for an agency that has something of it.
    pub async fn exchange_for(&self, caller: &Caller, id: &str) -> Result<ExchangeView, FlowError> {
        let mut tx = self.store.read().await?;
        // What is another's gives no row, as what is not there does: they take the same time.
        let wraps = tx.wraps_for(id, caller.agency.as_str()).await?;
        let own = tx.exchange_of(id, caller.agency.as_str()).await?;
        let sent = own.is_some();
        let row = match own {
            Some(row) => row,
            None if wraps.is_empty() => return Err(FlowError::NotFound),
            None => tx.get(id).await?.ok_or_else(|| corrupt("exchange", id))?,
        };
        let withdrawn = self.withdrawal_of(&mut tx, &row, sent).await?;
        let said = match withdrawn.is_some() && !sent {
            true => Particulars::new(Vec::new()),
            false => self.particulars(&row).await?,
        };
        let mut deliveries = tx.deliveries_of(id).await?;
        deliveries.retain(|one| sent || one.agency == caller.agency.as_str());
        let deliveries = delivery_views(&mut tx, deliveries).await?;
        let items = match (sent, &withdrawn) {
            (true, _) => self.items_as_sent(&mut tx, &row).await?,
            (false, None) => self.items_as_read(&mut tx, &row, &wraps).await?,
            (false, Some(_)) => Vec::new(),
        };
        let decisions = if sent {
            decisions(&mut tx, id).await?
        } else {
            Vec::new()
        };
        let missing = if sent {
            self.missing_of(&row).await?
        } else {
            Vec::new()
        };
        Ok(ExchangeView {
            necessity: said.necessity.map(gateway_core::Personal::into_inner),
            emergency: said.emergency.map(|e| e.statement.into_inner()),
            bases: said.bases,
            row,
            decisions,
            missing,
            deliveries,
            items,
            sent,
            withdrawn,
        })
    }

    /// How what the caller was given of an exchange has come to it, as it stands now.
    pub async fn deliveries_to(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<DeliveryView>, FlowError> {
        let mut tx = self.store.read().await?;
        let mut own = tx.deliveries_of(id).await?;
        own.retain(|delivery| delivery.agency == caller.agency.as_str());
        delivery_views(&mut tx, own).await
    }

    /// The caller's exchanges, the newest first.
    pub async fn exchanges(
        &self,
        filter: &ExchangeFilter,
        limit: i64,
    ) -> Result<Vec<ExchangeRow>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(tx.exchanges(filter, limit).await?)
    }

    /// The receipt of an exchange, for its sender, against the newest checkpoint.
    pub async fn receipt_for(&self, caller: &Caller, id: &str) -> Result<Receipt, FlowError> {
        let mut tx = self.store.read().await?;
        if tx.exchange_of(id, caller.agency.as_str()).await?.is_none() {
            return Err(FlowError::NotFound);
        }
        drop(tx);
        self.receipt_of(id).await
    }
}

async fn delivery_views(
    tx: &mut Tx,
    deliveries: Vec<DeliveryRow>,
) -> Result<Vec<DeliveryView>, FlowError> {
    let ids: Vec<&str> = deliveries.iter().map(|one| &*one.id).collect();
    let steps = tx.steps_of_all(&ids).await?;
    let views = deliveries.into_iter().map(|delivery| DeliveryView {
        steps: steps
            .iter()
            .filter(|step| step.delivery == delivery.id)
            .map(|step| StepView {
                state: step.state.clone(),
                channel: step.channel.clone(),
                at: step.at,
            })
            .collect(),
        id: delivery.id,
        recipient: delivery.agency,
        channel: delivery.channel,
        state: delivery.state,
        at: delivery.at,
    });
    Ok(views.collect())
}

/// The matrix as the sender is shown it.
pub(crate) async fn decisions(tx: &mut Tx, exchange: &str) -> Result<Vec<DecisionView>, FlowError> {
    let numbers: HashMap<String, i64> = tx
        .item_heads_of(&[exchange])
        .await?
        .into_iter()
        .map(|item| (item.id, item.n))
        .collect();
    tx.cells_of(exchange)
        .await?
        .iter()
        .map(|cell| decision(cell, numbers.get(&cell.item).copied().unwrap_or_default()))
        .collect()
}

fn decision(cell: &CellRow, item: i64) -> Result<DecisionView, FlowError> {
    let reviewers: Vec<Approver> = serde_json::from_str(&cell.reviewers)?;
    let rules: Vec<RuleHit> = serde_json::from_str(&cell.rules)?;
    Ok(DecisionView {
        recipient: id_of(&cell.recipient)?,
        item,
        outcome: cell
            .outcome
            .parse()
            .map_err(|_| corrupt("cell", &cell.id))?,
        obligations: serde_json::from_str(&cell.obligations)?,
        reviewers,
        rules,
    })
}

/// The protective marking that items of a category bear (Government Security Classifications).
pub const fn marking(category: Category) -> &'static str {
    if matches!(category, Category::Stats) {
        "OFFICIAL"
    } else {
        "OFFICIAL-SENSITIVE"
    }
}
