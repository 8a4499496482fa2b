//! The log as people read it: the newest event first, by what happened, who is named, and when.
//! Here alone a query looks into the JSON of an event; a table of who is in which event would
//! make every recording longer for the sake of a few readers.

use gateway_core::event::EventKind;

use crate::db::Tx;
use crate::error::StoreError;
use crate::ledger::LeafRow;

/// Unions, because neither database finds its way by index through an `or` of these.
pub(crate) const OF_NOMINAL: &str = "id in (\
     select l.id from exchange e join log_leaf l on l.exchange = e.id where e.nominal = $1 \
     union select id from log_leaf where nominal = $1 and exchange is null \
     union select l.id from nominal n join log_leaf l on l.nominal = n.id \
     where n.merged_into = $1 and l.exchange is null)";

/// Whose events.
#[derive(Debug, Clone, Copy)]
pub enum EventsOf<'a> {
    /// A nominal's: those of its exchanges, as they belong to it now; and those of itself and of
    /// what was merged into it that are of no exchange.
    Nominal(&'a str),
    /// All of an area's log, closed ones too.
    Area(&'a str),
}

/// Which events. What is empty or none asks nothing.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// One of these kinds.
    pub kinds: Vec<EventKind>,
    /// Naming all of these: agencies or other ids, each as a whole.
    pub naming: Vec<String>,
    /// From, microseconds UTC.
    pub from: Option<i64>,
    /// Until just before, microseconds UTC.
    pub until: Option<i64>,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    /// Kind of event.
    pub kind: String,
    /// The agency that acted.
    pub from: Option<String>,
    /// How often.
    pub count: i64,
}

impl EventsOf<'_> {
    const fn scope(self) -> &'static str {
        match self {
            Self::Nominal(_) => OF_NOMINAL,
            Self::Area(_) => "log in (select id from log where area = $1)",
        }
    }

    const fn id(&self) -> &str {
        match self {
            Self::Nominal(id) | Self::Area(id) => id,
        }
    }
}

impl EventFilter {
    /// `,kind,kind,`: what a kind between commas is looked for in.
    fn kinds(&self) -> String {
        let mut words = String::new();
        for kind in &self.kinds {
            words.push(',');
            words.push_str(kind.as_str());
        }
        if !words.is_empty() {
            words.push(',');
        }
        words
    }

    /// Two patterns; none is a word that could stand for others.
    fn patterns(&self) -> Result<[String; 2], StoreError> {
        let mut patterns = ["%".to_owned(), "%".to_owned()];
        if self.naming.len() > patterns.len() {
            return Err(StoreError::Database("too many are named".to_owned()));
        }
        for (pattern, word) in patterns.iter_mut().zip(&self.naming) {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if word.is_empty() || !word.bytes().all(plain) {
                return Err(StoreError::Database("a name is no id".to_owned()));
            }
            *pattern = format!("%\"{word}\"%");
        }
        Ok(patterns)
    }
}

impl Tx {
    /// Events, the newest first, before the event with this id.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away, or what is named is no id.
    pub async fn events(
        &mut self,
        of: EventsOf<'_>,
        filter: &EventFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<LeafRow>, StoreError> {
        let sql = format!(
            "{} where {} and ($2 = '' or $2 like '%,' || kind || ',%') and at >= $3 and at < $4 \
             and event like $5 and event like $6 and ($7 = '' or id < $7) order by id desc limit $8",
            crate::ledger::LEAF,
            of.scope()
        );
        let [one, other] = filter.patterns()?;
        let args = [
            of.id().into(),
            filter.kinds().into(),
            filter.from.unwrap_or(0).into(),
            filter.until.unwrap_or(i64::MAX).into(),
            one.into(),
            other.into(),
            before.unwrap_or_default().into(),
            limit.into(),
        ];
        let rows = self.fetch(sql, &args).await?;
        rows.iter().map(LeafRow::from_row).collect()
    }

    /// One event by its id.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away.
    pub async fn event(
        &mut self,
        of: EventsOf<'_>,
        id: &str,
    ) -> Result<Option<LeafRow>, StoreError> {
        let sql = format!("{} where {} and id = $2", crate::ledger::LEAF, of.scope());
        let rows = self.fetch(sql, &[of.id().into(), id.into()]).await?;
        rows.first().map(LeafRow::from_row).transpose()
    }

    /// How often each kind of event happened in an area, by who acted.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away.
    pub async fn event_counts(
        &mut self,
        area: &str,
        from: i64,
        until: i64,
    ) -> Result<Vec<EventCount>, StoreError> {
        let acted = self.json_text("event", "from");
        let sql = format!(
            "select kind, {acted} as acted, count(*) as n from log_leaf \
             where log in (select id from log where area = $1) and at >= $2 and at < $3 \
             group by 1, 2 order by 1, 2"
        );
        let rows = self
            .fetch(sql, &[area.into(), from.into(), until.into()])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(EventCount {
                    kind: row.get("kind")?,
                    from: row.get("acted")?,
                    count: row.get("n")?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_stands_for_itself_alone() {
        let naming = |words: &[&str]| EventFilter {
            naming: words.iter().map(ToString::to_string).collect(),
            ..EventFilter::default()
        };
        let patterns = naming(&["met-police"]).patterns().unwrap();
        assert_eq!(patterns, ["%\"met-police\"%", "%"]);
        for bad in ["", "%", "met_police", "a\"b"] {
            assert!(naming(&[bad]).patterns().is_err(), "{bad:?}");
        }
        let two = EventFilter {
            kinds: vec![EventKind::ItemRead, EventKind::RecordRead],
            ..EventFilter::default()
        };
        assert_eq!(two.kinds(), ",item-read,record-read,");
        assert_eq!(EventFilter::default().kinds(), "");
    }
}
