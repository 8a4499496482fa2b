//! Who somebody is, by the answer of a key: alone, after a password, or once more.

use gateway_store::Tx;
use gateway_store::rows::{PersonRow, SecurityKeyRow};

use super::Verdict;
use super::ceremony::{Ceremony, Held};
use super::webauthn::{Asked, Claim};
use crate::Flow;
use crate::colleague::Act;
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::sign_in::{Factor, NewSession, Proof, SignInError, UsedKey, print};

/// A key that an answer names, and its person.
type Named = (SecurityKeyRow, PersonRow);

impl Flow {
    /// What to ask of a key of somebody who wants to sign in. `browser` is a secret that the
    /// browser holds, and will have to come with the answer.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where there are no keys here.
    pub async fn ask_key(&self, browser: &str) -> Result<Ceremony, FlowError> {
        let Asked { options, state } = self.keys()?.ask_whose()?;
        let held = Held::Prove { state, known: None };
        self.give_out(browser, options, &held).await
    }

    /// The same after an address and a password, in place of a code. Whether they are right is
    /// not said before the key has answered, nor is it counted.
    ///
    /// # Errors
    /// [`SignInError::Busy`], or as [`Flow::ask_key`].
    pub async fn ask_key_after(
        &self,
        browser: &str,
        email: &str,
        password: &str,
    ) -> Result<Ceremony, SignInError> {
        let known = Some(self.known_by_password(email, password).await?);
        let Asked { options, state } = self.keys()?.ask_whose()?;
        let held = Held::Prove { state, known };
        Ok(self.give_out(browser, options, &held).await?)
    }

    /// Signs a person in by the answer of a key to what was asked of this browser. `earlier` is
    /// the token of a session to go on with, as [`Flow::sign_in_again`] does.
    ///
    /// # Errors
    /// [`SignInError`]; every failure to prove who one is, is [`SignInError::Refused`].
    pub async fn sign_in_by_key(
        &self,
        browser: &str,
        earlier: Option<&str>,
        ceremony: &str,
        answer: &str,
    ) -> Result<NewSession, SignInError> {
        let proof = self.answered(browser, ceremony, answer, None).await?;
        self.admit(proof, earlier.map(print)).await
    }

    /// Proves once more, by a key of theirs, that it is this person who uses a session.
    ///
    /// # Errors
    /// As [`Flow::sign_in_by_key`].
    pub async fn sign_in_again_by_key(
        &self,
        token: &str,
        person: &PersonRow,
        ceremony: &str,
        answer: &str,
    ) -> Result<NewSession, SignInError> {
        let proof = self.answered(token, ceremony, answer, Some(person)).await?;
        self.admit(proof, Some(print(token))).await
    }

    /// What an answer has shown. It is counted for whoever the key or the password belongs to; of
    /// a key that is nobody's, for the key.
    async fn answered(
        &self,
        browser: &str,
        ceremony: &str,
        answer: &str,
        only: Option<&PersonRow>,
    ) -> Result<Proof, FlowError> {
        let keys = self.keys()?;
        let held = self.take_back(browser, ceremony).await?;
        let claim = keys.claimed(answer);
        let named = self.named_by(claim.as_ref()).await?;
        let (state, known) = match held {
            Some(Held::Prove { state, known }) => (Some(state), known),
            Some(Held::Add { .. } | Held::Join { .. }) | None => (None, None),
        };
        let verdict = match (&claim, &state, &named) {
            (Some(claim), Some(state), Some((key, _))) => keys.judge(claim, state, &key.data)?,
            (_, _, _) => Verdict::Fails,
        };
        let of = named.as_ref().map(|(_, person)| person);
        let theirs = only.is_none_or(|only| of.is_some_and(|person| person.id == only.id))
            && known.as_ref().is_none_or(|known| {
                known.fits && known.person.as_ref() == of.map(|person| &person.id)
            });
        let index = match (&known, only.or(of)) {
            (Some(known), _) => known.index.clone(),
            (None, Some(person)) => person.email_index.clone(),
            (None, None) => {
                let credential = claim.as_ref().map_or("", |claim| &claim.credential);
                self.vault
                    .blind("*", "security_key.credential", credential)
                    .await?
            }
        };
        let after_password = known.is_some();
        let person = match known {
            Some(known) => known.person,
            None => only.or(of).map(|person| person.id.clone()),
        };
        let factor = match (verdict, named) {
            (Verdict::Holds(data), Some((key, _))) if theirs => Some(Factor::Key(UsedKey {
                id: key.id,
                before: key.data,
                after: data,
                after_password,
            })),
            (Verdict::Copied, Some((key, _))) => Some(Factor::Copied(key.id)),
            (Verdict::Holds(_) | Verdict::Copied | Verdict::Fails, _) => None,
        };
        Ok(Proof {
            index,
            person,
            factor,
        })
    }

    /// The key that an answer names, where the answer names its person too.
    async fn named_by(&self, claim: Option<&Claim>) -> Result<Option<Named>, FlowError> {
        let Some(claim) = claim else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let key = tx.key_by_credential(&claim.credential).await?;
        let Some(key) = key.filter(|key| key.state == "active") else {
            return Ok(None);
        };
        if claim.handle.as_ref() != Some(&key.handle) {
            return Ok(None);
        }
        let person: Option<PersonRow> = tx.get(&key.person).await?;
        Ok(person.map(|person| (key, person)))
    }

    /// Notes that a key was used, where it is still what it was when its answer was judged: of
    /// two answers that bear one count, one is taken.
    pub(crate) async fn key_is_used(
        &self,
        tx: &mut Tx,
        person: &PersonRow,
        used: &UsedKey,
    ) -> Result<bool, FlowError> {
        let key: Option<SecurityKeyRow> = tx.get(&used.id).await?;
        let key = key.filter(|key| {
            key.state == "active" && key.person == person.id && key.data == used.before
        });
        let Some(mut key) = key else {
            return Ok(false);
        };
        key.data.clone_from(&used.after);
        key.used_at = Some(self.now());
        tx.put(&mut key).await?;
        Ok(true)
    }

    /// That there may be two of a key, told as what is done to people is.
    pub(crate) async fn key_is_copied(
        &self,
        tx: &mut Tx,
        key: &str,
    ) -> Result<Vec<Draft>, FlowError> {
        let key: Option<SecurityKeyRow> = tx.get(key).await?;
        let Some(key) = key else {
            return Ok(Vec::new());
        };
        let person: Option<PersonRow> = tx.get(&key.person).await?;
        let Some(person) = person else {
            return Ok(Vec::new());
        };
        let act = Act {
            agency: &person.agency,
            by: &person.id,
            change: "key-copied",
            person: Some(&person.id),
            invitation: None,
        };
        self.told(tx, &act).await
    }
}
