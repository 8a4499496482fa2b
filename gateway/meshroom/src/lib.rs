//! NHS MESH as a channel of the gateway. It joins the client (`gateway-mesh`), the messages
//! (`gateway-fhir`, by way of `gateway-health`) and the flow.
//!
//! [`dispatch`] writes what waits for a mailbox, keeps its bytes sealed until MESH has all of them,
//! goes on where it stopped, and asks after it until its recipient has taken it. [`intake`] collects
//! what waits in the gateway's own mailbox, hands answers to the flow, keeps apart what cannot be
//! handled, and acknowledges after the commit. What it will not do: decide, hold a private key, write
//! plaintext to a disk, or put a name, a number or a subject on the outside of a message.

pub mod dispatch;
mod error;
pub mod intake;
mod room;
mod settings;

pub use dispatch::Stored;
pub use error::Trouble;
pub use room::Meshroom;
pub use settings::{Settings, Workflows};
