//! Nominals: identifiers, parts, meetings.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{AttendanceRow, MeetingRow, NominalIdentifierRow, NominalRow, PartRow};

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
