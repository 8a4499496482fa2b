//! Non-delivery, told to the sender: what did not arrive, why, and where it waits now.

use gateway_core::Id;

use super::words::{paragraphs, plain};
use super::{Frame, Outgoing};

/// Why it was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureReason<'a> {
    /// The other mail system refused it, with this status (RFC 3463).
    Refused(Option<&'a str>),
    /// It could not be reached until the time ran out.
    Expired,
    /// Its domain is not on the list of secure domains, or no longer good (ISP-36).
    NotSecure,
    /// Its domain is retired; this one has taken its place.
    Retired(Option<&'a str>),
    /// It went by NHS MESH.
    Mesh(MeshFailure),
}

/// Why a message of NHS MESH was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeshFailure {
    /// Their mailbox is not there.
    NoMailbox,
    /// One of the mailboxes is not registered for this kind of message.
    NoWorkflow,
    /// Nobody collected it in time.
    NotCollected,
    /// Their system collected it and could not take it in.
    Declined,
    /// MESH refused it, or failed.
    Other,
}

/// A delivery that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The exchange.
    pub exchange: Id,
    /// The recipient agency's name.
    pub recipient: &'a str,
    /// Why.
    pub reason: FailureReason<'a>,
    /// It waits for the recipient in the portal and the API.
    pub waits: bool,
    /// Where the sender sees it.
    pub link: Option<&'a str>,
}

/// The mail that says it. The other system's own words are left out: they may say anything.
pub fn failure(frame: &Frame<'_>, failure: &Failure<'_>) -> Outgoing {
    let first = format!(
        "Exchange {} could not be delivered by {} to {}.",
        failure.exchange,
        match failure.reason {
            FailureReason::Mesh(_) => "NHS MESH",
            FailureReason::Refused(_)
            | FailureReason::Expired
            | FailureReason::NotSecure
            | FailureReason::Retired(_) => "mail",
        },
        plain(failure.recipient)
    );
    let why = why(failure.reason);
    let now = if failure.waits {
        "Nothing is lost. It waits for them in the portal, and they have been told that something waits."
    } else {
        "Nothing is lost. It is kept at the gateway. Please tell them in another way if it is urgent."
    };
    let mut text = paragraphs([first.as_str(), &why, now]);
    if let Some(link) = failure.link {
        text.push('\n');
        text.push_str(&paragraphs(["You can see it here:", link]));
    }
    frame.mail("Not delivered", text, Vec::new())
}

fn why(reason: FailureReason<'_>) -> String {
    match reason {
        FailureReason::Refused(status) => {
            let known =
                |s: &&str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit() || c == '.');
            match status.filter(known) {
                Some(status) => format!("Their mail system refused it, with status {status}."),
                None => "Their mail system refused it.".to_owned(),
            }
        }
        FailureReason::Expired => {
            "Their mail system could not be reached before the time ran out.".to_owned()
        }
        FailureReason::Mesh(failure) => by_mesh(failure).to_owned(),
        FailureReason::NotSecure => {
            "Their mail system is not known to be secure, so nothing was sent to it.".to_owned()
        }
        FailureReason::Retired(Some(domain)) => {
            format!(
                "Their mail domain is retired. Please use {} instead.",
                plain(domain)
            )
        }
        FailureReason::Retired(None) => {
            "Their mail domain is retired. Please ask them for their new address.".to_owned()
        }
    }
}

const fn by_mesh(failure: MeshFailure) -> &'static str {
    match failure {
        MeshFailure::NoMailbox => "Their mailbox is not there.",
        MeshFailure::NoWorkflow => {
            "Their mailbox, or ours, is not registered for this kind of message."
        }
        MeshFailure::NotCollected => "Nobody collected it from their mailbox in time.",
        MeshFailure::Declined => "Their system collected it and could not take it in.",
        MeshFailure::Other => "MESH did not take it.",
    }
}
