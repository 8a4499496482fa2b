//! The directory of mail domains and what they are good for. There is no magic suffix: a row
//! says what was seen of a domain, and until when that holds.

use jiff::civil::Date;
use serde::Deserialize;

/// The rows that come with the gateway.
const STANDARD: &str = include_str!("../../../policies/directory.toml");
/// The rows for the demo's agencies.
const DEMO: &str = include_str!("../../../policies/directory-demo.toml");

/// What a domain is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Mail may go there.
    Secure,
    /// It is no longer in use.
    Retired,
    /// The old name of another, which still works.
    Alias,
    /// Only a notice may go there; what is shared waits in the portal.
    PortalOnly,
}

/// One row, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `name.example`, or `*.name.example` for all below it.
    pub domain: String,
    /// What it is good for.
    pub what: What,
    /// What to use instead: of a retired domain where that is known, of an alias always. `*`
    /// stands for what the row's own `*` stood for.
    pub replacement: Option<String>,
    /// When the evidence was taken.
    pub evidence_on: Option<Date>,
    /// The TLS that was seen, in words.
    pub tls: Option<String>,
    /// The DMARC policy that was seen.
    pub dmarc: Option<String>,
    /// The MTA-STS mode that was seen.
    pub mta_sts: Option<String>,
    /// Whose accreditation, or whose word, it rests on.
    pub accreditation: Option<String>,
    /// The last day that the row holds; a secure domain must have one.
    pub expires_on: Option<Date>,
}

/// Where a domain stands today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Mail may go there.
    Secure,
    /// It is no longer in use.
    Retired {
        /// What to use instead, where that is known.
        use_instead: Option<String>,
    },
    /// It is the old name of this one, which is secure: mail may go there, with a warning.
    Alias {
        /// The name to use.
        of: String,
    },
    /// What is shared waits in the portal.
    PortalOnly,
    /// Nothing is known, or not any more: to be treated as [`Standing::PortalOnly`].
    Unknown,
}

impl Standing {
    /// Mail with what is shared may go there.
    pub const fn is_secure(&self) -> bool {
        match self {
            Self::Secure | Self::Alias { .. } => true,
            Self::Retired { .. } | Self::PortalOnly | Self::Unknown => false,
        }
    }
}

/// The directory does not read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It is not the TOML that it must be.
    #[error("the directory does not read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A domain is written as no domain is.
    #[error("`{0}` is no domain: write `name.example`, or `*.name.example` for all below it")]
    Domain(String),
    /// Two rows for one domain.
    #[error("`{0}` has two rows: keep one")]
    Twice(String),
    /// A secure domain without an end or without evidence.
    #[error(
        "`{0}` is secure without `evidence_on` or `expires_on`: say when it was looked at, and until when that holds"
    )]
    NoEvidence(String),
    /// An alias of nothing, or a replacement on a row that has none.
    #[error("`{0}`: `replacement` belongs to an alias, which must have one, or a retired domain")]
    Replacement(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    domain: Vec<Row>,
}

/// The rows, looked up by domain.
#[derive(Debug, Clone, Default)]
pub struct Directory(Vec<Row>);

impl Directory {
    /// Reads and checks a file of `[[domain]]` rows.
    pub fn load(text: &str) -> Result<Self, DirectoryError> {
        let file: File = toml::from_str(text)?;
        let mut directory = Self::default();
        directory.add(file.domain)?;
        Ok(directory)
    }

    /// The directory that comes with the gateway (`policies/directory.toml`).
    pub fn standard() -> Result<Self, DirectoryError> {
        Self::load(STANDARD)
    }

    /// The standard directory and the demo's domains (`policies/directory-demo.toml`).
    pub fn demo() -> Result<Self, DirectoryError> {
        let mut directory = Self::standard()?;
        directory.add(Self::load(DEMO)?.0)?;
        Ok(directory)
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }

    /// Where `domain` stands on the day: the longest row that matches it says, an exact one
    /// before a `*`. A row past its last day says nothing, and no shorter one is asked instead.
    pub fn lookup(&self, domain: &str, today: Date) -> Standing {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        let Some(row) = self.find(&domain) else {
            return Standing::Unknown;
        };
        if row.expires_on.is_some_and(|last| today > last) {
            return Standing::Unknown;
        }
        let replacement = || row.replacement.as_ref().map(|to| fill(row, to, &domain));
        match row.what {
            What::Secure => Standing::Secure,
            What::PortalOnly => Standing::PortalOnly,
            What::Retired => Standing::Retired {
                use_instead: replacement(),
            },
            What::Alias => match replacement() {
                // Good for no more than what it stands for; a chain of names is not followed.
                Some(of) if self.is_secure(&of, today) => Standing::Alias { of },
                Some(_) | None => Standing::Unknown,
            },
        }
    }

    /// Where the domain of an address stands on the day; what is no address is unknown.
    pub fn of_address(&self, address: &str, today: Date) -> Standing {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.lookup(domain, today)
    }

    fn is_secure(&self, domain: &str, today: Date) -> bool {
        self.find(domain).is_some_and(|row| {
            row.what == What::Secure && row.expires_on.is_some_and(|last| today <= last)
        })
    }

    fn find(&self, domain: &str) -> Option<&Row> {
        let score = |row: &Row| match row.domain.strip_prefix('*') {
            Some(suffix) => starred(domain, suffix).map(|_| (suffix.len(), false)),
            None => (row.domain == domain).then_some((domain.len(), true)),
        };
        let scored = self.0.iter().filter_map(|row| Some((score(row)?, row)));
        scored.max_by_key(|(score, _)| *score).map(|(_, row)| row)
    }

    fn add(&mut self, rows: Vec<Row>) -> Result<(), DirectoryError> {
        for mut row in rows {
            row.domain = row.domain.to_ascii_lowercase();
            check(&row)?;
            if self.0.iter().any(|other| other.domain == row.domain) {
                return Err(DirectoryError::Twice(row.domain));
            }
            self.0.push(row);
        }
        Ok(())
    }
}

/// What a `*` before `suffix`, which begins with a dot, stands for.
fn starred<'a>(domain: &'a str, suffix: &str) -> Option<&'a str> {
    domain.strip_suffix(suffix).filter(|star| !star.is_empty())
}

fn fill(row: &Row, replacement: &str, domain: &str) -> String {
    let suffix = row.domain.strip_prefix('*').unwrap_or_default();
    let star = starred(domain, suffix).unwrap_or_default();
    replacement.replacen('*', star, 1)
}

fn check(row: &Row) -> Result<(), DirectoryError> {
    let name = || row.domain.clone();
    let bare = row.domain.strip_prefix("*.").unwrap_or(&row.domain);
    let label = |label: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(good)
    };
    if !bare.contains('.') && bare != "example" || !bare.split('.').all(label) {
        return Err(DirectoryError::Domain(name()));
    }
    if row.what == What::Secure && (row.evidence_on.is_none() || row.expires_on.is_none()) {
        return Err(DirectoryError::NoEvidence(name()));
    }
    match (row.what, &row.replacement) {
        (What::Alias, None) | (What::Secure | What::PortalOnly, Some(_)) => {
            Err(DirectoryError::Replacement(name()))
        }
        _ => Ok(()),
    }
}
