//! Deliveries: the outbox, the inbox, the steps each went through.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{DeliveryRow, DeliveryStepRow, WrapRow};

impl Tx {
    /// The deliveries of an exchange.
    pub async fn deliveries_of(&mut self, exchange: &str) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
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
             and id not in (select delivery from wrap where expires_at is null or expires_at > $1) \
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
