//! One's own second factors, and the removal of a key.

use gateway_core::Personal;
use gateway_store::Tx;
use gateway_store::rows::{PersonRow, SecurityKeyRow};
use jiff::Timestamp;

use super::add::name_place;
use crate::Flow;
use crate::case::corrupt;
use crate::colleague::Act;
use crate::error::FlowError;
use crate::sign_in::{Session, end_all};

/// By what somebody shows, beside a password or without one, who they are.
#[derive(Debug)]
pub struct Factors {
    /// An authenticator app is set up.
    pub app: bool,
    /// The security keys and passkeys, the oldest first.
    pub keys: Vec<OwnKey>,
}

impl Factors {
    /// Whether one of them can go: there is another.
    pub fn can_lose_one(&self) -> bool {
        self.keys.len() + usize::from(self.app) > 1
    }
}

/// A key of one's own.
#[derive(Debug)]
pub struct OwnKey {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Personal<String>,
    /// Since when it is there.
    pub added: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

impl Flow {
    /// The second factors of somebody who is signed in.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store or the vault is away.
    pub async fn factors(&self, session: &Session) -> Result<Factors, FlowError> {
        let mut tx = self.store.read().await?;
        let person: Option<PersonRow> = tx.get(&session.person.id).await?;
        let rows = tx.keys_of(&session.person.id).await?;
        drop(tx);
        let mut keys = Vec::new();
        for row in rows {
            keys.push(self.own_key(row).await?);
        }
        Ok(Factors {
            app: person.is_some_and(|person| person.totp.is_some()),
            keys,
        })
    }

    async fn own_key(&self, row: SecurityKeyRow) -> Result<OwnKey, FlowError> {
        let wrong = || corrupt("security_key", &row.id);
        let sealed = row.name.as_deref().ok_or_else(wrong)?;
        let plain = self.vault.open_column(&name_place(&row.id), sealed).await?;
        let name = String::from_utf8(plain.to_vec()).map_err(|_| wrong())?;
        let time = |at| Timestamp::from_microsecond(at).map_err(|_| wrong());
        Ok(OwnKey {
            name: name.into(),
            added: time(row.added_at)?,
            used: row.used_at.map(time).transpose()?,
            id: row.id,
        })
    }

    /// Removes a key of somebody who is signed in, and ends their other sessions. The coordination
    /// unit is told, and the person by mail.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is none of this id, or it is another person's;
    /// [`FlowError::Conflict`] for the only second factor.
    pub async fn remove_key(&self, session: &Session, id: &str) -> Result<(), FlowError> {
        let (flow, id) = (self.clone(), id.to_owned());
        let mail = self.key_mail(&session.person, "removed").await?;
        let (person, here) = (session.person.id.clone(), session.id.clone());
        self.administer("remove-key", move |tx| {
            Box::pin(async move {
                let held: Option<PersonRow> = tx.get(&person).await?;
                let held = held.ok_or_else(|| corrupt("person", &person))?;
                let keys = tx.keys_of(&person).await?;
                let others = keys.len().saturating_sub(1) + usize::from(held.totp.is_some());
                let key = keys.into_iter().find(|key| key.id == id);
                let key = key.ok_or(FlowError::NotFound)?;
                if others == 0 {
                    let words = "this is your only second factor: add another key first";
                    return Err(FlowError::Conflict(words.to_owned()));
                }
                forget(tx, key).await?;
                tx.queue_mail(&mail).await?;
                let act = Act {
                    agency: &held.agency,
                    by: &held.id,
                    change: "key-removed",
                    person: Some(&held.id),
                    invitation: None,
                };
                let mut events = flow.told(tx, &act).await?;
                // Whoever holds a key that was lost may have signed in with it.
                let mut open = tx.sessions_of(&person, flow.now()).await?;
                open.retain(|session| session.id != here);
                events.extend(end_all(tx, open, "key-removed").await?);
                Ok((events, ()))
            })
        })
        .await
    }
}

/// Ends a key for good, in a transaction that records.
async fn forget(tx: &mut Tx, mut key: SecurityKeyRow) -> Result<(), FlowError> {
    key.state = "removed".to_owned();
    key.data = String::new();
    key.name = None;
    Ok(tx.put(&mut key).await?)
}

/// Ends all keys of a person, in a transaction that records: their second factor was reset.
pub(crate) async fn forget_keys(tx: &mut Tx, person: &str) -> Result<(), FlowError> {
    for key in tx.keys_of(person).await? {
        forget(tx, key).await?;
    }
    Ok(())
}
