//! Joining by a link with a security key or passkey in place of an authenticator app, or setting
//! a second factor anew with one: the password first, then the key.

use gateway_store::rows::InvitationRow;

use super::join::{JoinError, NewFactor, Taken, not_the_password};
use super::link::{Link, LinkPurpose, purpose_of, state_of};
use crate::Flow;
use crate::error::FieldFault;
use crate::key::{Ceremony, Held, KeyAnswer, NOT_TAKEN, named_or_not};
use crate::sign_in::print;

impl Flow {
    /// What to ask of a key of whoever holds a link, after the password is chosen. Nothing is set
    /// up by it.
    ///
    /// # Errors
    /// [`JoinError`], as [`Flow::take_link`].
    pub async fn ask_key_by_link(
        &self,
        token: &str,
        password: &str,
    ) -> Result<Ceremony, JoinError> {
        let row = self.open_link(token).await?;
        let purpose = purpose_of(&row)?;
        let faults = self.faults_of(&row, purpose, password).await?;
        if !faults.is_empty() {
            return Err(JoinError::Wrong(faults));
        }
        let address = self.address_of(&row).await?;
        let (whose, name, hashed) = match (purpose, &row.name) {
            (LinkPurpose::Join, Some(sealed)) => {
                let name = self.invited_text(&row, "name", sealed).await?;
                (row.id.clone(), name, Some(self.hashed(password).await?))
            }
            (LinkPurpose::Join | LinkPurpose::Both | LinkPurpose::Factor, _) => {
                let person = self.person_of(&row).await?;
                let name = self.person_name(&person).await?.into_inner();
                if purpose != LinkPurpose::Factor {
                    (person.id, name, Some(self.hashed(password).await?))
                } else if self.proves_password(&person, password).await? {
                    (person.id, name, None)
                } else {
                    return Err(JoinError::Wrong(vec![not_the_password()]));
                }
            }
        };
        let asked = self.ask_of_link(token, [&address, &name], &whose, hashed);
        Ok(asked.await?)
    }

    /// Takes a link with the answer of a key: an account begins, or gets its second factor again.
    ///
    /// # Errors
    /// [`JoinError`]; nothing was changed then, and `/key` is wrong where the key is to be asked
    /// again from the beginning.
    pub async fn take_link_with_key(
        &self,
        token: &str,
        given: KeyAnswer<'_>,
    ) -> Result<(), JoinError> {
        let row = self.open_link(token).await?;
        let not_taken = || JoinError::Wrong(vec![FieldFault::new("/key", NOT_TAKEN)]);
        let held = self.take_back(token, given.ceremony).await?;
        let Some(Held::Join {
            state,
            handle,
            password,
        }) = held
        else {
            return Err(not_taken());
        };
        let name = named_or_not(given.name);
        // Whose it is is known when the account is written.
        let key = self.new_key("", &handle, &state, given.answer, &name);
        let key = key.await?.ok_or_else(not_taken)?;
        let set = Taken {
            print: print(token),
            password,
            factor: NewFactor::Key(key),
        };
        self.finish_link(row, set).await
    }

    /// The row of a link that is good.
    pub(super) async fn open_link(&self, token: &str) -> Result<InvitationRow, JoinError> {
        let mut tx = self.store.read().await?;
        let row = tx.invitation_by_token(&print(token)).await?;
        let row = row.ok_or(JoinError::Over(Link::Unknown))?;
        let (over, _) = state_of(&mut tx, &row, self.now()).await?;
        match over {
            Some(over) => Err(JoinError::Over(over)),
            None => Ok(row),
        }
    }
}
