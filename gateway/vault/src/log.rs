//! The keys of logs, and the one rule of signing: never behind what has been given out.

use std::sync::PoisonError;

use gateway_ledger::{Hash, Signer};
use gateway_store::Mark;
use rand::RngCore as _;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::{Halves, KeyPurpose};
use crate::request::{Head, LogRequest, Response};
use crate::vault::Inner;

impl Inner {
    /// Answers what is asked about a log.
    pub(crate) async fn about_log(&self, asked: LogRequest) -> Result<Response, VaultError> {
        match asked {
            LogRequest::Begin { log, origin } => self.begin_log(&log, &origin).await,
            LogRequest::Close(log) => self.close_log(&log).await,
            LogRequest::VerifierKey(log) => self.verifier_key(&log).await,
            LogRequest::Sign {
                log,
                origin,
                before,
                after,
            } => self.sign(&log, &origin, &before, &after).await,
            LogRequest::MayFollow { log, head } => self.may_follow(&log, &head).await,
            LogRequest::GivenOut { log, head } => self.given_out(&log, &head).await,
        }
    }

    /// Makes a log's key, where absent; its verifier key.
    async fn begin_log(&self, log: &str, origin: &str) -> Result<Response, VaultError> {
        self.known(log).await?;
        let row = self
            .ring
            .ensure(KeyPurpose::Log, log, || log_key(origin))
            .await?;
        same_origin(log, origin, &row.public)?;
        Ok(Response::Text(row.public))
    }

    /// Retires a log's key, for ever.
    async fn close_log(&self, log: &str) -> Result<Response, VaultError> {
        self.ring.retire(KeyPurpose::Log, log).await?;
        Ok(Response::Done)
    }

    async fn verifier_key(&self, log: &str) -> Result<Response, VaultError> {
        let rows = self.ring.keys.keys(KeyPurpose::Log.as_str(), log).await?;
        let row = rows.into_iter().next().ok_or_else(|| VaultError::NoKey {
            purpose: "log".to_owned(),
            scope: log.to_owned(),
        })?;
        Ok(Response::Text(row.public))
    }

    /// Whether the log may be gone on with from the head that the database has.
    async fn may_follow(&self, log: &str, head: &Head) -> Result<Response, VaultError> {
        match self.known(log).await? {
            Some(known) if behind(head, &known) => Err(VaultError::BehindKnownCheckpoint {
                log: log.to_owned(),
                known: known.size,
                found: head.size,
            }),
            Some(_) | None => Ok(Response::Done),
        }
    }

    /// Signs the head `after`, which extends `before`, the head that the database has.
    async fn sign(
        &self,
        log: &str,
        origin: &str,
        before: &Head,
        after: &Head,
    ) -> Result<Response, VaultError> {
        self.may_follow(log, before).await?;
        let signer = self.ring.signer(log).await?;
        if signer.origin() != origin {
            return Err(other_origin(log, signer.origin()));
        }
        if after.size < before.size || (after.size == before.size && after.root != before.root) {
            return Err(VaultError::Backwards {
                log: log.to_owned(),
                from: before.size,
                to: after.size,
            });
        }
        Ok(Response::Text(signer.sign(after.size, root(log, after)?)))
    }

    /// The highest head given out of a log that is not closed: the key store's mark, or what this
    /// process itself has seen where that is higher, since both databases can be put back under a
    /// running gateway. A log has one key; once that is retired, which another process may do, there
    /// is no other. Both are asked at each signing: one select beside the commit that follows.
    async fn known(&self, log: &str) -> Result<Option<Mark>, VaultError> {
        let (stored, closed) = self.ring.keys.standing(log).await?;
        if closed {
            return Err(VaultError::LogClosed(log.to_owned()));
        }
        let seen = self
            .marks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(log)
            .cloned();
        Ok(stored.into_iter().chain(seen).max_by_key(|mark| mark.size))
    }

    /// Notes that a checkpoint leaves the gateway.
    async fn given_out(&self, log: &str, head: &Head) -> Result<Response, VaultError> {
        self.ring.keys.raise_mark(log, &head.into()).await?;
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = marks.entry(log.to_owned()).or_insert_with(|| head.into());
        if seen.size < head.size {
            *seen = head.into();
        }
        Ok(Response::Done)
    }
}

fn behind(before: &Head, known: &Mark) -> bool {
    before.size < known.size || (before.size == known.size && before.root != known.root)
}

fn root(log: &str, head: &Head) -> Result<Hash, VaultError> {
    let mut root = [0; 32];
    hex::decode_to_slice(&head.root, &mut root).map_err(|_| VaultError::Root(log.to_owned()))?;
    Ok(Hash(root))
}

fn log_key(origin: &str) -> Result<Halves, VaultError> {
    let mut seed = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(seed.as_mut_slice());
    let signer =
        Signer::new(origin, &seed).map_err(|error| VaultError::Origin(error.to_string()))?;
    let secret = Zeroizing::new(seed.to_vec());
    Ok(Halves {
        public: signer.verifier_key(),
        secret: Some(secret),
    })
}

/// A verifier key begins with the origin, which has no plus sign.
fn same_origin(log: &str, origin: &str, verifier_key: &str) -> Result<(), VaultError> {
    match verifier_key.split_once('+') {
        Some((made_for, _)) if made_for != origin => Err(other_origin(log, made_for)),
        _ => Ok(()),
    }
}

fn other_origin(log: &str, origin: &str) -> VaultError {
    VaultError::OtherOrigin {
        log: log.to_owned(),
        origin: origin.to_owned(),
    }
}
