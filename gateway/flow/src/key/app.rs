//! An authenticator app beside a security key, for whoever joined by the key alone: it counts once
//! a code of it was given.

use gateway_store::rows::PersonRow;
use zeroize::Zeroizing;

use crate::Flow;
use crate::case::corrupt;
use crate::colleague::Act;
use crate::error::{FieldFault, FlowError};
use crate::sign_in::{Session, base32, step_of, totp_place};

fn not_the_code(words: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new("/code", words)])
}

fn has_one() -> FlowError {
    FlowError::Conflict("you have an authenticator app already".to_owned())
}

impl Flow {
    /// The secret of an app to be, base32: the same at every look within a session. Nothing is set
    /// up by it.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where they have an app.
    pub async fn new_app(&self, session: &Session) -> Result<Zeroizing<String>, FlowError> {
        if self.factors(session).await?.app {
            return Err(has_one());
        }
        self.app_secret(session).await
    }

    /// It follows from the session by a key of the vault, so that nothing need be kept.
    async fn app_secret(&self, session: &Session) -> Result<Zeroizing<String>, FlowError> {
        let whose = format!("{}/{}", session.person.id, session.id);
        self.secret_of_codes("person.totp", &whose).await
    }

    /// Adds an app to the ways in which somebody signs in who is signed in and has none. The
    /// code is used by it. The coordination unit is told, and the person by mail.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with `/code`; [`FlowError::Conflict`] where they have an app.
    pub async fn add_app(&self, session: &Session, code: &str) -> Result<(), FlowError> {
        const WANTED: &str =
            "Enter the 6-digit code that your app shows now for the key on this page";
        let person = session.person.id.clone();
        let secret = self.new_app(session).await?;
        let bytes = base32(secret.as_bytes()).ok_or_else(|| corrupt("person", &person))?;
        let step = step_of(&bytes, code, self.clock.now());
        let step = step.ok_or_else(|| not_the_code(WANTED))?;
        let place = totp_place(&person);
        let sealed = self.vault.seal_column(&place, secret.as_bytes()).await?;
        let mail = self.key_mail(&session.person, "app-added").await?;
        let flow = self.clone();
        self.administer("add-app", move |tx| {
            Box::pin(async move {
                let held: Option<PersonRow> = tx.get(&person).await?;
                let held = held.filter(|held| held.state == "active");
                let mut held = held.ok_or(FlowError::NotFound)?;
                if held.totp.is_some() {
                    return Err(has_one());
                }
                if !tx.use_code(&held.id, step, flow.now()).await? {
                    return Err(not_the_code("This code was used: enter the next one"));
                }
                held.totp = Some(sealed);
                tx.put(&mut held).await?;
                tx.queue_mail(&mail).await?;
                let act = Act {
                    agency: &held.agency,
                    by: &held.id,
                    change: "app-added",
                    person: Some(&held.id),
                    invitation: None,
                };
                Ok((flow.told(tx, &act).await?, ()))
            })
        })
        .await
    }
}
