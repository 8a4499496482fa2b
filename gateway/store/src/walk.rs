//! What an audit asks for, many rows at once: a row at a time is a round trip for each.

use std::collections::BTreeMap;

use gateway_ledger::CoveredRow;

use crate::db::Tx;
use crate::error::StoreError;
use crate::row::Record;

impl Tx {
    /// The rows that leaves cover, by leaf: of the leaves from one on, so many.
    pub async fn leaf_rows_from(
        &mut self,
        log: &str,
        from: u64,
        count: i64,
    ) -> Result<BTreeMap<u64, Vec<CoveredRow>>, StoreError> {
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        let rows = self
            .fetch(
                "select idx, tbl, row_id, digest from log_row \
                 where log = $1 and idx >= $2 and idx < $3",
                &[log.into(), from.into(), from.saturating_add(count).into()],
            )
            .await?;
        let mut leaves: BTreeMap<u64, Vec<CoveredRow>> = BTreeMap::new();
        for row in &rows {
            let leaf = u64::try_from(row.get::<i64>("idx")?).unwrap_or(u64::MAX);
            leaves.entry(leaf).or_default().push(CoveredRow {
                table: row.get("tbl")?,
                id: row.get("row_id")?,
                digest: row.get("digest")?,
            });
        }
        Ok(leaves)
    }

    /// The rows with these ids, as far as they are there, by id.
    pub async fn get_all<R: Record>(
        &mut self,
        ids: &[&str],
    ) -> Result<BTreeMap<String, R>, StoreError> {
        let rows = self.by_ids::<R>(ids).await?.into_iter();
        Ok(rows.map(|row| (row.id().to_owned(), row)).collect())
    }
}
