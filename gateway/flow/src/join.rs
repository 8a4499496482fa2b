//! Recipients who join an exchange that was sent to others before: the same mail came again,
//! addressed to them. What was decided for the others stays as it is.

use std::collections::BTreeSet;

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, ExchangeState, Outcome};
use gateway_store::rows::ExchangeRow;
use gateway_vault::parties;

use crate::Flow;
use crate::case::{Addressee, Case, agency, id_of};
use crate::decide::{Approvals, Cell};
use crate::error::FlowError;
use crate::record::{Answer, state_of, still_there, summary};
use crate::recorder::{Draft, work};
use crate::seal::{Wrapped, reader};
use crate::submission::{Caller, RecipientClaim};

impl Flow {
    /// Adds recipients to an exchange of the caller's own, decides for them, and releases to
    /// them what is permitted. Those it has already are passed over. Nothing is added to what
    /// is recalled, superseded or set aside, nor to what came longer ago than `within`; and where
    /// the sender's proof does not cover the recipients, nobody without a live part joins.
    pub async fn join_recipients(
        &self,
        caller: &Caller,
        exchange: &str,
        recipients: &[AgencyId],
        within: std::time::Duration,
    ) -> Result<Answer, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let row = row
            .filter(|row| row.sender == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        let mut case = self.kept_case(&mut tx, &row).await?;
        let known: BTreeSet<&str> = case
            .particulars
            .recipients
            .iter()
            .map(|claim| claim.agency.as_str())
            .collect();
        let fresh: Vec<AgencyId> = recipients
            .iter()
            .filter(|id| !known.contains(id.as_str()))
            .cloned()
            .collect();
        let state: ExchangeState = row
            .state
            .parse()
            .map_err(|_| crate::case::corrupt("exchange", exchange))?;
        let old = i64::try_from(within.as_micros()).unwrap_or(i64::MAX);
        let recent = self.now().saturating_sub(row.received_at) <= old;
        let open = recent
            && match state {
                ExchangeState::Incomplete
                | ExchangeState::Held
                | ExchangeState::Refused
                | ExchangeState::Released => true,
                ExchangeState::Quarantined
                | ExchangeState::Superseded
                | ExchangeState::Recalled => false,
            };
        if fresh.is_empty() || !open {
            drop(tx);
            return self.answer_of(exchange).await;
        }
        case.addressees.clear();
        for id in fresh {
            let joins = agency(&mut tx, id.as_str()).await?;
            let now = self.clock.now();
            let party = parties::party(&mut tx, &joins, case.nominal.as_ref(), now).await?;
            // Whoever brought the copy may have addressed it.
            if case.particulars.intake.unbound && !party.live_part() {
                continue;
            }
            case.addressees.push(Addressee {
                agency: joins,
                person: None,
                reason: false,
                only: None,
            });
            case.particulars.recipients.push(RecipientClaim {
                agency: id,
                person: None,
                reason: None,
            });
        }
        if case.addressees.is_empty() {
            drop(tx);
            return self.answer_of(exchange).await;
        }
        let matrix = match state {
            ExchangeState::Incomplete => Vec::new(),
            ExchangeState::Held
            | ExchangeState::Refused
            | ExchangeState::Released
            | ExchangeState::Quarantined
            | ExchangeState::Superseded
            | ExchangeState::Recalled => self.matrix(&mut tx, &case, &Approvals::new()).await?,
        };
        drop(tx);
        let wraps = self.wrap_matrix(&case, &matrix).await?;
        self.write_joined(row, case, matrix, wraps, state).await?;
        self.answer_of(exchange).await
    }

    /// Wraps kept items for whom a matrix permits them; each reader's key is asked for once.
    pub(crate) async fn wrap_matrix(
        &self,
        case: &Case,
        matrix: &[Cell],
    ) -> Result<Vec<Wrapped>, FlowError> {
        let keys = self.keys_for(matrix).await?;
        let mut wraps = Vec::new();
        for cell in matrix {
            let Some(permit) = cell.permit() else {
                continue;
            };
            let piece = case.pieces.iter().find(|piece| piece.id == cell.item);
            if let Some(crate::case::Body::Kept(item)) = piece.map(|piece| &piece.body) {
                let reader = reader(&keys, &permit)?;
                wraps.push(self.wrap_kept(item, cell, reader).await?);
            }
        }
        Ok(wraps)
    }

    async fn write_joined(
        &self,
        earlier: ExchangeRow,
        case: Case,
        matrix: Vec<Cell>,
        wraps: Vec<Wrapped>,
        state: ExchangeState,
    ) -> Result<(), FlowError> {
        let new = state_of(matrix.iter().map(|cell| cell.ruling.outcome));
        let any = |outcome| matrix.iter().any(|cell| cell.ruling.outcome == outcome);
        let held = state == ExchangeState::Held;
        let better = (held || state == ExchangeState::Refused) && any(Outcome::Permit)
            || state == ExchangeState::Refused && any(Outcome::Hold);
        let state = if better { new } else { state };
        let mut row = self.exchange_row(&case, state).await?;
        let sender = id_of(&row.sender)?;
        let area = row.area.clone();
        let flow = self.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let now: Option<ExchangeRow> = tx.get(&earlier.id).await?;
                if now.is_none_or(|now| now != earlier) {
                    return Err(FlowError::Conflict(
                        "this exchange was changed meanwhile: send it again".to_owned(),
                    ));
                }
                still_there(tx, &row).await?;
                let event: Draft =
                    summary(EventKind::ExchangeRecorded, &sender, &row, &[], &matrix);
                let mut drafts = vec![event.with("change", "recipients-joined")];
                tx.put(&mut row).await?;
                flow.write_matrix(tx, &row, &matrix).await?;
                flow.release(tx, &row, &case, wraps, &mut drafts).await?;
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "join-exchange", work).await?;
        Ok(())
    }
}
