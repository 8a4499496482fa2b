//! Security keys and passkeys, which the log covers like a person's other rows; and challenges
//! that wait for a key's answer, which are sealed and short-lived.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{CeremonyRow, SecurityKeyRow};

impl Tx {
    /// The keys by which a person signs in, the oldest first.
    pub async fn keys_of(&mut self, person: &str) -> Result<Vec<SecurityKeyRow>, StoreError> {
        self.select(
            "where person = $1 and state = 'active' order by added_at, id",
            &[person.into()],
        )
        .await
    }

    /// The key of a credential, removed or not, by the SHA-256 of the credential's id in
    /// hexadecimal.
    pub async fn key_by_credential(
        &mut self,
        print: &str,
    ) -> Result<Option<SecurityKeyRow>, StoreError> {
        Ok(self
            .select("where credential = $1", &[print.into()])
            .await?
            .pop())
    }

    /// A challenge of a browser, which is taken by this: another who asks for it finds nothing.
    pub async fn take_ceremony(
        &mut self,
        id: &str,
        browser: &str,
    ) -> Result<Option<CeremonyRow>, StoreError> {
        let row: Option<CeremonyRow> = self.get(id).await?;
        let Some(row) = row.filter(|row| row.browser == browser) else {
            return Ok(None);
        };
        let gone = self
            .execute("delete from key_ceremony where id = $1", &[id.into()])
            .await?;
        Ok((gone == 1).then_some(row))
    }

    /// How many challenges are over at `now` (microseconds UTC).
    pub async fn stale_ceremonies(&mut self, now: i64) -> Result<i64, StoreError> {
        self.number(
            "select count(*) from key_ceremony where until_at <= $1",
            &[now.into()],
        )
        .await
    }

    /// Removes the challenges that are over at `now`.
    pub async fn remove_stale_ceremonies(&mut self, now: i64) -> Result<(), StoreError> {
        self.execute(
            "delete from key_ceremony where until_at <= $1",
            &[now.into()],
        )
        .await?;
        Ok(())
    }

    /// Removes all challenges, as after a restore: one that was answered must not come back.
    pub async fn remove_ceremonies(&mut self) -> Result<u64, StoreError> {
        self.execute("delete from key_ceremony", &[]).await
    }
}
