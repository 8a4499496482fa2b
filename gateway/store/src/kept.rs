//! Forms that came too late, until their writer takes them up again. Not covered by the log:
//! nothing of them was done.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::KeptFormRow;

impl Tx {
    /// A person's kept forms, the newest first.
    pub async fn kept_forms(
        &mut self,
        person: &str,
        limit: i64,
    ) -> Result<Vec<KeptFormRow>, StoreError> {
        self.select(
            "where person = $1 order by kept_at desc, id desc limit $2",
            &[person.into(), limit.into()],
        )
        .await
    }

    /// Removes what a person sent to an address before.
    pub async fn remove_kept_at(&mut self, person: &str, path: &str) -> Result<(), StoreError> {
        self.execute(
            "delete from kept_form where person = $1 and path = $2",
            &[person.into(), path.into()],
        )
        .await?;
        Ok(())
    }

    /// Removes one; one that is gone already is no fault.
    pub async fn remove_kept(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute("delete from kept_form where id = $1", &[id.into()])
            .await?;
        Ok(())
    }

    /// Whether there are any that were kept before a time, microseconds UTC.
    pub async fn has_kept_before(&mut self, at: i64) -> Result<bool, StoreError> {
        let sql = "select id from kept_form where kept_at < $1 limit 1";
        Ok(!self.fetch(sql, &[at.into()]).await?.is_empty())
    }

    /// Removes those that were kept before a time, microseconds UTC.
    pub async fn remove_kept_before(&mut self, at: i64) -> Result<(), StoreError> {
        self.execute("delete from kept_form where kept_at < $1", &[at.into()])
            .await?;
        Ok(())
    }
}
