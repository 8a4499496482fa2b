//! What happened, as the work that made it happen says it.

use std::collections::BTreeMap;

use gateway_core::AgencyId;
use gateway_core::event::EventKind;

/// An event before it has its place in the log.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What happened.
    pub kind: EventKind,
    /// The exchange.
    pub exchange: Option<String>,
    /// The nominal.
    pub nominal: Option<String>,
    /// Who acted.
    pub from: Option<AgencyId>,
    /// Whom it reaches.
    pub to: Vec<AgencyId>,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// Commitments to content.
    pub content: Vec<String>,
    /// Opaque particulars.
    pub detail: BTreeMap<String, String>,
}

impl Draft {
    /// An event of a kind, by an agency.
    pub fn new(kind: EventKind, from: Option<&AgencyId>) -> Self {
        Self {
            kind,
            exchange: None,
            nominal: None,
            from: from.cloned(),
            to: Vec::new(),
            rules: Vec::new(),
            content: Vec::new(),
            detail: BTreeMap::new(),
        }
    }

    /// Of an exchange, and its nominal where it has one.
    #[must_use]
    pub fn about(mut self, exchange: &str, nominal: Option<&str>) -> Self {
        self.exchange = Some(exchange.to_owned());
        self.nominal = nominal.map(str::to_owned);
        self
    }

    /// Of a nominal.
    #[must_use]
    pub fn nominal(mut self, nominal: &str) -> Self {
        self.nominal = Some(nominal.to_owned());
        self
    }

    /// Reaching these agencies.
    #[must_use]
    pub fn reaching(mut self, to: impl IntoIterator<Item = AgencyId>) -> Self {
        self.to = to.into_iter().collect();
        self.to.sort();
        self.to.dedup();
        self
    }

    /// By these rules.
    #[must_use]
    pub fn by(mut self, rules: impl IntoIterator<Item = String>) -> Self {
        self.rules = rules.into_iter().collect();
        self.rules.sort();
        self.rules.dedup();
        self
    }

    /// With a particular.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }
}
