//! A new key of one's own.

use gateway_core::Id;
use gateway_seal::Place;
use gateway_store::rows::{PersonRow, SecurityKeyRow};

use super::ceremony::{Ceremony, Held};
use super::webauthn::{Asked, handle};
use crate::Flow;
use crate::colleague::Act;
use crate::error::{FieldFault, FlowError};
use crate::sign_in::Session;

/// The longest name of a key, in letters.
const LONGEST_NAME: usize = 60;
/// The most keys of one person.
const MOST: usize = 10;
/// What a key is called that was given no name.
const UNNAMED: &str = "Security key or passkey";

/// What came back from a key, and what goes with it.
#[derive(Debug, Clone, Copy)]
pub struct KeyAnswer<'a> {
    /// The id of the challenge.
    pub ceremony: &'a str,
    /// The answer, JSON.
    pub answer: &'a str,
    /// What the key is to be called.
    pub name: &'a str,
}

fn invalid(pointer: &str, words: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, words)])
}

/// What is said of an answer that does not hold.
pub(crate) const NOT_TAKEN: &str = "The key was not set up: it took more than 5 minutes, or its answer was not right. Try again. The key must have a PIN, or check your fingerprint or face";

impl Flow {
    /// What to ask of a new key of somebody who is signed in; `token` is their session's.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where they have too many, or there are no keys here.
    pub async fn begin_key(&self, session: &Session, token: &str) -> Result<Ceremony, FlowError> {
        let person = &session.person;
        let address = self.person_email(person).await?;
        let name = self.person_name(person).await?;
        let mut tx = self.store.read().await?;
        let there = tx.keys_of(&person.id).await?;
        drop(tx);
        not_too_many(&there)?;
        let handle = match there.first() {
            Some(key) => key.handle.clone(),
            None => self.handle_of(&person.id).await?,
        };
        let named = [address.reveal().as_str(), name.reveal().as_str()];
        let Asked { options, state } = self.keys()?.ask_new(&handle, named, &there)?;
        let held = Held::Add {
            state,
            handle,
            person: person.id.clone(),
        };
        self.give_out(token, options, &held).await
    }

    /// Adds a key to the ways in which somebody signs in who is signed in. The coordination unit
    /// is told, and the person by mail.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with `/name` or `/key`.
    pub async fn add_key(
        &self,
        session: &Session,
        token: &str,
        given: KeyAnswer<'_>,
    ) -> Result<(), FlowError> {
        let name = named(given.name)?;
        let person = session.person.id.clone();
        let held = self.take_back(token, given.ceremony).await?;
        let (state, handle) = match held {
            Some(Held::Add {
                state,
                handle,
                person: of,
            }) if of == person => (state, handle),
            Some(Held::Add { .. } | Held::Prove { .. } | Held::Join { .. }) | None => {
                return Err(invalid("/key", NOT_TAKEN));
            }
        };
        let mut row = self
            .new_key(&person, &handle, &state, given.answer, &name)
            .await?
            .ok_or_else(|| invalid("/key", NOT_TAKEN))?;
        let mail = self.key_mail(&session.person, "added").await?;
        let flow = self.clone();
        self.administer("add-key", move |tx| {
            Box::pin(async move {
                let held: Option<PersonRow> = tx.get(&person).await?;
                let held = held.filter(|held| held.state == "active");
                let held = held.ok_or(FlowError::NotFound)?;
                not_too_many(&tx.keys_of(&held.id).await?)?;
                if tx.key_by_credential(&row.credential).await?.is_some() {
                    return Err(invalid("/key", "This key is set up here already"));
                }
                tx.put(&mut row).await?;
                tx.queue_mail(&mail).await?;
                let act = Act {
                    agency: &held.agency,
                    by: &held.id,
                    change: "key-added",
                    person: Some(&held.id),
                    invitation: None,
                };
                Ok((flow.told(tx, &act).await?, ()))
            })
        })
        .await
    }

    /// The row of a new key, its name sealed; none where the answer does not hold.
    pub(crate) async fn new_key(
        &self,
        person: &str,
        handle: &str,
        state: &str,
        answer: &str,
        name: &str,
    ) -> Result<Option<SecurityKeyRow>, FlowError> {
        let Some(made) = self.keys()?.made(answer, state)? else {
            return Ok(None);
        };
        let id = Id::new(&self.clock).to_string();
        let place = name_place(&id);
        let sealed = self.vault.seal_column(&place, name.as_bytes()).await?;
        Ok(Some(SecurityKeyRow {
            person: person.to_owned(),
            credential: made.credential,
            handle: handle.to_owned(),
            data: made.data,
            name: Some(sealed),
            added_at: self.now(),
            used_at: None,
            state: "active".to_owned(),
            updated_by: String::new(),
            id,
        }))
    }

    /// What keys know somebody by. It follows from an id by a key of the vault, so that a key that
    /// is set up twice does not hold two entries.
    pub(super) async fn handle_of(&self, whose: &str) -> Result<String, FlowError> {
        let keyed = self.vault.blind("*", "security_key.handle", whose).await?;
        Ok(handle(&keyed))
    }
}

fn not_too_many(there: &[SecurityKeyRow]) -> Result<(), FlowError> {
    if there.len() < MOST {
        return Ok(());
    }
    let words = "you have 10 security keys already: remove one that you no longer use";
    Err(FlowError::Conflict(words.to_owned()))
}

/// A name as it is kept.
fn named(name: &str) -> Result<String, FlowError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(invalid("/name", "Enter a name for the key")),
        letters if letters > LONGEST_NAME => {
            Err(invalid("/name", "The name must be 60 characters or fewer"))
        }
        _ => Ok(name),
    }
}

/// A name as it is kept, of a key that needs none.
pub(crate) fn named_or_not(name: &str) -> String {
    named(name).unwrap_or_else(|_| UNNAMED.to_owned())
}

/// Where the name of a key is sealed to.
pub(super) const fn name_place(key: &str) -> Place<'_> {
    Place {
        area: "*",
        table: "security_key",
        row: key,
        column: "name",
    }
}
