//! Suspending a leaver, and ending the suspension.

use super::reset::links_of;
use super::tell::Act;
use super::{changeable, managing};
use crate::Flow;
use crate::error::FlowError;
use crate::sign_in::end_all;
use crate::submission::Caller;

/// The name of the transaction, by which a suspension is known again.
const SUSPENDS: &str = "suspend-colleague";

impl Flow {
    /// Suspends a colleague: sessions end, and so do the links that they wait for or have sent.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for somebody of another agency; [`FlowError::Forbidden`] for
    /// oneself; [`FlowError::Conflict`] where it is so already.
    pub async fn suspend_colleague(&self, caller: &Caller, person: &str) -> Result<(), FlowError> {
        let now = self.clock.now();
        let (flow, caller, person) = (self.clone(), caller.clone(), person.to_owned());
        self.administer(SUSPENDS, move |tx| {
            Box::pin(async move {
                let (by, right) = managing(tx, &caller, now).await?;
                let mut held = changeable(tx, &by, right, &person, now).await?;
                if held.state != "active" {
                    let words = "this person is suspended already".to_owned();
                    return Err(FlowError::Conflict(words));
                }
                held.state = "suspended".to_owned();
                tx.put(&mut held).await?;
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "suspended",
                    person: Some(&held.id),
                    invitation: None,
                };
                let mut events = flow.told(tx, &act).await?;
                for row in links_of(tx.open_invitations(&by.agency).await?, &held) {
                    events.extend(flow.withdraw(tx, &by, row).await?);
                }
                let open = tx.sessions_of(&held.id, flow.now()).await?;
                events.extend(end_all(tx, open, "suspended").await?);
                Ok((events, ()))
            })
        })
        .await
    }

    /// Ends a suspension that somebody of the agency made; the operator's own is not ended here.
    ///
    /// # Errors
    /// As [`Flow::suspend_colleague`].
    pub async fn restore_colleague(&self, caller: &Caller, person: &str) -> Result<(), FlowError> {
        let now = self.clock.now();
        let (flow, caller, person) = (self.clone(), caller.clone(), person.to_owned());
        self.administer("restore-colleague", move |tx| {
            Box::pin(async move {
                let (by, right) = managing(tx, &caller, now).await?;
                let mut held = changeable(tx, &by, right, &person, now).await?;
                if held.state == "active" {
                    let words = "this person is not suspended".to_owned();
                    return Err(FlowError::Conflict(words));
                }
                if held.updated_by != SUSPENDS {
                    let words =
                        "this person was not suspended by your agency: ask the coordination unit";
                    return Err(FlowError::Forbidden(words.to_owned()));
                }
                held.state = "active".to_owned();
                tx.put(&mut held).await?;
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "restored",
                    person: Some(&held.id),
                    invitation: None,
                };
                Ok((flow.told(tx, &act).await?, ()))
            })
        })
        .await
    }
}
