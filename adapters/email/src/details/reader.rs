//! From the lines of a block to what they say.

use std::collections::BTreeMap;
use std::str::FromStr;

use gateway_core::code::UnknownCode;
use gateway_core::{AgencyId, Category, Identifier, IdentifierKind, Personal, Purpose, text};

use super::block::{Entry, Head};
use super::near::near;
use super::{Attachment, Context, Details, Fault, Name, Problem, Recipient};
use crate::address::{Address, agency_of};
use crate::file_name;

/// Longest text of a reason or statement, characters.
const TEXT: usize = 20_000;
/// Longest basis or name, characters.
const SHORT: usize = 300;
/// Most of anything in one block.
const MOST: usize = 200;

pub(super) struct Reader<'a> {
    context: Context<'a>,
    details: Details,
    faults: Vec<Fault>,
    seen: BTreeMap<Name, usize>,
    unread: String,
}

type Read<T> = Result<T, Problem>;

impl<'a> Reader<'a> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            details: Details::default(),
            faults: Vec::new(),
            seen: BTreeMap::new(),
            unread: String::new(),
        }
    }

    pub(super) fn done(mut self) -> (Details, Vec<Fault>, String) {
        let confirmed = self.seen.get(&Name::ConfirmRecipients).copied();
        if let Some(line) = confirmed.filter(|_| self.details.emergency.is_none()) {
            self.fault(line, Some(Name::ConfirmRecipients), Problem::NoEmergency);
        }
        (self.details, self.faults, self.unread)
    }

    fn fault(&mut self, line: usize, name: Option<Name>, problem: Problem) {
        self.faults.push(Fault {
            line,
            name,
            problem,
        });
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        let before = self.faults.len();
        match &entry.head {
            Head::Known(name) => self.known(entry, *name),
            Head::Unknown(word) => {
                let meant = near(word, Name::ALL.iter().map(|name| name.as_str()));
                let problem = meant.map_or(Problem::UnknownName, Problem::NearName);
                self.fault(entry.line, None, problem);
            }
            Head::None => self.fault(entry.line, None, Problem::NoName),
        }
        if self.faults.len() > before && !entry.text.is_empty() {
            self.unread.push_str(&entry.text);
            self.unread.push('\n');
        }
    }

    fn known(&mut self, entry: &Entry, name: Name) {
        let value = entry
            .text
            .split_once(':')
            .map_or("", |(_, value)| value.trim());
        if let Some(first) = self
            .seen
            .get(&name)
            .copied()
            .filter(|_| !name.is_repeatable())
        {
            self.fault(entry.line, Some(name), Problem::Doubled { first });
            return;
        }
        self.seen.entry(name).or_insert(entry.line);
        if value.is_empty() {
            self.fault(entry.line, Some(name), Problem::Empty);
            return;
        }
        for problem in self.value(name, value, entry.line) {
            self.fault(entry.line, Some(name), problem);
        }
    }

    /// Reads one value, and says what is wrong in it.
    fn value(&mut self, name: Name, value: &str, line: usize) -> Vec<Problem> {
        match name {
            Name::To => self.recipients(value),
            Name::Nominal => self.nominal(value),
            Name::Purpose => keep(
                &mut self.details.purpose,
                code(value, Purpose::ALL, Purpose::as_str),
            ),
            Name::Necessity => keep(&mut self.details.necessity, words(value, TEXT)),
            Name::Basis => self.bases(value),
            Name::Category => keep(
                &mut self.details.category,
                code(value, Category::ALL, Category::as_str),
            ),
            Name::AttachmentCategory => self.attachment(value, line, |attachment, value| {
                once(
                    &mut attachment.category,
                    attachment.line,
                    code(value, Category::ALL, Category::as_str)?,
                )
            }),
            Name::AttachmentOwner => {
                let domain = self.context.domain;
                self.attachment(value, line, |attachment, value| {
                    once(
                        &mut attachment.owner,
                        attachment.line,
                        agency(value, domain)?,
                    )
                })
            }
            Name::Emergency => keep(&mut self.details.emergency, words(value, TEXT)),
            Name::ConfirmRecipients => self.confirmed(value),
            Name::Clinician => keep(&mut self.details.clinician, words(value, SHORT)),
            Name::Reason => keep(&mut self.details.reason, words(value, TEXT)),
            Name::ReplyToExchange => keep(
                &mut self.details.in_reply_to,
                value.parse().map_err(|_| Problem::Exchange),
            ),
        }
    }

    fn recipients(&mut self, value: &str) -> Vec<Problem> {
        let domain = self.context.domain;
        let recipients = self.details.recipients.get_or_insert_default();
        let mut problems = Vec::new();
        for word in list(value) {
            match recipient(word, domain) {
                Ok(read) if recipients.contains(&read) => {}
                Ok(_) if recipients.len() >= MOST => problems.push(Problem::TooMany { max: MOST }),
                Ok(read) => recipients.push(read),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup();
        problems
    }

    fn confirmed(&mut self, value: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for word in list(value) {
            match agency(word, self.context.domain) {
                Ok(read) if self.details.confirm_recipients.contains(&read) => {}
                Ok(_) if self.details.confirm_recipients.len() >= MOST => {
                    problems.push(Problem::TooMany { max: MOST });
                }
                Ok(read) => self.details.confirm_recipients.push(read),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup();
        problems
    }

    fn nominal(&mut self, value: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for one in value
            .split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty())
        {
            match self.identifier(one) {
                Ok(_) if self.details.identifiers.len() >= 50 => {
                    problems.push(Problem::TooMany { max: 50 });
                    break;
                }
                Ok(read) if read.kind() == IdentifierKind::Ref => {
                    self.details.reference = Some(read.value().reveal().clone());
                }
                Ok(read) if self.details.identifiers.contains(&read) => {}
                Ok(read) => self.details.identifiers.push(read),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup();
        problems
    }

    fn identifier(&self, one: &str) -> Read<Identifier> {
        let (word, value) = one
            .split_once(|c: char| c.is_whitespace() || c == ':')
            .ok_or(Problem::NoKind)?;
        let known = IdentifierKind::ALL.iter().copied();
        let kind = known
            .clone()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| {
                let meant = near(word, known.map(IdentifierKind::as_str));
                meant.map_or(Problem::NoKind, Problem::NearKind)
            })?;
        Identifier::parse(kind, value, self.context.today).map_err(Problem::Identifier)
    }

    fn bases(&mut self, value: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for basis in value
            .split(';')
            .map(str::trim)
            .filter(|basis| !basis.is_empty())
        {
            match text::line(basis, SHORT) {
                Ok(_) if self.details.bases.len() >= MOST => {
                    problems.push(Problem::TooMany { max: MOST });
                }
                Ok(basis) if self.details.bases.contains(&basis) => {}
                Ok(basis) => self.details.bases.push(basis),
                Err(bad) => problems.push(Problem::Text(bad)),
            }
        }
        problems.dedup();
        problems
    }

    fn attachment(
        &mut self,
        value: &str,
        line: usize,
        set: impl FnOnce(&mut Attachment, &str) -> Read<()>,
    ) -> Vec<Problem> {
        let pair = value
            .rsplit_once('=')
            .map(|(name, value)| (file_name::clean(name), value.trim()));
        let Some((Some(name), value)) = pair.filter(|(_, value)| !value.is_empty()) else {
            return vec![Problem::Pair];
        };
        let all = &mut self.details.attachments;
        let at = all
            .iter()
            .position(|one| file_name::same(one.name.reveal(), &name));
        if at.is_none() && all.len() >= MOST {
            return vec![Problem::TooMany { max: MOST }];
        }
        let at = at.unwrap_or_else(|| {
            all.push(Attachment {
                name: Personal::new(name),
                line,
                category: None,
                owner: None,
            });
            all.len() - 1
        });
        let result = all
            .get_mut(at)
            .map_or(Ok(()), |attachment| set(attachment, value));
        result.err().into_iter().collect()
    }
}

fn keep<T>(place: &mut Option<T>, read: Read<T>) -> Vec<Problem> {
    match read {
        Ok(value) => {
            *place = Some(value);
            Vec::new()
        }
        Err(problem) => vec![problem],
    }
}

/// Sets what may be set once.
fn once<T>(place: &mut Option<T>, first: usize, value: T) -> Read<()> {
    if place.is_some() {
        return Err(Problem::Doubled { first });
    }
    *place = Some(value);
    Ok(())
}

fn words(value: &str, max: usize) -> Read<Personal<String>> {
    text::line(value, max)
        .map(Personal::new)
        .map_err(Problem::Text)
}

/// A code, whatever its letter case; nothing else is guessed.
fn code<T>(value: &str, all: &'static [T], word: impl Fn(T) -> &'static str + Copy) -> Read<T>
where
    T: Copy + FromStr<Err = UnknownCode>,
{
    let found = all
        .iter()
        .copied()
        .find(|one| word(*one).eq_ignore_ascii_case(value));
    let Some(found) = found else {
        let unknown = value.parse::<T>().err();
        let (list, choices) =
            unknown.map_or(("code", String::new()), |bad| (bad.list, bad.choices));
        return Err(match near(value, all.iter().copied().map(word)) {
            Some(near) => Problem::NearCode { list, near },
            None => Problem::UnknownCode { list, choices },
        });
    };
    Ok(found)
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value
        .split([',', ';'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// An agency by its id or its address at the gateway.
fn agency(word: &str, domain: &str) -> Read<AgencyId> {
    let at = Address::parse(word).and_then(|address| agency_of(&address, domain));
    at.or_else(|| word.to_ascii_lowercase().parse().ok())
        .ok_or(Problem::Agency)
}

/// `agency`, or `agency <person@domain>`. Outlook adds `<mailto:…>` to addresses by itself.
fn recipient(word: &str, domain: &str) -> Read<Recipient> {
    let (word, person) = match word.split_once('<') {
        Some((word, rest)) if !word.trim().is_empty() => (word.trim(), rest.strip_suffix('>')),
        _ => (word.trim_matches(['<', '>']), None),
    };
    let agency = agency(word, domain)?;
    let person = match person.map(|text| text.strip_prefix("mailto:").unwrap_or(text)) {
        None => None,
        Some(text) => Some(Address::parse(text).ok_or(Problem::Person)?),
    };
    // Not the agency's own address again.
    let person = person.filter(|address| agency_of(address, domain).is_none());
    Ok(Recipient {
        agency,
        person: person.map(Address::into_personal),
    })
}
