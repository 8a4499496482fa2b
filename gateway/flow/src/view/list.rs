//! A page of what an agency has in its inbox, or has sent: asked of the database at once.

use std::collections::{BTreeSet, HashMap};

use gateway_core::Obligation;
use gateway_store::rows::{DeliveryRow, ExchangeRow, WithdrawalRow, WrapRow};
use gateway_store::{ExchangeFilter, Tx};

use super::ItemView;
use super::item::Items;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::submission::Caller;

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

/// An exchange in the list of what an agency has sent.
#[derive(Debug, Clone)]
pub struct SentEntry {
    /// The exchange.
    pub id: String,
    /// Its state.
    pub state: String,
    /// Its sender took it back.
    pub withdrawn: bool,
    /// Received at, microseconds UTC.
    pub received: i64,
    /// The titles of its items.
    pub titles: Vec<String>,
    /// The names of those to whom something of it went, a delivery each.
    pub recipients: Vec<String>,
}

impl Flow {
    /// A delivery as its recipient sees it.
    pub(crate) async fn inbox_entry(
        &self,
        tx: &mut Tx,
        delivery: &str,
    ) -> Result<InboxEntry, FlowError> {
        let mut entries = self.inbox_entries(tx, &[delivery]).await?;
        entries.pop().ok_or_else(|| corrupt("delivery", delivery))
    }

    /// The same of several deliveries, in their order.
    pub(crate) async fn inbox_entries(
        &self,
        tx: &mut Tx,
        ids: &[&str],
    ) -> Result<Vec<InboxEntry>, FlowError> {
        let mut deliveries = by_id(tx.deliveries_by_id(ids).await?, |row| &row.id);
        let of: Vec<&str> = deliveries.values().map(|one| &*one.exchange).collect();
        let rows = by_id(tx.exchanges_by_id(&of).await?, |row| &row.id);
        let wraps = tx.wraps_in_all(ids).await?;
        let items = Items::shared(tx, &wraps).await?;
        let mut entries = Vec::new();
        for id in ids {
            let delivery = deliveries.remove(*id);
            let delivery = delivery.ok_or_else(|| corrupt("delivery", id))?;
            let row = rows.get(&delivery.exchange);
            let row = row.ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
            let own = wraps.iter().filter(|wrap| wrap.delivery == *id);
            let own: Vec<&WrapRow> = own.collect();
            let items = self.item_views(tx, row, &own, &items).await?;
            entries.push(self.entry(row, delivery, items).await?);
        }
        Ok(entries)
    }

    async fn entry(
        &self,
        row: &ExchangeRow,
        delivery: DeliveryRow,
        items: Vec<ItemView>,
    ) -> Result<InboxEntry, FlowError> {
        let said = self.particulars(row).await?;
        Ok(InboxEntry {
            obligations: serde_json::from_str(&delivery.obligations)?,
            id: delivery.id,
            exchange: row.id.clone(),
            from: row.sender.clone(),
            state: delivery.state,
            received: delivery.created_at,
            nominal: row.nominal.clone(),
            purpose: row.purpose.clone(),
            necessity: said.necessity.map(gateway_core::Personal::into_inner),
            emergency: said.emergency.map(|e| e.statement.into_inner()),
            items,
        })
    }

    /// What an agency has sent, the newest first, before an exchange.
    pub async fn sent(
        &self,
        caller: &Caller,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<SentEntry>, FlowError> {
        let filter = ExchangeFilter {
            agency: caller.agency.to_string(),
            sent: Some(true),
            before: before.map(str::to_owned),
            ..ExchangeFilter::default()
        };
        let mut tx = self.store.read().await?;
        let rows = tx.exchanges(&filter, limit).await?;
        let ids: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
        let heads = tx.item_heads_of(&ids).await?;
        let deliveries = tx.deliveries_of_all(&ids).await?;
        let to: Vec<&str> = deliveries.iter().map(|one| &*one.agency).collect();
        let names = by_id(tx.agencies_by_id(&to).await?, |row| &row.id);
        let mut withdrawn = Vec::new();
        for row in rows.iter().filter(|row| row.state == "recalled") {
            if tx.get::<WithdrawalRow>(&row.id).await?.is_some() {
                withdrawn.push(&row.id);
            }
        }
        drop(tx);
        let mut entries = Vec::new();
        for row in &rows {
            let mut titles = Vec::new();
            for item in heads.iter().filter(|item| item.exchange == row.id) {
                titles.push(self.title_of(&row.area, &item.id, &item.title).await?);
            }
            let own = deliveries.iter().filter(|one| one.exchange == row.id);
            let to = own.filter_map(|one| names.get(&one.agency));
            entries.push(SentEntry {
                id: row.id.clone(),
                state: row.state.clone(),
                withdrawn: withdrawn.contains(&&row.id),
                received: row.received_at,
                titles,
                recipients: to.map(|agency| agency.name.clone()).collect(),
            });
        }
        Ok(entries)
    }
}

/// Rows, to be found by an id of theirs.
pub(crate) fn by_id<R>(rows: Vec<R>, id: impl Fn(&R) -> &String) -> HashMap<String, R> {
    rows.into_iter()
        .map(|row| (id(&row).clone(), row))
        .collect()
}
