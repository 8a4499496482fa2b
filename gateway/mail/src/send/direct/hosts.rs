//! Which hosts take a domain's mail, in the order in which they are asked (RFC 5321 section 5.1).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::dns::{Answer, Dns, Unanswered, plain};
use crate::send::{Sent, Why};

/// The hosts that take a domain's mail.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Their names, the first to be asked first; at least one.
    pub(super) names: Vec<String>,
    /// Whether DNSSEC proves that they are the domain's.
    pub(super) secure: bool,
}

/// Looks them up, or says what becomes of the letter without them. `own` is the gateway's name:
/// a host that bears it, and all behind it, would send the letter round in a ring. `letter`
/// decides in which order equal hosts are asked, so that their load is spread.
pub(super) async fn hosts_of(
    dns: &Dns,
    domain: &str,
    own: &str,
    letter: &str,
) -> Result<Hosts, Sent> {
    let found = dns.mx(domain).await.map_err(|Unanswered| not_answered())?;
    let secure = found.secure;
    let names = if found.records.is_empty() {
        itself(dns, domain).await?
    } else {
        in_order(found, own, letter)?
    };
    Ok(Hosts { names, secure })
}

/// A domain without MX records takes its mail itself, if it has an address; one that is not
/// there at all has none.
async fn itself(dns: &Dns, domain: &str) -> Result<Vec<String>, Sent> {
    let addresses = dns.addresses(domain).await;
    let addresses = addresses.map_err(|Unanswered| not_answered())?;
    if addresses.records.is_empty() {
        return Err(refused("5.1.2"));
    }
    Ok(vec![domain.to_owned()])
}

fn in_order(found: Answer<(u16, String)>, own: &str, letter: &str) -> Result<Vec<String>, Sent> {
    let mut hosts = found.records;
    // RFC 7505 section 3: a `.` alone; beside others it means nothing.
    hosts.retain(|(_, host)| !host.is_empty());
    if hosts.is_empty() {
        return Err(refused("5.1.10"));
    }
    let own = plain(own);
    let ours = hosts.iter().filter(|(_, host)| *host == own);
    if let Some(nearest) = ours.map(|(preference, _)| *preference).min() {
        hosts.retain(|(preference, _)| *preference < nearest);
    }
    if hosts.is_empty() {
        return Err(refused("5.4.6"));
    }
    hosts.sort_by_cached_key(|(preference, host)| (*preference, spread(letter, host)));
    let mut names: Vec<String> = Vec::new();
    for (_, host) in hosts {
        if !names.contains(&host) {
            names.push(host);
        }
    }
    Ok(names)
}

fn spread(letter: &str, host: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (letter, host).hash(&mut hasher);
    hasher.finish()
}

fn refused(status: &str) -> Sent {
    Sent::Refused {
        status: Some(status.to_owned()),
    }
}

/// RFC 3463 section 3.5: the directory server fails.
fn not_answered() -> Sent {
    Sent::Later {
        status: Some("4.4.3".to_owned()),
        why: Why::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::send::DnsRecord;

    async fn asked(records: &[(u16, &str)], letter: &str) -> Result<Vec<String>, Sent> {
        let record = |&(preference, host): &(u16, &str)| {
            let host = DnsRecord::Mx(preference, host.to_owned());
            ("a.example".to_owned(), host)
        };
        let dns = Dns::fixed(records.iter().map(record), false);
        let hosts = hosts_of(&dns, "a.example", "Gateway.example", letter).await;
        hosts.map(|hosts| hosts.names)
    }

    #[tokio::test]
    async fn the_nearest_is_first_and_a_name_is_asked_once() {
        let hosts = [(20, "B."), (10, "c.example."), (30, "b"), (5, "a.example")];
        assert_eq!(
            asked(&hosts, "1").await.unwrap(),
            ["a.example", "c.example", "b"]
        );
    }

    #[tokio::test]
    async fn equal_hosts_change_places_from_letter_to_letter() {
        let hosts = [(10, "a"), (10, "b"), (10, "c"), (1, "z")];
        let mut firsts = BTreeSet::new();
        for letter in 0..50 {
            let names = asked(&hosts, &letter.to_string()).await.unwrap();
            assert_eq!((names.len(), names[0].as_str()), (4, "z"));
            firsts.insert(names[1].clone());
        }
        assert_eq!(firsts.len(), 3, "{firsts:?}");
    }

    #[tokio::test]
    async fn a_letter_never_comes_round_to_the_gateway() {
        let hosts = [(10, "a"), (20, "gateway.example"), (20, "b"), (30, "c")];
        assert_eq!(asked(&hosts, "1").await.unwrap(), ["a"]);
        assert_eq!(asked(&hosts[1..], "1").await.unwrap_err(), refused("5.4.6"));
    }

    #[tokio::test]
    async fn a_domain_that_takes_no_mail_is_told_by_its_dot() {
        assert_eq!(
            asked(&[(0, ".")], "1").await.unwrap_err(),
            refused("5.1.10")
        );
        assert_eq!(asked(&[(0, "."), (1, "a")], "1").await.unwrap(), ["a"]);
    }
}
