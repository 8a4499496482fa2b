//! Signing in with a password and a one-time code, and the sessions that come of it; what keys
//! add to it is in [`crate::key`].
//!
//! Every failure is alike: in the answer, in what is computed (a hash for nobody too), and in
//! what the public log shows of it. What stands for a session is a random token; the store has
//! its digest alone. A session locks when nobody uses it for a while, and ends for good after
//! twelve hours.

mod attempt;
mod choice;
mod moved;
mod password;
mod session;
mod totp;
mod whence;

use gateway_store::rows::PersonRow;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::Flow;
use crate::error::FlowError;
use crate::submission::Caller;

pub(crate) use self::attempt::{Factor, Proof, UsedKey, micros, totp_place};
pub(crate) use self::choice::password_faults;
pub use self::moved::MovedSession;
pub(crate) use self::password::Desk;
pub use self::password::{Cost, hash};
pub(crate) use self::session::{end_all, fresh_token, print};
pub use self::totp::code_at;
pub(crate) use self::totp::{base32, spell, step_of};
pub use self::whence::{Differs, Whence};

/// A session that nobody used for so long is locked until its person signs in again.
pub const IDLE: SignedDuration = SignedDuration::from_mins(20);
/// A session ends so long after it began, in use or not.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// So long after signing in a person need not prove again who it is (step-up).
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// A session, and the token that stands for it: shown once, to be kept in a cookie.
#[derive(Debug)]
pub struct NewSession {
    /// 32 random bytes, base64url.
    pub token: Zeroizing<String>,
    /// What it stands for.
    pub session: Session,
}

/// What a token stands for now.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart as soon as it is there, once a request"
)]
pub enum Standing {
    /// Somebody who is signed in.
    Open(Session),
    /// Somebody who was away for [`IDLE`] and must sign in again to go on. Until then nothing is
    /// shown to them; what they were writing is kept for them.
    Locked(PersonRow),
    /// Nobody: it ended, or never was, or was used from elsewhere and ended for that.
    Absent,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: String,
    /// Who.
    pub person: PersonRow,
    /// The same, as the rest of the flow asks for it.
    pub caller: Caller,
    /// When it began.
    pub started: Timestamp,
    /// When password and code, or a key, were last given.
    pub proved: Timestamp,
    /// When it ends for good.
    pub ends: Timestamp,
}

impl Session {
    /// Whether password and code, or a key, were given within [`FRESH`]: what some acts ask for.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.proved) <= FRESH
    }
}

/// A session in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its id.
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// It is the one that asks.
    pub this: bool,
    /// It idled out, and waits for its person to sign in again.
    pub locked: bool,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Address, password and code do not go together, or signing in with this address is locked
    /// for a while: which of these is not said.
    #[error("the address, password or code is not right, or there were too many attempts")]
    Refused,
    /// Too many are signing in at this moment: try again in a few seconds.
    #[error("too many people are signing in at this moment")]
    Busy,
    /// It could not be found out.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl Flow {
    /// Signs a person in, by password and one-time code (RFC 6238: steps of 30 seconds, one to
    /// either side, each step once a person). After five failures within fifteen minutes an
    /// address is refused for fifteen minutes, whatever is given. The session opens nothing until it
    /// is bound to where it was begun ([`Flow::bind_session`]).
    ///
    /// # Errors
    /// [`SignInError`]; every failure to prove who one is, is [`SignInError::Refused`].
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        code: &str,
    ) -> Result<NewSession, SignInError> {
        let proof = self.attempt(email, password, code).await?;
        self.admit(proof, None).await
    }

    /// Goes on with a session that idled out (or proves again who it is that uses an open one),
    /// under a new token. The session's start and end stay. Another person gets a session of
    /// their own, and the one behind `token` is as it was.
    ///
    /// # Errors
    /// As [`Flow::sign_in`].
    pub async fn sign_in_again(
        &self,
        token: &str,
        email: &str,
        password: &str,
        code: &str,
    ) -> Result<NewSession, SignInError> {
        let proof = self.attempt(email, password, code).await?;
        self.admit(proof, Some(session::print(token))).await
    }

    /// A flow whose sessions lock after another time than [`IDLE`].
    #[must_use]
    pub const fn locking_after(mut self, idle: SignedDuration) -> Self {
        self.desk.idle = idle;
        self
    }

    pub(crate) async fn admit(
        &self,
        proof: Proof,
        earlier: Option<String>,
    ) -> Result<NewSession, SignInError> {
        let token = session::fresh_token();
        let (flow, print) = (self.clone(), session::print(&token));
        // In the default area's log, whose head is held meanwhile: of many guesses at once each is
        // judged by itself.
        let session = self
            .administer("sign-in", move |tx| {
                Box::pin(async move { flow.judge(tx, proof, earlier, print).await })
            })
            .await?
            .ok_or(SignInError::Refused)?;
        Ok(NewSession { token, session })
    }
}
