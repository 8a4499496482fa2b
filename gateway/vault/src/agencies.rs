//! The keys of agencies: made, rotated, given out to wrap for.

use std::collections::BTreeMap;

use gateway_core::{AgencyId, Custody};
use gateway_seal::{Recipient, unwrap, wrap};
use gateway_store::KeyRow;
use gateway_store::rows::ItemRow;

use crate::error::VaultError;
use crate::keyring::{Halves, KeyPurpose};
use crate::request::{ReaderKey, Response};
use crate::secret::Sealed;
use crate::vault::Inner;

impl Inner {
    /// Adds an agency's first key. Asked again for the same, it answers with what is there: a
    /// set-up that was cut short can go on.
    pub(crate) async fn add_agency_key(
        &self,
        agency: &AgencyId,
        custody: Custody,
        recipient: Option<&str>,
    ) -> Result<Response, VaultError> {
        let recipient = match (custody, recipient) {
            (Custody::Gateway, None) => None,
            (Custody::Gateway, Some(_)) => {
                return Err(VaultError::Recipient(
                    "in the gateway's custody the gateway makes the key: give no recipient"
                        .to_owned(),
                ));
            }
            (Custody::Agency, Some(text)) => Some(text),
            (Custody::Agency, None) => {
                return Err(VaultError::Recipient(
                    "the agency holds its key: give its recipient, which begins `age1pq1` or `age1`"
                        .to_owned(),
                ));
            }
        };
        let make = || halves(recipient);
        let row = self
            .ring
            .ensure(KeyPurpose::Agency, agency.as_str(), make)
            .await?;
        let same = match recipient {
            Some(text) => row.secret.is_none() && row.public == text,
            None => row.secret.is_some(),
        };
        if same {
            Ok(Response::ReaderKey(self.ring.reader(&row)?))
        } else {
            Err(VaultError::KeyExists(agency.to_string()))
        }
    }

    pub(crate) async fn rotate_agency_key(
        &self,
        agency: &AgencyId,
        recipient: Option<&str>,
    ) -> Result<Response, VaultError> {
        let make = || halves(recipient);
        let row = self
            .ring
            .replace(KeyPurpose::Agency, agency.as_str(), make)
            .await?;
        Ok(Response::ReaderKey(self.ring.reader(&row)?))
    }

    /// The keys in use, by agency; those that have none are absent.
    pub(crate) async fn reader_keys(&self, agencies: &[AgencyId]) -> Result<Response, VaultError> {
        let scopes: Vec<&str> = agencies.iter().map(AgencyId::as_str).collect();
        let purpose = KeyPurpose::Agency.as_str();
        let rows = self.ring.keys.keys_among(purpose, &scopes).await?;
        let mut keys = BTreeMap::new();
        for agency in agencies {
            let in_use = |row: &&KeyRow| row.scope == agency.as_str() && row.state == "active";
            if let Some(row) = rows.iter().find(in_use) {
                keys.insert(agency.clone(), self.ring.reader(row)?);
            }
        }
        Ok(Response::ReaderKeys(keys))
    }

    /// Wraps what an older key of an agency opens for a newer one of the same agency.
    pub(crate) async fn rewrap(
        &self,
        item: &str,
        sealed: &Sealed,
        key_id: &str,
        to: &ReaderKey,
    ) -> Result<Response, VaultError> {
        let from = self.ring.row(key_id, KeyPurpose::Agency).await?;
        let target = self.target(KeyPurpose::Agency, to).await?;
        if target.scope != from.scope {
            return Err(VaultError::OtherKey(to.key_id.clone()));
        }
        let item = self.store.read().await?.get::<ItemRow>(item).await?;
        self.kept(&item.ok_or(VaultError::Refused)?.retention_key)
            .await?;
        let identity = self.ring.identity(&from)?;
        let key = unwrap(&identity, &sealed.0)?;
        Ok(Response::Sealed(Sealed(wrap(&key, &to.recipient)?)))
    }

    /// Sees that a key to wrap for is one that the vault knows, as the vault knows it, and in
    /// use: a key that somebody slipped in gets nothing.
    pub(crate) async fn target(
        &self,
        purpose: KeyPurpose,
        to: &ReaderKey,
    ) -> Result<KeyRow, VaultError> {
        let row = self.ring.row(&to.key_id, purpose).await?;
        if row.public != to.recipient.to_string() {
            return Err(VaultError::OtherKey(to.key_id.clone()));
        }
        match row.state.as_str() {
            "active" => Ok(row),
            "destroyed" => Err(VaultError::Destroyed(to.key_id.clone())),
            _ => Err(VaultError::NotInUse(to.key_id.clone())),
        }
    }
}

/// A fresh key in the gateway's custody, or the public half of one in the agency's.
fn halves(recipient: Option<&str>) -> Result<Halves, VaultError> {
    match recipient {
        None => Halves::reader(),
        Some(text) => {
            let recipient: Recipient = text.parse()?;
            Ok(Halves {
                public: recipient.to_string(),
                secret: None,
            })
        }
    }
}
