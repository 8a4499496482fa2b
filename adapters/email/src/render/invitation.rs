//! A link to join an agency by, or to set a second factor anew: to one person's own address,
//! good once and for a while. It names nobody.

use jiff::Timestamp;

use super::words::{paragraphs, time};
use super::{Frame, Outgoing};

/// An invitation.
#[derive(Debug, Clone, Copy)]
pub struct Invitation<'a> {
    /// The agency whose single point of contact asks.
    pub agency: &'a str,
    /// To join; else to set a second factor anew.
    pub joins: bool,
    /// Until when it is good.
    pub until: Timestamp,
    /// The link.
    pub link: &'a str,
}

/// The mail with the link.
pub fn invitation(frame: &Frame<'_>, invitation: &Invitation<'_>) -> Outgoing {
    let (subject, asks) = match invitation.joins {
        true => (
            "Your invitation to the gateway",
            format!(
                "The single point of contact of {} invites you to the MAPPA gateway. To begin, choose a password and set up one-time codes or a security key here:",
                invitation.agency
            ),
        ),
        false => (
            "Set your sign-in up again",
            format!(
                "The single point of contact of {} has reset your way to sign in to the MAPPA gateway. Set it up again here:",
                invitation.agency
            ),
        ),
    };
    let until = format!(
        "The link is good once, until {}, London time. Give it to nobody.",
        time(invitation.until)
    );
    let text = paragraphs([
        &asks,
        invitation.link,
        &until,
        "If you did not expect this mail, do not open the link, and tell your single point of contact.",
    ]);
    frame.mail(subject, text, Vec::new())
}
