//! Items while they wait, and for how long they are kept: hold keys and retention keys.

use gateway_seal::{ItemKey, OpenError, unwrap, wrap};
use gateway_store::rows::ExchangeRow;
use gateway_store::{KeyRow, StoreError};

use crate::error::VaultError;
use crate::keyring::{Halves, KeyPurpose};
use crate::request::{HoldingKeys, ReaderKey, Response};
use crate::secret::Sealed;
use crate::vault::Inner;

impl Inner {
    pub(crate) async fn holding_keys(
        &self,
        area: &str,
        scope: &str,
        owner: &str,
        class: &str,
    ) -> Result<Response, VaultError> {
        let whose = retention_scope(scope, owner, class)?;
        let (hold, retention) = self.ring.holding(area, &whose).await?;
        let hold = hold.ok_or_else(|| VaultError::NoKey {
            purpose: "hold".to_owned(),
            scope: area.to_owned(),
        })?;
        let retention = match retention {
            Some(row) => row,
            None => {
                self.ring
                    .ensure(KeyPurpose::Retention, &whose, Halves::reader)
                    .await?
            }
        };
        Ok(Response::HoldingKeys(HoldingKeys {
            hold: self.ring.reader(&hold)?,
            retention: self.ring.reader(&retention)?,
        }))
    }

    /// Wraps an item's key, held under its area's hold key, for an agency.
    pub(crate) async fn wrap_held(
        &self,
        exchange: &str,
        hold_wrap: &Sealed,
        retention_key: &str,
        to: &ReaderKey,
    ) -> Result<Response, VaultError> {
        self.target(KeyPurpose::Agency, to).await?;
        let exchange = self
            .store
            .read()
            .await?
            .get::<ExchangeRow>(exchange)
            .await?;
        let exchange = exchange.ok_or(VaultError::Refused)?;
        let key = self
            .held(&exchange.area, &hold_wrap.0, retention_key)
            .await?;
        Ok(Response::Sealed(Sealed(wrap(&key, &to.recipient)?)))
    }

    /// The key of an item that is held, unless its retention key has been destroyed.
    pub(crate) async fn held(
        &self,
        area: &str,
        hold_wrap: &[u8],
        retention_key: &str,
    ) -> Result<ItemKey, VaultError> {
        self.kept(retention_key).await?;
        self.under_hold(area, hold_wrap).await
    }

    /// The key of what lies under an area's hold key, the present one or one before it.
    pub(crate) async fn under_hold(
        &self,
        area: &str,
        hold_wrap: &[u8],
    ) -> Result<ItemKey, VaultError> {
        for row in self.ring.keys.keys(KeyPurpose::Hold.as_str(), area).await? {
            let identity = self.ring.identity(&row)?;
            match unwrap(&identity, hold_wrap) {
                // It may be under the hold key before.
                Err(OpenError::NotMine) => {}
                opened => return Ok(opened?),
            }
        }
        Err(OpenError::NotMine.into())
    }

    /// An item's retention key, which must not have been destroyed: nothing that was sealed
    /// along with it is opened after that, by whatever other key.
    pub(crate) async fn kept(&self, retention_key: &str) -> Result<KeyRow, VaultError> {
        let row = self.ring.row(retention_key, KeyPurpose::Retention).await?;
        if row.state == "destroyed" {
            self.ring.forget(retention_key);
            return Err(VaultError::Destroyed(retention_key.to_owned()));
        }
        Ok(row)
    }

    pub(crate) async fn move_retention(
        &self,
        retention_wrap: &Sealed,
        retention_key: &str,
        to: &ReaderKey,
    ) -> Result<Response, VaultError> {
        self.target(KeyPurpose::Retention, to).await?;
        let from = self.kept(retention_key).await?;
        let identity = self.ring.identity(&from)?;
        let key = unwrap(&identity, &retention_wrap.0)?;
        Ok(Response::Sealed(Sealed(wrap(&key, &to.recipient)?)))
    }

    pub(crate) async fn destroy_retention(
        &self,
        scope: &str,
        owner: &str,
        class: &str,
    ) -> Result<Response, VaultError> {
        let whose = retention_scope(scope, owner, class)?;
        let rows = self
            .ring
            .keys
            .keys(KeyPurpose::Retention.as_str(), &whose)
            .await?;
        Ok(Response::Did(self.destroy(&rows).await?))
    }

    async fn destroy(&self, rows: &[KeyRow]) -> Result<bool, StoreError> {
        let mut any = false;
        for row in rows {
            any |= self.ring.keys.destroy(&row.id, self.ring.now()).await?;
            self.ring.forget(&row.id);
        }
        Ok(any)
    }
}

/// (nominal or `unmatched/…`, owner, record class). Owner and class have no slash, so no two
/// triples are written alike.
fn retention_scope(scope: &str, owner: &str, class: &str) -> Result<String, VaultError> {
    let word = |text: &str| !text.is_empty() && !text.contains('/');
    for (text, good) in [
        (scope, !scope.is_empty()),
        (owner, word(owner)),
        (class, word(class)),
    ] {
        if !good {
            return Err(VaultError::Scope(text.to_owned()));
        }
    }
    Ok(format!("{scope}/{owner}/{class}"))
}
