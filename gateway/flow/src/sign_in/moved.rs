//! A session that is used from elsewhere than it was begun: it ends for whoever holds its cookie,
//! and its person is told when she signs in next, her agency's single point of contact and its
//! coordination units at once.

use gateway_core::event::EventKind;
use gateway_store::rows::{SessionMovedRow, SessionRow};
use jiff::Timestamp;

use super::session::{end_all, print, time};
use super::whence::{Differs, Prints, Whence};
use super::{NewSession, Session};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::Draft;

/// Why it ended, in the event of its end.
const WHY: &str = "moved";
/// The notice's kind, after what notices about people begin with.
const NOTICE: &str = "session-moved";

/// A session of one's own that was used from elsewhere, and ended for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedSession {
    /// When.
    pub at: Timestamp,
    /// In what that was elsewhere.
    pub differs: Differs,
}

impl Flow {
    /// Binds a session to where it was begun. Until then its token opens nothing.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn bind_session(&self, new: &NewSession, from: &Whence) -> Result<(), FlowError> {
        let prints = from.prints(&new.token);
        let mut tx = self.store.write("bind-session").await?;
        let row = tx.session_by_token(&print(&new.token)).await?;
        let mut row = row.ok_or(FlowError::NotFound)?;
        (row.browser, row.network) = (prints.browser, prints.network);
        tx.put(&mut row).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a session that is used from elsewhere.
    pub(super) async fn end_moved(
        &self,
        row: SessionRow,
        differs: Differs,
    ) -> Result<(), FlowError> {
        let flow = self.clone();
        self.administer("session-moved", move |tx| {
            Box::pin(async move {
                let (person, session) = (row.person.clone(), row.id.clone());
                let agency = row.agency.clone();
                let ended = end_all(tx, vec![row], WHY).await?;
                if ended.is_empty() {
                    // Another request was before this one.
                    return Ok((Vec::new(), ()));
                }
                let mut moved = SessionMovedRow {
                    id: session.clone(),
                    person: person.clone(),
                    differs: differs.as_str().to_owned(),
                    at: flow.now(),
                };
                tx.put(&mut moved).await?;
                let own = id_of(&agency)?;
                let event = Draft::new(EventKind::SessionMoved, Some(&own))
                    .with("person", person)
                    .with("session", session)
                    .with("differs", differs.as_str());
                // The notices go with the first event, through which they are read.
                let mut events = vec![event];
                events.extend(ended);
                let (units, told) = flow.tell_units(tx, &agency, NOTICE).await?;
                if let Some(first) = events.first_mut() {
                    first.to.extend(units);
                }
                events.extend(told);
                events.extend(flow.tell_contacts(tx, &own, NOTICE).await?);
                Ok((events, ()))
            })
        })
        .await
    }

    /// The sessions of one's own that were used from elsewhere, and of which one has not been
    /// told, the newest first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn moved_sessions(&self, session: &Session) -> Result<Vec<MovedSession>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.moved_sessions_of(&session.person.id).await?;
        rows.into_iter()
            .map(|row| {
                let differs = Differs::of(&row.differs);
                Ok(MovedSession {
                    at: time(row.at, &row.id)?,
                    differs: differs.ok_or_else(|| corrupt("session_moved", &row.id))?,
                })
            })
            .collect()
    }

    /// One has read of them.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn moved_sessions_read(&self, session: &Session) -> Result<(), FlowError> {
        let mut tx = self.store.write("moved-sessions-read").await?;
        tx.forget_moved_sessions(&session.person.id).await?;
        Ok(tx.commit().await?)
    }
}

/// Where a session was begun; none where it was bound to nothing.
pub(super) fn bound(row: &SessionRow) -> Option<Prints> {
    (!row.browser.is_empty()).then(|| Prints {
        browser: row.browser.clone(),
        network: row.network.clone(),
    })
}
