//! MTA-STS: the record that announces a policy, the policy, and which hosts match it (RFC 8461
//! sections 3.1, 3.2 and 4.1).

use super::dns::plain;

/// The longest that a policy may say it holds, in seconds (RFC 8461 section 3.2: about a year).
const LONGEST: u64 = 31_557_600;

/// A domain's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// How it is meant.
    pub(super) mode: Mode,
    /// How long it holds, in seconds.
    pub(super) max_age: u64,
    hosts: Vec<Pattern>,
}

/// How a policy is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Only hosts that match, and only over verified TLS.
    Enforce,
    /// Tried out: what does not match is reported only.
    Testing,
    /// No policy any more.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Name(String),
    /// One label before this, which begins with a dot.
    OneBefore(String),
}

impl Policy {
    /// Reads a policy file; none where it is not one. Fields that are not known are passed
    /// over, and of each but `mx` the first counts.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = Vec::new();
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim_matches([' ', '\t']).is_empty() {
                continue;
            }
            fields.push(field(line)?);
        }
        let first = |name: &str| {
            let mut found = fields.iter().filter(|(key, _)| *key == name);
            found.next().map(|(_, value)| *value)
        };
        if first("version")? != "STSv1" {
            return None;
        }
        let mode = match first("mode")? {
            "enforce" => Mode::Enforce,
            "testing" => Mode::Testing,
            "none" => Mode::None,
            _ => return None,
        };
        let age = first("max_age")?;
        if !(1..=10).contains(&age.len()) || !age.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let max_age = age.parse::<u64>().ok()?.min(LONGEST);
        let hosts = fields.iter().filter(|(key, _)| *key == "mx");
        let hosts = hosts.map(|(_, host)| Pattern::parse(host));
        let hosts: Vec<Pattern> = hosts.collect::<Option<_>>()?;
        if hosts.is_empty() && mode != Mode::None {
            return None;
        }
        Some(Self {
            mode,
            max_age,
            hosts,
        })
    }

    /// Whether mail may go to a host under it.
    pub(super) fn names(&self, host: &str) -> bool {
        let host = plain(host);
        self.hosts.iter().any(|pattern| match pattern {
            Pattern::Name(name) => *name == host,
            Pattern::OneBefore(suffix) => host
                .strip_suffix(suffix)
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (name, starred) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let label = |label: &str| {
            let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            (1..=63).contains(&label.len()) && label.bytes().all(good)
        };
        let name = plain(name);
        if name.len() > 253 || !name.split('.').all(label) {
            return None;
        }
        Some(match starred {
            true => Self::OneBefore(format!(".{name}")),
            false => Self::Name(name),
        })
    }
}

/// `name: value`, spaces after the colon and at the end left out.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let mut letters = name.bytes();
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let named = (1..=32).contains(&name.len())
        && letters.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && letters.all(good);
    let value = value.trim_matches([' ', '\t']);
    let said = !value.is_empty() && !value.chars().any(char::is_control);
    (named && said).then_some((name, value))
}

/// The id in the records at `_mta-sts.DOMAIN`, if they announce a policy: exactly one of them
/// must begin with the version.
pub(super) fn announced<'a>(records: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let versioned = |text: &'a str| {
        let rest = text.strip_prefix("v=STSv1")?;
        let rest = rest.trim_start_matches([' ', '\t']);
        rest.strip_prefix(';')
    };
    let mut found = records.filter_map(versioned);
    let (Some(only), None) = (found.next(), found.next()) else {
        return None;
    };
    let mut id = None;
    for part in only.split(';') {
        let part = part.trim_matches([' ', '\t']);
        if part.is_empty() {
            continue;
        }
        let (name, value) = part.split_once('=')?;
        if name == "id" {
            id = id.or(Some(value));
        }
    }
    let good =
        |id: &&str| (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    id.filter(good)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn enforcing(hosts: &[&str]) -> Option<Policy> {
        let lines: Vec<String> = hosts.iter().map(|host| format!("mx: {host}\r\n")).collect();
        let hosts = lines.concat();
        let text = format!("version: STSv1\r\nmode: enforce\r\n{hosts}max_age: 604800\r\n");
        Policy::parse(&text)
    }

    #[test]
    fn a_star_stands_for_one_label_and_no_more() {
        let policy = enforcing(&["*.example.com", "MX.example.NET."]).unwrap();
        for host in ["mail.example.com", "MAIL.Example.com.", "mx.example.net"] {
            assert!(policy.names(host), "{host}");
        }
        for host in [
            "example.com",
            ".example.com",
            "a.mail.example.com",
            "mailexample.com",
            "mail.example.com.evil.example",
            "a.mx.example.net",
            "",
        ] {
            assert!(!policy.names(host), "{host}");
        }
    }

    #[test]
    fn a_policy_is_read_as_the_standard_has_it() {
        let text = "version: STSv1\nmode: testing \nmx:a.example\nfuture_field: a: b, c\n\
                    mode: enforce\nmax_age:0031557601\nmx: \t *.b.example\nmax_age: 1\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!((policy.mode, policy.max_age), (Mode::Testing, LONGEST));
        assert!(policy.names("a.example") && policy.names("x.b.example"));
        let none = Policy::parse("version: STSv1\r\nmode: none\r\nmax_age: 86400").unwrap();
        assert_eq!((none.mode, none.max_age), (Mode::None, 86_400));
    }

    #[test]
    fn what_is_no_policy_is_not_read() {
        for text in [
            "",
            "version: STSv1\nmode: enforce\nmax_age: 1\n",
            "version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1\n",
            "mode: enforce\nmx: a.example\nmax_age: 1\n",
            "version: STSv1\nmx: a.example\nmax_age: 1\n",
            "version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmx: a.example\n",
            "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1\n",
            "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 12345678901\n",
            "version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmx: a..example\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\nno field\n",
            "<html>version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n",
        ] {
            assert_eq!(Policy::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_policy_is_announced_by_one_record_with_an_id() {
        let of = |records: &[&'static str]| announced(records.iter().copied());
        assert_eq!(
            of(&["v=STSv1; id=20160831085700Z;"]),
            Some("20160831085700Z")
        );
        assert_eq!(of(&["v=spf1 -all", "v=STSv1;id=1 ; x=y"]), Some("1"));
        assert_eq!(of(&["v=STSv1; id=1; id=2"]), Some("1"));
        for records in [
            &[][..],
            &["v=STSv1"],
            &["v=STSv1;"],
            &["v=STSv1; id="],
            &["v=STSv1; id=a-b"],
            &["v=STSv1; id=1; x"],
            &["v=STSv12; id=1"],
            &["id=1; v=STSv1;"],
            &["v=STSv1; id=1", "v=STSv1; id=2"],
        ] {
            assert_eq!(of(records), None, "{records:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_served_breaks_the_reader(text in any::<String>(), host in any::<String>()) {
            if let Some(policy) = Policy::parse(&text) {
                policy.names(&host);
            }
            announced([text.as_str(), host.as_str()].into_iter());
        }

        #[test]
        fn a_policy_means_the_same_however_it_is_laid_out(
            hosts in prop::collection::vec("(\\*\\.)?[a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){0,3}", 1..6),
            age in 0u64..40_000_000,
            crlf in any::<bool>(),
            space in "[ \t]{0,3}",
            extra in "[a-z0-9][a-z0-9_.-]{0,20}",
            at in any::<prop::sample::Index>(),
        ) {
            let mut lines = vec!["version:STSv1".to_owned(), "mode:enforce".to_owned()];
            lines.push(format!("max_age:{age}"));
            lines.extend(hosts.iter().map(|host| format!("mx:{host}")));
            let first = at.index(lines.len());
            lines.rotate_left(first);
            lines.push(format!("x{extra}:{space}anything: at all"));
            let lines = lines.iter().map(|line| line.replacen(':', &format!(":{space}"), 1) + &space);
            let end = if crlf { "\r\n" } else { "\n" };
            let text = lines.collect::<Vec<_>>().join(end);
            let policy = Policy::parse(&text).unwrap();
            prop_assert_eq!(policy.mode, Mode::Enforce);
            prop_assert_eq!(policy.max_age, age.min(LONGEST));
            for host in &hosts {
                prop_assert!(policy.names(&host.replace('*', "label")), "{}", host);
            }
        }
    }
}
