//! Two records that are one person's: claims, hand-overs and what was asked for about the one that
//! goes are the surviving one's from then on.

use std::collections::HashMap;

use gateway_core::event::EventKind;
use gateway_store::Tx;

use super::{hand_over, holder};
use crate::Flow;
use crate::error::FlowError;
use crate::recorder::Draft;

impl Flow {
    /// Moves what there is of custody, and what was asked for, from a record to the one that
    /// survives it. A hand-over ends where its prison does not hold the person by the surviving
    /// record, or owes it there already.
    pub(crate) async fn join_custody(
        &self,
        tx: &mut Tx,
        gone: &str,
        kept: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for mut claim in tx.custody_claims_about(gone).await? {
            kept.clone_into(&mut claim.nominal);
            tx.put(&mut claim).await?;
        }
        for mut asked in tx.form_requests_about(gone).await? {
            kept.clone_into(&mut asked.nominal);
            tx.put(&mut asked).await?;
        }
        for mut asked in tx.health_requests_about(gone).await? {
            kept.clone_into(&mut asked.nominal);
            tx.put(&mut asked).await?;
        }
        self.join_flags(tx, gone, kept, drafts).await?;
        let held = holder(tx, kept, self.now()).await?.map(|part| part.agency);
        let there = tx.hand_overs_open(kept).await?;
        for mut row in tx.hand_overs_about(gone).await? {
            kept.clone_into(&mut row.nominal);
            let owed = there.iter().any(|other| other.agency == row.agency);
            let moot = owed || held.as_ref() != Some(&row.agency);
            if row.ended_at.is_none() && moot {
                row.ended_at = Some(self.now());
                let event = hand_over::event(EventKind::HandOverEnded, &row)?;
                drafts.push(event.with("because", "records-merged"));
            }
            tx.put(&mut row).await?;
        }
        Ok(())
    }
}

/// By which record each of these goes now: of one that was merged, the surviving one.
pub(super) async fn standing(
    tx: &mut Tx,
    nominals: &[&str],
) -> Result<HashMap<String, String>, FlowError> {
    let rows = tx.nominals_by_id(nominals).await?.into_iter();
    Ok(rows
        .filter_map(|row| row.merged_into.map(|into| (row.id, into)))
        .collect())
}
