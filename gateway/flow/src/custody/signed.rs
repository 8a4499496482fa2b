//! Whose word a form is that goes on from an earlier prison's.

use gateway_core::question::ItemFacts;
use gateway_core::{AgencyKind, Obligation};
use gateway_store::Tx;
use gateway_store::rows::AgencyRow;

use crate::case::{Piece, agency};
use crate::error::FlowError;

/// Whether what stands in a prison's form is known as earlier prisons' alone, of the same kind: a
/// form that goes on from theirs is the word of the prison that has it countersigned now (report
/// 3.10). What may not be passed on stays so.
pub(crate) async fn signs_itself(
    tx: &mut Tx,
    sender: &AgencyRow,
    piece: &Piece,
) -> Result<bool, FlowError> {
    let prison = AgencyKind::Prison.as_str();
    let onward = Obligation::NoOnward.to_string();
    let obliged = tx
        .wraps_obliged(&piece.fingerprint, &sender.id, &onward)
        .await?;
    if sender.kind != prison || piece.owner.id != sender.id || !obliged.is_empty() {
        return Ok(false);
    }
    for item in tx.known_as_anothers(&piece.fingerprint, &sender.id).await? {
        let owner = agency(tx, &item.owner).await?;
        let facts: ItemFacts = serde_json::from_str(&item.facts)?;
        if owner.kind != prison || facts.category != piece.category {
            return Ok(false);
        }
    }
    Ok(true)
}
