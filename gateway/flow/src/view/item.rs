//! The items of an exchange as one reader sees them, with what was sent of them since.

use std::collections::BTreeSet;

use gateway_core::Obligation;
use gateway_store::rows::{ExchangeRow, WrapRow};
use gateway_store::{ItemHead, Tx};

use super::marking;
use crate::Flow;
use crate::case::{corrupt, item_place};
use crate::error::FlowError;

/// An item as one reader sees it.
#[derive(Debug, Clone)]
pub struct ItemView {
    /// Its number for this reader, from 1.
    pub n: i64,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category: String,
    /// Its owner.
    pub owner: String,
    /// Whom it is about.
    pub about: String,
    /// Fact or opinion.
    pub nature: Option<String>,
    /// The date it was true at.
    pub as_at: Option<String>,
    /// Its accuracy is disputed.
    pub disputed: bool,
    /// It corrects an item that this reader has.
    pub corrects: bool,
    /// What later items say of it.
    pub since: Since,
    /// Protective marking.
    pub marking: &'static str,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// The obligations under which this reader has it.
    pub obligations: BTreeSet<Obligation>,
    /// Readable until, microseconds UTC.
    pub expires_at: Option<i64>,
    /// Salt of the commitment in the log, base64; with the content it gives `commitment`.
    pub salt: String,
    /// The commitment in the log.
    pub commitment: String,
}

/// What later items, which the same reader has, say of an item.
#[derive(Debug, Clone, Copy, Default)]
pub struct Since {
    /// One corrects it.
    pub corrected: bool,
    /// One takes its place.
    pub superseded: bool,
}

/// How somebody has an item: as its sender, or by a wrap.
struct Share<'w> {
    n: i64,
    reader: Option<&'w str>,
    obligations: BTreeSet<Obligation>,
    expires_at: Option<i64>,
}

impl Share<'_> {
    const fn sent(n: i64) -> Self {
        Self {
            n,
            reader: None,
            obligations: BTreeSet::new(),
            expires_at: None,
        }
    }

    /// Whether they have a later item too. Who sent the one sent the other.
    async fn knows(&self, tx: &mut Tx, later: &ItemHead) -> Result<bool, FlowError> {
        let Some(reader) = self.reader else {
            return Ok(true);
        };
        let wraps = tx.wraps_for(&later.exchange, reader).await?;
        Ok(wraps.iter().any(|wrap| wrap.item == later.id))
    }
}

/// Items, and what was sent after them that corrects them or takes their place.
pub(super) struct Items {
    heads: Vec<ItemHead>,
    later: Vec<ItemHead>,
}

impl Items {
    async fn of(tx: &mut Tx, heads: Vec<ItemHead>) -> Result<Self, FlowError> {
        let ids: Vec<&str> = heads.iter().map(|item| &*item.id).collect();
        let later = tx.item_heads_after(&ids).await?;
        Ok(Self { heads, later })
    }

    pub async fn shared(tx: &mut Tx, wraps: &[WrapRow]) -> Result<Self, FlowError> {
        let ids: Vec<&str> = wraps.iter().map(|wrap| &*wrap.item).collect();
        let heads = tx.item_heads(&ids).await?;
        Self::of(tx, heads).await
    }

    fn head(&self, id: &str) -> Result<&ItemHead, FlowError> {
        let found = self.heads.iter().find(|item| item.id == id);
        found.ok_or_else(|| corrupt("item", id))
    }

    fn after<'i>(&'i self, id: &'i str) -> impl Iterator<Item = &'i ItemHead> {
        let is = move |of: &Option<String>| of.as_deref() == Some(id);
        self.later
            .iter()
            .filter(move |later| is(&later.corrects) || is(&later.supersedes))
    }
}

impl Flow {
    pub(super) async fn items_as_sent(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
    ) -> Result<Vec<ItemView>, FlowError> {
        let heads = tx.item_heads_of(&[&row.id]).await?;
        let items = Items::of(tx, heads).await?;
        let mut views = Vec::new();
        for item in &items.heads {
            let share = Share::sent(item.n);
            views.push(self.item_view(tx, row, (item, &items), share).await?);
        }
        Ok(views)
    }

    pub(super) async fn items_as_read(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        wraps: &[WrapRow],
    ) -> Result<Vec<ItemView>, FlowError> {
        let items = Items::shared(tx, wraps).await?;
        let wraps: Vec<&WrapRow> = wraps.iter().collect();
        self.item_views(tx, row, &wraps, &items).await
    }

    /// The items of wraps of one exchange.
    pub(super) async fn item_views(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        wraps: &[&WrapRow],
        items: &Items,
    ) -> Result<Vec<ItemView>, FlowError> {
        let mut views = Vec::new();
        for wrap in wraps {
            let item = items.head(&wrap.item)?;
            let share = Share {
                n: wrap.n,
                reader: Some(&wrap.agency),
                obligations: serde_json::from_str(&wrap.obligations)?,
                expires_at: wrap.expires_at,
            };
            views.push(self.item_view(tx, row, (item, items), share).await?);
        }
        Ok(views)
    }

    async fn item_view(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        (item, items): (&ItemHead, &Items),
        share: Share<'_>,
    ) -> Result<ItemView, FlowError> {
        use base64::Engine as _;
        let mut since = Since::default();
        for later in items.after(&item.id) {
            if share.knows(tx, later).await? {
                since.corrected |= later.corrects.as_ref() == Some(&item.id);
                since.superseded |= later.supersedes.as_ref() == Some(&item.id);
            }
        }
        let salt = self
            .vault
            .open_column(&item_place(&row.area, &item.id, "salt"), &item.salt)
            .await?;
        Ok(ItemView {
            n: share.n,
            title: self.title_of(&row.area, &item.id, &item.title).await?,
            category: item.category.clone(),
            owner: item.owner.clone(),
            about: item.about.clone(),
            nature: item.nature.clone(),
            as_at: item.as_at.clone(),
            disputed: item.disputed == 1,
            corrects: item.corrects.is_some(),
            since,
            marking: marking(
                item.category
                    .parse()
                    .map_err(|_| corrupt("item", &item.id))?,
            ),
            media_type: item.media_type.clone(),
            size: item.size,
            obligations: share.obligations,
            expires_at: share.expires_at,
            salt: base64::engine::general_purpose::STANDARD.encode(&*salt),
            commitment: item.commitment.clone(),
        })
    }
}
