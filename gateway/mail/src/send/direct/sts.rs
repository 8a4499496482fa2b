//! Which MTA-STS policy is in force for a domain: announced in the DNS, fetched over HTTPS, and
//! kept for as long as it says (RFC 8461 sections 3.3 and 5).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway_core::Clock;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, redirect};
use rustls::ClientConfig;

use super::dns::Dns;
use super::policy::{Mode, Policy, announced};
use crate::send::RouteError;
use crate::send::evidence::MtaSts;

/// The longest policy that is read, in octets (RFC 8461 section 3.3 suggests 64 KiB).
const LARGEST: usize = 64 * 1024;
/// How long a policy that could not be had is not asked for again, while its id stays (RFC 8461
/// section 3.3: five minutes or longer).
const AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// How old a policy may be before it is fetched anew (RFC 8461 section 3.3 suggests a day), so
/// that one who keeps it from being renewed must do so for all of its life.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// How many domains' policies are kept.
const MOST: usize = 10_000;

/// The policies that are known.
pub(super) struct Policies {
    dns: Dns,
    web: Client,
    port: u16,
    clock: Clock,
    known: Mutex<HashMap<String, Known>>,
}

/// What is known of one domain's.
#[derive(Clone, Default)]
struct Known {
    policy: Option<Kept>,
    /// The id of one that could not be had, and when it is asked for again.
    missed: Option<(String, Timestamp)>,
}

#[derive(Clone)]
struct Kept {
    id: String,
    policy: Arc<Policy>,
    /// When it is to be fetched anew.
    stale: Timestamp,
    /// When it is in force no more.
    ends: Timestamp,
}

/// What a policy means for one letter.
pub(super) struct InForce {
    /// What is told of it.
    pub(super) told: MtaSts,
    enforced: Option<Arc<Policy>>,
}

impl InForce {
    /// Whether mail may go to a host.
    pub(super) fn allows(&self, host: &str) -> bool {
        let enforced = self.enforced.as_ref();
        enforced.is_none_or(|policy| policy.names(host))
    }

    fn none(told: MtaSts) -> Self {
        Self {
            told,
            enforced: None,
        }
    }
}

impl From<Arc<Policy>> for InForce {
    fn from(policy: Arc<Policy>) -> Self {
        match policy.mode {
            Mode::Enforce => Self {
                told: MtaSts::Enforced,
                enforced: Some(policy),
            },
            Mode::Testing => Self::none(MtaSts::Testing),
            Mode::None => Self::none(MtaSts::NoPolicy),
        }
    }
}

impl Policies {
    pub(super) fn new(
        dns: Dns,
        tls: ClientConfig,
        port: u16,
        clock: Clock,
        timeout: Duration,
    ) -> Result<Self, RouteError> {
        let web = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(dns.clone())
            // RFC 8461 section 3.3: a redirect is a policy that cannot be fetched.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .https_only(true)
            .timeout(timeout)
            .build()
            .map_err(|_| RouteError::Tls)?;
        Ok(Self {
            dns,
            web,
            port,
            clock,
            known: Mutex::new(HashMap::new()),
        })
    }

    /// The policy in force for a domain now.
    pub(super) async fn of(&self, domain: &str) -> InForce {
        let now = self.clock.now();
        let known = self.known(domain, now);
        let kept = known.policy.as_ref();
        let before = |otherwise| match kept {
            Some(kept) => InForce::from(Arc::clone(&kept.policy)),
            None => InForce::none(otherwise),
        };
        let Ok(texts) = self.dns.texts(&format!("_mta-sts.{domain}")).await else {
            return before(MtaSts::NotFetched);
        };
        let Some(id) = announced(texts.records.iter().map(String::as_str)) else {
            return before(MtaSts::NoPolicy);
        };
        if kept.is_some_and(|kept| kept.id == id && now < kept.stale) {
            return before(MtaSts::NotFetched);
        }
        let missed = known.missed.as_ref();
        if missed.is_some_and(|(missed, again)| missed == id && now < *again) {
            return before(MtaSts::NotFetched);
        }
        let Some(policy) = self.fetch(domain).await else {
            tracing::warn!(
                mail.domain = domain,
                "the domain's MTA-STS policy cannot be fetched"
            );
            let again = later(now, AGAIN);
            self.note(domain, now, |known| {
                known.missed = Some((id.to_owned(), again));
            });
            return before(MtaSts::NotFetched);
        };
        let policy = Arc::new(policy);
        let age = i64::try_from(policy.max_age).unwrap_or_default();
        let ends = later(now, SignedDuration::from_secs(age));
        let kept = Kept {
            id: id.to_owned(),
            policy: Arc::clone(&policy),
            stale: ends.min(later(now, FRESH)),
            ends,
        };
        self.note(domain, now, |known| {
            known.policy = Some(kept);
            known.missed = None;
        });
        InForce::from(policy)
    }

    /// The policy that the domain serves; none where there is not one, whole and well formed.
    async fn fetch(&self, domain: &str) -> Option<Policy> {
        let port = match self.port {
            443 => String::new(),
            port => format!(":{port}"),
        };
        let place = format!("https://mta-sts.{domain}{port}/.well-known/mta-sts.txt");
        let mut answer = self.web.get(place).send().await.ok()?;
        if answer.status() != StatusCode::OK {
            return None;
        }
        let kind = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case("text/plain") {
            return None;
        }
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await.ok()? {
            text.extend_from_slice(&part);
            if text.len() > LARGEST {
                return None;
            }
        }
        Policy::parse(std::str::from_utf8(&text).ok()?)
    }

    fn known(&self, domain: &str, now: Timestamp) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = known.get(domain).cloned().unwrap_or_default();
        known.policy = known.policy.filter(|kept| now < kept.ends);
        known
    }

    fn note(&self, domain: &str, now: Timestamp, change: impl FnOnce(&mut Known)) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(domain) {
            all.retain(|_, known| known.policy.as_ref().is_some_and(|kept| now < kept.ends));
            if all.len() >= MOST {
                return;
            }
        }
        change(all.entry(domain.to_owned()).or_default());
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
