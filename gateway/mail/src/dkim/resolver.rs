//! Where keys and policies are looked up.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dmarc::Dmarc;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::{
    DnsError, DnssecStatus, Error, MX, MessageAuthenticator, Parameters, RecordSet, ResolverCache,
    Txt,
};

/// Nothing can be looked up.
#[derive(Debug, thiserror::Error)]
pub enum ResolverError {
    /// The system's resolver configuration does not read.
    #[error("the system's DNS configuration does not read: look at /etc/resolv.conf")]
    System,
    /// A record in the configuration is neither a DKIM key nor a DMARC policy.
    #[error(
        "the record at `{0}` does not read: give a DKIM key at `SELECTOR._domainkey.DOMAIN` or a \
         DMARC policy at `_dmarc.DOMAIN`"
    )]
    Record(String),
}

/// Looks up DKIM keys and DMARC policies: in the DNS, or in a list that is given.
#[derive(Clone)]
pub struct Resolver {
    pub(super) lookup: MessageAuthenticator,
    pub(super) fixed: Option<Fixed>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("fixed", &self.fixed.as_ref().map(|fixed| fixed.txt.len()))
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// The DNS, by the system's configuration; answers are kept as long as they say.
    pub fn system() -> Result<Self, ResolverError> {
        let lookup = MessageAuthenticator::new_system_conf().map_err(|_| ResolverError::System)?;
        Ok(Self {
            lookup,
            fixed: None,
        })
    }

    /// Only these TXT records, by name; any other does not exist. The DNS is never asked: the
    /// list answers every question, and the resolver behind it knows no name server.
    pub fn fixed(
        records: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ResolverError> {
        let mut txt = HashMap::new();
        for (name, record) in records {
            let key = format!("{}.", name.trim_end_matches('.').to_ascii_lowercase());
            let parsed = parse(&key, record.as_bytes()).ok_or(ResolverError::Record(name))?;
            txt.insert(key.into_boxed_str(), parsed);
        }
        let lookup = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default())
            .map_err(|_| ResolverError::System)?;
        Ok(Self {
            lookup,
            fixed: Some(Fixed { txt: Arc::new(txt) }),
        })
    }

    pub(super) fn ask<P>(&self, params: P) -> Parameters<'_, P, Fixed, Fixed, Fixed, Fixed, Fixed> {
        let fixed = self.fixed.as_ref();
        Parameters {
            params,
            cache_txt: fixed,
            cache_mx: fixed,
            cache_ptr: fixed,
            cache_ipv4: fixed,
            cache_ipv6: fixed,
        }
    }
}

fn parse(name: &str, record: &[u8]) -> Option<Txt> {
    if name.starts_with("_dmarc.") {
        Dmarc::parse(record).ok().map(Txt::from)
    } else if name.contains("._domainkey.") {
        DomainKey::parse(record).ok().map(Txt::from)
    } else {
        None
    }
}

/// A cache that has an answer to every question, so that nothing is asked behind it.
#[derive(Clone)]
pub(super) struct Fixed {
    txt: Arc<HashMap<Box<str>, Txt>>,
}

impl ResolverCache<Box<str>, Txt> for Fixed {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let absent = || Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain));
        let found = self.txt.get(name).cloned();
        Some(found.unwrap_or_else(|| Txt::Error(absent())))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

macro_rules! answers_with_nothing {
    ($key:ty, $record:ty) => {
        impl ResolverCache<$key, RecordSet<$record>> for Fixed {
            fn get<Q>(&self, _: &Q) -> Option<RecordSet<$record>>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                Some(RecordSet {
                    rrset: Arc::new([]),
                    dnssec_status: DnssecStatus::Indeterminate,
                })
            }

            fn remove<Q>(&self, _: &Q) -> Option<RecordSet<$record>>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                None
            }

            fn insert(&self, _: $key, _: RecordSet<$record>, _: Instant) {}
        }
    };
}

answers_with_nothing!(Box<str>, MX);
answers_with_nothing!(Box<str>, Ipv4Addr);
answers_with_nothing!(Box<str>, Ipv6Addr);
answers_with_nothing!(IpAddr, Box<str>);
