//! How much of a form was answered, as far as somebody may read it: counted when it was sent, and
//! shown to its own agency whole, to a reader by the kinds of information that the reader has.
//! What a reader was not given is not in it, and not that there was any.

use std::collections::BTreeSet;

use gateway_core::Channel;
use gateway_forms::{Covered, MEDIA_TYPE};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, ItemRow};

use super::read::why_not;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::submission::Caller;

/// How much of a form was answered.
#[derive(Debug, Clone)]
pub struct FormMeasure {
    /// The form's id.
    pub form: String,
    /// The code of the kind of report that it is.
    pub report: Option<String>,
    /// By section and kind of information.
    pub covered: Vec<Covered>,
}

impl FormMeasure {
    /// How many fields were answered, of how many.
    pub fn score(&self) -> (usize, usize) {
        let answered = self.covered.iter().map(Covered::answered).sum();
        let asked = self.covered.iter().map(|one| one.asked).sum();
        (answered, asked)
    }
}

impl Flow {
    /// How much of a form was answered, of what the caller has of it; none where it is no form,
    /// was not counted, or was taken back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller has no part in the exchange.
    pub async fn form_measure(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormMeasure>, FlowError> {
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx.get(exchange).await?.ok_or(FlowError::NotFound)?;
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        if row.sender == caller.agency.as_str() {
            drop(tx);
            return self.measured(&row, None).await;
        }
        if wraps.is_empty() {
            return Err(FlowError::NotFound);
        }
        drop(tx);
        let in_portal = caller.channel == Channel::Portal;
        let mut kinds = BTreeSet::new();
        for wrap in &wraps {
            // What is for one named person is not another's to know of.
            if why_not(&self.may_open(caller, wrap, in_portal).await?).is_none() {
                let mut tx = self.store.read().await?;
                kinds.extend(kind_of_part(&mut tx, &wrap.item).await?);
            }
        }
        match kinds.is_empty() {
            true => Ok(None),
            false => self.measured(&row, Some(&kinds)).await,
        }
    }

    /// The same, of these kinds of information only.
    pub(super) async fn measured(
        &self,
        row: &ExchangeRow,
        kinds: Option<&BTreeSet<String>>,
    ) -> Result<Option<FormMeasure>, FlowError> {
        let said = self.particulars(row).await?;
        let Some(note) = said.form.filter(|note| !note.covered.is_empty()) else {
            return Ok(None);
        };
        let mut covered = note.covered;
        if let Some(kinds) = kinds {
            covered.retain(|one| kinds.contains(one.category.as_str()));
        }
        Ok(Some(FormMeasure {
            form: note.form,
            report: note.report,
            covered,
        }))
    }
}

/// The kind of information of an item that is a part of a form.
pub(super) async fn kind_of_part(tx: &mut Tx, item: &str) -> Result<Option<String>, FlowError> {
    let row: ItemRow = tx.get(item).await?.ok_or_else(|| corrupt("item", item))?;
    Ok((row.media_type == MEDIA_TYPE).then_some(row.category))
}
