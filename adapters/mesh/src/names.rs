//! The names that MESH knows things by, each checked once, where it comes in.

use std::fmt;
use std::str::FromStr;

use gateway_core::Id;
use serde::{Deserialize, Serialize};

/// A text that cannot be a name of this kind. It does not repeat the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} is not usable: give {rule}")]
pub struct BadName {
    what: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $lengths:expr, $allowed:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it, or says what the rule is.
            pub fn parse(text: &str) -> Result<Self, BadName> {
                if $lengths.contains(&text.len()) && text.chars().all($allowed) {
                    return Ok(Self(text.to_owned()));
                }
                Err(BadName { what: $what, rule: $rule })
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// A mailbox. The automatic addresses of MESH, which spell out a patient's NHS number, date of
    /// birth and name (`GPPROVIDER_…`), do not fit: no underscore is taken.
    MailboxId,
    "mailbox id",
    (1..=100),
    |c: char| c.is_ascii_uppercase() || c.is_ascii_digit(),
    "1 to 100 capital letters and digits"
);

name!(
    /// What MESH calls a message: the one identifier that is sure, and good to log.
    MessageId,
    "message id",
    (1..=100),
    |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-',
    "1 to 100 letters, digits, underscores and dashes"
);

name!(
    /// What we call a message that we send. MESH asks that it hold no personal data; it has 16
    /// characters at least, so that no identifier of a person fits. MESH takes the same one twice.
    LocalId,
    "local id",
    (16..=300),
    |c: char| c.is_ascii_alphanumeric() || c == '-',
    "16 to 300 letters, digits and dashes, with no meaning"
);

name!(
    /// What kind of message it is: both mailboxes must be registered for it. Printable ASCII.
    WorkflowId,
    "workflow id",
    (1..=300),
    |c: char| c.is_ascii_graphic() || c == ' ',
    "1 to 300 printable ASCII characters"
);

name!(
    /// An organisation of the health service, by its code of the Organisation Data Service.
    OdsCode,
    "ODS code",
    (1..=20),
    |c: char| c.is_ascii_uppercase() || c.is_ascii_digit(),
    "1 to 20 capital letters and digits"
);

impl From<Id> for LocalId {
    fn from(id: Id) -> Self {
        Self(id.to_string())
    }
}

impl WorkflowId {
    /// The workflow of the answers that say that a message of this one was dealt with: by MESH's
    /// convention, the same with `_ACK`. None where that would be too long.
    pub fn acknowledgement(&self) -> Option<Self> {
        Self::parse(&format!("{}_ACK", self.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_core::Clock;

    #[test]
    fn an_address_that_spells_out_a_patient_is_no_mailbox() {
        assert!(MailboxId::parse("X26ABC1").is_ok());
        for bad in ["", "x26abc1", "GPPROVIDER_9434765919_01012001_Name", "X/Y"] {
            assert!(MailboxId::parse(bad).is_err(), "{bad}");
        }
        assert!(MailboxId::parse(&"X".repeat(101)).is_err());
    }

    #[test]
    fn an_identifier_of_a_person_is_no_local_id() {
        for bad in [
            "9434765919",
            "1999-0123456X",
            "X123456",
            "a name of 16 chars",
        ] {
            assert!(LocalId::parse(bad).is_err(), "{bad}");
        }
        assert!(LocalId::parse(&"a".repeat(301)).is_err());
        let id = Id::new(&Clock::system());
        let local = LocalId::from(id);
        assert_eq!(LocalId::parse(local.as_str()).unwrap(), local);
    }

    #[test]
    fn a_bad_name_is_not_repeated_and_its_rule_is_given() {
        let words = LocalId::parse("9434765919").unwrap_err().to_string();
        assert!(!words.contains("9434765919"), "{words}");
        assert!(words.contains("16 to 300"), "{words}");
    }

    #[test]
    fn a_name_read_from_json_is_checked_too() {
        assert!(serde_json::from_str::<MessageId>("\"20210311101813838554_1B8F53\"").is_ok());
        assert!(serde_json::from_str::<MessageId>("\"../outbox\"").is_err());
    }

    #[test]
    fn the_acknowledgement_of_a_workflow_ends_in_ack() {
        let workflow = WorkflowId::parse("TEST_WORKFLOW").unwrap();
        let expected = WorkflowId::parse("TEST_WORKFLOW_ACK").unwrap();
        assert_eq!(workflow.acknowledgement(), Some(expected));
        assert_eq!(
            WorkflowId(String::from_iter(['x'; 300])).acknowledgement(),
            None
        );
    }
}
