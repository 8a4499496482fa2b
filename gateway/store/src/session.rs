//! Sessions, failed attempts to sign in, and one-time codes that were used. None is covered by
//! the log: they are short-lived, and what happened is in it as events.

use crate::db::{Store, Tx};
use crate::error::StoreError;
use crate::rows::{SessionMovedRow, SessionRow, SignInFailureRow};

impl Tx {
    /// The session of a token, by the token's SHA-256 in hexadecimal.
    pub async fn session_by_token(
        &mut self,
        print: &str,
    ) -> Result<Option<SessionRow>, StoreError> {
        Ok(self
            .select("where token = $1", &[print.into()])
            .await?
            .pop())
    }

    /// A person's sessions that have not come to their end at `now` (microseconds UTC), the
    /// newest first.
    pub async fn sessions_of(
        &mut self,
        person: &str,
        now: i64,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.select(
            "where person = $1 and ends_at > $2 order by started_at desc, id desc",
            &[person.into(), now.into()],
        )
        .await
    }

    /// The sessions of an agency's people.
    pub async fn sessions_at(&mut self, agency: &str) -> Result<Vec<SessionRow>, StoreError> {
        self.select("where agency = $1 order by id", &[agency.into()])
            .await
    }

    /// Sessions that have come to their end at `now`, the earliest first.
    pub async fn sessions_past(
        &mut self,
        now: i64,
        limit: i64,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.select(
            "where ends_at <= $1 order by ends_at, id limit $2",
            &[now.into(), limit.into()],
        )
        .await
    }

    /// Removes a session; false where it was gone already.
    pub async fn remove_session(&mut self, id: &str) -> Result<bool, StoreError> {
        let gone = self
            .execute("delete from session where id = $1", &[id.into()])
            .await?;
        Ok(gone == 1)
    }

    /// A person's sessions that were used from elsewhere, and of which they have not been told, the
    /// newest first.
    pub async fn moved_sessions_of(
        &mut self,
        person: &str,
    ) -> Result<Vec<SessionMovedRow>, StoreError> {
        self.select(
            "where person = $1 order by at desc, id desc",
            &[person.into()],
        )
        .await
    }

    /// Forgets those of which a person has been told.
    pub async fn forget_moved_sessions(&mut self, person: &str) -> Result<(), StoreError> {
        self.execute(
            "delete from session_moved where person = $1",
            &[person.into()],
        )
        .await?;
        Ok(())
    }

    /// Removes all sessions, as after a restore: one that was ended since must not come back.
    pub async fn remove_sessions(&mut self) -> Result<u64, StoreError> {
        self.execute("delete from session", &[]).await
    }

    /// Takes a one-time code for used, by its person and step; false where it was used before.
    pub async fn use_code(&mut self, person: &str, step: i64, at: i64) -> Result<bool, StoreError> {
        let id = format!("{person}/{step}");
        let fresh = self
            .execute(
                "insert into code_used (id, at) values ($1, $2) on conflict (id) do nothing",
                &[(&id).into(), at.into()],
            )
            .await?;
        Ok(fresh == 1)
    }

    /// Forgets the failed attempts of an address, by its blind index.
    pub async fn forget_failures(&mut self, index: &str) -> Result<(), StoreError> {
        self.execute("delete from sign_in_failure where id = $1", &[index.into()])
            .await?;
        Ok(())
    }

    /// How many used codes are older than `codes`, and failures than `failures`, that lock
    /// nobody out at `now`.
    pub async fn stale_sign_ins(
        &mut self,
        codes: i64,
        failures: i64,
        now: i64,
    ) -> Result<i64, StoreError> {
        let codes = self
            .number(
                "select count(*) from code_used where at < $1",
                &[codes.into()],
            )
            .await?;
        let failures = self
            .number(
                "select count(*) from sign_in_failure where at < $1 and locked_until <= $2",
                &[failures.into(), now.into()],
            )
            .await?;
        Ok(codes + failures)
    }

    /// Removes those that [`Tx::stale_sign_ins`] counts.
    pub async fn remove_stale_sign_ins(
        &mut self,
        codes: i64,
        failures: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        self.execute("delete from code_used where at < $1", &[codes.into()])
            .await?;
        self.execute(
            "delete from sign_in_failure where at < $1 and locked_until <= $2",
            &[failures.into(), now.into()],
        )
        .await?;
        Ok(())
    }

    /// What is kept of an address's failed attempts, by its blind index.
    pub async fn failures_of(
        &mut self,
        index: &str,
    ) -> Result<Option<SignInFailureRow>, StoreError> {
        self.get(index).await
    }
}

impl Store {
    /// Notes that a session was in use at `at` (microseconds UTC). A power cut may undo it: the
    /// session then locks a little sooner.
    pub async fn session_seen(&self, id: &str, at: i64) -> Result<(), StoreError> {
        let mut tx = self.write_unsynced("session-seen").await?;
        tx.execute(
            "update session set seen_at = $2 where id = $1 and seen_at < $2",
            &[id.into(), at.into()],
        )
        .await?;
        tx.commit().await
    }
}
