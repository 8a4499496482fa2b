//! Health information requests between the gateway's own forms and the neutral model of
//! [`gateway_fhir`], both ways: for the API's FHIR routes, and for any channel that carries FHIR.
//!
//! | from | to | by |
//! | --- | --- | --- |
//! | what a reader has of a request | [`gateway_fhir::Request`] | [`request_model`] |
//! | what a reader has of an answer, and its documents | [`gateway_fhir::Answer`] | [`answer_model`] |
//! | a request, an answer | the answers of the form | [`request_form`], [`answer_form`] |
//! | a request, an answer | an exchange | [`submit_request`], [`submit_answer`] |
//! | bytes as they come | a message, its documents sealed and scanned | [`receive`] |
//! | a resource and documents of the vault | bytes as they go | [`send`] |
//!
//! What a reader was not given is left out of the model; what cannot be said in the form is
//! refused by name, and nothing is recorded then. What this crate will not do: decide, open
//! anything that the flow has not logged, or know HTTP or MESH. To carry another field of a form,
//! add it to the model of `gateway-fhir`, and one line each to `request.rs` or `answer.rs` both ways.

mod answer;
mod codes;
mod fields;
mod names;
mod place;
mod receive;
mod request;
mod send;
mod stage;
mod submit;

pub use answer::{answer_form, answer_model};
pub use fields::{body_of, joined};
pub use names::Names;
pub use place::{faults, place};
pub use receive::{Chunks, NotReceived, receive};
pub use request::{request_form, request_model};
pub use send::{Carried, Vaulted, send};
pub use stage::{Seen, StageError, Staged, Staging};
pub use submit::{NotSubmitted, submit_answer, submit_request};

/// The form that asks.
pub const REQUEST: &str = "health-request";
/// The form that answers.
pub const RESPONSE: &str = "health-response";

/// The base of the gateway's own URIs in FHIR where an installation names none of its own. It is a
/// name (RFC 2606): nothing is ever fetched there.
pub const BASE: &str = "https://mappa-gateway.example/fhir";

/// What is kept does not read: a fault of the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` of a health information request does not read")]
pub struct Unreadable(pub &'static str);
