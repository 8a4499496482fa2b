//! The reference by which an answer finds its thread: opaque, in the subject as `[ref …]` and
//! in `References` as a message id of the gateway.

use std::fmt;
use std::str::FromStr;

/// A thread's reference: 6 to 64 lower-case letters, digits and hyphens. It says nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadRef(String);

/// The text is not a thread's reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a thread's reference: give it as it stands in the subject, after `ref`")]
pub struct BadThread;

impl ThreadRef {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a subject.
    pub fn tag(&self) -> String {
        format!("[ref {}]", self.0)
    }

    /// As it stands in `References`.
    pub fn message_id(&self, domain: &str) -> String {
        format!("<ref.{}@{domain}>", self.0)
    }

    /// Reads [`ThreadRef::message_id`] back, at the gateway's own domain only.
    pub fn from_message_id(id: &str, domain: &str) -> Option<Self> {
        let (local, at) = id.trim_matches(['<', '>', ' ']).rsplit_once('@')?;
        // The id of a single mail names its thread first.
        let token = local.strip_prefix("ref.")?;
        let token = token.split_once('.').map_or(token, |(thread, _)| thread);
        at.eq_ignore_ascii_case(domain)
            .then(|| token.parse().ok())?
    }
}

impl fmt::Display for ThreadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ThreadRef {
    type Err = BadThread;

    fn from_str(text: &str) -> Result<Self, BadThread> {
        let token = text.to_ascii_lowercase();
        let fits = (6..=64).contains(&token.len())
            && token
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && token.bytes().any(|b| b != b'-');
        if fits {
            Ok(Self(token))
        } else {
            Err(BadThread)
        }
    }
}

/// Every reference in a subject, in order. Mail programs may have folded or re-cased it.
pub(crate) fn in_subject(subject: &str) -> Vec<ThreadRef> {
    tags(subject)
        .filter_map(|(_, token, _)| token.parse().ok())
        .collect()
}

/// The subject without references.
pub(crate) fn without(subject: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (start, token, end) in tags(subject) {
        if token.parse::<ThreadRef>().is_ok() {
            out.push_str(subject.get(from..start).unwrap_or_default());
            from = end;
        }
    }
    out.push_str(subject.get(from..).unwrap_or_default());
    let words: Vec<&str> = out.split_whitespace().collect();
    words.join(" ")
}

/// Where each tag begins, its token, where it ends.
fn tags(subject: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    subject.match_indices('[').filter_map(|(start, _)| {
        let inside = subject.get(start + 1..)?;
        let close = inside.bytes().take(120).position(|b| b == b']')?;
        let word = inside.get(..close)?.trim();
        let (name, token) = word.split_once(|c: char| c.is_whitespace() || c == ':')?;
        let fits = name.eq_ignore_ascii_case("ref");
        fits.then(|| (start, token.trim(), start + close + 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_in_a_subject_as_programs_return_it() {
        for subject in [
            "[ref k7m2-p9q4]",
            "RE: FW: [Ref K7M2-P9Q4] something",
            "SV: a [b] [ref  k7m2-p9q4 ] c",
            "Re: [ref: k7m2-p9q4]",
        ] {
            let found = in_subject(subject);
            assert_eq!(
                found.first().map(ThreadRef::as_str),
                Some("k7m2-p9q4"),
                "{subject}"
            );
        }
        assert!(in_subject("[ref ] [ref a] [reference k7m2-p9q4] ref k7m2-p9q4").is_empty());
        assert_eq!(in_subject("[ref aaaaaa] [ref bbbbbb]").len(), 2);
    }

    #[test]
    fn the_subject_without_it_keeps_the_rest() {
        assert_eq!(
            without("RE: [ref k7m2-p9q4] Visit [draft]"),
            "RE: Visit [draft]"
        );
    }

    #[test]
    fn a_reference_is_found_in_a_message_id_of_the_gateway_only() {
        let reference: ThreadRef = "k7m2-p9q4".parse().unwrap();
        let id = reference.message_id("gw.example");
        assert_eq!(
            ThreadRef::from_message_id(&id, "GW.example"),
            Some(reference)
        );
        assert_eq!(ThreadRef::from_message_id(&id, "other.example"), None);
    }
}
