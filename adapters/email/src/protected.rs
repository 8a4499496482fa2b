//! Header fields that a signature or an envelope covers (RFC 9788), so that recipients and
//! subject cannot be changed on the way; and the two older ways of saying so.

use gateway_core::Personal;

use crate::address::{self, Address};
use crate::entity::{Entity, Field, text, unfold};

/// How the fields are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// `hp="clear"`: signed only (RFC 9788, 2.1).
    Clear,
    /// `hp="cipher"`: within an envelope (RFC 9788, 2.1).
    Cipher,
    /// `protected-headers="v1"`, or a whole mail with `forwarded=no` (RFC 8551, 3.1).
    Older,
}

/// The fields within. They bind only where the layer around them was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// How.
    pub protection: Protection,
    /// From, where there is one field with one address.
    pub from: Option<Address>,
    /// To and Cc together; none where the fields are absent.
    pub recipients: Option<Vec<Address>>,
    /// The real subject.
    pub subject: Option<Personal<String>>,
    /// `HP-Outer`: what stood outside when it was sent, name and value (RFC 9788, 2.2).
    pub outer: Vec<(String, Personal<String>)>,
}

/// Reads the fields of a payload, where its `Content-Type` says that they are protected.
pub(crate) fn read(payload: &Entity<'_>) -> Option<Protected> {
    let word = |name: &str| {
        payload
            .parameter(name)
            .map(|word| word.to_ascii_lowercase())
    };
    let protection = match (word("hp").as_deref(), word("protected-headers").as_deref()) {
        (Some("clear"), _) => Protection::Clear,
        (Some("cipher"), _) => Protection::Cipher,
        (None, Some("v1")) => Protection::Older,
        _ => return None,
    };
    Some(fields(payload, protection))
}

/// The fields of `payload`.
pub(crate) fn fields(payload: &Entity<'_>, protection: Protection) -> Protected {
    let mut froms = payload.all("From");
    let from = match (froms.next(), froms.next()) {
        (Some(field), None) => address::only(field),
        _ => None,
    };
    let bound: Vec<Field<'_>> = payload.all("To").chain(payload.all("Cc")).collect();
    let recipients = bound
        .iter()
        .flat_map(|field| address::list(*field))
        .collect();
    let subject = payload.all("Subject").next();
    Protected {
        protection,
        from,
        recipients: (!bound.is_empty()).then_some(recipients),
        subject: subject.map(|field| Personal::new(text(field.value))),
        outer: payload.all("HP-Outer").filter_map(outer).collect(),
    }
}

/// The mail within, where the payload is one only to protect its header (RFC 8551, 3.1).
pub(crate) fn wrapped<'x>(payload: &Entity<'x>) -> Option<&'x [u8]> {
    let whole = payload.media_type("text/plain") == "message/rfc822";
    let unforwarded = payload
        .parameter("forwarded")
        .is_some_and(|word| word.eq_ignore_ascii_case("no"));
    (whole && unforwarded).then_some(payload.body)
}

fn outer(field: Field<'_>) -> Option<(String, Personal<String>)> {
    let value = unfold(field.value);
    let (name, value) = value.split_once(':')?;
    Some((
        name.trim().to_owned(),
        Personal::new(value.trim().to_owned()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(raw: &str) -> Option<Protected> {
        read(&Entity::read(raw.as_bytes(), 9999).unwrap())
    }

    #[test]
    fn recipients_and_subject_are_bound_by_the_payload() {
        let read = protected(
            "From: Sara <s.ali@police.example>\r\nTo: a@gw.example\r\nCc: b@gw.example\r\n\
             Subject: =?utf-8?q?Visit?=\r\nHP-Outer: Subject: [...]\r\n\
             Content-Type: text/plain; hp=\"cipher\"\r\n\r\ntext",
        )
        .unwrap();
        assert_eq!(read.protection, Protection::Cipher);
        assert_eq!(read.recipients.unwrap().len(), 2);
        assert_eq!(read.subject.unwrap().reveal(), "Visit");
        assert_eq!(read.outer.first().unwrap().1.reveal(), "[...]");
        assert_eq!(read.from.unwrap().reveal(), "s.ali@police.example");
    }

    #[test]
    fn the_older_mark_is_known_and_no_mark_is_no_protection() {
        let older =
            "Subject: s\nContent-Type: multipart/mixed; boundary=x; protected-headers=\"v1\"\n\n";
        assert_eq!(protected(older).unwrap().protection, Protection::Older);
        assert_eq!(protected(older).unwrap().recipients, None);
        assert_eq!(protected("Subject: s\nContent-Type: text/plain\n\n"), None);
        assert_eq!(
            protected("Content-Type: text/plain; hp=\"strange\"\n\n"),
            None
        );
    }
}
