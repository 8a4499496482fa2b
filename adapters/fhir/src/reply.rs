//! The word that a message was taken or was not: a message whose header has a `response` (R4,
//! messaging 2.4.4), with an `OperationOutcome` where something was wrong.

use gateway_core::Id;
use jiff::Timestamp;

use crate::issue::{Issue, operation_outcome};
use crate::json::{Json, Object};
use crate::model::Agency;
use crate::receive::Received;
use crate::systems::{REPLY_EVENT, name};
use crate::write::{Places, Writer, coding, derived, time};

/// What is longer is none of R4's ids.
const LONGEST_ID: usize = 64;
/// Most characters that are kept of what another system says.
const LONGEST_WORDS: usize = 300;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The id of the header of the message that it answers.
    pub to: String,
    /// Whether it was taken.
    pub taken: bool,
    /// Why not, in the other system's words: at most 300 characters.
    pub words: Option<String>,
}

/// The id of the header of the message that is written about a request, an answer or an exchange of
/// that id: what a [`Reply`] names.
pub fn header_id(about: Id) -> String {
    derived(about, "message")
}

impl Received {
    /// The id of the message's header, to answer it by; none where it is no message.
    pub fn header_id(&self) -> Option<&str> {
        let id = self.header()?.get("id")?.text()?;
        is_id(id).then_some(id)
    }

    /// The word on a message of ours, where that is what came.
    pub fn reply(&self) -> Option<Reply> {
        let response = self.header()?.get("response")?;
        let to = response.get("identifier").and_then(Json::text)?;
        let code = response.get("code").and_then(Json::text)?;
        Some(Reply {
            to: Some(to).filter(|to| is_id(to))?.to_owned(),
            taken: code == "ok",
            words: self.words(),
        })
    }

    fn header(&self) -> Option<&Json> {
        let first = self.resource().get("entry")?.items().first()?;
        let header = first.get("resource")?;
        let kind = header.get("resourceType").and_then(Json::text);
        (kind == Some("MessageHeader")).then_some(header)
    }

    /// The first that an `OperationOutcome` in the message says.
    fn words(&self) -> Option<String> {
        let entries = self.resource().get("entry")?.items().iter();
        let outcome = entries
            .filter_map(|entry| entry.get("resource"))
            .find(|one| one.get("resourceType").and_then(Json::text) == Some("OperationOutcome"))?;
        let issue = outcome.get("issue")?.items().first()?;
        let said = issue.get("diagnostics").and_then(Json::text)?;
        let plain = said.chars().filter(|c| !c.is_control());
        Some(plain.take(LONGEST_WORDS).collect())
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

impl Writer {
    /// The word on a message whose header has the id `to`: that it was taken where there is no issue,
    /// else why not. `id` is the reply's own.
    pub fn reply_message(
        &self,
        (id, at): (Id, Timestamp),
        sender: &Agency,
        to: &str,
        issues: &[Issue],
    ) -> Json {
        let mut places = Places::bundled(id);
        let agency = self.agency(&mut places, "sender", sender);
        let mut response = Object::new().with("identifier", to).with(
            "code",
            if issues.is_empty() {
                "ok"
            } else {
                "fatal-error"
            },
        );
        if !issues.is_empty() {
            let elements = Object::new().with_list(
                "issue",
                operation_outcome(issues)
                    .get("issue")
                    .map(|issues| issues.items().to_vec())
                    .unwrap_or_default(),
            );
            let details = places.put("outcome", "OperationOutcome", elements);
            response = response.with("details", details);
        }
        let system = self.systems.code_system(name::EVENT);
        let source = Object::new()
            .with("name", sender.name.as_str())
            .with("endpoint", self.systems.base());
        let mut header = Places::bundled(id);
        header.put(
            "message",
            "MessageHeader",
            Object::new()
                .with(
                    "eventCoding",
                    coding(&system, REPLY_EVENT, "What became of a message"),
                )
                .with("sender", agency)
                .with("source", source)
                .with("response", response),
        );
        let mut entries = header.into_entries();
        entries.extend(places.into_entries());
        Object::resource("Bundle")
            .with("id", derived(id, "bundle"))
            .with("type", "message")
            .with("timestamp", time(at))
            .with("entry", entries)
            .into()
    }
}
