//! What callers are shown: made of the words of the decision, cut to what this caller may know.

use std::collections::BTreeSet;

use gateway_core::{Category, Obligation, RuleHit};
use gateway_ledger::Receipt;
use gateway_store::rows::{CellRow, DeliveryRow, ExchangeRow, ItemRow, WrapRow};
use gateway_store::{ExchangeFilter, Tx};
use serde::Serialize;

use crate::Flow;
use crate::case::{corrupt, id_of, item_place};
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

/// An item as one reader sees it.
#[derive(Debug, Clone)]
pub struct ItemView {
    /// Its number for this reader, from 1.
    pub n: i64,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category: String,
    /// Its owner.
    pub owner: String,
    /// Whom it is about.
    pub about: String,
    /// Fact or opinion.
    pub nature: Option<String>,
    /// The date it was true at.
    pub as_at: Option<String>,
    /// Its accuracy is disputed.
    pub disputed: bool,
    /// It corrects an item that this reader has.
    pub corrects: bool,
    /// What later items say of it.
    pub since: Since,
    /// Protective marking.
    pub marking: &'static str,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// The obligations under which this reader has it.
    pub obligations: BTreeSet<Obligation>,
    /// Readable until, microseconds UTC.
    pub expires_at: Option<i64>,
    /// Salt of the commitment in the log, base64; with the content it gives `commitment`.
    pub salt: String,
    /// The commitment in the log.
    pub commitment: String,
}

/// What later items, which the same reader has, say of an item.
#[derive(Debug, Clone, Copy, Default)]
pub struct Since {
    /// One corrects it.
    pub corrected: bool,
    /// One takes its place.
    pub superseded: bool,
}

/// A delivery in an inbox.
#[derive(Debug, Clone)]
pub struct InboxEntry {
    /// The delivery's id.
    pub id: String,
    /// The exchange.
    pub exchange: String,
    /// The sender.
    pub from: String,
    /// The delivery's state.
    pub state: String,
    /// Received at, microseconds UTC.
    pub received: i64,
    /// The nominal's reference.
    pub nominal: Option<String>,
    /// The purpose.
    pub purpose: Option<String>,
    /// Why it was shared, in the sender's words.
    pub necessity: Option<String>,
    /// Of an emergency: what is imminent.
    pub emergency: Option<String>,
    /// The union of the items' obligations.
    pub obligations: BTreeSet<Obligation>,
    /// The items.
    pub items: Vec<ItemView>,
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

/// How somebody has an item: as its sender, or by a wrap.
struct Share<'w> {
    n: i64,
    reader: Option<&'w str>,
    obligations: BTreeSet<Obligation>,
    expires_at: Option<i64>,
}

impl Share<'_> {
    const fn sent(n: i64) -> Self {
        Self {
            n,
            reader: None,
            obligations: BTreeSet::new(),
            expires_at: None,
        }
    }

    /// Whether they have a later item too. Who sent the one sent the other.
    async fn knows(&self, tx: &mut Tx, later: &ItemRow) -> Result<bool, FlowError> {
        let Some(reader) = self.reader else {
            return Ok(true);
        };
        let wraps = tx.wraps_for(&later.exchange, reader).await?;
        Ok(wraps.iter().any(|wrap| wrap.item == later.id))
    }
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
        let mut deliveries = Vec::new();
        for delivery in tx.deliveries_of(id).await? {
            if sent || delivery.agency == caller.agency.as_str() {
                deliveries.push(delivery_view(&mut tx, delivery).await?);
            }
        }
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

    async fn items_as_sent(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
    ) -> Result<Vec<ItemView>, FlowError> {
        let mut views = Vec::new();
        for item in tx.items_of(&row.id).await? {
            let n = item.n;
            views.push(self.item_view(tx, row, &item, Share::sent(n)).await?);
        }
        Ok(views)
    }

    async fn items_as_read(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        wraps: &[WrapRow],
    ) -> Result<Vec<ItemView>, FlowError> {
        let mut views = Vec::new();
        for wrap in wraps {
            let item: ItemRow = tx
                .get(&wrap.item)
                .await?
                .ok_or_else(|| corrupt("item", &wrap.item))?;
            let share = Share {
                n: wrap.n,
                reader: Some(&wrap.agency),
                obligations: serde_json::from_str(&wrap.obligations)?,
                expires_at: wrap.expires_at,
            };
            views.push(self.item_view(tx, row, &item, share).await?);
        }
        Ok(views)
    }

    async fn item_view(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        item: &ItemRow,
        share: Share<'_>,
    ) -> Result<ItemView, FlowError> {
        use base64::Engine as _;
        let mut since = Since::default();
        for later in tx.items_after(&item.id).await? {
            if share.knows(tx, &later).await? {
                since.corrected |= later.corrects.as_ref() == Some(&item.id);
                since.superseded |= later.supersedes.as_ref() == Some(&item.id);
            }
        }
        let salt = self
            .vault
            .open_column(&item_place(&row.area, &item.id, "salt"), &item.salt)
            .await?;
        Ok(ItemView {
            n: share.n,
            title: self.title(&row.area, item).await?,
            category: item.category.clone(),
            owner: item.owner.clone(),
            about: item.about.clone(),
            nature: item.nature.clone(),
            as_at: item.as_at.clone(),
            disputed: item.disputed == 1,
            corrects: item.corrects.is_some(),
            since,
            marking: marking(
                item.category
                    .parse()
                    .map_err(|_| corrupt("item", &item.id))?,
            ),
            media_type: item.media_type.clone(),
            size: item.size,
            obligations: share.obligations,
            expires_at: share.expires_at,
            salt: base64::engine::general_purpose::STANDARD.encode(&*salt),
            commitment: item.commitment.clone(),
        })
    }

    /// A delivery as its recipient sees it.
    pub(crate) async fn inbox_entry(
        &self,
        tx: &mut Tx,
        delivery: &str,
    ) -> Result<InboxEntry, FlowError> {
        let delivery: DeliveryRow = tx
            .get(delivery)
            .await?
            .ok_or_else(|| corrupt("delivery", delivery))?;
        let row: ExchangeRow = tx
            .get(&delivery.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
        let wraps = tx.wraps_in(&delivery.id).await?;
        let items = self.items_as_read(tx, &row, &wraps).await?;
        let said = self.particulars(&row).await?;
        Ok(InboxEntry {
            obligations: serde_json::from_str(&delivery.obligations)?,
            id: delivery.id,
            exchange: row.id,
            from: row.sender,
            state: delivery.state,
            received: delivery.created_at,
            nominal: row.nominal,
            purpose: row.purpose,
            necessity: said.necessity.map(gateway_core::Personal::into_inner),
            emergency: said.emergency.map(|e| e.statement.into_inner()),
            items,
        })
    }
}

async fn delivery_view(tx: &mut Tx, delivery: DeliveryRow) -> Result<DeliveryView, FlowError> {
    let steps = tx.steps_of(&delivery.id).await?;
    Ok(DeliveryView {
        steps: steps
            .into_iter()
            .map(|step| StepView {
                state: step.state,
                channel: step.channel,
                at: step.at,
            })
            .collect(),
        id: delivery.id,
        recipient: delivery.agency,
        channel: delivery.channel,
        state: delivery.state,
        at: delivery.at,
    })
}

/// The matrix as the sender is shown it.
pub(crate) async fn decisions(tx: &mut Tx, exchange: &str) -> Result<Vec<DecisionView>, FlowError> {
    let numbers: std::collections::HashMap<String, i64> = tx
        .items_of(exchange)
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
