//! A request goes on to another health body: rows are added, bodies stay as they are.

use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HealthRequestRow};

use super::due::{Asked, due};
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::{Addressee, agency, corrupt, id_of, particulars_place};
use crate::decide::Approvals;
use crate::error::FlowError;
use crate::record::summary;
use crate::recorder::Draft;
use crate::submission::RecipientClaim;

impl Flow {
    /// Opens a request to the body that is asked now, as the protocols let it have it.
    pub(super) async fn carry_request(
        &self,
        tx: &mut Tx,
        request: &HealthRequestRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let row: Option<ExchangeRow> = tx.get(&request.id).await?;
        let mut row = row.ok_or_else(|| corrupt("exchange", &request.id))?;
        let mut case = self.kept_case(tx, &row).await?;
        let next = id_of(&request.holder)?;
        let decided = tx.cells_of(&row.id).await?;
        if decided.iter().any(|cell| cell.recipient == next.as_str()) {
            // It has been asked before.
            return self.give_again(tx, &row, next.as_str(), drafts).await;
        }
        case.addressees = vec![Addressee {
            agency: agency(tx, next.as_str()).await?,
            person: None,
            reason: false,
            only: None,
        }];
        case.particulars.recipients.push(RecipientClaim {
            agency: next,
            person: None,
            reason: None,
        });
        let plain = serde_json::to_vec(&case.particulars)?;
        let place = particulars_place(&case.area, &case.id);
        row.particulars = self.vault.seal_column(&place, &plain).await?;
        tx.put(&mut row).await?;
        let matrix = self.matrix(tx, &case, &Approvals::new()).await?;
        let wraps = self.wrap_matrix(&case, &matrix).await?;
        let sender = id_of(&row.sender)?;
        let event = summary(EventKind::ExchangeRecorded, &sender, &row, &[], &matrix);
        drafts.push(event.with("change", "recipients-joined"));
        self.write_matrix(tx, &row, &matrix).await?;
        self.release(tx, &row, &case, wraps, drafts).await
    }

    /// The time that a request has which waits again: due, and reminded of, microseconds UTC.
    pub(super) async fn time_again(
        &self,
        tx: &mut Tx,
        request: &HealthRequestRow,
    ) -> Result<(i64, i64), FlowError> {
        let asked = Asked {
            at: self.clock.now(),
            level: request.level,
            emergency: request.urgency == "emergency",
            needed_by: None,
            meeting: None,
        };
        let (due, remind) = due(&asked, clocks(tx, &request.area).await?);
        Ok((due.as_microsecond(), remind.as_microsecond()))
    }
}
