//! Resetting a second factor, after the person was checked.

use gateway_core::Id;
use gateway_store::rows::{InvitationRow, PersonRow};

use super::link::{LinkPurpose, Made, invitation_place};
use super::tell::Act;
use super::{changeable, managing};
use crate::Flow;
use crate::error::{FieldFault, FlowError};
use crate::key::forget_keys;
use crate::sign_in::end_all;
use crate::submission::Caller;

/// The shortest account of how somebody was checked, and the longest, in letters.
const WORDS: std::ops::RangeInclusive<usize> = 10..=1000;

/// A reset.
#[derive(Debug, Clone)]
pub struct Reset {
    /// How it was found out that it is the person who asks.
    pub checked: String,
    /// The password is lost too.
    pub password_too: bool,
}

impl Flow {
    /// Ends a colleague's second factor, every way to sign in that goes with it, and every
    /// session, and mails them a link by which they set it anew.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with `/checked`; [`FlowError::NotFound`] for somebody of another
    /// agency; [`FlowError::Forbidden`] for oneself.
    pub async fn reset_factor(
        &self,
        caller: &Caller,
        person: &str,
        reset: Reset,
    ) -> Result<(), FlowError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let (by, right) = managing(&mut tx, caller, now).await?;
        let held = changeable(&mut tx, &by, right, person, now).await?;
        let agency = crate::case::agency(&mut tx, &by.agency).await?;
        drop(tx);
        let checked = reset.checked.trim();
        if !WORDS.contains(&checked.chars().count()) {
            let words =
                "Enter how you checked that it is this person who asks, in 10 to 1,000 characters";
            return Err(FlowError::Invalid(vec![FieldFault::new("/checked", words)]));
        }
        if held.state != "active" {
            let words = "this person is suspended: restore them first".to_owned();
            return Err(FlowError::Conflict(words));
        }
        let email = self.person_email(&held).await?;
        let made = Made {
            id: Id::new(&self.clock),
            agency: &agency,
            by: &by,
            purpose: match reset.password_too {
                true => LinkPurpose::Both,
                false => LinkPurpose::Factor,
            },
            email: email.reveal(),
        };
        let mut link = self.new_link(made).await?;
        let place = invitation_place(&link.row.id, "checked");
        let checked = self.vault.seal_column(&place, checked.as_bytes()).await?;
        link.row.checked = Some(checked);
        link.row.person = Some(held.id);
        let (flow, caller) = (self.clone(), caller.clone());
        self.administer("reset-factor", move |tx| {
            Box::pin(async move {
                let (by, right) = managing(tx, &caller, now).await?;
                let id = link.row.person.clone().unwrap_or_default();
                let mut held = changeable(tx, &by, right, &id, now).await?;
                let mut earlier = Vec::new();
                for row in links_of(tx.open_invitations(&by.agency).await?, &held) {
                    earlier.extend(flow.withdraw(tx, &by, row).await?);
                }
                held.totp = None;
                forget_keys(tx, &held.id).await?;
                if reset.password_too {
                    held.password = None;
                }
                tx.put(&mut held).await?;
                tx.put(&mut link.row).await?;
                tx.queue_mail(&link.mail).await?;
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "factor-reset",
                    person: Some(&held.id),
                    invitation: Some(&link.row.id),
                };
                let mut events = flow.told(tx, &act).await?;
                events.extend(earlier);
                let open = tx.sessions_of(&held.id, flow.now()).await?;
                events.extend(end_all(tx, open, "factor-reset").await?);
                Ok((events, ()))
            })
        })
        .await
    }
}

/// The links by which a person was to set a second factor.
pub(super) fn links_of(
    open: Vec<InvitationRow>,
    person: &PersonRow,
) -> impl Iterator<Item = InvitationRow> {
    let id = Some(person.id.clone());
    open.into_iter().filter(move |row| row.person == id)
}
