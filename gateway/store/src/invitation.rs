//! Invitations to join an agency, and links to set a second factor anew.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::InvitationRow;

impl Tx {
    /// The invitation of a link, by the SHA-256 of its token in hexadecimal.
    pub async fn invitation_by_token(
        &mut self,
        print: &str,
    ) -> Result<Option<InvitationRow>, StoreError> {
        Ok(self
            .select("where token = $1", &[print.into()])
            .await?
            .pop())
    }

    /// The open invitations of an agency, expired or not, the oldest first.
    pub async fn open_invitations(
        &mut self,
        agency: &str,
    ) -> Result<Vec<InvitationRow>, StoreError> {
        self.select(
            "where agency = $1 and state = 'open' order by made_at, id",
            &[agency.into()],
        )
        .await
    }

    /// Ends the wait of a mail that has not been sent, by its subject.
    pub async fn cancel_mail(&mut self, subject: &str) -> Result<(), StoreError> {
        self.execute(
            "update mail_out set state = 'expired', details = null, key = null, body = null \
             where subject = $1 and state = 'queued'",
            &[subject.into()],
        )
        .await?;
        Ok(())
    }
}
