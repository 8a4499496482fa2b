//! A message as a letter: its text, and the lines above it.

use jiff::Timestamp;

use super::properties::{Property, id};
use super::words::{Pages, Words};
use crate::{charset, html};

/// Seconds from 1601 to 1970.
const TO_1970: i64 = 11_644_473_600;

/// The text and what is known of it, as it stands.
#[derive(Default)]
pub(crate) struct Letter<'x> {
    pub(super) subject: Option<Words<'x>>,
    /// What `attBody` holds, where there is no property.
    pub(super) old_plain: Option<Words<'x>>,
    /// The sender is in `attFrom` too, the recipients are in `attRecipTable`: neither is read.
    pub(super) from_elsewhere: bool,
    pub(super) to_elsewhere: bool,
    plain: Option<Words<'x>>,
    html: Option<Words<'x>>,
    from_name: Option<Words<'x>>,
    from_address: Option<Words<'x>>,
    to: Option<Words<'x>>,
    cc: Option<Words<'x>>,
    sent: Option<u64>,
}

/// The text of a letter.
pub(crate) struct Body {
    /// The text, line ends as LF.
    pub(crate) text: String,
    /// Its charset was as it was named.
    pub(crate) sure: bool,
    /// The HTML and its charset, where the text was made of that.
    pub(crate) html: Option<(Vec<u8>, Option<String>)>,
}

impl<'x> Letter<'x> {
    /// Takes a property that is the letter's ([MS-OXPROPS]). False where it is a text that does
    /// not read, or one more of the same kind.
    pub(super) fn property(&mut self, property: &Property<'x>) -> bool {
        let (place, body) = match property.id {
            id::SUBJECT => (&mut self.subject, false),
            id::BODY => (&mut self.plain, true),
            id::HTML => (&mut self.html, true),
            id::SENDER_NAME => (&mut self.from_name, false),
            id::SENDER_SMTP_ADDRESS | id::SENDER_EMAIL_ADDRESS => (&mut self.from_address, false),
            id::DISPLAY_TO => (&mut self.to, false),
            id::DISPLAY_CC => (&mut self.cc, false),
            id::CLIENT_SUBMIT_TIME => {
                self.sent = property.time().or(self.sent);
                return true;
            }
            _ => return true,
        };
        let words = property.words();
        let one = place.is_none() && words.is_some();
        *place = if body {
            place.or(words)
        } else {
            words.or(*place)
        };
        one || !body
    }

    /// Whose it is and to whom is said where it is read.
    pub(crate) fn says_whose(&self) -> bool {
        let from = self.from_name.is_some() || self.from_address.is_some();
        (from || !self.from_elsewhere) && (self.to.is_some() || !self.to_elsewhere)
    }

    /// The text: the plain one where it says something, else that of the HTML.
    pub(crate) fn body(&self, pages: &Pages) -> Body {
        let plain = self.plain.or(self.old_plain);
        let plain = plain.map(|plain| plain.read(pages));
        let says = |text: &charset::Text| !text.text.trim().is_empty();
        let (read, html) = match (plain.filter(says), self.html) {
            (Some(plain), _) => (plain, None),
            (None, Some(words)) => (words.read(pages), Some(words)),
            (None, None) => {
                return Body {
                    text: String::new(),
                    sure: true,
                    html: None,
                };
            }
        };
        let text = match html {
            Some(_) => html::to_text(&read.text, false),
            None => read.text.replace("\r\n", "\n"),
        };
        Body {
            text,
            sure: read.sure,
            html: html.map(|html| (html.bytes().to_vec(), html.charset(pages))),
        }
    }

    /// The lines above the text of a message that came within another; empty where nothing is
    /// known.
    pub(crate) fn heading(&self, pages: &Pages) -> String {
        let line = |words: Option<Words<'x>>| words.and_then(|words| words.line(pages));
        let address = line(self.from_address).filter(|address| address.contains('@'));
        let from = match (line(self.from_name), address) {
            (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
            (name, address) => name.or(address),
        };
        let lines = [
            ("From", from),
            ("Sent", self.sent.and_then(written)),
            ("To", line(self.to)),
            ("Cc", line(self.cc)),
            ("Subject", self.subject(pages)),
        ];
        let mut heading = String::new();
        for (name, value) in lines {
            if let Some(value) = value {
                heading.extend([name, ": ", &value, "\n"]);
            }
        }
        heading
    }

    /// The subject, on one line.
    pub(crate) fn subject(&self, pages: &Pages) -> Option<String> {
        self.subject.and_then(|subject| subject.line(pages))
    }
}

/// A time in tenths of microseconds since 1601, in words.
fn written(time: u64) -> Option<String> {
    let seconds = i64::try_from(time / 10_000_000).ok()? - TO_1970;
    let time = Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%-d %B %Y %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter<'static> {
        Letter {
            subject: Some(Words::Narrow(b"Visits\r\nTo: x\0")),
            from_name: Some(Words::Wide(b"S\0.\0 \0A\0l\0i\0\0\0")),
            from_address: Some(Words::Narrow(b"s.ali@police.example\0")),
            sent: Some(134_169_164_400_000_000),
            ..Letter::default()
        }
    }

    #[test]
    fn the_lines_above_a_text_are_a_line_each() {
        assert_eq!(
            letter().heading(&Pages::default()),
            "From: S. Ali <s.ali@police.example>\nSent: 2 March 2026 09:14 UTC\nSubject: Visits To: x\n"
        );
        let address = Some(Words::Narrow(b"/O=EXCHANGE/CN=ALI"));
        let within = Letter {
            from_address: address,
            sent: Some(u64::MAX),
            ..Letter::default()
        };
        assert_eq!(within.heading(&Pages::default()), "");
    }

    #[test]
    fn a_plain_text_that_says_something_goes_before_html() {
        let html = Some(Words::Web(b"<p>caf\xe9</p>"));
        let plain = |text| Letter {
            plain: Some(Words::Narrow(text)),
            html,
            ..Letter::default()
        };
        let pages = Pages {
            internet: 1252,
            ..Pages::default()
        };
        let body = plain(b"a\r\nb\0").body(&pages);
        assert_eq!((body.text.as_str(), body.html), ("a\nb", None));
        let body = plain(b" \r\n\0").body(&pages);
        assert_eq!((body.text.as_str(), body.sure), ("café\n", true));
        let kept = (b"<p>caf\xe9</p>".to_vec(), Some("windows-1252".to_owned()));
        assert_eq!(body.html, Some(kept));
    }
}
