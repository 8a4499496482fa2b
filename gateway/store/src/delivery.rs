//! Deliveries: the outbox, the inbox, the steps each went through.

use std::sync::LazyLock;

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::row::{Record, RowRef, columns_of};
use crate::rows::{DeliveryRow, DeliveryStepRow, ExchangeRow, ItemRow, NominalRow, WrapRow};

/// A wrap and all that it belongs to.
#[derive(Debug)]
pub struct SharedItem {
    /// What was shared with an agency.
    pub wrap: WrapRow,
    /// By which delivery.
    pub delivery: DeliveryRow,
    /// Of which exchange.
    pub exchange: ExchangeRow,
    /// Which item.
    pub item: ItemRow,
    /// About whom.
    pub nominal: Option<NominalRow>,
}

impl SharedItem {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let wrap = RowRef::whole(row);
        let mut first = WrapRow::COLUMNS.len();
        let delivery = RowRef::from(row, first);
        first += DeliveryRow::COLUMNS.len();
        let exchange = RowRef::from(row, first);
        first += ExchangeRow::COLUMNS.len();
        let item = RowRef::from(row, first);
        first += ItemRow::COLUMNS.len();
        let nominal = RowRef::from(row, first);
        let is_there = nominal.at::<Option<String>>(0)?.is_some();
        Ok(Self {
            wrap: WrapRow::from_row(&wrap)?,
            delivery: DeliveryRow::from_row(&delivery)?,
            exchange: ExchangeRow::from_row(&exchange)?,
            item: ItemRow::from_row(&item)?,
            nominal: is_there
                .then(|| NominalRow::from_row(&nominal))
                .transpose()?,
        })
    }
}

/// What asks for it, but for which.
static SHARED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "select {}, {}, {}, {}, {} from wrap w join delivery d on d.id = w.delivery \
         join exchange e on e.id = w.exchange join item i on i.id = w.item \
         left join nominal n on n.id = e.nominal",
        columns_of::<WrapRow>("w"),
        columns_of::<DeliveryRow>("d"),
        columns_of::<ExchangeRow>("e"),
        columns_of::<ItemRow>("i"),
        columns_of::<NominalRow>("n"),
    )
});

impl Tx {
    /// A wrap and what it belongs to, in one look.
    pub async fn shared_item(&mut self, wrap: &str) -> Result<Option<SharedItem>, StoreError> {
        let sql = format!("{} where w.id = $1", *SHARED);
        let rows = self.fetch(sql, &[wrap.into()]).await?;
        rows.first().map(SharedItem::from_row).transpose()
    }

    /// The deliveries of an exchange.
    pub async fn deliveries_of(&mut self, exchange: &str) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
    }

    /// The exchange that a delivery is of.
    pub async fn exchange_of_delivery(
        &mut self,
        delivery: &str,
    ) -> Result<Option<ExchangeRow>, StoreError> {
        let rest = "where id = (select exchange from delivery where id = $1)";
        Ok(self.select(rest, &[delivery.into()]).await?.pop())
    }

    /// The steps of a delivery, in order.
    pub async fn steps_of(&mut self, delivery: &str) -> Result<Vec<DeliveryStepRow>, StoreError> {
        self.select("where delivery = $1 order by at, id", &[delivery.into()])
            .await
    }

    /// What waits in an agency's inbox: everything it has not acknowledged, the oldest first.
    pub async fn inbox(
        &mut self,
        agency: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where agency = $1 and state in ('queued', 'waiting', 'sent', 'failed', 'delivered', 'opened') \
             and ($2 is null or id > $2) order by id limit $3",
            &[agency.into(), after.into(), limit.into()],
        )
        .await
    }

    /// As [`Tx::inbox`], the newest first.
    pub async fn inbox_newest(
        &mut self,
        agency: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where agency = $1 and state in ('queued', 'waiting', 'sent', 'failed', 'delivered', 'opened') \
             and ($2 is null or id < $2) order by id desc limit $3",
            &[agency.into(), before.into(), limit.into()],
        )
        .await
    }

    /// What waits in an agency's inbox with an item that can still be read at `now`, and not
    /// after `until` (microseconds UTC); the oldest first.
    pub async fn inbox_due(
        &mut self,
        agency: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where agency = $1 and state in ('queued', 'waiting', 'sent', 'failed', 'delivered', 'opened') \
             and id in (select delivery from wrap where agency = $1 and expires_at > $2 and expires_at <= $3) \
             order by id limit $4",
            &[agency.into(), now.into(), until.into(), limit.into()],
        )
        .await
    }

    /// The outbox: deliveries that no channel has been tried for.
    pub async fn outbox(&mut self, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where state = 'queued' order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Deliveries under way that hold an item whose time has run out at `now`.
    pub async fn run_out(&mut self, now: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where state in ('queued', 'waiting', 'sent', 'failed', 'delivered', 'opened') and id in \
             (select delivery from wrap where expires_at is not null and expires_at <= $1) \
             and not exists (select 1 from wrap later where later.delivery = delivery.id \
             and (later.expires_at is null or later.expires_at > $1)) \
             order by id limit 500",
            &[now.into()],
        )
        .await
    }

    /// The wraps that a delivery carries.
    pub async fn wraps_in(&mut self, delivery: &str) -> Result<Vec<WrapRow>, StoreError> {
        self.select("where delivery = $1 order by n", &[delivery.into()])
            .await
    }

    /// The size of all that a delivery carries, bytes.
    pub async fn size_carried(&mut self, delivery: &str) -> Result<i64, StoreError> {
        let sql = "select cast(sum(item.size) as bigint) from wrap join item on item.id = wrap.item \
                   where wrap.delivery = $1";
        self.number(sql, &[delivery.into()]).await
    }

    /// How many deliveries are in each state.
    pub async fn delivery_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .fetch(
                "select state, count(*) as number from delivery group by state",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.get("state")?, row.get("number")?)))
            .collect()
    }

    /// How many holds are open.
    pub async fn open_hold_count(&mut self) -> Result<i64, StoreError> {
        self.number("select count(*) from hold where state = 'open'", &[])
            .await
    }
}
