//! Nominals: identifiers, parts, meetings.

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::rows::{AttendanceRow, MeetingRow, NominalIdentifierRow, NominalRow, PartRow};

/// The kind of what an agency has in a case by coming to a meeting.
pub const ATTENDEE: &str = "attendee";

/// What an agency has or had in a nominal's case.
#[derive(Debug)]
pub struct InCase {
    /// The agency.
    pub agency: String,
    /// The kind of its part, or [`ATTENDEE`].
    pub kind: String,
    /// From when, microseconds UTC.
    pub from_at: i64,
    /// Until when; none where it has no end.
    pub until_at: Option<i64>,
}

impl InCase {
    /// From its beginning, until just before its end.
    pub fn covers(&self, now: i64) -> bool {
        self.from_at <= now && self.until_at.is_none_or(|until| now < until)
    }
}

impl Tx {
    /// The nominals of an area that may be matched (merged ones are reached by what they
    /// became).
    pub async fn nominals_in(&mut self, area: &str) -> Result<Vec<NominalRow>, StoreError> {
        self.select(
            "where area = $1 and state <> 'merged' order by id",
            &[area.into()],
        )
        .await
    }

    /// The nominals of an area that stand for themselves, in order of their references, after
    /// one of them.
    pub async fn nominals_after(
        &mut self,
        area: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<NominalRow>, StoreError> {
        self.select(
            "where area = $1 and state <> 'merged' and id > $2 order by id limit $3",
            &[area.into(), after.into(), limit.into()],
        )
        .await
    }

    /// The nominals that became this one.
    pub async fn merged_into(&mut self, nominal: &str) -> Result<Vec<NominalRow>, StoreError> {
        self.select("where merged_into = $1 order by id", &[nominal.into()])
            .await
    }

    /// All nominals.
    pub async fn nominals(&mut self) -> Result<Vec<NominalRow>, StoreError> {
        self.select("order by id", &[]).await
    }

    /// Identifiers, not taken away since, with this blind index.
    pub async fn identifiers_by_blind(
        &mut self,
        blind: &str,
    ) -> Result<Vec<NominalIdentifierRow>, StoreError> {
        self.select(
            "where blind = $1 and until_at is null order by id",
            &[blind.into()],
        )
        .await
    }

    /// A nominal's identifiers, but for those taken away since.
    pub async fn identifiers_of(
        &mut self,
        nominal: &str,
    ) -> Result<Vec<NominalIdentifierRow>, StoreError> {
        self.select(
            "where nominal = $1 and until_at is null order by id",
            &[nominal.into()],
        )
        .await
    }

    /// A nominal's parts, past ones too.
    pub async fn parts_of(&mut self, nominal: &str) -> Result<Vec<PartRow>, StoreError> {
        self.select("where nominal = $1 order by from_at, id", &[nominal.into()])
            .await
    }

    /// Who has or had a part in a nominal's case, or came to a meeting about it: asked on every
    /// decision and reading, and so at once.
    pub async fn in_case(&mut self, nominal: &str) -> Result<Vec<InCase>, StoreError> {
        let sql = format!(
            "select agency, kind, from_at, until_at from part where nominal = $1 \
             union all \
             select agency, '{ATTENDEE}', cast(0 as bigint), cast(null as bigint) \
             from attendance where nominal = $1 and manner <> 'absent'"
        );
        let rows = self.fetch(sql, &[nominal.into()]).await?;
        let of = |row: &Row| {
            Ok(InCase {
                agency: row.get("agency")?,
                kind: row.get("kind")?,
                from_at: row.get("from_at")?,
                until_at: row.get("until_at")?,
            })
        };
        rows.iter().map(of).collect()
    }

    /// A nominal's meetings.
    pub async fn meetings_of(&mut self, nominal: &str) -> Result<Vec<MeetingRow>, StoreError> {
        self.select("where nominal = $1 order by held_on, id", &[nominal.into()])
            .await
    }

    /// The attendance lists of all meetings about a nominal.
    pub async fn attendance_of(&mut self, nominal: &str) -> Result<Vec<AttendanceRow>, StoreError> {
        self.select("where nominal = $1 order by id", &[nominal.into()])
            .await
    }
}
