//! A request: `Task` and `CommunicationRequest`, and what they refer to.

mod details;
mod read;
mod write;

pub(crate) use details::PROSE;
