//! Seal: each item's key, wrapped for each reader that the matrix permits, for the vault's hold
//! key and for the retention key, and for nobody else.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::question::ItemFacts;
use gateway_core::{AgencyId, Id};
use gateway_ledger::{Salt, content_commitment};
use gateway_seal::{ItemKey, wrap};
use gateway_store::rows::ItemRow;
use gateway_vault::{HoldingKeys, ReaderKey};

use crate::Flow;
use crate::body::StagedBody;
use crate::case::{Body, Case, Piece, item_place, title_place};
use crate::decide::{Cell, Decided, Permit};
use crate::error::FlowError;
use crate::staged::StagedFile;

/// An item's key, sealed to one reader.
#[derive(Debug)]
pub struct Wrapped {
    pub(crate) item: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) key_id: String,
    pub(crate) cell: Cell,
}

/// The keys that a case is sealed to: its readers', and those by which items are kept, by owner and
/// class of retention.
struct Keys {
    readers: BTreeMap<AgencyId, ReaderKey>,
    holding: BTreeMap<(String, String), HoldingKeys>,
}

/// A sealed case.
#[derive(Debug)]
pub struct Sealed {
    pub(crate) decided: Decided,
    pub(crate) items: Vec<ItemRow>,
    pub(crate) wraps: Vec<Wrapped>,
    /// The files of new bodies, held until the items are committed.
    pub(crate) staged: Vec<StagedFile>,
}

impl Flow {
    pub(crate) async fn seal(&self, mut decided: Decided) -> Result<Sealed, FlowError> {
        let mut items = Vec::new();
        let mut wraps = Vec::new();
        let mut staged = Vec::new();
        let matrix = decided.matrix.clone();
        let case = &mut decided.identified.case;
        let scope = retention_scope(case);
        let keys = self.keys_of(case, &scope, &matrix).await?;
        for piece in std::mem::take(&mut case.pieces) {
            let sealed = self.seal_piece(case, &scope, piece, &matrix, &keys);
            let (row, of_item, file) = sealed.await?;
            items.push(row);
            wraps.extend(of_item);
            staged.extend(file);
        }
        Ok(Sealed {
            decided,
            items,
            wraps,
            staged,
        })
    }

    async fn seal_piece(
        &self,
        case: &Case,
        scope: &str,
        piece: Piece,
        matrix: &[Cell],
        keys: &Keys,
    ) -> Result<(ItemRow, Vec<Wrapped>, Option<StagedFile>), FlowError> {
        let facts = piece.facts()?;
        let permitted: Vec<&Cell> = matrix.iter().filter(|cell| cell.item == piece.id).collect();
        match piece.body {
            Body::Staged(_) => {
                let (row, key, file) = self.new_row(case, piece, &facts, keys).await?;
                let wraps = wrap_new(&permitted, &key, keys)?;
                Ok((row, wraps, file))
            }
            Body::Kept(row) => {
                let mut wraps = Vec::new();
                for cell in permitted {
                    if let Some(permit) = cell.permit() {
                        let reader = reader(&keys.readers, &permit)?;
                        wraps.push(self.wrap_kept(&row, cell, reader).await?);
                    }
                }
                let row = self.move_scope(&case.area, scope, *row).await?;
                Ok((row, wraps, None))
            }
        }
    }

    /// Wraps an item that was kept, by way of the vault's hold key, for one whom a matrix permits
    /// it.
    pub(crate) async fn wrap_kept(
        &self,
        item: &ItemRow,
        cell: &Cell,
        reader: &ReaderKey,
    ) -> Result<Wrapped, FlowError> {
        Ok(Wrapped {
            item: item.id.clone(),
            bytes: self.vault.wrap_held(item, reader).await?,
            key_id: reader.key_id.clone(),
            cell: cell.clone(),
        })
    }

    /// The keys of all whom cells permit something, asked for once.
    pub(crate) async fn keys_for(
        &self,
        cells: &[Cell],
    ) -> Result<BTreeMap<AgencyId, ReaderKey>, FlowError> {
        let permits = cells.iter().filter_map(Cell::permit);
        let agencies: BTreeSet<AgencyId> =
            permits.map(|permit| permit.recipient().clone()).collect();
        let agencies: Vec<AgencyId> = agencies.into_iter().collect();
        Ok(self.vault.reader_keys(&agencies).await?)
    }

    /// The keys that a case is sealed to, asked for once: of all whom its matrix permits something,
    /// and those by which each new item is kept.
    async fn keys_of(&self, case: &Case, scope: &str, matrix: &[Cell]) -> Result<Keys, FlowError> {
        let readers = self.keys_for(matrix).await?;
        let mut holding = BTreeMap::new();
        for piece in &case.pieces {
            let (owner, class) = (&piece.owner.id, &piece.claim.retention_class);
            let kept = (owner.clone(), class.clone());
            if matches!(piece.body, Body::Staged(_)) && !holding.contains_key(&kept) {
                let keys = self.vault.holding_keys(&case.area, scope, owner, class);
                holding.insert(kept, keys.await?);
            }
        }
        Ok(Keys { readers, holding })
    }

    async fn new_row(
        &self,
        case: &Case,
        piece: Piece,
        facts: &ItemFacts,
        keys: &Keys,
    ) -> Result<(ItemRow, ItemKey, Option<StagedFile>), FlowError> {
        let Body::Staged(body) = piece.body else {
            return Err(FlowError::Internal("a kept body is no new one".to_owned()));
        };
        let StagedBody {
            key,
            stored,
            size,
            sha256,
            media_type,
        } = body;
        let claim = piece.claim;
        let kept = (piece.owner.id.clone(), claim.retention_class.clone());
        let keys = keys
            .holding
            .get(&kept)
            .ok_or_else(|| FlowError::Internal("an item without keys to keep it".to_owned()))?;
        let salt = Salt::fresh();
        let placed = stored.place();
        let title = claim.title.reveal().as_bytes();
        let title = self
            .vault
            .seal_column(&title_place(&case.area, &piece.id), title)
            .await?;
        let digest = self
            .vault
            .seal_column(&item_place(&case.area, &piece.id, "digest"), &sha256)
            .await?;
        let sealed_salt = self
            .vault
            .seal_column(&item_place(&case.area, &piece.id, "salt"), salt.as_bytes())
            .await?;
        let row = ItemRow {
            id: piece.id,
            exchange: case.id.clone(),
            n: piece.n,
            title,
            category: piece.category.to_string(),
            owner: piece.owner.id,
            regime: piece.owner.regime,
            about: claim.about.to_string(),
            nature: claim.nature.map(|nature| nature.to_string()),
            as_at: claim.as_at,
            facts: serde_json::to_string(facts)?,
            media_type,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            digest,
            salt: sealed_salt,
            commitment: content_commitment(&salt, &sha256),
            fingerprint: piece.fingerprint,
            body: placed.inline,
            blob: placed.blob,
            blob_sha256: placed.blob_sha256,
            hold_wrap: wrap(&key, &keys.hold.recipient)?,
            retention_key: keys.retention.key_id.clone(),
            retention_wrap: wrap(&key, &keys.retention.recipient)?,
            corrects: piece.corrects,
            supersedes: piece.supersedes,
            disputed: i64::from(claim.disputed),
            retention_class: claim.retention_class,
            review_on: claim.review_on,
            legal_hold: i64::from(claim.legal_hold),
            restricted: i64::from(claim.restricted),
            updated_by: String::new(),
        };
        Ok((row, key, placed.file))
    }

    /// A kept item whose nominal has been found since goes under that nominal's retention key.
    pub(crate) async fn move_scope(
        &self,
        area: &str,
        scope: &str,
        mut row: ItemRow,
    ) -> Result<ItemRow, FlowError> {
        let keys = self
            .vault
            .holding_keys(area, scope, &row.owner, &row.retention_class)
            .await?;
        if keys.retention.key_id != row.retention_key {
            row.retention_wrap = self.vault.move_retention(&row, &keys.retention).await?;
            row.retention_key = keys.retention.key_id;
        }
        Ok(row)
    }
}

/// Wraps a new item's key for each whom the matrix permits the item.
fn wrap_new(cells: &[&Cell], key: &ItemKey, keys: &Keys) -> Result<Vec<Wrapped>, FlowError> {
    let mut wraps = Vec::new();
    for cell in cells {
        let Some(permit) = cell.permit() else {
            continue;
        };
        let reader = reader(&keys.readers, &permit)?;
        wraps.push(Wrapped {
            item: permit.item().to_owned(),
            bytes: wrap(key, &reader.recipient)?,
            key_id: reader.key_id.clone(),
            cell: (*cell).clone(),
        });
    }
    Ok(wraps)
}

/// The key of one whom a permit is for.
pub(crate) fn reader<'k>(
    keys: &'k BTreeMap<AgencyId, ReaderKey>,
    permit: &Permit,
) -> Result<&'k ReaderKey, FlowError> {
    let agency = permit.recipient();
    keys.get(agency)
        .ok_or_else(|| FlowError::Internal(format!("agency `{agency}` has no key to seal to")))
}

fn retention_scope(case: &Case) -> String {
    match &case.nominal {
        Some(nominal) => nominal.id.clone(),
        None => format!("unmatched:{}", case.id),
    }
}

/// A fresh row id.
pub(crate) fn fresh(flow: &Flow) -> String {
    Id::new(&flow.clock).to_string()
}
