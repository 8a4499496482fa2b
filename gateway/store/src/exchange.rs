//! Exchanges: items, cells, holds, wraps, notices, idempotency keys.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{CellRow, ExchangeRow, HoldRow, ItemRow, NoticeRow, WrapRow};

/// Which exchanges to list.
#[derive(Debug, Clone, Default)]
pub struct ExchangeFilter {
    /// Sent by or delivered to this agency.
    pub agency: String,
    /// Only those about this nominal.
    pub nominal: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those sent (`true`) or received (`false`) by the agency.
    pub sent: Option<bool>,
    /// Older than this id.
    pub before: Option<String>,
}

impl Tx {
    /// Exchanges that an agency sent or has something of, the newest first.
    pub async fn exchanges(
        &mut self,
        filter: &ExchangeFilter,
        limit: i64,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        let sent = filter.sent.map(i64::from);
        self.select(
            "where ((coalesce($5, 1) = 1 and sender = $1) \
               or (coalesce($5, 0) = 0 and id in (select exchange from delivery where agency = $1))) \
             and ($2 is null or nominal = $2) and ($3 is null or state = $3) \
             and ($4 is null or id < $4) order by id desc limit $6",
            &[
                (&filter.agency).into(),
                (&filter.nominal).into(),
                (&filter.state).into(),
                (&filter.before).into(),
                sent.into(),
                limit.into(),
            ],
        )
        .await
    }

    /// The exchanges about a nominal, the oldest first.
    pub async fn exchanges_about(&mut self, nominal: &str) -> Result<Vec<ExchangeRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }

    /// The agencies that have something of an exchange.
    pub async fn readers_in(&mut self, exchange: &str) -> Result<Vec<String>, StoreError> {
        let wraps: Vec<WrapRow> = self
            .select(
                "where exchange = $1 and state = 'active' order by agency",
                &[exchange.into()],
            )
            .await?;
        let mut agencies: Vec<String> = wraps.into_iter().map(|wrap| wrap.agency).collect();
        agencies.dedup();
        Ok(agencies)
    }

    /// Exchanges of an area whose person is not known: incomplete, or under a nominal that is
    /// provisional. The oldest first.
    pub async fn unmatched(
        &mut self,
        area: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        self.select(
            "where area = $1 and ($2 is null or id > $2) and \
             ((state = 'incomplete' and nominal is null) or \
              nominal in (select id from nominal where area = $1 and state = 'provisional')) \
             order by id limit $3",
            &[area.into(), after.into(), limit.into()],
        )
        .await
    }

    /// The items of an exchange, in the sender's order.
    pub async fn items_of(&mut self, exchange: &str) -> Result<Vec<ItemRow>, StoreError> {
        self.select("where exchange = $1 order by n", &[exchange.into()])
            .await
    }

    /// An exchange that an agency sent.
    pub async fn exchange_of(
        &mut self,
        id: &str,
        sender: &str,
    ) -> Result<Option<ExchangeRow>, StoreError> {
        let rows = self
            .select("where id = $1 and sender = $2", &[id.into(), sender.into()])
            .await?;
        Ok(rows.into_iter().next())
    }

    /// Whether there is any item with this content, by keyed fingerprint, of another owner than this
    /// agency.
    pub async fn is_anothers(
        &mut self,
        fingerprint: &str,
        agency: &str,
    ) -> Result<bool, StoreError> {
        let found = self
            .fetch(
                "select id from item where fingerprint = $1 and owner <> $2 limit 1",
                &[fingerprint.into(), agency.into()],
            )
            .await?;
        Ok(!found.is_empty())
    }

    /// The items with this content, by keyed fingerprint, that an agency received as another
    /// owner's; where there are none, those that it sent as another's. What was corrected or
    /// replaced since counts no more.
    pub async fn known_as_anothers(
        &mut self,
        fingerprint: &str,
        agency: &str,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let received = self
            .select(
                "where fingerprint = $1 and owner <> $2 and not exists \
                   (select 1 from item later \
                    where later.corrects = item.id or later.supersedes = item.id) \
                 and id in (select item from wrap where wrap.item = item.id and agency = $2) \
                 order by id limit 100",
                &[fingerprint.into(), agency.into()],
            )
            .await?;
        if !received.is_empty() {
            return Ok(received);
        }
        self.select(
            "where fingerprint = $1 and owner <> $2 and not exists \
               (select 1 from item later \
                where later.corrects = item.id or later.supersedes = item.id) \
             and exchange in \
               (select id from exchange where exchange.id = item.exchange and sender = $2) \
             order by id limit 100",
            &[fingerprint.into(), agency.into()],
        )
        .await
    }

    /// The wraps by which an agency has this content, by keyed fingerprint, of another owner under
    /// an obligation.
    pub async fn wraps_obliged(
        &mut self,
        fingerprint: &str,
        agency: &str,
        obligation: &str,
    ) -> Result<Vec<WrapRow>, StoreError> {
        let written = format!("\"{obligation}\"");
        // Not `like`: SQLite plans a statement anew for each pattern.
        self.select(
            "where id in (select wrap.id from item join wrap on wrap.item = item.id and wrap.agency = $2 \
               where item.fingerprint = $1 and item.owner <> $2) \
             and replace(obligations, $3, '') <> obligations order by id limit 1",
            &[fingerprint.into(), agency.into(), written.into()],
        )
        .await
    }

    /// The matrix of an exchange, by recipient and item.
    pub async fn cells_of(&mut self, exchange: &str) -> Result<Vec<CellRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
    }

    /// The cells of an exchange that are about a recipient.
    pub async fn cells_for(
        &mut self,
        exchange: &str,
        recipient: &str,
    ) -> Result<Vec<CellRow>, StoreError> {
        self.select(
            "where exchange = $1 and recipient = $2 order by id",
            &[exchange.into(), recipient.into()],
        )
        .await
    }

    /// The holds of an exchange.
    pub async fn holds_of(&mut self, exchange: &str) -> Result<Vec<HoldRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
    }

    /// Open holds that wait for an agency, and, with `escalated`, those of other agencies of
    /// the given area that went to its coordination unit.
    pub async fn open_holds(
        &mut self,
        agency: &str,
        escalated_area: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<HoldRow>, StoreError> {
        self.select(
            "where state = 'open' and (agency = $1 or ($2 is not null and escalated_at is not null \
               and exchange in (select id from exchange where area = $2))) \
             and ($3 is null or id > $3) order by id limit $4",
            &[
                agency.into(),
                escalated_area.into(),
                after.into(),
                limit.into(),
            ],
        )
        .await
    }

    /// All open holds.
    pub async fn all_open_holds(&mut self) -> Result<Vec<HoldRow>, StoreError> {
        self.select("where state = 'open' order by id", &[]).await
    }

    /// Open holds whose reminder or escalation is due at `now`. What an emergency let through has
    /// no clock, but for a form, which is countersigned afterwards.
    pub async fn holds_due(&mut self, now: i64) -> Result<Vec<HoldRow>, StoreError> {
        self.select(
            "where state = 'open' and (after = 0 or exchange in (select id from form_sent)) \
             and ((reminded_at is null and remind_at <= $1) \
             or (escalated_at is null and escalate_at <= $1)) order by id limit 500",
            &[now.into()],
        )
        .await
    }

    /// Looks afterwards that wait since before they had a clock.
    pub async fn holds_clockless(&mut self) -> Result<Vec<HoldRow>, StoreError> {
        self.select(
            "where id in (select id from hold_clockless) order by id limit 500",
            &[],
        )
        .await
    }

    /// One of them has its clock.
    pub async fn hold_has_clock(&mut self, hold: &str) -> Result<(), StoreError> {
        self.execute("delete from hold_clockless where id = $1", &[hold.into()])
            .await
            .map(|_| ())
    }

    /// All wraps of an exchange.
    pub async fn wraps_of(&mut self, exchange: &str) -> Result<Vec<WrapRow>, StoreError> {
        self.select("where exchange = $1 order by agency, n", &[exchange.into()])
            .await
    }

    /// A reader's wraps of an exchange, in the reader's order.
    pub async fn wraps_for(
        &mut self,
        exchange: &str,
        agency: &str,
    ) -> Result<Vec<WrapRow>, StoreError> {
        self.select(
            "where exchange = $1 and agency = $2 order by n",
            &[exchange.into(), agency.into()],
        )
        .await
    }

    /// The wraps sealed to a key (for its rotation).
    pub async fn wraps_under(&mut self, key: &str) -> Result<Vec<WrapRow>, StoreError> {
        self.select("where key_id = $1 order by id", &[key.into()])
            .await
    }

    /// The agencies that have a wrap of an item.
    pub async fn readers_of(&mut self, item: &str) -> Result<Vec<WrapRow>, StoreError> {
        self.select(
            "where item = $1 and state = 'active' order by agency",
            &[item.into()],
        )
        .await
    }

    /// An agency's notices, the oldest first.
    pub async fn notices(
        &mut self,
        agency: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        self.select(
            "where agency = $1 and done_at is null and ($2 is null or id > $2) order by id limit $3",
            &[agency.into(), after.into(), limit.into()],
        )
        .await
    }

    /// What some roles at an agency are told, the newest first.
    pub async fn notices_newest(
        &mut self,
        agency: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        self.select(
            "where agency = $1 and done_at is null and ($2 is null or id < $2) order by id desc limit $3",
            &[agency.into(), before.into(), limit.into()],
        )
        .await
    }

    /// How many exchanges are in each state.
    pub async fn exchange_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .fetch(
                "select state, count(*) as number from exchange group by state",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.get("state")?, row.get("number")?)))
            .collect()
    }
}
