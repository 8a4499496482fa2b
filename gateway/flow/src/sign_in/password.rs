//! Argon2id, with a limit on how much of it runs at once: each takes 19 MiB and a core.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use jiff::SignedDuration;
use rand::RngCore as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{IDLE, SignInError};
use crate::Flow;
use crate::error::FlowError;

/// Hashes that are computed at once.
const AT_ONCE: usize = 2;
/// Attempts that wait for their turn: about a second's worth. More are told to come again.
const WAITING: usize = 64;

/// How dear a guess at a password is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// 19 MiB, two passes.
    Service,
    /// 4 MiB, one pass: for the demo's people, whose passwords lie beside in `demo.json`.
    Demo,
}

impl Cost {
    fn hasher(self) -> Result<Argon2<'static>, FlowError> {
        let (memory, passes) = match self {
            Self::Service => (19 * 1024, 2),
            Self::Demo => (4 * 1024, 1),
        };
        let params = Params::new(memory, passes, 1, None).map_err(internal)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

fn internal(error: impl std::fmt::Display) -> FlowError {
    FlowError::Internal(format!("a password hash: {error}"))
}

/// The Argon2id hash of a password, in PHC form.
///
/// # Errors
/// [`FlowError::Internal`] where there is no memory for it.
pub fn hash(password: &str, cost: Cost) -> Result<String, FlowError> {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    let hashed: PasswordHash = cost
        .hasher()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(internal)?;
    Ok(hashed.to_string())
}

/// Whether a password is that of a hash. Without a hash, one is computed all the same, and the
/// answer is no.
fn fits(password: &str, kept: Option<&str>) -> Result<bool, FlowError> {
    let Some(kept) = kept else {
        hash(password, Cost::Service)?;
        return Ok(false);
    };
    let kept = PasswordHash::new(kept).map_err(internal)?;
    let verified = Argon2::default().verify_password(password.as_bytes(), &kept);
    Ok(verified.is_ok())
}

/// Where people queue to sign in, and when their sessions lock.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    pub(crate) idle: SignedDuration,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            idle: IDLE,
        }
    }

    /// Whether a password is that of a hash, when its turn has come.
    pub(super) async fn fits(
        &self,
        password: &str,
        kept: Option<String>,
    ) -> Result<bool, SignInError> {
        let password = Zeroizing::new(password.to_owned());
        self.computed(move || fits(&password, kept.as_deref()))
            .await
    }

    /// The hash of a new password, when its turn has come.
    async fn hashed(&self, password: &str) -> Result<String, SignInError> {
        let password = Zeroizing::new(password.to_owned());
        self.computed(move || hash(&password, Cost::Service)).await
    }

    async fn computed<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, FlowError> + Send + 'static,
    ) -> Result<T, SignInError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| SignInError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(internal)?;
        let computed = tokio::task::spawn_blocking(move || {
            // Kept until it is done, also where nobody waits for it any more.
            let _held = (place, turn);
            work()
        });
        Ok(computed.await.map_err(internal)??)
    }
}

impl Flow {
    /// The hash of a new password.
    pub(crate) async fn hashed(&self, password: &str) -> Result<String, SignInError> {
        self.desk.hashed(password).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_and_salted_and_fits_its_password_alone() {
        let (one, two) = (
            hash("x", Cost::Demo).unwrap(),
            hash("x", Cost::Demo).unwrap(),
        );
        assert!(one.starts_with("$argon2id$v=19$m=4096,t=1,p=1$"), "{one}");
        assert_ne!(one, two);
        assert!(fits("x", Some(&one)).unwrap() && fits("x", Some(&two)).unwrap());
        assert!(!fits("y", Some(&one)).unwrap());
        let service = hash("x", Cost::Service).unwrap();
        assert!(service.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(fits("x", Some(&service)).unwrap() && !fits("x", None).unwrap());
    }

    #[tokio::test]
    async fn whoever_finds_no_place_is_told_that_it_is_busy_and_no_more_than_two_are_served() {
        let desk = Desk::new();
        let kept = hash("x", Cost::Demo).unwrap();
        let places = u32::try_from(AT_ONCE + WAITING).unwrap();
        let all = desk.places.try_acquire_many(places).unwrap();
        let refused = desk.fits("x", Some(kept.clone())).await;
        assert!(matches!(refused, Err(SignInError::Busy)));
        drop(all);
        assert!(desk.fits("x", Some(kept.clone())).await.unwrap());
        let turns = desk.turns.acquire_many(2).await.unwrap();
        let mut waits = Box::pin(desk.fits("x", Some(kept)));
        assert!(futures_util::poll!(&mut waits).is_pending());
        assert_eq!(desk.places.available_permits(), AT_ONCE + WAITING - 1);
        drop(turns);
        assert!(waits.await.unwrap());
        assert_eq!(desk.turns.available_permits(), AT_ONCE);
    }
}
