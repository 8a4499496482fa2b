//! What MESH says is wrong, in any of the three forms that it says it in.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::names::MessageId;
use crate::text;

/// MESH's own account of a request that it did not carry out ("Error codes"). `Display` gives the
/// status and the code alone; every field is bounded and printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// MESH's code, as `12` or `EPL-151`.
    pub code: Option<String>,
    /// The step that failed, as `SEND`.
    pub event: Option<String>,
    /// What MESH says of it, in its words.
    pub description: Option<String>,
    /// The message that it is about.
    pub message: Option<MessageId>,
}

/// A field that holds something else than the form says is as good as none.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Body {
    #[serde(alias = "messageID")]
    message_id: Value,
    #[serde(rename = "errorEvent")]
    event: Value,
    #[serde(rename = "errorCode")]
    code: Value,
    #[serde(rename = "errorDescription")]
    description: Value,
    detail: Value,
}

impl Fault {
    /// From the answer's status and as much of its body as was read; a body that is not MESH's
    /// leaves the status.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let first = match &body.detail {
            Value::Array(all) => all.first().unwrap_or(&Value::Null),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => &Value::Null,
        };
        let either = |older: &Value, newer: &str, longest: usize| {
            let text = older.as_str().or_else(|| first.get(newer)?.as_str())?;
            let text = text::clean(text, longest);
            (!text.is_empty()).then_some(text)
        };
        Self {
            status,
            code: either(&body.code, "code", 40),
            event: either(&body.event, "event", 40),
            description: either(&body.description, "msg", 300),
            message: body
                .message_id
                .as_str()
                .and_then(|id| MessageId::parse(id).ok()),
        }
    }

    /// True where no mailbox, or not one alone, is what the message was sent to (12, EPL-150,
    /// EPL-151).
    pub fn unknown_recipient(&self) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| code == "12" || code.starts_with("EPL-"))
    }

    /// True where sender or recipient is not registered for the workflow (16, 17).
    pub fn unregistered_workflow(&self) -> bool {
        matches!(self.code.as_deref(), Some("16" | "17"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        match &self.code {
            Some(code) => write!(f, ", code `{code}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_of_an_error_say_the_same() {
        let older = br#"{"messageID": "A_1", "errorEvent": "SEND", "errorCode": "12",
            "errorDescription": "Unregistered to address"}"#;
        let newer = br#"{"message_id": "A_1", "internal_id": "B", "detail":
            [{"event": "SEND", "code": "12", "msg": "Unregistered to address"}]}"#;
        let fault = Fault::read(417, older);
        assert_eq!(fault, Fault::read(417, newer));
        assert_eq!(fault.event.as_deref(), Some("SEND"));
        assert_eq!(
            fault.description.as_deref(),
            Some("Unregistered to address")
        );
        assert_eq!(fault.message, Some(MessageId::parse("A_1").unwrap()));
        assert!(fault.unknown_recipient() && !fault.unregistered_workflow());
        assert_eq!(fault.to_string(), "status 417, code `12`");
    }

    #[test]
    fn a_directory_that_finds_no_mailbox_is_an_unknown_recipient() {
        for (code, mailbox, workflow) in [
            ("EPL-150", true, false),
            ("EPL-151", true, false),
            ("17", false, true),
            ("06", false, false),
        ] {
            let body = format!(r#"{{"detail": [{{"code": "{code}"}}]}}"#);
            let fault = Fault::read(417, body.as_bytes());
            assert_eq!(fault.unknown_recipient(), mailbox, "{code}");
            assert_eq!(fault.unregistered_workflow(), workflow, "{code}");
        }
    }

    #[test]
    fn what_is_not_an_error_of_mesh_leaves_the_status() {
        for body in [
            &b""[..],
            b"<html>Bad gateway</html>",
            b"[]",
            br#"{"detail": "text"}"#,
            br#"{"detail": [1]}"#,
            br#"{"errorCode": 12, "message_id": "../.."}"#,
            br#"{"internal_id": "A", "message": "An internal error occurred."}"#,
        ] {
            let bare = Fault {
                status: 502,
                ..Fault::default()
            };
            assert_eq!(Fault::read(502, body), bare);
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_short_and_printable(said in ".{0,600}", bytes: Vec<u8>) {
            let body = serde_json::json!({"errorCode": said, "errorDescription": said});
            let fault = Fault::read(400, body.to_string().as_bytes());
            for kept in [fault.code, fault.description].into_iter().flatten() {
                prop_assert!(kept.chars().count() <= 300 && !kept.chars().any(char::is_control));
            }
            let _ = Fault::read(400, &bytes);
        }
    }
}
