//! What a page of a list shows, asked of the database at once: a row at a time is a round trip for
//! each.

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::row::Record;
use crate::rows::{
    AgencyRow, CellRow, DeliveryRow, DeliveryStepRow, ExchangeRow, FormSentRow, HoldRow,
    NominalRow, PersonRow, WrapRow,
};

/// What is said of an item beside its content, which may be long.
#[derive(Debug, Clone)]
pub struct ItemHead {
    /// Column `id`.
    pub id: String,
    /// Column `exchange`.
    pub exchange: String,
    /// Column `n`.
    pub n: i64,
    /// Column `title`, sealed.
    pub title: Vec<u8>,
    /// Column `category`.
    pub category: String,
    /// Column `owner`.
    pub owner: String,
    /// Column `about`.
    pub about: String,
    /// Column `nature`.
    pub nature: Option<String>,
    /// Column `as_at`.
    pub as_at: Option<String>,
    /// Column `media_type`.
    pub media_type: String,
    /// Column `size`.
    pub size: i64,
    /// Column `salt`, sealed.
    pub salt: Vec<u8>,
    /// Column `commitment`.
    pub commitment: String,
    /// Column `corrects`.
    pub corrects: Option<String>,
    /// Column `supersedes`.
    pub supersedes: Option<String>,
    /// Column `disputed`.
    pub disputed: i64,
}

const HEAD: &str = "select id, exchange, n, title, category, owner, about, nature, as_at, \
                    media_type, size, salt, commitment, corrects, supersedes, disputed from item";

impl ItemHead {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            exchange: row.get("exchange")?,
            n: row.get("n")?,
            title: row.get("title")?,
            category: row.get("category")?,
            owner: row.get("owner")?,
            about: row.get("about")?,
            nature: row.get("nature")?,
            as_at: row.get("as_at")?,
            media_type: row.get("media_type")?,
            size: row.get("size")?,
            salt: row.get("salt")?,
            commitment: row.get("commitment")?,
            corrects: row.get("corrects")?,
            supersedes: row.get("supersedes")?,
            disputed: row.get("disputed")?,
        })
    }
}

impl Tx {
    /// The items with these ids, by id.
    pub async fn item_heads(&mut self, ids: &[&str]) -> Result<Vec<ItemHead>, StoreError> {
        let rest = format!("where {} order by id", self.among("id", 1));
        self.heads(&rest, ids).await
    }

    /// The items of these exchanges, each exchange's in its sender's order.
    pub async fn item_heads_of(&mut self, exchanges: &[&str]) -> Result<Vec<ItemHead>, StoreError> {
        let among = self.among("exchange", 1);
        self.heads(&format!("where {among} order by exchange, n"), exchanges)
            .await
    }

    /// What corrects these items or takes their place, the oldest first.
    pub async fn item_heads_after(&mut self, items: &[&str]) -> Result<Vec<ItemHead>, StoreError> {
        let (corrects, supersedes) = (self.among("corrects", 1), self.among("supersedes", 1));
        let rest = format!("where {corrects} or {supersedes} order by id");
        self.heads(&rest, items).await
    }

    async fn heads(&mut self, rest: &str, among: &[&str]) -> Result<Vec<ItemHead>, StoreError> {
        if among.is_empty() {
            return Ok(Vec::new());
        }
        let list = serde_json::to_string(among).unwrap_or_default();
        let rows = self.fetch(format!("{HEAD} {rest}"), &[list.into()]).await?;
        rows.iter().map(ItemHead::from_row).collect()
    }

    /// The exchanges with these ids.
    pub async fn exchanges_by_id(&mut self, ids: &[&str]) -> Result<Vec<ExchangeRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// Those of these exchanges that are forms.
    pub async fn forms_by_id(&mut self, ids: &[&str]) -> Result<Vec<FormSentRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The holds of these exchanges, each exchange's in order.
    pub async fn holds_of_all(&mut self, exchanges: &[&str]) -> Result<Vec<HoldRow>, StoreError> {
        self.all_among("exchange", exchanges, "order by exchange, id")
            .await
    }

    /// The cells with these ids.
    pub async fn cells_by_id(&mut self, ids: &[&str]) -> Result<Vec<CellRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The nominals with these ids.
    pub async fn nominals_by_id(&mut self, ids: &[&str]) -> Result<Vec<NominalRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The people with these ids.
    pub async fn people_by_id(&mut self, ids: &[&str]) -> Result<Vec<PersonRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The agencies with these ids.
    pub async fn agencies_by_id(&mut self, ids: &[&str]) -> Result<Vec<AgencyRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The wraps of these deliveries, each delivery's in its reader's order.
    pub async fn wraps_in_all(&mut self, deliveries: &[&str]) -> Result<Vec<WrapRow>, StoreError> {
        self.all_among("delivery", deliveries, "order by delivery, n")
            .await
    }

    /// The deliveries of these exchanges.
    pub async fn deliveries_of_all(
        &mut self,
        exchanges: &[&str],
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.all_among("exchange", exchanges, "order by exchange, id")
            .await
    }

    /// The deliveries with these ids.
    pub async fn deliveries_by_id(&mut self, ids: &[&str]) -> Result<Vec<DeliveryRow>, StoreError> {
        self.by_ids(ids).await
    }

    /// The steps of these deliveries, each delivery's in order.
    pub async fn steps_of_all(
        &mut self,
        deliveries: &[&str],
    ) -> Result<Vec<DeliveryStepRow>, StoreError> {
        self.all_among("delivery", deliveries, "order by delivery, at, id")
            .await
    }

    /// The rows whose column is one of these.
    pub(crate) async fn all_among<R: Record>(
        &mut self,
        column: &str,
        among: &[&str],
        order: &str,
    ) -> Result<Vec<R>, StoreError> {
        if among.is_empty() {
            return Ok(Vec::new());
        }
        let list = serde_json::to_string(among).unwrap_or_default();
        let rest = format!("where {} {order}", self.among(column, 1));
        self.select(&rest, &[list.into()]).await
    }
}
