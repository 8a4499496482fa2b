//! Why a reader has what it has, and its own proof of having been given it.

use std::collections::BTreeSet;

use gateway_core::event::EventKind;
use gateway_core::{DeliveryState, Outcome, RuleHit};
use gateway_ledger::Receipt;

use crate::Flow;
use crate::error::FlowError;
use crate::submission::Caller;

impl Flow {
    /// The rules by which the calling agency was given what it has of an exchange, each once.
    /// Of what it was not given, and of other readers, they say nothing.
    pub async fn because(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Vec<RuleHit>, FlowError> {
        let mut tx = self.store.read().await?;
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        let given: BTreeSet<&str> = wraps.iter().map(|wrap| wrap.item.as_str()).collect();
        let mut rules: Vec<RuleHit> = Vec::new();
        let cells = tx.cells_for(exchange, caller.agency.as_str()).await?;
        for cell in cells {
            let theirs =
                cell.outcome == Outcome::Permit.as_str() && given.contains(cell.item.as_str());
            if !theirs {
                continue;
            }
            for hit in serde_json::from_str::<Vec<RuleHit>>(&cell.rules)? {
                if rules.iter().all(|known| known.rule != hit.rule) {
                    rules.push(hit);
                }
            }
        }
        Ok(rules)
    }

    /// A reader's receipt: that a delivery of the exchange reached it, proved against the newest
    /// checkpoint. The sender's own would name all recipients and count all items.
    pub async fn delivery_receipt(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Receipt, FlowError> {
        let mut tx = self.store.read().await?;
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        for leaf in tx.leaves_of_exchange(exchange).await? {
            if leaf.kind != EventKind::DeliveryMoved.as_str() {
                continue;
            }
            let event: gateway_core::event::Event = serde_json::from_str(&leaf.event)?;
            let said = |name: &str| event.detail.get(name).map(String::as_str);
            let reached = said("state") == Some(DeliveryState::Delivered.as_str())
                && wraps
                    .iter()
                    .any(|wrap| said("delivery") == Some(&wrap.delivery));
            if reached {
                return self.prove(&mut tx, leaf).await;
            }
        }
        Err(FlowError::NotFound)
    }
}
