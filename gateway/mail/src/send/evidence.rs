//! How a letter went: what is kept of the connection that took it.

use std::fmt;

/// The host that took a letter, and how it was known. Its text is what is stored: words of
/// letters, digits, `.`, `=` and `-`, with a space between them, in this order.
///
/// `mta-sts=enforce tls=1.3 by=pkix host=mx.example`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The name of the host: a mail host of the domain, or the relay.
    pub host: String,
    /// The version of TLS; none where the letter went in clear, to a relay on this machine.
    pub tls: Option<TlsVersion>,
    /// What the host's certificate was held against.
    pub verified_by: VerifiedBy,
    /// What the domain's policy said (RFC 8461); none where a relay was asked to deliver.
    pub mta_sts: Option<MtaSts>,
}

/// A version of TLS that mail leaves by; there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

/// How a host was known to be the one that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedBy {
    /// Authorities vouch for its name (RFC 5280, RFC 6125).
    Pkix,
    /// The domain's own signed records do (RFC 7672).
    Dane,
    /// It was not: only a relay that the configuration trusts without.
    Nobody,
}

/// What a domain's MTA-STS policy had to say when a letter went to it (RFC 8461).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MtaSts {
    /// The domain has none, or one that asks for nothing.
    NoPolicy,
    /// It may have one; it could not be had, and none was known from before.
    NotFetched,
    /// It only tries one out: hosts that do not match were not left out.
    Testing,
    /// Only hosts that match were asked.
    Enforced,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(mta_sts) = self.mta_sts {
            write!(f, "mta-sts={mta_sts} ")?;
        }
        let tls = match self.tls {
            None => "none",
            Some(TlsVersion::V1_2) => "1.2",
            Some(TlsVersion::V1_3) => "1.3",
        };
        let by = match self.verified_by {
            VerifiedBy::Pkix => "pkix",
            VerifiedBy::Dane => "dane",
            VerifiedBy::Nobody => "nobody",
        };
        let plain = |c: char| match c.is_ascii_alphanumeric() || c == '.' {
            true => c,
            // The colons of an address, at most: names have none.
            false => '-',
        };
        let host: String = self.host.chars().map(plain).collect();
        write!(f, "tls={tls} by={by} host={host}")
    }
}

impl fmt::Display for MtaSts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPolicy => "none",
            Self::NotFetched => "not-fetched",
            Self::Testing => "testing",
            Self::Enforced => "enforce",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_of_plain_words_only() {
        let mut evidence = Evidence {
            host: "mx.example".to_owned(),
            tls: Some(TlsVersion::V1_3),
            verified_by: VerifiedBy::Pkix,
            mta_sts: Some(MtaSts::Enforced),
        };
        let text = "mta-sts=enforce tls=1.3 by=pkix host=mx.example";
        assert_eq!(evidence.to_string(), text);
        evidence.mta_sts = None;
        evidence.tls = None;
        evidence.verified_by = VerifiedBy::Nobody;
        evidence.host = "::1".to_owned();
        assert_eq!(evidence.to_string(), "tls=none by=nobody host=--1");
    }
}
