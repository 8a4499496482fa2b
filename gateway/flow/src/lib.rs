//! One exchange's way through the gateway: receive → identify → decide → seal → record →
//! deliver; and read, a seventh way that always logs first.
//!
//! [`Flow::submit`] is the sentence; each step is a file and takes the type that the step
//! before it returns, so the wrong order does not compile. Only `decide` makes a
//! [`decide::Permit`], only `seal` makes a wrap and needs a permit for it, only `record` writes
//! a delivery, in the transaction whose leaf says so. What the flow will not do: speak HTTP or
//! SMTP, hold a private key, or touch a covered row outside [`recorder`].

pub mod admin;
pub mod audit;
mod because;
pub mod body;
pub mod bulk;
pub mod carry;
pub mod case;
pub mod clockwork;
pub mod colleague;
pub mod complete;
pub mod compose;
pub mod coordinate;
pub mod custody;
pub mod decide;
mod deliver;
pub mod dossier;
mod draft;
pub mod epoch;
pub mod error;
pub mod explain;
mod failed;
pub mod flag;
pub mod form;
pub mod health;
pub mod hold;
mod hold_clock;
mod identify;
pub mod inbox;
mod join;
pub mod kept;
pub mod key;
pub mod log;
pub mod measure;
mod merge;
pub mod none;
pub mod outgoing;
mod party;
pub mod people;
mod posts;
pub mod quarantine;
pub mod queue;
pub mod read;
pub mod reason;
mod receive;
mod record;
pub mod recorder;
mod route;
mod seal;
pub mod sign_in;
mod staged;
mod step_words;
pub mod submission;
pub mod timeline;
pub mod usage;
pub mod view;
pub mod withdraw;

use std::sync::Arc;

use gateway_core::Clock;
use gateway_forms::Library;
use gateway_protocol::{Directory, Protocols};
use gateway_store::{Blobs, Store};
use gateway_vault::Vault;

pub use crate::error::{FieldFault, FlowError};
pub use crate::receive::nearest_agency;
pub use crate::record::{Answer, DecisionView};
use crate::recorder::Recorder;
pub use crate::sign_in::{NewSession, Session, SessionSummary, SignInError, Standing};
pub use crate::submission::{Caller, Submission};

/// Everything the flow works with. Clones are the same flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The records.
    pub store: Store,
    /// The folder of sealed bodies.
    pub blobs: Blobs,
    /// The keys.
    pub vault: Vault,
    /// The rule set in force.
    pub protocols: Arc<Protocols>,
    /// The mail domains, and what each is good for.
    pub directory: Arc<Directory>,
    /// The forms that there are.
    pub forms: Arc<Library>,
    /// The clock.
    pub clock: Clock,
    recorder: Recorder,
    desk: sign_in::Desk,
    expected: compose::Expectations,
    keys: Option<key::Keys>,
}

impl Flow {
    /// A flow over its parts.
    pub fn new(
        store: Store,
        blobs: Blobs,
        vault: Vault,
        protocols: Arc<Protocols>,
        directory: Arc<Directory>,
        clock: Clock,
    ) -> Self {
        let policy = protocols.digest().to_owned();
        let recorder = Recorder::new(store.clone(), vault.clone(), clock.clone(), policy);
        Self {
            store,
            blobs,
            vault,
            protocols,
            directory,
            forms: Arc::default(),
            clock,
            recorder,
            desk: sign_in::Desk::new(),
            expected: compose::Expectations::default(),
            keys: None,
        }
    }

    /// The same, with forms.
    #[must_use]
    pub fn with_forms(mut self, forms: Library) -> Self {
        self.forms = Arc::new(forms);
        self
    }

    /// One exchange, whole. The answer comes after the commit and bears the proof.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, FlowError> {
        let agency = &submission.caller.agency;
        let key = submission.idempotency.as_ref();
        if let Some(earlier) = self.sent_before(agency, key).await? {
            return Ok(earlier);
        }
        let received = self.receive(submission).await?;
        let identified = self.identify(received).await?;
        let decided = self.decide(identified).await?;
        let sealed = self.seal(decided).await?;
        let recorded = self.record(sealed).await?;
        Ok(Self::deliver(recorded))
    }

    /// What would happen, and why. Nothing is sent; the question alone is recorded.
    pub async fn preview(&self, submission: Submission) -> Result<Answer, FlowError> {
        let received = self.receive(submission).await?;
        let identified = self.identify(received).await?;
        let decided = self.decide(identified).await?;
        self.record_preview(decided).await
    }

    /// Now, microseconds UTC.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }
}
