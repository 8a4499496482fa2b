//! What the DNS says of a domain's mail hosts: asked over the network, or given as a list.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::hickory_resolver::proto::rr::RecordType;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::network;

/// The DNS cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The system's resolver configuration does not read.
    #[error("the system's DNS configuration does not read: look at /etc/resolv.conf")]
    System,
    /// The keys that answers are to be proved from do not read.
    #[error("the DNS keys do not read: give DNSKEY records, a line each, as a zone file has them")]
    Keys,
}

/// Whether answers are proved (RFC 4035), and from which keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// They are not, so that DANE is not used.
    Off,
    /// From the keys of the root of the DNS. The name servers must pass signatures on: behind
    /// those that do not, no domain that signs is reached.
    Root,
    /// From these: DNSKEY records as a zone file has them.
    Keys(String),
}

/// A record, as far as mail needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsRecord {
    /// A mail host and its preference; the lower goes first. The name `.` is the null MX.
    Mx(u16, String),
    /// An address (A or AAAA).
    Address(IpAddr),
    /// A text.
    Txt(String),
    /// A certificate, or what it must have.
    Tlsa(Tlsa),
    /// No record: a question on this name is not answered (SERVFAIL).
    Fails,
}

/// A TLSA record (RFC 6698 section 2.1), its fields as they stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlsa {
    /// Certificate usage.
    pub usage: u8,
    /// Selector.
    pub selector: u8,
    /// Matching type.
    pub matching: u8,
    /// Certificate association data.
    pub data: Vec<u8>,
}

/// Where mail hosts are looked up.
#[derive(Clone)]
pub struct Dns(Source);

#[derive(Clone)]
enum Source {
    Network(Box<TokioResolver>),
    List {
        records: Arc<Mutex<List>>,
        secure: bool,
    },
}

type List = HashMap<String, Vec<DnsRecord>>;

/// An answer to one question; without records, that there are none, or no such name.
pub(super) struct Answer<T> {
    /// What was asked for.
    pub(super) records: Vec<T>,
    /// Whether all of it is proved by DNSSEC.
    pub(super) secure: bool,
}

/// There was no answer, or one that is proved false.
#[derive(Debug)]
pub(super) struct Unanswered;

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Source::Network(_) => "Dns(network)",
            Source::List { .. } => "Dns(list)",
        })
    }
}

impl Dns {
    /// By the system's name servers.
    pub fn system(dnssec: &Dnssec) -> Result<Self, DnsError> {
        let resolver = network::resolver(None, dnssec)?;
        Ok(Self(Source::Network(Box::new(resolver))))
    }

    /// By these name servers.
    pub fn servers(servers: &[SocketAddr], dnssec: &Dnssec) -> Result<Self, DnsError> {
        let resolver = network::resolver(Some(servers), dnssec)?;
        Ok(Self(Source::Network(Box::new(resolver))))
    }

    /// Only these records, by name. `secure` says whether they count as proved by DNSSEC.
    pub fn fixed(records: impl IntoIterator<Item = (String, DnsRecord)>, secure: bool) -> Self {
        let records = Arc::new(Mutex::new(list(records)));
        Self(Source::List { records, secure })
    }

    /// Puts other records in the place of those of a fixed list, for whoever asks it; false over
    /// the network, where nobody can.
    pub fn set(&self, to: impl IntoIterator<Item = (String, DnsRecord)>) -> bool {
        match &self.0 {
            Source::Network(_) => false,
            Source::List { records, .. } => {
                *records.lock().unwrap_or_else(PoisonError::into_inner) = list(to);
                true
            }
        }
    }

    /// The mail hosts of a domain.
    pub(super) async fn mx(&self, domain: &str) -> Result<Answer<(u16, String)>, Unanswered> {
        let answer = self.ask(domain, RecordType::MX).await?;
        Ok(answer.of(|record| match record {
            DnsRecord::Mx(preference, host) => Some((preference, plain(&host))),
            DnsRecord::Address(_) | DnsRecord::Txt(_) | DnsRecord::Tlsa(_) | DnsRecord::Fails => {
                None
            }
        }))
    }

    /// The addresses of a host, the IPv4 ones first.
    pub(super) async fn addresses(&self, host: &str) -> Result<Answer<IpAddr>, Unanswered> {
        let four = self.addresses_of(host, RecordType::A).await;
        let six = self.addresses_of(host, RecordType::AAAA).await;
        match (four, six) {
            (Ok(mut four), Ok(six)) => {
                four.secure = (four.secure || four.records.is_empty())
                    && (six.secure || six.records.is_empty());
                four.records.extend(six.records);
                Ok(four)
            }
            (Ok(one), Err(_)) | (Err(_), Ok(one)) if !one.records.is_empty() => Ok(one),
            (Ok(_) | Err(_), _) => Err(Unanswered),
        }
    }

    async fn addresses_of(&self, host: &str, of: RecordType) -> Result<Answer<IpAddr>, Unanswered> {
        let answer = self.ask(host, of).await?;
        Ok(answer.of(|record| match record {
            DnsRecord::Address(address) => {
                (address.is_ipv4() == (of == RecordType::A)).then_some(address)
            }
            DnsRecord::Mx(..) | DnsRecord::Txt(_) | DnsRecord::Tlsa(_) | DnsRecord::Fails => None,
        }))
    }

    /// The texts at a name.
    pub(super) async fn texts(&self, name: &str) -> Result<Answer<String>, Unanswered> {
        let answer = self.ask(name, RecordType::TXT).await?;
        Ok(answer.of(|record| match record {
            DnsRecord::Txt(text) => Some(text),
            DnsRecord::Mx(..) | DnsRecord::Address(_) | DnsRecord::Tlsa(_) | DnsRecord::Fails => {
                None
            }
        }))
    }

    /// What the certificate of the service at a name must have.
    pub(super) async fn tlsa(&self, name: &str) -> Result<Answer<Tlsa>, Unanswered> {
        let answer = self.ask(name, RecordType::TLSA).await?;
        Ok(answer.of(|record| match record {
            DnsRecord::Tlsa(tlsa) => Some(tlsa),
            DnsRecord::Mx(..) | DnsRecord::Address(_) | DnsRecord::Txt(_) | DnsRecord::Fails => {
                None
            }
        }))
    }

    async fn ask(&self, name: &str, of: RecordType) -> Result<Answer<DnsRecord>, Unanswered> {
        match &self.0 {
            Source::Network(resolver) => {
                // With the dot at its end no search list is gone through.
                let found = resolver.lookup(format!("{}.", plain(name)), of).await;
                network::answer(found)
            }
            Source::List { records, secure } => {
                let all = records.lock().unwrap_or_else(PoisonError::into_inner);
                let records = all.get(&plain(name)).cloned().unwrap_or_default();
                if records.contains(&DnsRecord::Fails) {
                    return Err(Unanswered);
                }
                Ok(Answer {
                    records,
                    secure: *secure,
                })
            }
        }
    }
}

impl<T> Answer<T> {
    fn of<U>(self, which: impl Fn(T) -> Option<U>) -> Answer<U> {
        Answer {
            records: self.records.into_iter().filter_map(which).collect(),
            secure: self.secure,
        }
    }
}

fn list(records: impl IntoIterator<Item = (String, DnsRecord)>) -> List {
    let mut list = List::new();
    for (name, record) in records {
        list.entry(plain(&name)).or_default().push(record);
    }
    list
}

/// A name in the one form that is compared: lower case, no dot at its end.
pub(super) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The web host of a policy is looked up in the same place.
impl Resolve for Dns {
    fn resolve(&self, name: Name) -> Resolving {
        let dns = self.clone();
        Box::pin(async move {
            let found = dns.addresses(name.as_str()).await;
            let found = found.map_err(|Unanswered| "the DNS does not answer")?;
            let addresses = found.records.into_iter();
            Ok(Box::new(addresses.map(|address| SocketAddr::from((address, 0)))) as Addrs)
        })
    }
}
