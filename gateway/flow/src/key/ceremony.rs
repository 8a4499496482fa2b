//! A challenge, from when it is given out until it is answered: once, by the browser that it was
//! given to.

use gateway_core::Id;
use gateway_seal::Place;
use gateway_store::rows::CeremonyRow;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::webauthn::Asked;
use crate::Flow;
use crate::error::FlowError;
use crate::sign_in::print;

/// How long a challenge is good: what browsers wait for a key.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A challenge for a key, as the page takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// Its id, to be sent back with the answer.
    pub id: String,
    /// What the browser is to ask the key, JSON.
    pub options: String,
}

/// What is kept until the answer comes.
#[derive(Serialize, Deserialize)]
pub(crate) enum Held {
    /// Who somebody is.
    Prove {
        state: String,
        /// Where a password was given before.
        known: Option<Known>,
    },
    /// A new key of somebody who is signed in.
    Add {
        state: String,
        handle: String,
        person: String,
    },
    /// The key of somebody with a link; and the hash of the password, where it is a new one.
    Join {
        state: String,
        handle: String,
        password: Option<String>,
    },
}

/// What an address and a password have shown.
#[derive(Serialize, Deserialize)]
pub(crate) struct Known {
    /// The blind index of the address.
    pub(crate) index: String,
    /// Whose it is.
    pub(crate) person: Option<String>,
    /// The password is that person's.
    pub(crate) fits: bool,
}

const fn place(id: &str) -> Place<'_> {
    Place {
        area: "*",
        table: "key_ceremony",
        row: id,
        column: "held",
    }
}

impl Flow {
    /// Gives a challenge out, to a browser that holds a secret.
    pub(super) async fn give_out(
        &self,
        browser: &str,
        options: String,
        held: &Held,
    ) -> Result<Ceremony, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let plain = serde_json::to_vec(held)?;
        let mut row = CeremonyRow {
            browser: print(browser),
            held: self.vault.seal_column(&place(&id), &plain).await?,
            until_at: (self.clock.now() + GOOD_FOR).as_microsecond(),
            id: id.clone(),
        };
        let mut tx = self.store.write("key-ceremony").await?;
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(Ceremony { id, options })
    }

    /// Takes a challenge back, for its one answer; none where there is none of this browser, or
    /// its time is over.
    pub(crate) async fn take_back(
        &self,
        browser: &str,
        id: &str,
    ) -> Result<Option<Held>, FlowError> {
        let mut tx = self.store.write("key-ceremony").await?;
        let row = tx.take_ceremony(id, &print(browser)).await?;
        tx.commit().await?;
        let Some(row) = row.filter(|row| row.until_at > self.now()) else {
            return Ok(None);
        };
        let plain = self.vault.open_column(&place(&row.id), &row.held).await?;
        Ok(Some(serde_json::from_slice(&plain)?))
    }

    /// What a key is asked of somebody with a link, given out to whoever holds the link.
    pub(crate) async fn ask_of_link(
        &self,
        token: &str,
        named: [&str; 2],
        whose: &str,
        password: Option<String>,
    ) -> Result<Ceremony, FlowError> {
        let handle = self.handle_of(whose).await?;
        let mut tx = self.store.read().await?;
        let there = tx.keys_of(whose).await?;
        drop(tx);
        let Asked { options, state } = self.keys()?.ask_new(&handle, named, &there)?;
        let held = Held::Join {
            state,
            handle,
            password,
        };
        self.give_out(token, options, &held).await
    }
}
