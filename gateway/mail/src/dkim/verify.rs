//! Whether the domain in From is proved.

use std::fmt;

use jiff::Timestamp;
use mail_auth::common::crypto::Algorithm;
use mail_auth::common::headers::{Header, Writable as _, Writer};
use mail_auth::common::verify::{DomainKey, VerifySignature};
use mail_auth::dkim::{Canonicalization, Signature};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::{AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, SpfOutput};
use sha2::{Digest as _, Sha256};

use super::resolver::Resolver;

/// How many signatures are looked at: each costs a look-up.
const MOST_SIGNATURES: usize = 8;
/// The smallest RSA key, in bits (RFC 8301 section 3.2).
const SMALLEST_RSA: usize = 1024;
/// The flag `t=y` of a key's record: the domain only tries (RFC 6376 section 3.6.1).
const TESTING: u64 = 0x10;

/// What a domain asks to be done with mail that it did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DmarcPolicy {
    /// It publishes no policy.
    Absent,
    /// Nothing.
    None,
    /// To set it aside.
    Quarantine,
    /// To refuse it.
    Reject,
}

/// Why From is not proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// The octets are no message.
    #[error("it is no message: it has no header that reads")]
    NotAMessage,
    /// There is not exactly one From field with exactly one address in it.
    #[error("it has not exactly one From field with one address")]
    NotOneFrom,
    /// A field that says what the mail is stands in it twice: one of them may be anybody's.
    #[error("it has two of a field that occurs once: {}", ONCE.join(", "))]
    Ambiguous,
    /// There is no signature.
    #[error("it has no DKIM signature")]
    NoSignature,
    /// No signature passed: body or header changed, key gone, or of a kind that is not taken.
    #[error("no DKIM signature passed")]
    BadSignature,
    /// The domain in From publishes no DMARC policy.
    #[error("the domain in From publishes no DMARC policy")]
    NoPolicy,
    /// A signature passed, but it is another domain's.
    #[error("no DKIM signature that passed is of the domain in From")]
    NotAligned,
    /// A signature passed, but leaves out a field that says what the mail is.
    #[error("no DKIM signature that passed covers all of these that it has: {}", COVERED.join(", "))]
    NotCovered,
    /// The DNS did not answer.
    #[error("the DNS did not answer; try again later")]
    Later,
}

/// Fields that occur once (RFC 5322 section 3.6; RFC 2045), and are read.
const ONCE: [&str; 9] = [
    "From",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];
/// Those that decide whose mail it is, which, and how its body is read: where a mail has one, a
/// signature that leaves it out proves nothing, for anybody may have written it. Programs that
/// sign by default (Exchange Online, `dkimpy`, `OpenDKIM`) cover these.
const COVERED: [&str; 5] = ["From", "Subject", "Date", "Message-ID", "Content-Type"];

/// What the signature that proves From says and covers.
#[derive(Clone, PartialEq, Eq)]
pub struct Covered {
    domain: String,
    signed_at: Option<Timestamp>,
    fields: Vec<String>,
    body: [u8; 32],
}

impl Covered {
    /// When it was signed, where the signature says so (`t=`).
    pub const fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// SHA-256 of the body without what may change on the way: spaces at line ends, empty lines
    /// at its end (RFC 6376 section 3.4.4). Of one mail it is the same whichever of its
    /// signatures is left on it.
    pub const fn body(&self) -> [u8; 32] {
        self.body
    }

    /// Whether a field is covered.
    pub fn covers(&self, name: &str) -> bool {
        self.fields.iter().any(|h| h.eq_ignore_ascii_case(name))
    }
}

/// What is known of who sent a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Authentication {
    from: Option<String>,
    covered: Option<Covered>,
    policy: DmarcPolicy,
    unproved: Option<Unproved>,
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("from_domain", &self.from_domain())
            .field("signed_by", &self.signed_by())
            .field("policy", &self.policy)
            .field("unproved", &self.unproved)
            .finish_non_exhaustive()
    }
}

impl Authentication {
    /// Nothing is known, for this reason.
    pub const fn none(reason: Unproved) -> Self {
        Self {
            from: None,
            covered: None,
            policy: DmarcPolicy::Absent,
            unproved: Some(reason),
        }
    }

    /// Whether the domain in From is proved: DMARC passed, and by DKIM.
    pub const fn proves_from(&self) -> bool {
        self.unproved.is_none()
    }

    /// The one address in From, in lower case: a claim, unless [`Self::proves_from`].
    pub fn from_address(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The domain of that address.
    pub fn from_domain(&self) -> Option<&str> {
        let (_, domain) = self.from.as_deref()?.rsplit_once('@')?;
        Some(domain)
    }

    /// The domain whose signature proves From.
    pub fn signed_by(&self) -> Option<&str> {
        self.covered.as_ref().map(|covered| covered.domain.as_str())
    }

    /// What that signature says and covers.
    pub const fn covered(&self) -> Option<&Covered> {
        self.covered.as_ref()
    }

    /// The policy that the domain in From publishes.
    pub const fn policy(&self) -> DmarcPolicy {
        self.policy
    }

    /// Why From is not proved.
    pub const fn unproved(&self) -> Option<Unproved> {
        self.unproved
    }
}

/// Says whether a message's From domain is proved: it has exactly one From field with one
/// address, the domain publishes a DMARC policy, and a DKIM signature passes that is aligned
/// with From as that policy asks. SPF does not count, for the mail came through a relay. Of each
/// field that says what the mail is there is one, and the signature covers it: DKIM itself lets
/// anybody put another subject or another content type above a signature that goes on passing
/// (RFC 6376 section 8.15).
///
/// A signature does not pass with an `l=` tag, with SHA-1, with an RSA key under 1,024 bits,
/// past its expiry, without From among the fields that it signs, with a key that its domain only
/// tries, or for a third party (RFC 6541). `mail-auth` finds the organizational domain by RFC
/// 9989's walk, for which `gov.uk` can be one; so the signing domain must also be the From
/// domain, above it or below it, and never a sibling.
pub async fn authenticate(message: &[u8], resolver: &Resolver, now: Timestamp) -> Authentication {
    let Some(mut parsed) = AuthenticatedMessage::parse(message) else {
        return Authentication::none(Unproved::NotAMessage);
    };
    let Some(from) = only_from(&parsed) else {
        return Authentication::none(Unproved::NotOneFrom);
    };
    if ONCE.iter().any(|name| count(&parsed, name) > 1) {
        return Authentication::none(Unproved::Ambiguous);
    }
    let signatures = parsed.dkim_headers.len() + parsed.errors.len();
    parsed.dkim_headers.retain(|header| is_taken(header, now));
    parsed.dkim_headers.truncate(MOST_SIGNATURES);
    parsed.errors.clear();
    for header in &mut parsed.dkim_headers {
        // Judged above by the time that was given; the library would ask the system's clock,
        // and report to others where a signature asks for that.
        header.header.x = 0;
        header.header.r = false;
    }
    let verified = resolver.lookup.verify_dkim(resolver.ask(&parsed)).await;
    let mut good = Vec::new();
    let mut later = false;
    for output in verified {
        later |= matches!(output.result(), DkimResult::TempError(_));
        if is_good(&output, resolver).await {
            good.push(output);
        }
    }
    let mut outcome = policy(&parsed, good, resolver).await;
    if outcome.unproved == Some(Unproved::BadSignature) {
        if later {
            outcome.unproved = Some(Unproved::Later);
        } else if signatures == 0 {
            outcome.unproved = Some(Unproved::NoSignature);
        }
    }
    outcome.from = Some(from);
    outcome
}

async fn policy<'x>(
    parsed: &'x AuthenticatedMessage<'x>,
    mut good: Vec<DkimOutput<'x>>,
    resolver: &Resolver,
) -> Authentication {
    let author = parsed.from.first().and_then(|from| from.rsplit_once('@'));
    let domain = author.map_or("", |(_, domain)| domain);
    let none_passed = good.is_empty();
    good.retain(|output| output.signature().is_some_and(|s| is_line(&s.d, domain)));
    let aligned = good.len();
    good.retain(|output| output.signature().is_some_and(|s| covers(parsed, s)));
    let none_covers = good.is_empty() && aligned > 0;
    let spf = SpfOutput::new(String::new());
    let params = DmarcParameters::new(parsed, &good, "", &spf);
    let dmarc = resolver.lookup.verify_dmarc(resolver.ask(params)).await;
    let mut outcome = Authentication::none(Unproved::BadSignature);
    if matches!(dmarc.dkim_result(), DmarcResult::TempError(_)) {
        outcome.unproved = Some(Unproved::Later);
        return outcome;
    }
    if dmarc.dmarc_record().is_none() {
        outcome.unproved = Some(if none_passed {
            Unproved::BadSignature
        } else {
            Unproved::NoPolicy
        });
        return outcome;
    }
    outcome.policy = match dmarc.policy() {
        Policy::None | Policy::Unspecified => DmarcPolicy::None,
        Policy::Quarantine => DmarcPolicy::Quarantine,
        Policy::Reject => DmarcPolicy::Reject,
    };
    if none_passed {
        return outcome;
    }
    if *dmarc.dkim_result() == DmarcResult::Pass {
        let signature = good.iter().find_map(DkimOutput::signature);
        outcome.covered = signature.map(|signature| covered(parsed, signature));
        outcome.unproved = outcome.covered.is_none().then_some(Unproved::NotAligned);
    } else if none_covers {
        outcome.unproved = Some(Unproved::NotCovered);
    } else {
        outcome.unproved = Some(Unproved::NotAligned);
    }
    outcome
}

/// The only address of the only From field.
fn only_from(parsed: &AuthenticatedMessage<'_>) -> Option<String> {
    match (count(parsed, "From"), parsed.from.as_slice()) {
        (1, [address]) => {
            let (local, domain) = address.rsplit_once('@')?;
            let whole = !local.is_empty() && !domain.is_empty();
            whole.then(|| address.to_lowercase())
        }
        _ => None,
    }
}

/// How often a field occurs.
fn count(parsed: &AuthenticatedMessage<'_>, field: &str) -> usize {
    let is_one = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(field.as_bytes());
    parsed
        .headers
        .iter()
        .filter(|(name, _)| is_one(name))
        .count()
}

/// Whether a signature covers what says what the mail is.
fn covers(parsed: &AuthenticatedMessage<'_>, signature: &Signature) -> bool {
    let signs = |name: &str| {
        signature
            .h
            .iter()
            .any(|h| h.trim().eq_ignore_ascii_case(name))
    };
    let mut there = COVERED.iter().filter(|name| count(parsed, name) > 0);
    there.all(|name| signs(name))
}

fn covered(parsed: &AuthenticatedMessage<'_>, signature: &Signature) -> Covered {
    let start = usize::try_from(parsed.body_offset).unwrap_or(usize::MAX);
    let body = parsed.raw_message.get(start..).unwrap_or_default();
    let mut digest = Digest(Sha256::new());
    Canonicalization::Relaxed
        .canonical_body(body, 0)
        .write(&mut digest);
    let at = i64::try_from(signature.t).ok().filter(|at| *at > 0);
    Covered {
        domain: signature.d.clone(),
        signed_at: at.and_then(|at| Timestamp::from_second(at).ok()),
        fields: signature.h.iter().map(|h| h.trim().to_owned()).collect(),
        body: digest.0.finalize().into(),
    }
}

struct Digest(Sha256);

impl Writer for Digest {
    fn write(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }
}

/// Whether a signature is of a kind that is taken at all.
fn is_taken(header: &Header<'_, Signature>, now: Timestamp) -> bool {
    let signature = &header.header;
    let expires = i64::try_from(signature.x).unwrap_or(i64::MAX);
    let current = signature.x == 0 || (signature.x > signature.t && expires > now.as_second());
    let signs_from = signature
        .h
        .iter()
        .any(|h| h.trim().eq_ignore_ascii_case("from"));
    current
        && signs_from
        && signature.a != Algorithm::RsaSha1
        && signature.atps.is_none()
        && !has_length(header.value)
}

/// Whether there is an `l=` tag, also one that says 0.
fn has_length(value: &[u8]) -> bool {
    value
        .split(|octet| *octet == b';')
        .filter_map(|tag| tag.split(|octet| *octet == b'=').next())
        .any(|name| name.trim_ascii() == b"l")
}

async fn is_good(output: &DkimOutput<'_>, resolver: &Resolver) -> bool {
    // A changed body is `Neutral` to the library: only `Pass` is a pass.
    let (DkimResult::Pass, Some(signature)) = (output.result(), output.signature()) else {
        return false;
    };
    let key = resolver
        .lookup
        .txt_lookup::<DomainKey>(signature.domain_key(), resolver.fixed.as_ref())
        .await;
    key.is_ok_and(|key| {
        let strong = signature.a != Algorithm::RsaSha256 || key.p.public_key_bits() >= SMALLEST_RSA;
        strong && key.f & TESTING == 0
    })
}

/// Whether one is the other, or above it or below it.
fn is_line(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let below = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !one.is_empty() && !other.is_empty() && (below(&one, &other) || below(&other, &one))
}
