//! Areas, each with its keys and its log.

use gateway_core::AgencyId;
use gateway_core::event::EventKind;
use gateway_core::text::line;
use gateway_store::LogHead;
use gateway_store::rows::AreaRow;

use crate::Flow;
use crate::error::FlowError;
use crate::recorder::Draft;

use super::invalid;

impl Flow {
    /// Adds an area: its keys, its row, its log, and the first event in it.
    pub async fn add_area(&self, id: &str, name: &str, origin: &str) -> Result<(), FlowError> {
        if id.parse::<AgencyId>().is_err() {
            return Err(invalid(
                "/id",
                "is no short name: lower-case letters, digits and hyphens",
            ));
        }
        let log = format!("{id}-0");
        let mut tx = self.store.read().await?;
        if let Some(known) = tx.get::<AreaRow>(id).await? {
            // Stopped before its first leaf was written: the same again goes on from there.
            let head = tx.log(&log).await?;
            let begun = head.is_some_and(|head| head.size == 0 && head.origin == origin);
            return match begun && known.name == name {
                true => self.record_area(known).await,
                false => Err(FlowError::Conflict(format!("area `{id}` exists already"))),
            };
        }
        if tx.log(id).await?.is_some() {
            return Err(invalid(
                "/id",
                "is the name of a log, under which that is served: take another",
            ));
        }
        drop(tx);
        self.vault.ensure_area("*").await?;
        self.vault.ensure_area(id).await?;
        self.vault.begin_log(&log, origin).await?;
        // The log must be there before anything can be recorded in it: the area's row and its
        // log go first, the event that covers the row is the log's first leaf.
        let mut row = AreaRow {
            id: id.to_owned(),
            name: name.to_owned(),
            settings: "{}".to_owned(),
            created_at: self.now(),
            updated_by: String::new(),
        };
        let mut tx = self.store.write("add-area").await?;
        tx.put(&mut row).await?;
        tx.drain_covered();
        tx.add_log(&LogHead {
            id: log,
            area: id.to_owned(),
            epoch: 0,
            origin: origin.to_owned(),
            size: 0,
            root: hex::encode(gateway_ledger::empty_root().0),
            checkpoint: String::new(),
            created_at: self.now(),
        })
        .await?;
        tx.commit().await?;
        self.record_area(row).await
    }

    /// The first leaf of an area's log covers its row.
    async fn record_area(&self, mut row: AreaRow) -> Result<(), FlowError> {
        let area = row.id.clone();
        let event = Draft::new(EventKind::AreaChanged, None).with("change", "added");
        self.recorder
            .record(&area, "add-area", move |tx| {
                Box::pin(async move {
                    tx.put(&mut row).await?;
                    Ok((vec![event], ()))
                })
            })
            .await?;
        Ok(())
    }

    /// Calls an area something else.
    pub async fn rename_area(&self, id: &str, name: &str) -> Result<(), FlowError> {
        let name = line(name, 300).map_err(|error| invalid("/name", &error.to_string()))?;
        let mut tx = self.store.read().await?;
        let mut row: AreaRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        row.name = name;
        let area = row.id.clone();
        let event = Draft::new(EventKind::AreaChanged, None).with("change", "name");
        self.recorder
            .record(&area, "rename-area", move |tx| {
                Box::pin(async move {
                    tx.put(&mut row).await?;
                    Ok((vec![event], ()))
                })
            })
            .await?;
        Ok(())
    }

    /// New keys for an area's columns and held items, from now.
    pub async fn rotate_area_keys(&self, id: &str) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        tx.get::<AreaRow>(id).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        self.vault.rotate_area_keys(id).await?;
        let event = Draft::new(EventKind::KeyChanged, None).with("change", "area-keys-rotated");
        self.recorder
            .record(id, "rotate-area-keys", move |_| {
                Box::pin(async move { Ok((vec![event], ())) })
            })
            .await?;
        Ok(())
    }
}
