//! What waits: for a reviewer, by what is due first, and in an area, for its coordinator.

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::row::Value;
use crate::rows::{DeliveryRow, ExchangeRow};

/// Whose holds are looked for.
#[derive(Debug, Clone)]
pub struct Desk<'a> {
    /// The person.
    pub person: &'a str,
    /// Their agency.
    pub agency: &'a str,
    /// The area that they coordinate, where they do: a role that nobody has there, and what has
    /// passed to the coordinator, is theirs too.
    pub area: Option<&'a str>,
    /// Now, microseconds UTC.
    pub now: i64,
}

/// An exchange of which something waits, and when the first of it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The exchange.
    pub exchange: String,
    /// Microseconds UTC.
    pub due: i64,
}

/// How many there are, and since when the oldest has waited (microseconds UTC).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCount {
    /// How many.
    pub number: i64,
    /// The oldest; none of none.
    pub oldest: Option<i64>,
}

/// Until when a delivery that nobody has opened is not late.
#[derive(Debug, Clone, Copy)]
pub struct LateBefore {
    /// One that was made before this is late, microseconds UTC.
    pub routine: i64,
    /// One of an emergency.
    pub emergency: i64,
}

macro_rules! in_post {
    () => {
        "from_at <= $4 and (until_at is null or until_at > $4)"
    };
}

macro_rules! of_area {
    () => {
        "exchange in (select id from exchange where area = $1)"
    };
}

macro_rules! unopened {
    () => {
        "exchange in (select id from exchange where area = $1) \
         and state in ('queued', 'waiting', 'sent', 'delivered') and \
         (created_at < $2 or (created_at < $3 and \
          exchange in (select id from exchange where area = $1 and emergency = 1)))"
    };
}

impl Tx {
    /// The exchanges of which something waits for a person, the first due first; `after` is the
    /// last of the page before.
    pub async fn holds_at_desk(
        &mut self,
        desk: &Desk<'_>,
        after: Option<&Waiting>,
        limit: i64,
    ) -> Result<Vec<Waiting>, StoreError> {
        let sql = concat!(
            "select exchange, min(escalate_at) as due from hold where state = 'open' and ( \
               (agency = $2 and exists (select 1 from appointment post where post.person = $1 \
                 and post.agency = hold.agency and post.role = hold.role and ",
            in_post!(),
            ")) \
               or ($3 is not null and agency = $2 and not exists (select 1 from appointment post \
                 where post.agency = hold.agency and post.role = hold.role and ",
            in_post!(),
            " \
                 and post.person in (select id from person where state = 'active'))) \
               or ($3 is not null and escalated_at is not null \
                 and exchange in (select id from exchange where area = $3))) \
             group by exchange having ($5 is null or min(escalate_at) > $5 \
               or (min(escalate_at) = $5 and exchange > $6)) \
             order by due, exchange limit $7",
        );
        let args: [Value; 7] = [
            desk.person.into(),
            desk.agency.into(),
            desk.area.into(),
            desk.now.into(),
            after.map(|after| after.due).into(),
            after.map(|after| after.exchange.clone()).into(),
            limit.into(),
        ];
        waiting(&self.fetch(sql, &args).await?)
    }

    /// The exchanges of an area of which something waits for a reviewer, whoever that is; the
    /// first due first.
    pub async fn holds_of_area(
        &mut self,
        area: &str,
        role: Option<&str>,
        after: Option<&Waiting>,
        limit: i64,
    ) -> Result<Vec<Waiting>, StoreError> {
        let sql = concat!(
            "select exchange, min(escalate_at) as due from hold where state = 'open' and ",
            of_area!(),
            " \
             and ($2 is null or role = $2) \
             group by exchange having ($3 is null or min(escalate_at) > $3 \
               or (min(escalate_at) = $3 and exchange > $4)) \
             order by due, exchange limit $5",
        );
        let args: [Value; 5] = [
            area.into(),
            role.into(),
            after.map(|after| after.due).into(),
            after.map(|after| after.exchange.clone()).into(),
            limit.into(),
        ];
        waiting(&self.fetch(sql, &args).await?)
    }

    /// How many open holds an area has, by role.
    pub async fn hold_counts(
        &mut self,
        area: &str,
    ) -> Result<Vec<(String, QueueCount)>, StoreError> {
        let sql = concat!(
            "select role, count(*) as number, min(since) as oldest from hold \
             where state = 'open' and ",
            of_area!(),
            " group by role order by role",
        );
        let rows = self.fetch(sql, &[area.into()]).await?;
        rows.iter()
            .map(|row| Ok((row.get("role")?, count(row)?)))
            .collect()
    }

    /// How many exchanges wait with a hold that has passed to the coordinator.
    pub async fn escalated_count(&mut self, area: &str) -> Result<QueueCount, StoreError> {
        let sql = concat!(
            "select count(distinct exchange) as number, min(since) as oldest from hold \
             where state = 'open' and escalated_at is not null and ",
            of_area!(),
        );
        self.counted(sql, &[area.into()]).await
    }

    /// How many things are kept apart in an area.
    pub async fn kept_apart_count(&mut self, area: &str) -> Result<QueueCount, StoreError> {
        let sql = "select count(*) as number, min(at) as oldest from quarantine \
                   where area = $1 and state = 'kept'";
        self.counted(sql, &[area.into()]).await
    }

    /// How many exchanges of an area are about nobody known.
    pub async fn unmatched_count(&mut self, area: &str) -> Result<QueueCount, StoreError> {
        let sql = "select count(*) as number, min(received_at) as oldest from exchange \
                   where area = $1 and ((state = 'incomplete' and nominal is null) or \
                   nominal in (select id from nominal where area = $1 and state = 'provisional'))";
        self.counted(sql, &[area.into()]).await
    }

    /// How many exchanges of an area are incomplete.
    pub async fn incomplete_count(&mut self, area: &str) -> Result<QueueCount, StoreError> {
        let sql = "select count(*) as number, min(received_at) as oldest from exchange \
                   where area = $1 and state = 'incomplete'";
        self.counted(sql, &[area.into()]).await
    }

    /// How many deliveries of an area nobody has opened in time.
    pub async fn unopened_count(
        &mut self,
        area: &str,
        late: LateBefore,
    ) -> Result<QueueCount, StoreError> {
        let sql = concat!(
            "select count(*) as number, min(created_at) as oldest from delivery \
             where ",
            unopened!(),
        );
        let args = [area.into(), late.routine.into(), late.emergency.into()];
        self.counted(sql, &args).await
    }

    /// How many deliveries of an area could not be made.
    pub async fn undelivered_count(&mut self, area: &str) -> Result<QueueCount, StoreError> {
        let sql = concat!(
            "select count(*) as number, min(at) as oldest from delivery \
             where ",
            of_area!(),
            " and state = 'failed'",
        );
        self.counted(sql, &[area.into()]).await
    }

    /// An area's incomplete exchanges, the oldest first.
    pub async fn incomplete(
        &mut self,
        area: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        self.select(
            "where area = $1 and state = 'incomplete' and ($2 is null or id > $2) \
             order by id limit $3",
            &[area.into(), after.into(), limit.into()],
        )
        .await
    }

    /// An area's deliveries that nobody has opened in time, the oldest first.
    pub async fn unopened(
        &mut self,
        area: &str,
        late: LateBefore,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            concat!(
                "where ",
                unopened!(),
                " and ($4 is null or id > $4) order by id limit $5",
            ),
            &[
                area.into(),
                late.routine.into(),
                late.emergency.into(),
                after.into(),
                limit.into(),
            ],
        )
        .await
    }

    /// An area's deliveries that could not be made, the oldest first.
    pub async fn undelivered(
        &mut self,
        area: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            concat!(
                "where ",
                of_area!(),
                " and state = 'failed' and ($2 is null or id > $2) \
                 order by id limit $3",
            ),
            &[area.into(), after.into(), limit.into()],
        )
        .await
    }

    async fn counted(
        &mut self,
        sql: &'static str,
        args: &[Value],
    ) -> Result<QueueCount, StoreError> {
        let rows = self.fetch(sql, args).await?;
        rows.first().map_or(Ok(QueueCount::default()), count)
    }
}

fn count(row: &Row) -> Result<QueueCount, StoreError> {
    Ok(QueueCount {
        number: row.get("number")?,
        oldest: row.get("oldest")?,
    })
}

fn waiting(rows: &[Row]) -> Result<Vec<Waiting>, StoreError> {
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                exchange: row.get("exchange")?,
                due: row.get("due")?,
            })
        })
        .collect()
}
