//! What a meshroom is told.

use std::time::Duration;

use gateway_content::clamd::Scanner;
use gateway_fhir::Systems;
use gateway_mesh::{Client, WorkflowId};

/// The workflows that messages go and come by. Both mailboxes must be registered for each; there is
/// none of MAPPA's own, so that an area asks NHS England for them.
#[derive(Debug, Clone)]
pub struct Workflows {
    /// Health information requests, out.
    pub request: WorkflowId,
    /// Answers to them, in and out.
    pub answer: WorkflowId,
    /// Everything else, out.
    pub exchange: WorkflowId,
    /// The word on a message, in and out: by convention it ends in `_ACK`.
    pub acknowledgement: WorkflowId,
}

/// The configuration of a meshroom.
#[derive(Debug)]
pub struct Settings {
    /// The gateway's own mailbox.
    pub client: Client,
    /// By which workflow what goes.
    pub workflows: Workflows,
    /// The base of the gateway's own codes and identifiers in messages.
    pub systems: Systems,
    /// How often the mailbox is looked at, and what was sent is asked after. MESH itself asks for
    /// five minutes at least ([`gateway_mesh::POLL_EVERY`]).
    pub poll: Duration,
    /// The most that one message may be, bytes.
    pub largest: u64,
    /// What looks for malware; none where none is configured.
    pub scanner: Option<Scanner>,
}
