//! DANE for mail (RFC 7672): a host whose domain proves by DNSSEC which certificate it has.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use sha2::{Digest as _, Sha256, Sha512};

use super::dns::{Dns, Tlsa, Unanswered};
use crate::send::RouteError;
use crate::send::tls::{self, Rule};

/// The rule for a host's certificate, where it has one that can be used. `proved` says whether
/// DNSSEC proves the way to the host, its name and its addresses: nothing is asked without.
///
/// A question that is not answered is not passed over: whoever can suppress it could else have
/// the weaker check (RFC 7672 section 2.1).
pub(super) async fn rule_for(
    dns: &Dns,
    host: &str,
    port: u16,
    proved: bool,
) -> Result<Option<Associations>, Unanswered> {
    if !proved {
        return Ok(None);
    }
    let found = dns.tlsa(&format!("_{port}._tcp.{host}")).await?;
    if !found.secure {
        return Ok(None);
    }
    let usable: Vec<Association> = found.records.iter().filter_map(Association::of).collect();
    Ok((!usable.is_empty()).then_some(Associations(usable)))
}

/// What a host's certificate must have: one of these.
#[derive(Debug)]
pub(super) struct Associations(Vec<Association>);

#[derive(Debug)]
struct Association {
    whose: Whose,
    part: Part,
    form: Form,
    data: Vec<u8>,
}

/// RFC 7672 section 3.1: usages 2 and 3 are the ones for mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// An authority's, which the host sends along.
    Authority,
    /// The host's own.
    Host,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Certificate,
    Key,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Whole,
    Sha256,
    Sha512,
}

impl Associations {
    /// TLS with a host that has it.
    pub(super) fn config(self) -> Result<ClientConfig, RouteError> {
        tls::judged_by(self)
    }

    fn any(&self, whose: Whose, certificate: &CertificateDer<'_>) -> bool {
        let mut these = self.0.iter().filter(|one| one.whose == whose);
        these.any(|one| one.is_of(certificate))
    }
}

impl Association {
    /// None where the record is of a kind that mail does not use.
    fn of(record: &Tlsa) -> Option<Self> {
        let whose = match record.usage {
            2 => Whose::Authority,
            3 => Whose::Host,
            _ => return None,
        };
        let part = match record.selector {
            0 => Part::Certificate,
            1 => Part::Key,
            _ => return None,
        };
        let form = match (record.matching, record.data.len()) {
            (0, 1..) => Form::Whole,
            (1, 32) => Form::Sha256,
            (2, 64) => Form::Sha512,
            _ => return None,
        };
        Some(Self {
            whose,
            part,
            form,
            data: record.data.clone(),
        })
    }

    fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        let key;
        let part: &[u8] = match self.part {
            Part::Certificate => certificate,
            Part::Key => {
                let Ok(parsed) = ParsedCertificate::try_from(certificate) else {
                    return false;
                };
                key = parsed.subject_public_key_info();
                &key
            }
        };
        match self.form {
            Form::Whole => part == self.data,
            Form::Sha256 => Sha256::digest(part).as_slice() == self.data,
            Form::Sha512 => Sha512::digest(part).as_slice() == self.data,
        }
    }
}

impl Rule for Associations {
    fn allows(
        &self,
        (own, others): (&CertificateDer<'_>, &[CertificateDer<'_>]),
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        // RFC 7672 section 3.1.1: of the host's own, neither names nor dates are looked at.
        if self.any(Whose::Host, own) {
            return Ok(());
        }
        let mut roots = RootCertStore::empty();
        for authority in others.iter().filter(|one| self.any(Whose::Authority, one)) {
            roots.add(authority.clone().into_owned())?;
        }
        let unknown = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
        if roots.is_empty() {
            return Err(unknown());
        }
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls::provider());
        let judge = judge.build().map_err(|_| unknown())?;
        let verified = judge.verify_server_cert(own, others, name, &[], now);
        verified.map(|_| ())
    }
}
