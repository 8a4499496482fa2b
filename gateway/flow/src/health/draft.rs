//! A request that is not asked yet: something is missing, or for its sender to confirm. Its sender
//! alone sees it, as a draft.

use gateway_core::ExchangeState;
use gateway_store::rows::ExchangeRow;

use super::list::{HealthState, HealthView};
use super::note::HealthNote;
use crate::Flow;
use crate::decide::coordination_unit;
use crate::error::FlowError;
use crate::submission::Caller;

/// A request that waits for its sender.
#[derive(Debug, Clone)]
pub struct HealthDraft {
    /// What there is of it: it is due at no time, and about nobody where that is what is missing.
    pub view: HealthView,
    /// What is missing or to be confirmed, as JSON Pointers.
    pub missing: Vec<String>,
}

impl Flow {
    /// A request of the caller's agency that waits for it to be completed.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency sent no request that waits so.
    pub async fn health_draft(&self, caller: &Caller, id: &str) -> Result<HealthDraft, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of(id, caller.agency.as_str()).await?;
        let incomplete = |row: &ExchangeRow| row.state == ExchangeState::Incomplete.as_str();
        let row = row.filter(incomplete).ok_or(FlowError::NotFound)?;
        let unit = coordination_unit(&mut tx, &row.area).await?;
        drop(tx);
        let form = self.particulars(&row).await?.form;
        let Some(HealthNote::Asks {
            holder, emergency, ..
        }) = form.and_then(|form| form.health)
        else {
            return Err(FlowError::NotFound);
        };
        let missing = self.missing_of(&row).await?;
        let view = HealthView {
            id: row.id,
            area: row.area,
            nominal: row.nominal.unwrap_or_default(),
            agency: row.sender,
            holder: holder.to_string(),
            unit: unit.id,
            state: HealthState::Requested,
            urgency: match emergency {
                true => "emergency".to_owned(),
                false => "standard".to_owned(),
            },
            level: 0,
            asked: row.received_at,
            due: row.received_at,
            late: false,
            reminded: None,
            accepted: None,
            outcome: None,
            reason: None,
            answer: None,
            answered: None,
            stage: None,
            stage_due: None,
            closed: None,
            steps: Vec::new(),
        };
        Ok(HealthDraft { view, missing })
    }
}
