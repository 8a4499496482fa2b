//! The keys at rest and in memory.
//!
//! A key's id is `purpose/scope/number`. The number counts the keys of that purpose and scope,
//! so two processes that make one at the same time make the same id, and the database takes
//! only the first: the other reads it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gateway_core::Clock;
use gateway_ledger::Signer;
use gateway_seal::{
    BlindKey, ColumnKey, ColumnKeys, Identity, KeyName, MasterKey, OpenError, open_secret,
    seal_secret,
};
use gateway_store::{KeyRow, KeyStore, StoreError};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::mail::MailKeys;
use crate::request::ReaderKey;

/// How often a key is tried to be made, when others make one at the same time.
const TRIES: usize = 8;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Opens what is shared with an agency.
    Agency,
    /// Opens an area's items for reviewers and later readers.
    Hold,
    /// Opens the items of one nominal, owner and record class.
    Retention,
    /// Seals an area's columns.
    Column,
    /// Makes an area's blind indexes.
    Blind,
    /// Signs a log's checkpoints.
    Log,
    /// Opens mail to the gateway, and signs the gateway's.
    Mail,
}

impl KeyPurpose {
    /// All, those that every installation has first.
    const ALL: [Self; 7] = [
        Self::Column,
        Self::Blind,
        Self::Hold,
        Self::Log,
        Self::Agency,
        Self::Retention,
        Self::Mail,
    ];

    /// The word in the key store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Hold => "hold",
            Self::Retention => "retention",
            Self::Column => "column",
            Self::Blind => "blind",
            Self::Log => "log",
            Self::Mail => "mail",
        }
    }
}

/// The two halves of a key to be kept: the public one is empty for a symmetric key, the secret
/// one absent where somebody else holds it.
pub struct Halves {
    /// The public half.
    pub public: String,
    /// The secret half, in clear.
    pub secret: Option<Zeroizing<Vec<u8>>>,
}

impl Halves {
    /// A fresh post-quantum reader's key.
    pub fn reader() -> Result<Self, VaultError> {
        let identity = Identity::generate()?;
        let public = identity.to_recipient()?.to_string();
        let text = identity.to_text()?;
        let secret = Zeroizing::new(text.expose_secret().as_bytes().to_vec());
        Ok(Self {
            public,
            secret: Some(secret),
        })
    }

    fn symmetric(bytes: &[u8]) -> Self {
        Self {
            public: String::new(),
            secret: Some(Zeroizing::new(bytes.to_vec())),
        }
    }

    /// A fresh key of columns.
    pub fn column() -> Self {
        // The id is the key's number at rest, and no part of its bytes.
        Self::symmetric(ColumnKey::generate(0).expose())
    }

    /// A fresh key of blind indexes.
    pub fn blind() -> Self {
        Self::symmetric(BlindKey::generate().expose())
    }
}

/// A rotation by another process (`gateway key rotate`) is noticed within this time.
pub const ROTATED_ELSEWHERE: Duration = Duration::from_secs(5);

/// One kind of opened key, by whose it is.
type Opened<K> = RwLock<HashMap<String, Arc<K>>>;

/// The key store, the master key, and the keys opened so far.
pub struct KeyRing {
    pub keys: KeyStore,
    master: MasterKey,
    clock: Clock,
    columns: Opened<ColumnKeys>,
    /// When an area's column keys were read.
    columns_read: RwLock<HashMap<String, Instant>>,
    blinds: Opened<BlindKey>,
    identities: Opened<Identity>,
    /// Public halves, made from the secret ones.
    publics: Opened<String>,
    /// Readers' keys as they were last read, with the text that they were read from.
    readers: Opened<(String, ReaderKey)>,
    signers: Opened<Signer>,
    pub mail: RwLock<Option<Arc<MailKeys>>>,
}

impl KeyRing {
    /// Opens the key store, and sees that the master key is the one it was made with.
    pub async fn open(keys: KeyStore, master: MasterKey, clock: Clock) -> Result<Self, VaultError> {
        let ring = Self {
            keys,
            master,
            clock,
            columns: RwLock::default(),
            columns_read: RwLock::default(),
            blinds: RwLock::default(),
            identities: RwLock::default(),
            publics: RwLock::default(),
            readers: RwLock::default(),
            signers: RwLock::default(),
            mail: RwLock::default(),
        };
        for purpose in KeyPurpose::ALL {
            let rows = ring.keys.keys_for(purpose.as_str()).await?;
            if let Some(row) = rows.iter().find(|row| row.secret.is_some()) {
                ring.secret(row)?;
                return Ok(ring);
            }
        }
        Ok(ring)
    }

    /// The time now, microseconds UTC.
    pub fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    /// The secret half of a key.
    pub fn secret(&self, row: &KeyRow) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        secret(&self.master, row)
    }

    /// Adds the `number`th key of a purpose and scope; none where another process has added it
    /// meanwhile.
    pub async fn add(
        &self,
        purpose: KeyPurpose,
        scope: &str,
        number: usize,
        halves: Halves,
    ) -> Result<Option<KeyRow>, VaultError> {
        let purpose = purpose.as_str();
        // Of a fixed width, so that the order of ids is the order of making.
        let id = format!("{purpose}/{scope}/{number:06}");
        let name = KeyName { purpose, id: &id };
        let secret = match &halves.secret {
            Some(secret) => Some(seal_secret(&self.master, &name, secret)?),
            None => None,
        };
        let row = KeyRow {
            id,
            purpose: purpose.to_owned(),
            scope: scope.to_owned(),
            public: halves.public,
            secret,
            state: "active".to_owned(),
            created_at: self.now(),
            destroyed_at: None,
        };
        match self.keys.add(&row).await {
            Ok(()) => Ok(Some(row)),
            Err(StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The key that is in use for a purpose and scope, if there is one.
    pub async fn in_use(
        &self,
        purpose: KeyPurpose,
        scope: &str,
    ) -> Result<Option<KeyRow>, VaultError> {
        let rows = self.keys.keys(purpose.as_str(), scope).await?;
        Ok(rows.into_iter().find(|row| row.state == "active"))
    }

    /// An area's hold key and a retention key, those that are in use.
    pub async fn holding(
        &self,
        area: &str,
        retention: &str,
    ) -> Result<(Option<KeyRow>, Option<KeyRow>), VaultError> {
        let (hold_of, kept_of) = (KeyPurpose::Hold.as_str(), KeyPurpose::Retention.as_str());
        let asked = self.keys.keys_of_two((hold_of, area), (kept_of, retention));
        let (hold, retention): (Vec<KeyRow>, Vec<KeyRow>) = asked
            .await?
            .into_iter()
            .filter(|row| row.state == "active")
            .partition(|row| row.purpose == hold_of);
        Ok((hold.into_iter().next(), retention.into_iter().next()))
    }

    /// The key that is in use for a purpose and scope, made where there is none.
    pub async fn ensure(
        &self,
        purpose: KeyPurpose,
        scope: &str,
        make: impl Fn() -> Result<Halves, VaultError>,
    ) -> Result<KeyRow, VaultError> {
        for _ in 0..TRIES {
            let rows = self.keys.keys(purpose.as_str(), scope).await?;
            let number = rows.len() + 1;
            if let Some(row) = rows.into_iter().find(|row| row.state == "active") {
                return Ok(row);
            }
            if let Some(row) = self.add(purpose, scope, number, make()?).await? {
                return Ok(row);
            }
        }
        Err(no_key(purpose, scope))
    }

    /// Puts a new key in the place of the one in use; the older ones go on reading.
    pub async fn replace(
        &self,
        purpose: KeyPurpose,
        scope: &str,
        make: impl Fn() -> Result<Halves, VaultError>,
    ) -> Result<KeyRow, VaultError> {
        for _ in 0..TRIES {
            let number = self.keys.keys(purpose.as_str(), scope).await?.len() + 1;
            if let Some(row) = self.add(purpose, scope, number, make()?).await? {
                self.keys.retire_others(&row).await?;
                return Ok(row);
            }
        }
        Err(no_key(purpose, scope))
    }

    /// Retires every key of a purpose and scope.
    pub async fn retire(&self, purpose: KeyPurpose, scope: &str) -> Result<(), VaultError> {
        Ok(self.keys.retire(purpose.as_str(), scope).await?)
    }

    /// A key's row as it stands now.
    pub async fn row(&self, id: &str, purpose: KeyPurpose) -> Result<KeyRow, VaultError> {
        let row = self.keys.key(id).await?;
        row.filter(|row| row.purpose == purpose.as_str())
            .ok_or_else(|| VaultError::OtherKey(id.to_owned()))
    }

    /// A reader's private key, by its row as it stands now: a destruction by another process is
    /// honoured at once, and only the opening is saved.
    pub fn identity(&self, row: &KeyRow) -> Result<Arc<Identity>, VaultError> {
        if row.state == "destroyed" {
            self.forget(&row.id);
            return Err(VaultError::Destroyed(row.id.clone()));
        }
        cached(&self.identities, &row.id, || {
            let secret = self.secret(row)?;
            let text = std::str::from_utf8(&secret).map_err(|_| unreadable(row))?;
            text.parse().map_err(|_| unreadable(row))
        })
    }

    /// What a row says to whoever wraps for it: its public half is the secret's, where the vault
    /// has that, so that a row changed in the key store gets nothing sealed for somebody else.
    pub fn reader(&self, row: &KeyRow) -> Result<ReaderKey, VaultError> {
        if row.secret.is_some() && row.state != "destroyed" {
            let known = cached(&self.publics, &row.id, || {
                public_half(row, &self.secret(row)?)
            })?;
            if *known != row.public {
                return Err(unreadable(row));
            }
        }
        if let Some(read) = found(&self.readers, &row.id)
            && read.0 == row.public
        {
            return Ok(read.1.clone());
        }
        let read = Arc::new((row.public.clone(), reader_key(row)?));
        let mut all = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(row.id.clone(), Arc::clone(&read));
        Ok(read.1.clone())
    }

    /// Sees that a row's public half belongs to its secret one.
    pub fn halves_agree(&self, row: &KeyRow) -> Result<(), VaultError> {
        match public_half(row, &self.secret(row)?)? == row.public {
            true => Ok(()),
            false => Err(unreadable(row)),
        }
    }

    /// Wipes a reader's private key from memory.
    pub fn forget(&self, id: &str) {
        self.identities
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// The keys of an area's columns; from memory where they have been opened before.
    pub async fn columns(&self, area: &str) -> Result<Arc<ColumnKeys>, VaultError> {
        let fresh = self
            .columns_read
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(area)
            .is_some_and(|read| read.elapsed() < ROTATED_ELSEWHERE);
        match found(&self.columns, area) {
            Some(keys) if fresh => Ok(keys),
            Some(_) | None => self.read_columns(area).await,
        }
    }

    /// The keys of an area's columns, read again: after a rotation, here or elsewhere.
    pub async fn read_columns(&self, area: &str) -> Result<Arc<ColumnKeys>, VaultError> {
        let rows = self.keys.keys(KeyPurpose::Column.as_str(), area).await?;
        let mut writes = None;
        let mut reads = Vec::new();
        // The newest first.
        for row in rows.iter().filter(|row| row.state != "destroyed") {
            let number = number_of(row).ok_or_else(|| unreadable(row))?;
            let key =
                ColumnKey::from_bytes(number, &self.secret(row)?).map_err(|_| unreadable(row))?;
            if writes.is_none() && row.state == "active" {
                writes = Some(key);
            } else {
                reads.push(key);
            }
        }
        let writes = writes.ok_or_else(|| no_key(KeyPurpose::Column, area))?;
        let keys = Arc::new(ColumnKeys::new(writes, reads)?);
        self.columns_read
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(area.to_owned(), Instant::now());
        let mut all = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(area.to_owned(), Arc::clone(&keys));
        Ok(keys)
    }

    /// The key of an area's blind indexes.
    pub async fn blind(&self, area: &str) -> Result<Arc<BlindKey>, VaultError> {
        if let Some(key) = found(&self.blinds, area) {
            return Ok(key);
        }
        let row = self
            .in_use(KeyPurpose::Blind, area)
            .await?
            .ok_or_else(|| no_key(KeyPurpose::Blind, area))?;
        let secret = self.secret(&row)?;
        cached(&self.blinds, area, || {
            BlindKey::from_bytes(&secret).map_err(|_| unreadable(&row))
        })
    }

    /// The signer of a log.
    pub async fn signer(&self, log: &str) -> Result<Arc<Signer>, VaultError> {
        if let Some(signer) = found(&self.signers, log) {
            return Ok(signer);
        }
        let row = self
            .in_use(KeyPurpose::Log, log)
            .await?
            .ok_or_else(|| no_key(KeyPurpose::Log, log))?;
        let secret = self.secret(&row)?;
        let origin = row.public.split('+').next().unwrap_or_default();
        cached(&self.signers, log, || {
            let seed: &[u8; 32] = secret.as_slice().try_into().map_err(|_| unreadable(&row))?;
            Signer::new(origin, seed).map_err(|error| VaultError::Origin(error.to_string()))
        })
    }
}

/// The secret half of a key at rest.
fn secret(master: &MasterKey, row: &KeyRow) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    if row.state == "destroyed" {
        return Err(VaultError::Destroyed(row.id.clone()));
    }
    let sealed = row
        .secret
        .as_ref()
        .ok_or_else(|| VaultError::HeldByAgency(row.id.clone()))?;
    let name = KeyName {
        purpose: &row.purpose,
        id: &row.id,
    };
    open_secret(master, &name, sealed).map_err(|error| match error {
        OpenError::NotMine => VaultError::WrongMasterKey,
        OpenError::Broken | OpenError::Io(_) => VaultError::Broken(error.to_string()),
    })
}

/// Whether a key at rest, wherever it lies, is under this master key and whole, and its public
/// half is the secret's: that is what is sealed for, and what old receipts are checked with.
///
/// # Errors
/// [`VaultError::WrongMasterKey`], or [`VaultError::Broken`].
pub fn check_at_rest(master: &MasterKey, row: &KeyRow) -> Result<(), VaultError> {
    let log = row.purpose == KeyPurpose::Log.as_str();
    if row.state == "destroyed" || (row.secret.is_none() && !log) {
        return Ok(());
    }
    let secret = secret(master, row)?;
    if public_half(row, &secret)? == row.public {
        Ok(())
    } else {
        Err(unreadable(row))
    }
}

/// The public half that belongs to a secret one; empty for a symmetric key.
fn public_half(row: &KeyRow, secret: &[u8]) -> Result<String, VaultError> {
    if row.purpose == KeyPurpose::Log.as_str() {
        let seed: &[u8; 32] = secret.try_into().map_err(|_| unreadable(row))?;
        let origin = row.public.split('+').next().unwrap_or_default();
        let signer =
            Signer::new(origin, seed).map_err(|error| VaultError::Origin(error.to_string()))?;
        return Ok(signer.verifier_key());
    }
    if row.public.is_empty() {
        return Ok(String::new());
    }
    if row.purpose == KeyPurpose::Mail.as_str() {
        // The certificates stand before the key.
        let text = std::str::from_utf8(secret).map_err(|_| unreadable(row))?;
        let certificates = text.strip_prefix(&row.public);
        let key = certificates.filter(|key| key.starts_with("-----BEGIN"));
        return key.map_or_else(|| Err(unreadable(row)), |_| Ok(row.public.clone()));
    }
    let text = std::str::from_utf8(secret).map_err(|_| unreadable(row))?;
    let identity: Identity = text.parse().map_err(|_| unreadable(row))?;
    Ok(identity.to_recipient()?.to_string())
}

/// What a row says to whoever wraps for it.
fn reader_key(row: &KeyRow) -> Result<ReaderKey, VaultError> {
    Ok(ReaderKey {
        key_id: row.id.clone(),
        recipient: row.public.parse()?,
    })
}

/// The number at the end of a key's id.
fn number_of(row: &KeyRow) -> Option<u32> {
    row.id.rsplit('/').next()?.parse().ok()
}

fn no_key(purpose: KeyPurpose, scope: &str) -> VaultError {
    VaultError::NoKey {
        purpose: purpose.as_str().to_owned(),
        scope: scope.to_owned(),
    }
}

fn unreadable(row: &KeyRow) -> VaultError {
    VaultError::Broken(format!("key `{}` is not of its purpose", row.id))
}

fn found<K>(opened: &Opened<K>, whose: &str) -> Option<Arc<K>> {
    opened
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(whose)
        .cloned()
}

/// The key from memory, else opened and kept there.
fn cached<K>(
    opened: &Opened<K>,
    whose: &str,
    open: impl FnOnce() -> Result<K, VaultError>,
) -> Result<Arc<K>, VaultError> {
    if let Some(key) = found(opened, whose) {
        return Ok(key);
    }
    let key = Arc::new(open()?);
    let mut all = opened.write().unwrap_or_else(PoisonError::into_inner);
    Ok(Arc::clone(all.entry(whose.to_owned()).or_insert(key)))
}
