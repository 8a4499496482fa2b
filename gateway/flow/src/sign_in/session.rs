//! A session in use, and its end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway_core::Channel;
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{PersonRow, SessionRow};
use jiff::{SignedDuration, Timestamp};
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::attempt::{WINDOW, may_use, micros, proof_of};
use super::moved::bound;
use super::{Session, SessionSummary, Standing, Whence};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::submission::Caller;

/// That a session is in use is noted at most so often.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
/// A code that was used is good no longer by then.
const CODE_GONE: SignedDuration = SignedDuration::from_mins(10);
/// Sessions that are ended in one round of the clockwork.
const AT_ONCE: i64 = 500;

/// A fresh token: 32 random bytes, base64url.
pub(crate) fn fresh_token() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *bytes);
    Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

/// What the store knows a token by: its SHA-256, hexadecimal.
pub(crate) fn print(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// A session as the flow's callers see it.
pub(super) fn opened(row: SessionRow, person: PersonRow) -> Result<Session, FlowError> {
    Ok(Session {
        caller: Caller {
            agency: id_of(&person.agency)?,
            person: Some(person.clone()),
            channel: Channel::Portal,
            proof: proof_of(&row.proof).ok_or_else(|| corrupt("session", &row.id))?,
        },
        person,
        started: time(row.started_at, &row.id)?,
        proved: time(row.proved_at, &row.id)?,
        ends: time(row.ends_at, &row.id)?,
        id: row.id,
    })
}

pub(super) fn time(at: i64, id: &str) -> Result<Timestamp, FlowError> {
    Timestamp::from_microsecond(at).map_err(|_| corrupt("session", id))
}

/// Ends sessions, each with its event, in a transaction that records.
pub(crate) async fn end_all(
    tx: &mut Tx,
    sessions: Vec<SessionRow>,
    why: &str,
) -> Result<Vec<Draft>, FlowError> {
    let mut events = Vec::new();
    for row in sessions {
        if tx.remove_session(&row.id).await? {
            let event = Draft::new(EventKind::SessionEnded, Some(&id_of(&row.agency)?))
                .with("person", row.person)
                .with("session", row.id)
                .with("why", why);
            events.push(event);
        }
    }
    Ok(events)
}

impl Flow {
    /// What a token stands for now, where it is used from; that its session is in use is noted, at
    /// most once a minute. Used from elsewhere than it was begun, a session ends.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn session(&self, token: &str, from: &Whence) -> Result<Standing, FlowError> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let Some(row) = tx.session_by_token(&print(token)).await? else {
            return Ok(Standing::Absent);
        };
        let person: Option<PersonRow> = tx.get(&row.person).await?;
        let person = person.ok_or_else(|| corrupt("person", &row.person))?;
        let may_use = may_use(&mut tx, &person).await?;
        drop(tx);
        if row.ends_at <= now {
            return Ok(Standing::Absent);
        }
        if !may_use {
            self.end(vec![row], "suspended").await?;
            return Ok(Standing::Absent);
        }
        let Some(begun) = bound(&row) else {
            return Ok(Standing::Absent);
        };
        if let Some(differs) = begun.differs(&from.prints(token)) {
            self.end_moved(row, differs).await?;
            return Ok(Standing::Absent);
        }
        if self.is_locked(&row) {
            return Ok(Standing::Locked(person));
        }
        if now - row.seen_at >= micros(NOTED) {
            self.store.session_seen(&row.id, now).await?;
        }
        Ok(Standing::Open(opened(row, person)?))
    }

    fn is_locked(&self, row: &SessionRow) -> bool {
        self.now() - row.seen_at >= micros(self.desk.idle)
    }

    /// Ends the session that a token stands for, locked or not. One that is absent is no fault.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away: it has not ended then.
    pub async fn sign_out(&self, token: &str) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.session_by_token(&print(token)).await?;
        drop(tx);
        match row {
            Some(row) => self.end(vec![row], "signed-out").await,
            None => Ok(()),
        }
    }

    /// One's own sessions that have not ended, the newest first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn sessions(&self, session: &Session) -> Result<Vec<SessionSummary>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.sessions_of(&session.person.id, self.now()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(SessionSummary {
                    started: time(row.started_at, &row.id)?,
                    seen: time(row.seen_at, &row.id)?,
                    this: row.id == session.id,
                    locked: self.is_locked(&row),
                    id: row.id,
                })
            })
            .collect()
    }

    /// Ends one of one's own sessions.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is none of this id, or it is another person's.
    pub async fn end_session(&self, session: &Session, id: &str) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<SessionRow> = tx.get(id).await?;
        drop(tx);
        let row = row.filter(|row| row.person == session.person.id && row.ends_at > self.now());
        let row = row.ok_or(FlowError::NotFound)?;
        self.end(vec![row], "ended-by-person").await
    }

    async fn end(&self, rows: Vec<SessionRow>, why: &'static str) -> Result<(), FlowError> {
        self.administer("end-session", move |tx| {
            Box::pin(async move { Ok((end_all(tx, rows, why).await?, ())) })
        })
        .await
    }

    /// Ends the sessions whose time is over, and removes what is of no use any more.
    pub(crate) async fn sweep_sign_ins(&self) -> Result<(), FlowError> {
        let now = self.now();
        let (codes, failures) = (now - micros(CODE_GONE), now - micros(WINDOW));
        let mut tx = self.store.read().await?;
        let past = tx.sessions_past(now, AT_ONCE).await?;
        let stale = tx.stale_sign_ins(codes, failures, now).await?;
        let stale = stale + tx.stale_ceremonies(now).await?;
        drop(tx);
        if !past.is_empty() {
            self.end(past, "expired").await?;
        }
        if stale > 0 {
            let mut tx = self.store.write("sweep-sign-ins").await?;
            tx.remove_stale_sign_ins(codes, failures, now).await?;
            tx.remove_stale_ceremonies(now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
