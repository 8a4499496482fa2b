//! Where a session is used from: the browser as it names itself, and the network it is in. A
//! session is bound to where it was begun, so that a cookie that was carried off to another
//! machine opens nothing. The store has digests alone, keyed by the session's own token.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::hmac;

/// The longest name of a browser that is looked at, bytes.
const LONGEST: usize = 1024;

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whence {
    browser: String,
    network: Option<IpAddr>,
}

/// In what a session is used from elsewhere than it was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// Another browser.
    Browser,
    /// Another network.
    Network,
    /// Both.
    Both,
}

/// Digests of where a session was begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prints {
    pub(super) browser: String,
    /// Empty where the network does not count.
    pub(super) network: String,
}

impl Differs {
    /// The word in the log and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Network => "network",
            Self::Both => "both",
        }
    }

    /// What a word stands for.
    pub(super) fn of(word: &str) -> Option<Self> {
        let all = [Self::Browser, Self::Network, Self::Both];
        all.into_iter().find(|differs| differs.as_str() == word)
    }
}

impl Whence {
    /// By the `User-Agent` and the address of the peer, where its network counts.
    pub fn new(browser: &str, address: Option<IpAddr>) -> Self {
        let mut end = browser.len().min(LONGEST);
        while !browser.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            browser: browser[..end].to_owned(),
            network: address.map(network),
        }
    }

    /// The digests under a session's token.
    pub(super) fn prints(&self, token: &str) -> Prints {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
        let print = |what: &str, value: &str| {
            let text = format!("mappa-gateway/session-{what}/v1\n{value}");
            hex::encode(hmac::sign(&key, text.as_bytes()))
        };
        let network = self.network.map(|network| network.to_string());
        Prints {
            browser: print("browser", &self.browser),
            network: network.map_or_else(String::new, |network| print("network", &network)),
        }
    }
}

impl Prints {
    /// In what another request differs; a network that was not noted, or does not count now, is
    /// not compared.
    pub(super) fn differs(&self, now: &Self) -> Option<Differs> {
        let counts = !self.network.is_empty() && !now.network.is_empty();
        match (
            self.browser != now.browser,
            counts && self.network != now.network,
        ) {
            (true, true) => Some(Differs::Both),
            (true, false) => Some(Differs::Browser),
            (false, true) => Some(Differs::Network),
            (false, false) => None,
        }
    }
}

/// The network of an address: what a household or an office has (IPv4 /24, IPv6 /48).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOX: &str = "Mozilla/5.0 Firefox/140.0";

    fn from(browser: &str, address: &str) -> Prints {
        let address = (!address.is_empty()).then(|| address.parse().unwrap());
        Whence::new(browser, address).prints("token")
    }

    #[test]
    fn the_same_browser_in_the_same_network_does_not_differ() {
        for (one, other) in [
            ("192.0.2.1", "192.0.2.254"),
            ("192.0.2.1", "::ffff:192.0.2.7"),
            ("2001:db8:1:1::1", "2001:db8:1:ffff::9"),
            ("", "192.0.2.1"),
            ("192.0.2.1", ""),
        ] {
            let differs = from(FOX, one).differs(&from(FOX, other));
            assert_eq!(differs, None, "{one} and {other}");
        }
    }

    #[test]
    fn another_browser_or_network_does() {
        let own = from(FOX, "192.0.2.1");
        for (browser, address, expected) in [
            ("Mozilla/5.0 Firefox/141.0", "192.0.2.1", Differs::Browser),
            ("", "192.0.2.1", Differs::Browser),
            (FOX, "192.0.3.1", Differs::Network),
            (FOX, "2001:db8::1", Differs::Network),
            ("curl/8", "198.51.100.1", Differs::Both),
        ] {
            let differs = own.differs(&from(browser, address));
            assert_eq!(differs, Some(expected), "{browser} {address}");
            assert_eq!(Differs::of(expected.as_str()), Some(expected));
        }
        let elsewhere = from(FOX, "2001:db8:2::1");
        let differs = from(FOX, "2001:db8:1::1").differs(&elsewhere);
        assert_eq!(differs, Some(Differs::Network));
    }

    #[test]
    fn a_digest_tells_nothing_without_the_token_and_bounds_what_it_takes() {
        let own = Whence::new(FOX, None);
        assert_ne!(own.prints("one"), own.prints("other"));
        let long = "é".repeat(LONGEST);
        assert_eq!(Whence::new(&long, None).browser.len(), LONGEST);
    }
}
