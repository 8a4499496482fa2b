//! Addresses in header fields (RFC 5322, section 3.4), read so that no doubt is left whose
//! address it is, and the gateway's own addresses.

use std::fmt;

use gateway_core::{AgencyId, Personal};
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::entity::{Field, ended};

/// Longest address, bytes (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

/// A mail address, its domain in lower case. Personal: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

impl Address {
    /// Reads `local@domain`; None where it is no address or holds anything that could be read
    /// two ways (controls, white space, quotes, angle brackets).
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let plain =
            |c: char| !(c.is_control() || c.is_whitespace() || "()<>[]:;@\\,\"".contains(c));
        let fits = !local.is_empty()
            && local.chars().all(plain)
            && !domain.is_empty()
            && domain
                .split('.')
                .all(|label| !label.is_empty() && label.len() <= 63)
            && domain
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '.')
            && text.trim().len() <= LONGEST;
        fits.then(|| Self(format!("{local}@{}", domain.to_lowercase())))
    }

    /// The address in clear.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The same mailbox: letter case does not matter, as no mail system in use makes it.
    pub fn same(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }

    /// As personal text.
    pub fn into_personal(self) -> Personal<String> {
        Personal::new(self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// The agency whose address at the gateway this is: `<agency id>@<domain>`.
pub fn agency_of(address: &Address, domain: &str) -> Option<AgencyId> {
    let (local, at) = address.0.rsplit_once('@')?;
    if !at.eq_ignore_ascii_case(domain) {
        return None;
    }
    local.to_ascii_lowercase().parse().ok()
}

/// All addresses of a field, those of groups as well; what is no address is left out.
pub(crate) fn list(field: Field<'_>) -> Vec<Address> {
    let value = ended(field.value);
    match MessageStream::new(&value).parse_address() {
        HeaderValue::Address(read) => read
            .iter()
            .filter_map(|one| Address::parse(one.address()?))
            .collect(),
        HeaderValue::Text(_)
        | HeaderValue::TextList(_)
        | HeaderValue::DateTime(_)
        | HeaderValue::ContentType(_)
        | HeaderValue::Received(_)
        | HeaderValue::Empty => Vec::new(),
    }
}

/// The address of a field that may hold only one. None where the field holds another count,
/// or signs outside quotes and comments that make programs disagree about it.
pub(crate) fn only(field: Field<'_>) -> Option<Address> {
    let bare = outside_quotes(&String::from_utf8_lossy(field.value))?;
    let count = |sign: char| bare.chars().filter(|c| *c == sign).count();
    let clear = count('@') == 1 && count('<') <= 1 && !bare.contains([';', ':']);
    // A comma is only harmless before the bracket: Outlook writes `Ali, Sara <s@…>`.
    let after = bare
        .rsplit_once('<')
        .map_or(bare.as_str(), |(_, after)| after);
    if !clear || after.contains(',') {
        return None;
    }
    let address = match (after.split_once('>'), bare.contains('<')) {
        (Some((address, rest)), true) if rest.trim().is_empty() => address,
        (None, false) => bare.as_str(),
        _ => return None,
    };
    Address::parse(address)
}

/// The value without quoted strings and comments; None where one of them does not end.
fn outside_quotes(value: &str) -> Option<String> {
    let mut out = String::new();
    let (mut quoted, mut depth) = (false, 0_usize);
    let mut chars = value.chars().filter(|c| !matches!(c, '\r' | '\n'));
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted || depth > 0 => {
                chars.next()?;
            }
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth > 0 => depth -= 1,
            _ if quoted || depth > 0 => {}
            _ => out.push(c),
        }
    }
    (!quoted && depth == 0).then(|| out.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> Option<String> {
        let field = Field {
            name: b"From",
            value: value.as_bytes(),
        };
        only(field).map(|address| address.reveal().to_owned())
    }

    #[test]
    fn one_address_is_read_however_it_is_dressed() {
        for value in [
            "s.ali@police.example",
            "<s.ali@POLICE.example>",
            "Sara Ali <s.ali@police.example>\r\n",
            "\"Ali, Sara (MPS) <x@y>\" <s.ali@police.example>",
            "Ali, Sara <s.ali@police.example>",
            "s.ali@police.example (Sara Ali)",
            "=?utf-8?q?Sara?=\r\n <s.ali@police.example>",
        ] {
            assert_eq!(
                one(value).as_deref(),
                Some("s.ali@police.example"),
                "{value}"
            );
        }
    }

    #[test]
    fn what_programs_could_disagree_about_is_no_one_address() {
        for value in [
            "",
            "Sara Ali",
            "a@b.example, c@d.example",
            "a@b.example <c@d.example>",
            "<a@b.example> <c@d.example>",
            "<a@b.example>, ",
            "group: a@b.example;",
            "\"open <a@b.example>",
            "<a@b.example> x",
            "a b@c.example",
            "<a@b..example>",
            "<a@b.example",
            "\"a@b.example\"@c.example",
        ] {
            assert_eq!(one(value), None, "{value}");
        }
    }

    #[test]
    fn an_agency_is_found_by_its_address_at_the_gateway_only() {
        let at = |text: &str| agency_of(&Address::parse(text).unwrap(), "gateway.example");
        assert_eq!(
            at("London-Probation@Gateway.Example").unwrap().as_str(),
            "london-probation"
        );
        assert_eq!(at("london-probation@gateway.example.org"), None);
        assert_eq!(
            at("london probation@gateway.example"
                .replace(' ', "_")
                .as_str()),
            None
        );
    }

    #[test]
    fn an_address_is_never_printed() {
        assert_eq!(
            format!("{:?}", Address::parse("a@b.example").unwrap()),
            "[personal]"
        );
    }
}
