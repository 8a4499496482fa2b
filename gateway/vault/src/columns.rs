//! Sealed columns, blind indexes, fingerprints. These are asked for at every step of every
//! exchange: the keys come from memory, and no database is touched.

use gateway_seal::{ColumnError, blind, content_fingerprint};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::{Halves, KeyPurpose};
use crate::request::{PlaceOf, Response};
use crate::secret::{Sealed, Secret};
use crate::vault::Inner;

impl Inner {
    /// Makes an area's keys, where absent.
    pub(crate) async fn ensure_area(&self, area: &str) -> Result<Response, VaultError> {
        self.ring
            .ensure(KeyPurpose::Column, area, || Ok(Halves::column()))
            .await?;
        self.ring
            .ensure(KeyPurpose::Blind, area, || Ok(Halves::blind()))
            .await?;
        self.ring
            .ensure(KeyPurpose::Hold, area, Halves::reader)
            .await?;
        Ok(Response::Done)
    }

    /// Makes a person's column key, where absent.
    pub(crate) async fn ensure_person(&self, person: &str) -> Result<Response, VaultError> {
        let scope = crate::person_scope(person);
        self.ring
            .ensure(KeyPurpose::Column, &scope, || Ok(Halves::column()))
            .await?;
        Ok(Response::Done)
    }

    pub(crate) async fn seal_column(
        &self,
        place: &PlaceOf,
        plain: &Secret,
    ) -> Result<Response, VaultError> {
        let keys = self.ring.columns(&place.area).await?;
        Ok(Response::Sealed(Sealed(
            keys.seal(&place.as_place(), plain.expose())?,
        )))
    }

    pub(crate) async fn open_column(
        &self,
        place: &PlaceOf,
        sealed: &Sealed,
    ) -> Result<Response, VaultError> {
        Ok(Response::Plain(self.opened(place, &sealed.0).await?.into()))
    }

    /// A column's value in clear. A value under a key that is not in memory may be under one
    /// that another process has made since.
    pub(crate) async fn opened(
        &self,
        place: &PlaceOf,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.ring.columns(&place.area).await?;
        match keys.open(&place.as_place(), sealed) {
            Err(ColumnError::UnknownKey(_)) => {
                let keys = self.ring.read_columns(&place.area).await?;
                Ok(keys.open(&place.as_place(), sealed)?)
            }
            opened => Ok(opened?),
        }
    }

    pub(crate) async fn rotate_area_keys(&self, area: &str) -> Result<Response, VaultError> {
        self.ring
            .replace(KeyPurpose::Column, area, || Ok(Halves::column()))
            .await?;
        self.ring.read_columns(area).await?;
        if self.ring.in_use(KeyPurpose::Hold, area).await?.is_some() {
            self.ring
                .replace(KeyPurpose::Hold, area, Halves::reader)
                .await?;
        }
        Ok(Response::Done)
    }

    /// The blind index of a value, hexadecimal.
    pub(crate) async fn blind(
        &self,
        area: &str,
        column: &str,
        value: &str,
    ) -> Result<String, VaultError> {
        Ok(hex::encode(blind(
            &*self.ring.blind(area).await?,
            area,
            column,
            value,
        )))
    }

    pub(crate) async fn blinded(
        &self,
        area: &str,
        column: &str,
        value: &Secret,
    ) -> Result<Response, VaultError> {
        let value = std::str::from_utf8(value.expose())
            .map_err(|_| VaultError::Column("it is not text".to_owned()))?;
        Ok(Response::Text(self.blind(area, column, value).await?))
    }

    pub(crate) async fn fingerprint(
        &self,
        area: &str,
        sha256: &[u8; 32],
    ) -> Result<Response, VaultError> {
        let key = self.ring.blind(area).await?;
        Ok(Response::Text(hex::encode(content_fingerprint(
            &key, area, sha256,
        ))))
    }
}
