//! A notice in clear, to an agency without secure mail or to a sender: that something waits,
//! how urgent it is, and where: an address with an id in it that tells nothing of anybody. Nothing
//! else, so that it says the same whatever it is about
//! (ISP-36; report paragraphs 4.10 and 5.30).

use jiff::Timestamp;

use super::words::{paragraphs, time};
use super::{Frame, Outgoing};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// In the course of the day.
    Routine,
    /// By then.
    ActBy(Timestamp),
}

impl Urgency {
    fn subject(self, words: &str) -> String {
        match self {
            Self::Routine => format!("{words}: routine"),
            Self::ActBy(at) => format!("{words}: act by {}", time(at)),
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Routine => "This is routine.".to_owned(),
            Self::ActBy(at) => format!("Please act by {}, London time.", time(at)),
        }
    }
}

/// Something waits for an agency.
pub fn notice(frame: &Frame<'_>, urgency: Urgency, link: &str) -> Outgoing {
    let text = paragraphs([
        "Something waits for you at the gateway.",
        &urgency.sentence(),
        "Sign in here to read it:",
        link,
    ]);
    frame.mail(
        &urgency.subject("Something waits for you"),
        text,
        Vec::new(),
    )
}

/// Something waits for a decision of whoever this is to. It is the same whatever is held, and
/// for whom.
pub fn hold_notice(frame: &Frame<'_>, urgency: Urgency, link: &str) -> Outgoing {
    let text = paragraphs([
        "Something waits for your decision at the gateway.",
        &urgency.sentence(),
        "Sign in here to see it and to decide:",
        link,
    ]);
    let subject = urgency.subject("Something waits for your decision");
    frame.mail(&subject, text, Vec::new())
}

/// What changed in how somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorChange {
    /// A security key or passkey came.
    KeyAdded,
    /// One went.
    KeyRemoved,
    /// An authenticator app came.
    AppAdded,
}

/// How whoever this is to signs in was changed, which they did themself or else have to know.
pub fn key_notice(frame: &Frame<'_>, change: FactorChange, link: &str) -> Outgoing {
    let (subject, what) = match change {
        FactorChange::KeyAdded => (
            "A security key was added",
            "A security key or passkey was added to how you sign in to the MAPPA gateway.",
        ),
        FactorChange::AppAdded => (
            "An authenticator app was added",
            "An authenticator app was added to how you sign in to the MAPPA gateway.",
        ),
        FactorChange::KeyRemoved => (
            "A security key was removed",
            "A security key or passkey was removed from how you sign in to the MAPPA gateway.",
        ),
    };
    let text = paragraphs([
        what,
        "If it was you, there is nothing to do. If it was not, tell your single point of contact or the coordination unit at once. You can see how you sign in here:",
        link,
    ]);
    frame.mail(subject, text, Vec::new())
}

/// A sender's mail is kept and wants completing. It is the same whatever is missing, and
/// whether or not anybody was found.
pub fn incomplete_notice(frame: &Frame<'_>, link: &str) -> Outgoing {
    let text = paragraphs([
        "Your mail has come and is kept. It is not sent on yet, because it is not complete.",
        "Sign in here to complete it:",
        link,
    ]);
    frame.mail("Your mail waits to be completed: routine", text, Vec::new())
}
