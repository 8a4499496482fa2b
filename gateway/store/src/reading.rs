//! Why somebody looked, and what is asked of a sender before something held is decided.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{QuestionRow, ReadingRow};

impl Tx {
    /// The newest reason that a person gave, since a time, for looking at something.
    pub async fn reading_of(
        &mut self,
        person: &str,
        what: &str,
        object: Option<&str>,
        since: i64,
    ) -> Result<Option<ReadingRow>, StoreError> {
        let found = self
            .select(
                "where person = $1 and what = $2 and coalesce(object, '') = coalesce($3, '') \
                 and at >= $4 order by at desc, id desc limit 1",
                &[person.into(), what.into(), object.into(), since.into()],
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// The newest that anybody gave about something.
    pub async fn newest_reading(
        &mut self,
        what: &str,
        object: &str,
    ) -> Result<Option<ReadingRow>, StoreError> {
        let found = self
            .select(
                "where what = $1 and object = $2 order by at desc, id desc limit 1",
                &[what.into(), object.into()],
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// What the reviewers of an exchange asked its sender, the oldest first.
    pub async fn questions_of(&mut self, exchange: &str) -> Result<Vec<QuestionRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
    }

    /// The exchanges that an agency sent whose reviewers wait for its answer, the oldest first.
    pub async fn unanswered(&mut self, sender: &str) -> Result<Vec<String>, StoreError> {
        let rows = self
            .fetch(
                "select distinct exchange from question where answered_at is null \
                 and exchange in (select id from exchange where sender = $1) \
                 and exists (select 1 from hold where hold.exchange = question.exchange \
                   and hold.agency = question.agency and hold.role = question.role \
                   and hold.state = 'open') \
                 order by exchange limit 500",
                &[sender.into()],
            )
            .await?;
        rows.iter().map(|row| row.get("exchange")).collect()
    }
}
