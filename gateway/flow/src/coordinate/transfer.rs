//! An exchange that was filed with the wrong person goes to the right one's record. What was
//! decided stands; what is read from now on is asked about with the right person's facts, and
//! everybody who has something of it is told.

use gateway_core::Role;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, NominalActRow, NominalRow};

use super::{Act, Actor, first, invalid};
use crate::Flow;
use crate::error::FlowError;
use crate::merge::{Moved, changed};
use crate::recorder::{Done, Draft, work};
use crate::submission::Caller;

impl Flow {
    /// Moves an exchange of the coordinator's area to another nominal of it.
    ///
    /// # Errors
    /// As [`Flow::act_on_nominal`].
    pub async fn move_exchange(
        &self,
        caller: &Caller,
        exchange: &str,
        to: &str,
        act: &Act,
    ) -> Result<(), FlowError> {
        let actor = self.actor(caller, act).await?;
        let right = self.target(&actor, to, "/nominal").await?;
        let row = self
            .act_row(&actor, act, &right.id, Some(exchange), "exchange-moved")
            .await?;
        if self.is_done(&row).await? {
            return Ok(());
        }
        let mut tx = self.store.read().await?;
        let was: Option<ExchangeRow> = tx.get(exchange).await?;
        let was = was
            .filter(|was| was.area == actor.area)
            .ok_or(FlowError::NotFound)?;
        let Some(wrong) = was.nominal.clone() else {
            return Err(FlowError::Conflict(
                "this is filed with nobody yet: match it first".to_owned(),
            ));
        };
        if wrong == right.id {
            return Err(invalid("/nominal", "is the person it is filed with now"));
        }
        let moved = self.moved(&mut tx, was, &right, &actor.reasons).await?;
        drop(tx);
        let (flow, kept, area) = (self.clone(), row.clone(), actor.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                first(tx, &row).await?;
                flow.write_transfer(tx, row, &actor, &wrong, &right, moved)
                    .await
            })
        });
        let done = self.recorder.record(&area, "move-exchange", work).await;
        self.once(&kept, done.map(|_| ())).await
    }

    /// The active nominal of the area that something goes to.
    pub(super) async fn target(
        &self,
        actor: &Actor,
        reference: &str,
        field: &str,
    ) -> Result<NominalRow, FlowError> {
        let found = match self.of_area(actor, reference.trim()).await {
            Err(FlowError::NotFound) => None,
            other => Some(other?),
        };
        found
            .filter(|nominal| nominal.state == "active")
            .ok_or_else(|| {
                invalid(
                    field,
                    "is no nominal of your area: give the reference of one",
                )
            })
    }

    async fn write_transfer(
        &self,
        tx: &mut Tx,
        mut row: NominalActRow,
        actor: &Actor,
        wrong: &str,
        right: &NominalRow,
        moved: Moved,
    ) -> Done<()> {
        let there: Option<NominalRow> = tx.get(&right.id).await?;
        if there.as_ref() != Some(right) || !moved.is_unchanged(tx).await? {
            return Err(changed());
        }
        let exchange = moved.write(tx).await?;
        // Neither record's readers learn from it whose the other is.
        let here = actor
            .event(&right.id, "exchange-moved-here", &row.id)
            .about(&exchange.id, Some(&right.id));
        let away = actor.event(wrong, "exchange-moved-away", &row.id);
        let mut drafts = vec![here, away];
        self.tell_parties(tx, &exchange, "moved", &row.id, &mut drafts)
            .await?;
        tx.put(&mut row).await?;
        Ok((drafts, ()))
    }

    /// Tells the sender of an exchange and everybody who has something of it, once for an act.
    pub(super) async fn tell_parties(
        &self,
        tx: &mut Tx,
        exchange: &ExchangeRow,
        kind: &str,
        act: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let mut told = tx.readers_in(&exchange.id).await?;
        if !told.contains(&exchange.sender) {
            told.push(exchange.sender.clone());
        }
        for agency in told {
            let id = format!("{}/{agency}/{kind}/{act}", exchange.id);
            self.write_notice_as(tx, exchange, &agency, Role::Spoc, kind, id, drafts)
                .await?;
        }
        Ok(())
    }
}
