//! Security keys and passkeys (`WebAuthn` Level 3): a second factor for whoever carries no phone,
//! and a way to sign in by itself, since the key checks its person too (user verification).
//!
//! A key is bound to the name that the portal is opened by. Each challenge is for one browser,
//! once, and for minutes; it is kept sealed on the server. Every failure is alike, as it is with
//! passwords and codes; a key whose counter runs backwards is refused, and told.

mod add;
mod app;
mod ceremony;
mod list;
mod mail;
mod prove;
mod webauthn;

pub use self::add::KeyAnswer;
pub(crate) use self::add::{NOT_TAKEN, named_or_not};
pub use self::ceremony::Ceremony;
pub(crate) use self::ceremony::{Held, Known};
pub(crate) use self::list::forget_keys;
pub use self::list::{Factors, OwnKey};
pub use self::webauthn::Keys;
pub(crate) use self::webauthn::Verdict;

use crate::Flow;
use crate::error::FlowError;

impl Flow {
    /// A flow whose people sign in with security keys too, at the pages of an origin.
    #[must_use]
    pub fn with_keys(mut self, keys: Option<Keys>) -> Self {
        self.keys = keys;
        self
    }

    /// The origin of the pages at which keys are good; none where there are no keys here.
    pub fn key_origin(&self) -> Option<&str> {
        self.keys.as_ref().map(Keys::origin)
    }

    pub(crate) fn keys(&self) -> Result<&Keys, FlowError> {
        self.keys.as_ref().ok_or_else(|| {
            FlowError::Conflict("security keys cannot be used at this installation".to_owned())
        })
    }
}
