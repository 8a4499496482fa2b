//! Addresses of the envelope (RFC 5321 section 4.1.2, RFC 6531), in the narrow form that has
//! one reading only.

use std::fmt;

/// The longest address without its angle brackets, in octets (RFC 5321 section 4.5.3.1.3).
const LONGEST: usize = 254;
/// The longest local part, in octets (RFC 5321 section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// The longest label of a domain, in octets (RFC 1035 section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// An address as it stood in the envelope: a dot-atom, `@`, and a domain name. What can be read
/// in two ways (quoted strings, source routes, address literals) is no address here. Its
/// `Debug` is redacted: it names a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// Reads an address; `utf8` lets other than ASCII characters in (RFC 6531). The bare word
    /// `Postmaster` is one too (RFC 5321 section 4.1.1.3).
    pub fn parse(text: &str, utf8: bool) -> Option<Self> {
        let own = || Some(Self(text.to_owned()));
        if text.eq_ignore_ascii_case("postmaster") {
            return own();
        }
        if text.len() > LONGEST || (!utf8 && !text.is_ascii()) {
            return None;
        }
        let (local, domain) = text.split_once('@')?;
        let good = local.len() <= LONGEST_LOCAL
            && local.split('.').all(is_atom)
            && domain.split('.').all(is_label);
        if good { own() } else { None }
    }

    /// The whole address, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// The part after the `@`; none for the bare `Postmaster`.
    pub fn domain(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, domain)| domain)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(redacted)")
    }
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_atext)
}

/// RFC 5322 section 3.2.3; beyond ASCII, all that is no control or white space.
fn is_atext(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
    } else {
        !c.is_control() && !c.is_whitespace()
    }
}

fn is_label(text: &str) -> bool {
    let good = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || c == '-'
        } else {
            is_atext(c)
        }
    };
    (1..=LONGEST_LABEL).contains(&text.len())
        && text.chars().all(good)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_address_is_read_in_its_parts() {
        let address = Address::parse("housing@gateway.example", false).unwrap();
        assert_eq!(address.local(), "housing");
        assert_eq!(address.domain(), Some("gateway.example"));
        assert_eq!(format!("{address:?}"), "Address(redacted)");
        assert_eq!(Address::parse("PostMaster", false).unwrap().domain(), None);
    }

    #[test]
    fn what_has_two_readings_is_no_address() {
        for text in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b@c.example",
            "\"a b\"@c.example",
            "@relay.example:a@b.example",
            "a@[192.0.2.1]",
            ".a@b.example",
            "a..b@c.example",
            "a@b..example",
            "a@b.example.",
            "a@-b.example",
            "a b@c.example",
            "a(b)@c.example",
            "a@b.example\r",
            "a\0@b.example",
        ] {
            assert_eq!(Address::parse(text, true), None, "{text:?}");
        }
        let long = format!("{}@b.example", "a".repeat(65));
        assert_eq!(Address::parse(&long, false), None);
    }

    #[test]
    fn other_scripts_need_the_extension() {
        assert!(Address::parse("Jürgen@bücher.example", true).is_some());
        assert!(Address::parse("Jürgen@bücher.example", false).is_none());
        assert!(Address::parse("a\u{2028}b@c.example", true).is_none());
    }
}
