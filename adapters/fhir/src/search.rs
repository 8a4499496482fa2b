//! The parameters of a search (R4, search 3.1.1), and the query that carries them on.

mod query;

use gateway_core::{AgencyId, Id};

use crate::codes::State;
use crate::issue::{Cause, Issue, Issues, Outcome, Severity};
use crate::systems::{Systems, name};

use query::{Pair, encoded, pairs};

/// How many are on a page where nothing is said.
const USUAL: u16 = 20;
/// How many are on a page at most.
const MOST: u16 = 100;
/// Values of one parameter, joined by commas.
const VALUES: usize = 20;
const PAGE: usize = 400;

/// The types of resource that can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    /// Requests.
    Task,
    /// Answers.
    Communication,
}

impl Searched {
    /// The type of resource.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Communication => "Communication",
        }
    }

    /// Name, type and definition of each search parameter.
    pub(crate) const fn parameters(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Task => &[
                ("_id", "token", "Resource-id"),
                ("status", "token", "Task-status"),
                ("owner", "reference", "Task-owner"),
            ],
            Self::Communication => &[
                ("_id", "token", "Resource-id"),
                ("status", "token", "Communication-status"),
                ("based-on", "reference", "Communication-based-on"),
            ],
        }
    }

    /// The statuses that the gateway's resources have.
    fn statuses(self) -> Vec<&'static str> {
        match self {
            Self::Task => State::ALL.iter().map(|state| state.as_str()).collect(),
            Self::Communication => vec!["completed", "in-progress", "not-done", "entered-in-error"],
        }
    }

    /// R4's code system of the status.
    const fn status_system(self) -> &'static str {
        match self {
            Self::Task => "http://hl7.org/fhir/task-status",
            Self::Communication => "http://hl7.org/fhir/event-status",
        }
    }
}

/// What becomes of a parameter that is not known (R4, HTTP 3.1.0.1.9: `Prefer: handling`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handling {
    /// It is refused.
    #[default]
    Strict,
    /// It is passed over, and said so.
    Lenient,
}

impl Handling {
    /// As the header field `Prefer` says (RFC 7240); strict where it says nothing.
    pub fn of_prefer(header: &str) -> Self {
        let said = |preference: &str| {
            let plain: String = preference.chars().filter(|c| !c.is_whitespace()).collect();
            plain.eq_ignore_ascii_case("handling=lenient")
        };
        match header.split([',', ';']).any(said) {
            true => Self::Lenient,
            false => Self::Strict,
        }
    }
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Codes of the status, any of which will do; none given where there is no such condition. An
    /// empty list fits nothing.
    pub status: Option<Vec<&'static str>>,
    /// The health body that has the task.
    pub owner: Option<AgencyId>,
    /// The requests that are answered, any of which will do. An empty list fits nothing.
    pub based_on: Option<Vec<Id>>,
    /// Ids, any of which will do. An empty list fits nothing.
    pub ids: Option<Vec<Id>>,
    /// How many on a page, nought to 100; nought asks for the total alone.
    pub count: u16,
    /// Where the page begins: what the link `next` carried.
    pub page: Option<String>,
    /// What was passed over.
    pub notes: Vec<Issue>,
}

impl Search {
    /// Reads a query, the part of an address after its question mark.
    ///
    /// Fails with all that is wrong.
    pub fn parse(
        kind: Searched,
        query: &str,
        handling: Handling,
        systems: &Systems,
    ) -> Result<Self, Outcome> {
        let mut parser = Parser {
            kind,
            handling,
            systems,
            issues: Issues::default(),
            search: Self {
                status: None,
                owner: None,
                based_on: None,
                ids: None,
                count: USUAL,
                page: None,
                notes: Vec::new(),
            },
        };
        for pair in pairs(query)? {
            parser.take(&pair);
        }
        parser.issues.settle()?;
        Ok(parser.search)
    }

    /// The query that asks for the same, its page beginning at `page`: for the links of the answer.
    pub fn query(&self, page: Option<&str>) -> String {
        let mut parts = Vec::new();
        let ids = |ids: &Vec<Id>| {
            let texts: Vec<String> = ids.iter().map(Id::to_string).collect();
            format!("_id={}", texts.join(","))
        };
        parts.extend(self.ids.as_ref().map(ids));
        let statuses = self.status.as_ref();
        parts.extend(statuses.map(|codes| format!("status={}", codes.join(","))));
        let owner = self.owner.as_ref();
        parts.extend(owner.map(|owner| format!("owner=Organization/{owner}")));
        let based_on = self.based_on.as_ref().map(|ids| {
            let texts: Vec<String> = ids.iter().map(|id| format!("Task/{id}")).collect();
            format!("based-on={}", texts.join(","))
        });
        parts.extend(based_on);
        parts.push(format!("_count={}", self.count));
        parts.extend(page.map(|page| format!("page={}", encoded(page))));
        parts.join("&")
    }
}

struct Parser<'a> {
    kind: Searched,
    handling: Handling,
    systems: &'a Systems,
    issues: Issues,
    search: Search,
}

impl Parser<'_> {
    fn take(&mut self, pair: &Pair) {
        let (name, modifier) = match pair.name.split_once(':') {
            Some((name, modifier)) => (name, Some(modifier)),
            None => (pair.name.as_str(), None),
        };
        let owner = self.kind == Searched::Task && name == "owner";
        let based_on = self.kind == Searched::Communication && name == "based-on";
        match (name, modifier) {
            ("status", None) => self.status(&pair.value),
            ("owner", None | Some("Organization" | "identifier")) if owner => {
                self.owner(&pair.value, modifier);
            }
            ("based-on", None | Some("Task")) if based_on => self.based_on(&pair.value),
            ("_id", None) => self.ids(&pair.value),
            ("_count", None) => self.count(&pair.value),
            ("page", None) => self.page(&pair.value),
            ("_format", None) => self.format(&pair.value),
            ("status" | "_id" | "_count" | "page" | "_format", Some(_)) => self.modified(name),
            ("owner", Some(_)) if owner => self.modified(name),
            ("based-on", Some(_)) if based_on => self.modified(name),
            _ => self.unknown(&pair.shown()),
        }
    }

    fn bad(&mut self, cause: Cause, name: &str, words: &str) {
        let words = format!("the search parameter `{name}` {words}");
        self.issues.add(cause, "", words);
    }

    /// A modifier changes what is found: one that is not known is refused always (R4, 3.1.1.4.5).
    fn modified(&mut self, name: &str) {
        let words = "has a modifier that is not known here: leave it out";
        self.bad(Cause::NotSupported, name, words);
    }

    fn unknown(&mut self, name: &str) {
        let parameters = self.kind.parameters().iter().map(|(name, ..)| *name);
        let known: Vec<&str> = parameters.chain(["_count", "_format"]).collect();
        let words = format!(
            "the search parameter `{name}` is not known for {}: known are {}",
            self.kind.as_str(),
            known.join(", ")
        );
        match self.handling {
            Handling::Strict => self.issues.add(Cause::UnknownParameter, "", words),
            Handling::Lenient => self.search.notes.push(Issue {
                severity: Severity::Warning,
                cause: Cause::UnknownParameter,
                expression: String::new(),
                diagnostics: format!("{words}; it was passed over"),
            }),
        }
    }

    /// Values joined by commas, any of which will do.
    fn values<'v>(&mut self, name: &str, value: &'v str) -> Vec<&'v str> {
        let values: Vec<&str> = value.split(',').collect();
        if values.len() > VALUES {
            self.bad(Cause::TooMuch, name, "has more than 20 values: ask twice");
            return Vec::new();
        }
        values
    }

    fn status(&mut self, value: &str) {
        let mut found = Vec::new();
        for value in self.values("status", value) {
            let code = match value.split_once('|') {
                None | Some(("", _)) => value.trim_start_matches('|'),
                Some((system, code)) if system == self.kind.status_system() => code,
                Some(_) => "",
            };
            let known = self.kind.statuses();
            if let Some(code) = known.iter().find(|known| **known == code) {
                found.push(*code);
            } else {
                let words = format!("is not one of {}", known.join(", "));
                self.bad(Cause::UnknownCode, "status", &words);
            }
        }
        self.search.status = Some(both(self.search.status.take(), found));
    }

    fn owner(&mut self, value: &str, modifier: Option<&str>) {
        let id = if modifier == Some("identifier") {
            let system = self.systems.identifier(name::AGENCY_ID);
            let given = value.split_once('|');
            given.filter(|(s, _)| *s == system).map(|(_, id)| id)
        } else {
            Some(value.strip_prefix("Organization/").unwrap_or(value))
        };
        let owner = id.and_then(|id| id.parse::<AgencyId>().ok());
        match (owner, &self.search.owner) {
            (Some(owner), None) => self.search.owner = Some(owner),
            (Some(owner), Some(other)) if *other == owner => {}
            (Some(_), Some(_)) => {
                let words = "is there twice, and a task has one owner: give one";
                self.bad(Cause::Contradiction, "owner", words);
            }
            (None, _) => {
                let words = "is not an agency: give Organization/ and its short name, such as \
                             Organization/london-mental-health";
                self.bad(Cause::BadValue, "owner", words);
            }
        }
    }

    /// What is no id of the gateway's fits nothing, and is no error.
    fn ids(&mut self, value: &str) {
        let values = self.values("_id", value);
        let found = values.iter().filter_map(|id| id.parse().ok()).collect();
        self.search.ids = Some(both(self.search.ids.take(), found));
    }

    /// As with ids; each may stand behind `Task/`.
    fn based_on(&mut self, value: &str) {
        let values = self.values("based-on", value);
        let ids = values.iter().filter_map(|one| {
            let id = one.strip_prefix("Task/").unwrap_or(one);
            id.parse().ok()
        });
        self.search.based_on = Some(both(self.search.based_on.take(), ids.collect()));
    }

    fn count(&mut self, value: &str) {
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        if digits && value.len() < 10 {
            self.search.count = value.parse().unwrap_or(MOST).min(MOST);
        } else {
            let words = "is not a whole number: give 1 to 100, or 0 for the total alone";
            self.bad(Cause::BadValue, "_count", words);
        }
    }

    fn page(&mut self, value: &str) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~=+/:".contains(&b);
        if (1..=PAGE).contains(&value.len()) && value.bytes().all(plain) {
            self.search.page = Some(value.to_owned());
        } else {
            let words = "is not one of the gateway's: follow the link `next` as it is";
            self.bad(Cause::BadValue, "page", words);
        }
    }

    fn format(&mut self, value: &str) {
        if !matches!(value, "json" | "application/json" | "application/fhir+json") {
            let words = "asks for another format than JSON: give application/fhir+json";
            self.bad(Cause::NotSupported, "_format", words);
        }
    }
}

/// A parameter that is there twice asks for both (R4, 3.1.1.3).
fn both<T: PartialEq>(earlier: Option<Vec<T>>, found: Vec<T>) -> Vec<T> {
    match earlier {
        None => found,
        Some(earlier) => found.into_iter().filter(|v| earlier.contains(v)).collect(),
    }
}
