//! The vault itself: what it holds, and the one way to ask it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use gateway_core::Clock;
use gateway_protocol::Protocols;
use gateway_seal::MasterKey;
use gateway_store::{KeyStore, Mark, Store};

use crate::error::VaultError;
use crate::keyring::KeyRing;
use crate::request::{Request, Response};

/// The vault. Clones are the same vault.
#[derive(Clone)]
pub struct Vault(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) ring: KeyRing,
    pub(crate) store: Store,
    pub(crate) protocols: Arc<Protocols>,
    pub(crate) clock: Clock,
    /// The highest head of each log that this process has seen given out.
    pub(crate) marks: Mutex<HashMap<String, Mark>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault([keys])")
    }
}

impl Vault {
    /// Opens the vault over its key store and the records, which it only reads.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when the key store was made with another master key.
    pub async fn open(
        keys: KeyStore,
        store: Store,
        protocols: Arc<Protocols>,
        master: MasterKey,
        clock: Clock,
    ) -> Result<Self, VaultError> {
        // The flow asks while it holds a connection: the vault has its own.
        let store = store.apart().await?;
        let ring = KeyRing::open(keys, master, clock.clone()).await?;
        let marks = Mutex::default();
        Ok(Self(Arc::new(Inner {
            ring,
            store,
            protocols,
            clock,
            marks,
        })))
    }

    /// Asks the vault: the one way in.
    pub async fn call(&self, request: Request) -> Result<Response, VaultError> {
        let vault = &*self.0;
        match request {
            Request::EnsureArea(area) => vault.ensure_area(&area).await,
            Request::EnsurePerson(person) => vault.ensure_person(&person).await,
            Request::AddAgencyKey {
                agency,
                custody,
                recipient,
            } => {
                vault
                    .add_agency_key(&agency, custody, recipient.as_deref())
                    .await
            }
            Request::RotateAgencyKey { agency, recipient } => {
                vault.rotate_agency_key(&agency, recipient.as_deref()).await
            }
            Request::ReaderKeys(agencies) => vault.reader_keys(&agencies).await,
            Request::Rewrap {
                item,
                wrap,
                key_id,
                to,
            } => vault.rewrap(&item, &wrap, &key_id, &to).await,
            Request::SealColumn { place, plain } => vault.seal_column(&place, &plain).await,
            Request::OpenColumn { place, sealed } => vault.open_column(&place, &sealed).await,
            Request::RotateAreaKeys(area) => vault.rotate_area_keys(&area).await,
            Request::Blind {
                area,
                column,
                value,
            } => vault.blinded(&area, &column, &value).await,
            Request::Fingerprint { area, sha256 } => vault.fingerprint(&area, &sha256).await,
            Request::MatchPerson { area, identifiers } => vault
                .match_person(&area, &identifiers)
                .await
                .map(Response::Match),
            Request::HoldingKeys {
                area,
                scope,
                owner,
                class,
            } => vault.holding_keys(&area, &scope, &owner, &class).await,
            Request::WrapHeld {
                exchange,
                hold_wrap,
                retention_key,
                to,
            } => {
                vault
                    .wrap_held(&exchange, &hold_wrap, &retention_key, &to)
                    .await
            }
            Request::MoveRetention {
                retention_wrap,
                retention_key,
                to,
            } => {
                vault
                    .move_retention(&retention_wrap, &retention_key, &to)
                    .await
            }
            Request::DestroyRetention {
                scope,
                owner,
                class,
            } => vault.destroy_retention(&scope, &owner, &class).await,
            Request::MayOpen(asked) => vault.may_open(&asked).await.map(Response::Ruling),
            Request::OpenItem(asked) => vault.open_item(&asked).await,
            Request::OpenForReview(asked) => vault.open_for_review(&asked).await,
            Request::OpenOwn(asked) => vault.open_own(&asked).await,
            Request::MayOpenOwn(asked) => vault.may_open_own(&asked).await.map(Response::Ruling),
            Request::OpenKeptApart(asked) => vault.open_kept_apart(&asked).await,
            Request::Log(asked) => vault.about_log(asked).await,
            Request::Mail(asked) => vault.about_mail(asked).await,
        }
    }
}
