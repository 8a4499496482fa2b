//! What people are writing, and the files that go with it. Not covered by the log: nothing of it
//! has been shared.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{DraftFileRow, DraftPartRow, DraftRow};

impl Tx {
    /// A person's drafts, the one saved last first.
    pub async fn drafts_of(
        &mut self,
        person: &str,
        limit: i64,
    ) -> Result<Vec<DraftRow>, StoreError> {
        self.select(
            "where person = $1 order by saved_at desc, id desc limit $2",
            &[person.into(), limit.into()],
        )
        .await
    }

    /// How many drafts a person has.
    pub async fn draft_count(&mut self, person: &str) -> Result<i64, StoreError> {
        let sql = "select count(*) as n from draft where person = $1";
        let rows = self.fetch(sql, &[person.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.get("n"))
    }

    /// Saves a draft's content as the next revision after `revision`; false where another was
    /// saved meanwhile, or the draft is gone.
    pub async fn save_draft(&mut self, row: &DraftRow, revision: i64) -> Result<bool, StoreError> {
        let saved = self
            .execute(
                "update draft set content = $1, revision = $2, saved_at = $3 \
                 where id = $4 and revision = $5",
                &[
                    row.content.clone().into(),
                    (revision + 1).into(),
                    row.saved_at.into(),
                    (&row.id).into(),
                    revision.into(),
                ],
            )
            .await?;
        Ok(saved == 1)
    }

    /// A draft's files, in the order in which they came.
    pub async fn files_of(&mut self, draft: &str) -> Result<Vec<DraftFileRow>, StoreError> {
        self.select("where draft = $1 order by created_at, id", &[draft.into()])
            .await
    }

    /// A file's pieces, in their order.
    pub async fn parts_of_file(&mut self, file: &str) -> Result<Vec<DraftPartRow>, StoreError> {
        self.select("where file = $1 order by from_byte", &[file.into()])
            .await
    }

    /// How much of a file has come, bytes.
    pub async fn file_has(&mut self, file: &str) -> Result<i64, StoreError> {
        let sql =
            "select cast(coalesce(sum(size), 0) as bigint) as n from draft_part where file = $1";
        let rows = self.fetch(sql, &[file.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.get("n"))
    }

    /// How much a person's drafts have announced, bytes.
    pub async fn drafted_bytes(&mut self, person: &str) -> Result<i64, StoreError> {
        let sql = "select cast(coalesce(sum(f.size), 0) as bigint) as n from draft_file f \
                   join draft d on f.draft = d.id where d.person = $1";
        let rows = self.fetch(sql, &[person.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.get("n"))
    }

    /// Removes a file and its pieces, and lets their blobs be swept.
    pub async fn remove_draft_file(&mut self, file: &str) -> Result<(), StoreError> {
        self.execute(
            "update blob set state = 'staging', created_at = 0 \
             where id in (select blob from draft_part where file = $1)",
            &[file.into()],
        )
        .await?;
        self.execute("delete from draft_part where file = $1", &[file.into()])
            .await?;
        self.execute("delete from draft_file where id = $1", &[file.into()])
            .await?;
        Ok(())
    }

    /// Removes a draft with its files; false where it was gone already.
    pub async fn remove_draft(&mut self, draft: &str) -> Result<bool, StoreError> {
        for file in self.files_of(draft).await? {
            self.remove_draft_file(&file.id).await?;
        }
        let gone = self
            .execute("delete from draft where id = $1", &[draft.into()])
            .await?;
        Ok(gone == 1)
    }
}
