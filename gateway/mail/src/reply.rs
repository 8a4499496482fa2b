//! Replies (RFC 5321 section 4.2) with enhanced status codes (RFC 3463).

use std::borrow::Cow;
use std::fmt::Write;

/// The longest text of one reply line, in octets (RFC 5321 section 4.5.3.1.5 less the codes).
const LONGEST_TEXT: usize = 480;

/// One reply: its code, its enhanced status and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    status: Option<(u16, u16)>,
    text: Cow<'static, str>,
}

impl Reply {
    /// A reply with `code` (2xx, 4xx or 5xx; any other becomes 451) and the subject and detail of
    /// its enhanced status; the class is the code's first digit. The text is for the sender's
    /// eyes and logs: no personal data, no content. What is not printable ASCII in it is
    /// replaced, and it is cut at 480 octets.
    pub fn new(code: u16, status: (u16, u16), text: impl Into<Cow<'static, str>>) -> Self {
        let code = if matches!(code / 100, 2 | 4 | 5) {
            code
        } else {
            451
        };
        Self {
            code,
            status: Some(status),
            text: text.into(),
        }
    }

    /// 250: the message, or the recipient, is taken.
    pub fn accepted(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(250, (0, 0), text)
    }

    /// 451: not now; the sender keeps the message and tries again.
    pub fn later(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(451, (3, 0), text)
    }

    /// 554: not now and not later.
    pub fn refused(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(554, (0, 0), text)
    }

    /// A reply that has no enhanced status: greeting, EHLO, 354.
    pub(crate) const fn plain(code: u16, text: Cow<'static, str>) -> Self {
        Self {
            code,
            status: None,
            text,
        }
    }

    /// The three digits.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// Whether the code is 2xx.
    pub const fn is_accepted(&self) -> bool {
        self.code / 100 == 2
    }

    /// Whether the code is 4xx.
    pub const fn is_later(&self) -> bool {
        self.code / 100 == 4
    }

    /// Itself where it refuses; where a refusal was due and it does not, 451.
    pub(crate) fn refusing(self) -> Self {
        if self.is_accepted() {
            unanswered()
        } else {
            self
        }
    }

    /// The line of the reply, its end included. With `more`, others follow it.
    pub(crate) fn write(&self, out: &mut Vec<u8>, more: bool) {
        let mut line = String::with_capacity(self.text.len() + 16);
        let dash = if more { '-' } else { ' ' };
        let _ = write!(line, "{}{dash}", self.code);
        if let Some((subject, detail)) = self.status {
            let _ = write!(line, "{}.{subject}.{detail} ", self.code / 100);
        }
        let printable = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
        line.extend(self.text.chars().take(LONGEST_TEXT).map(printable));
        line.push_str("\r\n");
        out.extend_from_slice(line.as_bytes());
    }
}

/// How the handler ends a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The same for every recipient.
    All(Reply),
    /// One for each recipient, in the order of the envelope. LMTP passes them on. SMTP has
    /// room for one: the first that says "later", so that the sender tries again (the handler
    /// knows what it has already), else an acceptance, else the first refusal.
    Each(Vec<Reply>),
}

impl Outcome {
    /// The one reply that SMTP has room for.
    pub(crate) fn one(self) -> Reply {
        match self {
            Self::All(reply) => reply,
            Self::Each(replies) => {
                let found = replies
                    .iter()
                    .find(|reply| reply.is_later())
                    .or_else(|| replies.iter().find(|reply| reply.is_accepted()))
                    .or(replies.first());
                found.cloned().unwrap_or_else(unanswered)
            }
        }
    }

    /// One reply a recipient, as LMTP wants it (RFC 2033 section 4.2).
    pub(crate) fn each(self, recipients: usize) -> Vec<Reply> {
        match self {
            Self::All(reply) => vec![reply; recipients],
            Self::Each(mut replies) => {
                replies.resize_with(recipients, unanswered);
                replies
            }
        }
    }
}

fn unanswered() -> Reply {
    Reply::later("no answer to be had; try again later")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out, false);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_reply_is_one_printable_line_whatever_its_text() {
        let reply = Reply::new(550, (1, 1), "no such\r\n250 recipient é");
        assert_eq!(line(&reply), "550 5.1.1 no such??250 recipient ?\r\n");
        assert_eq!(line(&Reply::refused("x".repeat(2000))).len(), 480 + 12);
        assert_eq!(Reply::new(99, (0, 0), "").code(), 451);
    }

    #[test]
    fn smtp_says_later_if_any_recipient_must_wait() {
        let (yes, no) = (Reply::accepted("yes"), Reply::refused("no"));
        let wait = Reply::later("wait");
        let each = |replies: &[&Reply]| Outcome::Each(replies.iter().copied().cloned().collect());
        assert_eq!(each(&[&yes, &wait, &no]).one(), wait);
        assert_eq!(each(&[&no, &yes]).one(), yes);
        assert_eq!(each(&[&no]).one(), no);
        assert!(each(&[]).one().is_later());
    }

    #[test]
    fn lmtp_answers_every_recipient() {
        let yes = Reply::accepted("yes");
        assert_eq!(Outcome::All(yes.clone()).each(3), vec![yes.clone(); 3]);
        let short = Outcome::Each(vec![yes.clone()]).each(2);
        assert_eq!(short[0], yes);
        assert!(short[1].is_later());
    }
}
