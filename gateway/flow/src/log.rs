//! The log as it is served: checkpoints, tiles, receipts against the newest checkpoint.

use gateway_ledger::{
    Hash, Receipt, Salt, TileId, TilePath, encode_entries, parse_tile_path, proof_tiles,
    prove_inclusion,
};
use gateway_store::{LeafRow, LogHead, Mark, Tx};
use gateway_vault::VaultError;

use crate::Flow;
use crate::error::FlowError;

fn internal(error: impl std::fmt::Display) -> FlowError {
    FlowError::Internal(error.to_string())
}

/// Another gateway may record between the look at the log and the look at what was given out, so
/// only a log that stands still is behind.
async fn not_behind(
    stands: impl AsyncFn() -> Result<Option<(String, Mark)>, VaultError>,
    may_follow: impl AsyncFn(String, Mark) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let mut stood = None;
    while let Some((log, mark)) = stands().await? {
        let size = mark.size;
        match may_follow(log, mark).await {
            Err(VaultError::BehindKnownCheckpoint { .. }) if stood.replace(size) != Some(size) => {}
            other => return other,
        }
    }
    Ok(())
}

impl Flow {
    /// The open log of an area, or of the default one.
    pub async fn log_head(&self, area: Option<&str>) -> Result<Option<LogHead>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(match area {
            Some(area) => tx.log_head(area).await?,
            None => tx.first_log_head().await?,
        })
    }

    /// The log that is served under a name: the area's open one, or a closed one by its own id.
    async fn served(&self, name: Option<&str>) -> Result<Option<LogHead>, FlowError> {
        match (self.log_head(name).await?, name) {
            (None, Some(id)) => Ok(self.store.read().await?.log(id).await?),
            (head, _) => Ok(head),
        }
    }

    /// Whether every open log may be gone on with: a database that is an older copy of itself
    /// must not answer anything as recorded.
    pub async fn may_record(&self) -> Result<(), VaultError> {
        let areas = self.store.read().await?.areas().await?;
        for area in areas {
            self.may_follow(&area.id).await?;
        }
        Ok(())
    }

    /// Whether the open log of an area may be gone on with.
    async fn may_follow(&self, area: &str) -> Result<(), VaultError> {
        let stands = async || {
            let head = self.store.read().await?.log_head(area).await?;
            Ok(head.map(|head| {
                let (size, root) = (head.size, head.root);
                (head.id, Mark { size, root })
            }))
        };
        let may_follow =
            async |log: String, stands: Mark| self.vault.may_follow(&log, &stands).await;
        not_behind(stands, may_follow).await
    }

    /// The newest checkpoint, a signed note; of an area, or of a closed log by its id.
    pub async fn checkpoint(&self, area: Option<&str>) -> Result<Option<String>, FlowError> {
        Ok(self
            .served(area)
            .await?
            .map(|head| head.checkpoint)
            .filter(|note| !note.is_empty()))
    }

    /// A file of the log: `checkpoint`, `tile/…`; none where the log has no such file.
    pub async fn ledger_file(
        &self,
        area: Option<&str>,
        path: &str,
    ) -> Result<Option<Vec<u8>>, FlowError> {
        let Some(head) = self.served(area).await? else {
            return Ok(None);
        };
        if path == "checkpoint" {
            return Ok((!head.checkpoint.is_empty()).then(|| head.checkpoint.into_bytes()));
        }
        let Some(tile) = parse_tile_path(path) else {
            return Ok(None);
        };
        let mut tx = self.store.read().await?;
        match tile {
            TilePath::Hashes {
                level,
                index,
                width,
            } => {
                let id = TileId { level, index };
                let tiles = tx.tiles(&head.id, &[id]).await?;
                let width = usize::from(width) * 32;
                Ok(tiles
                    .get(&id)
                    .and_then(|data| data.get(..width))
                    .map(<[u8]>::to_vec))
            }
            TilePath::Entries { index, width } => {
                entries(&mut tx, &head, index, u64::from(width)).await
            }
        }
    }

    /// The receipt of an exchange: its first event, proved against the newest checkpoint.
    pub(crate) async fn receipt_of(&self, exchange: &str) -> Result<Receipt, FlowError> {
        let mut tx = self.store.read().await?;
        let leaves = tx.leaves_of_exchange(exchange).await?;
        let first = leaves
            .into_iter()
            .find(|leaf| leaf.kind.starts_with("exchange-"))
            .ok_or(FlowError::NotFound)?;
        self.prove(&mut tx, first).await
    }

    /// The receipt of a leaf.
    pub(crate) async fn prove(&self, tx: &mut Tx, leaf: LeafRow) -> Result<Receipt, FlowError> {
        let head = tx
            .log(&leaf.log)
            .await?
            .ok_or_else(|| FlowError::Internal(format!("log `{}` is gone", leaf.log)))?;
        Ok(Receipt {
            path: path(tx, &head, leaf.index).await?,
            salt: Salt::from_bytes(leaf.salt.as_slice().try_into().map_err(internal)?),
            event: serde_json::from_str(&leaf.event)?,
            index: leaf.index,
            checkpoint: head.checkpoint,
        })
    }
}

pub(crate) async fn path(tx: &mut Tx, head: &LogHead, index: u64) -> Result<Vec<Hash>, FlowError> {
    let tiles = tx.tiles(&head.id, &proof_tiles(index, head.size)).await?;
    prove_inclusion(index, head.size, &tiles).map_err(internal)
}

async fn entries(
    tx: &mut Tx,
    head: &LogHead,
    index: u64,
    width: u64,
) -> Result<Option<Vec<u8>>, FlowError> {
    let Some(from) = index.checked_mul(256) else {
        return Ok(None);
    };
    if from.saturating_add(width) > head.size {
        return Ok(None);
    }
    let leaves = tx
        .leaves(&head.id, from, i64::try_from(width).map_err(internal)?)
        .await?;
    let data: Result<Vec<[u8; 32]>, _> = leaves
        .iter()
        .map(|leaf| <[u8; 32]>::try_from(leaf.data.as_slice()))
        .collect();
    Ok(Some(encode_entries(&data.map_err(internal)?)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What is said of a log that stands at these sizes, one look after the other, when its
    /// checkpoint of `given_out` entries is known.
    async fn looked_at(sizes: &[u64], given_out: u64) -> Result<(), VaultError> {
        let look = Cell::new(0);
        let stands = async || {
            let size = sizes[look.replace(look.get() + 1)];
            let root = String::new();
            Ok(Some(("london-0".to_owned(), Mark { size, root })))
        };
        let may_follow = async |log, Mark { size: found, .. }: Mark| match found < given_out {
            true => Err(VaultError::BehindKnownCheckpoint {
                log,
                known: given_out,
                found,
            }),
            false => Ok(()),
        };
        not_behind(stands, may_follow).await
    }

    #[tokio::test]
    async fn a_log_that_grows_while_it_is_looked_at_is_not_behind() {
        looked_at(&[5], 5).await.unwrap();
        looked_at(&[5, 6], 6).await.unwrap();
        looked_at(&[5, 6, 7, 9], 8).await.unwrap();
        for still in [&[5, 5][..], &[5, 6, 6]] {
            let behind = looked_at(still, 8).await;
            assert!(
                matches!(behind, Err(VaultError::BehindKnownCheckpoint { .. })),
                "{behind:?}"
            );
        }
    }
}
