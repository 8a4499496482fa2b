//! Health information requests and their answers as FHIR R4 (4.0.1, JSON), both ways.
//!
//! [`Request`] and [`Answer`] are the neutral model. [`Writer`] writes them, as a message
//! `Bundle` or as one resource that contains what it refers to; [`Reader`] reads either back,
//! strictly, and says all that is wrong in an `OperationOutcome`. [`Search`], [`Page`] and
//! [`Capability`] are the rest of a REST interface.
//!
//! | model | FHIR R4 |
//! | --- | --- |
//! | request | `Task` (`intent` order, `code` health-information-request), whose `focus` is a `CommunicationRequest` |
//! | request id | `identifier` of the system `…/Id/health-request`, on both |
//! | sent, changed, deadline | `Task.authoredOn`, `lastModified`, `restriction.period.end` |
//! | subject | `Task.for`: `Patient`; the gateway's reference as `…/Id/nominal`, NHS number by `https://fhir.nhs.uk/Id/nhs-number`; former names with `use` old; GP practice as `generalPractitioner.display` |
//! | requester | `Task.requester`: `PractitionerRole` (person, role, telephone, address) of an `Organization` |
//! | trust, single point of contact | `Task.owner`: `Organization`, or a `PractitionerRole` of it |
//! | purpose | `Task.reasonCode` |
//! | questions | `CommunicationRequest.payload`, id and code as extensions |
//! | urgency | `Task.priority` |
//! | area, category, level, lead agency, next meeting, who is at risk, why now, decision, legal bases, consent, readers, retention, whether the person may be told, coordinator | `Task.input`, each with a type of `…/CodeSystem/health-request-detail` |
//! | the answer that stands | `Task.output` |
//! | consent that was given | `Consent` |
//! | answer | `Communication`, `basedOn` the request's identifier; `category` says which kind |
//! | more is to come | `Communication.status` in-progress; else completed, not-done for a refusal, entered-in-error where it was called back |
//! | refusal | `statusReason` of `…/CodeSystem/refusal-reason`, on `Task` and `Communication` |
//! | redirected to | an extension of `Communication` |
//! | basis | `Communication.reasonCode`, its `text` why the public interest outweighs confidence; `about` a `Consent` where it is consent, else what was done about consent as an extension |
//! | clinician | `Communication.sender`: `PractitionerRole`; the trust where none is named |
//! | who answers | an extension of `Communication` |
//! | one answer | `payload.contentString`, with the question's id and code and the category as extensions |
//! | what answers no one question | `payload.contentString` with the category alone, `HEALTH_CLIN` |
//! | something is left out | `meta.tag` SUBSETTED |
//! | document | `payload.contentReference` to a `DocumentReference`; SHA-256 as an extension of the attachment, since `Attachment.hash` is SHA-1 |
//! | category | `HEALTH_RISK` is labelled R, `HEALTH_CLIN` V (v3 Confidentiality), on the document, and the graver on the whole |
//! | who says so | `Provenance` (written; not read, for the caller's certificate says who sent it) |
//!
//! | state | `Task.status` | | state | `Task.status` |
//! | --- | --- | --- | --- | --- |
//! | draft | draft | | waits for Caldicott | on-hold |
//! | sent | requested | | answered | completed |
//! | opened | received | | refused | rejected, with `statusReason` |
//! | agreed | accepted | | withdrawn | cancelled |
//! | interim answer | in-progress | | wrong patient | entered-in-error |
//!
//! Elements that are not known are passed over, as R4 says; `modifierExtension`, `implicitRules`
//! and known elements that change what others mean are refused. A reference is looked up in what
//! was sent, and never fetched. Attachments stream: the base64 of `attachment.data` goes to a
//! [`Sink`] as it is read and comes from a [`Source`] as it is written, 48 KiB at a time.
//!
//! What it will not do: open a connection or a file, hold a key, decide, or believe what a
//! resource says of its sender. To add a part of a request that R4 has no element for, add a line
//! to [`codes::Detail`], and one each in `request/write.rs` and `request/details.rs`.

mod answer;
mod capability;
pub mod codes;
mod consent;
mod issue;
mod json;
mod limits;
mod message;
pub mod model;
mod node;
mod party;
mod patient;
mod reading;
mod receive;
mod request;
mod search;
mod shape;
mod systems;
mod write;

pub use capability::Capability;
pub use issue::{Cause, Issue, Outcome, ReadError, Severity, operation_outcome};
pub use json::base64::{NoAttachments, Sink};
pub use json::write::{NoSource, Source};
pub use json::{Attachment, Json};
pub use limits::Limits;
pub use message::Page;
pub use model::{Answer, Request};
pub use receive::{Created, Message, Reader, Received};
pub use search::{Handling, Search, Searched};
pub use systems::{BadBase, Systems};
pub use write::Writer;
