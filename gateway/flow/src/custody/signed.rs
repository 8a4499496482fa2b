//! Whose word a form is that goes on from an earlier prison's.

use gateway_core::question::{ItemFacts, Question};
use gateway_core::{AgencyKind, Obligation};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, FormSentRow, ItemRow};

use crate::case::{Piece, agency};
use crate::error::FlowError;

/// Whether what stands in a prison's form is known as earlier prisons' alone, of the same kind: a
/// form that goes on from theirs is the word of the prison that has it countersigned now (report
/// 3.10), and its intelligence that of whose security department releases it (ISP-11). What may not
/// be passed on stays so, but for what went with the person to the prison that holds them.
pub(crate) async fn signs_itself(
    tx: &mut Tx,
    sender: &AgencyRow,
    piece: &Piece,
) -> Result<bool, FlowError> {
    let prison = AgencyKind::Prison.as_str();
    if sender.kind != prison || piece.owner.id != sender.id {
        return Ok(false);
    }
    let onward = Obligation::NoOnward.to_string();
    let obliged = tx
        .wraps_obliged(&piece.fingerprint, &sender.id, &onward)
        .await?;
    let known = tx.known_as_anothers(&piece.fingerprint, &sender.id).await?;
    if !obliged.is_empty() && known.is_empty() {
        return Ok(false);
    }
    for item in known {
        let owner = agency(tx, &item.owner).await?;
        let facts: ItemFacts = serde_json::from_str(&item.facts)?;
        if owner.kind != prison || facts.category != piece.category {
            return Ok(false);
        }
        if !obliged.is_empty() && !came_with_person(tx, &item, &sender.id).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a prison has an item because it is of an earlier prison's form, and the person is with
/// it now.
async fn came_with_person(tx: &mut Tx, item: &ItemRow, prison: &str) -> Result<bool, FlowError> {
    let form: Option<FormSentRow> = tx.get(&item.exchange).await?;
    if form.is_none_or(|form| form.agency != item.owner) {
        return Ok(false);
    }
    let cells = tx.cells_for(&item.exchange, prison).await?;
    let Some(cell) = cells.into_iter().find(|cell| cell.item == item.id) else {
        return Ok(false);
    };
    let question: Question = serde_json::from_str(&cell.question)?;
    Ok(question.recipient.custody)
}
