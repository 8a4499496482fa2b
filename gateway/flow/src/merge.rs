//! An emergency opened a provisional nominal; now the coordinator knows who it was. What was
//! exchanged under it goes to that person's record, and everybody who has something of it is
//! told.

use gateway_core::Role;
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, ItemRow, NominalRow};

use crate::Flow;
use crate::case::particulars_place;
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// An exchange on its way to another nominal.
pub(crate) struct Moved {
    was: ExchangeRow,
    pub(crate) exchange: ExchangeRow,
    /// As they were, and as they are to be.
    items: Vec<(ItemRow, ItemRow)>,
}

impl Moved {
    /// Whether nothing of it has changed since it was read: a hold decided meanwhile is not
    /// written over.
    pub(crate) async fn is_unchanged(&self, tx: &mut Tx) -> Result<bool, FlowError> {
        let mut same = tx.get::<ExchangeRow>(&self.was.id).await?.as_ref() == Some(&self.was);
        for (item, _) in &self.items {
            same &= tx.get::<ItemRow>(&item.id).await?.as_ref() == Some(item);
        }
        Ok(same)
    }

    /// Writes it, under its new nominal's retention keys.
    pub(crate) async fn write(self, tx: &mut Tx) -> Result<ExchangeRow, FlowError> {
        let mut exchange = self.exchange;
        tx.put(&mut exchange).await?;
        for (_, mut item) in self.items {
            tx.put(&mut item).await?;
        }
        Ok(exchange)
    }
}

impl Flow {
    /// The provisional nominal of an exchange, where it has one.
    pub(crate) async fn provisional_of(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
    ) -> Result<Option<NominalRow>, FlowError> {
        let Some(id) = &row.nominal else {
            return Ok(None);
        };
        let nominal: Option<NominalRow> = tx.get(id).await?;
        Ok(nominal.filter(|nominal| nominal.state == "provisional"))
    }

    /// The provisional nominal was this one: its exchanges, and their retention, become this
    /// one's. What was decided stands; what waits is decided with the facts of the one found.
    pub(crate) async fn was(
        &self,
        caller: &Caller,
        person: &str,
        exchange: &str,
        provisional: NominalRow,
        found: &NominalRow,
        reasons: &str,
    ) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.exchanges_about(&provisional.id).await?;
        let mut moved = Vec::new();
        for row in rows {
            moved.push(self.moved(&mut tx, row, found, reasons).await?);
        }
        drop(tx);
        let event = Draft::new(EventKind::Matched, Some(&caller.agency))
            .about(exchange, Some(&found.id))
            .with("provisional", &*provisional.id)
            .with("person", person);
        let (flow, area, found) = (self.clone(), provisional.area.clone(), found.id.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                flow.write_move_to(tx, event, provisional, found, moved)
                    .await
            })
        });
        self.recorder
            .record(&area, "match-provisional", work)
            .await?;
        Ok(())
    }

    /// An exchange as it is to be under another nominal.
    pub(crate) async fn moved(
        &self,
        tx: &mut Tx,
        was: ExchangeRow,
        found: &NominalRow,
        reasons: &str,
    ) -> Result<Moved, FlowError> {
        let mut exchange = was.clone();
        let mut said = self.particulars(&exchange).await?;
        said.matched_because = Some(reasons.to_owned().into());
        let place = particulars_place(&exchange.area, &exchange.id);
        let plain = serde_json::to_vec(&said)?;
        let sealed = self.vault.seal_column(&place, &plain).await?;
        exchange.particulars = sealed;
        exchange.nominal = Some(found.id.clone());
        let mut items = Vec::new();
        for item in tx.items_of(&exchange.id).await? {
            let moved = self
                .move_scope(&exchange.area, &found.id, item.clone())
                .await?;
            items.push((item, moved));
        }
        Ok(Moved {
            was,
            exchange,
            items,
        })
    }

    async fn write_move_to(
        &self,
        tx: &mut Tx,
        event: Draft,
        mut provisional: NominalRow,
        found: String,
        moved: Vec<Moved>,
    ) -> Result<(Vec<Draft>, ()), FlowError> {
        unchanged(tx, &provisional, &found, &moved).await?;
        let mut drafts = vec![event];
        for moved in moved {
            let exchange = moved.write(tx).await?;
            for reader in tx.readers_in(&exchange.id).await? {
                self.write_notice(
                    tx,
                    &exchange,
                    &reader,
                    Role::Spoc,
                    "identified",
                    &mut drafts,
                )
                .await?;
            }
        }
        drafts.push(
            Draft::new(EventKind::NominalChanged, None)
                .nominal(&found)
                .with("change", "provisional-identified")
                .with("provisional", &*provisional.id),
        );
        self.join_custody(tx, &provisional.id, &found, &mut drafts)
            .await?;
        provisional.state = "merged".to_owned();
        provisional.merged_into = Some(found);
        tx.put(&mut provisional).await?;
        Ok((drafts, ()))
    }
}

/// Nothing of what is moved has changed since it was read, and there is not one more exchange.
pub(crate) async fn unchanged(
    tx: &mut Tx,
    provisional: &NominalRow,
    found: &str,
    moved: &[Moved],
) -> Result<(), FlowError> {
    let now: Option<NominalRow> = tx.get(&provisional.id).await?;
    let to: Option<NominalRow> = tx.get(found).await?;
    let mut same = now.as_ref() == Some(provisional)
        && to.is_some_and(|to| to.state == "active")
        && tx.exchanges_about(&provisional.id).await?.len() == moved.len();
    for moved in moved {
        same &= moved.is_unchanged(tx).await?;
    }
    match same {
        true => Ok(()),
        false => Err(changed()),
    }
}

/// Something that was read before it was to be written is another by now.
pub(crate) fn changed() -> FlowError {
    FlowError::Conflict("something about this person changed meanwhile: try again".to_owned())
}
