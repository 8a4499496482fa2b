//! Whom identifiers match, found in the vault's memory: names and dates are compared in clear
//! here and nowhere else.
//!
//! A nominal is attached only when it alone has a unique identifier and one more of another
//! kind that agree, and none that contradicts. Anything less waits for the coordinator, who
//! alone sees the candidates.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{Identifier, IdentifierKind, name};
use gateway_store::rows::{NominalIdentifierRow, NominalRow};
use gateway_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::request::PlaceOf;
use crate::vault::Inner;

/// How many merges are followed from a nominal to what it became.
const MERGES: usize = 16;

/// Whom identifiers match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The nominal to attach to, where there is exactly one beyond doubt.
    pub attach: Option<String>,
    /// Who it may be, for the coordinator only. Where one is attached, those that share a
    /// unique identifier.
    pub candidates: Vec<Candidate>,
}

/// A nominal that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The nominal.
    pub nominal: String,
    /// Kinds of identifier that agree, in order.
    pub agree: Vec<IdentifierKind>,
    /// Kinds that contradict, in order.
    pub contradict: Vec<IdentifierKind>,
}

impl Candidate {
    fn attaches(&self) -> bool {
        self.contradict.is_empty()
            && self.agree.len() >= 2
            && self.agree.iter().any(|kind| kind.is_unique())
    }

    fn is_worth_a_look(&self) -> bool {
        let agrees = |kind| self.agree.contains(&kind);
        self.agree.iter().any(|kind| kind.is_unique())
            || (agrees(IdentifierKind::Name) && agrees(IdentifierKind::Dob))
    }
}

/// What a nominal is known by, in clear: wiped when dropped.
#[derive(Default)]
struct Known {
    id: String,
    values: Vec<(IdentifierKind, Zeroizing<String>)>,
}

/// For each unique identifier given: the nominals that have it.
type Holders = BTreeMap<Identifier, BTreeSet<String>>;

impl Inner {
    pub(crate) async fn match_person(
        &self,
        area: &str,
        identifiers: &[Identifier],
    ) -> Result<Match, VaultError> {
        let given: BTreeSet<Identifier> = identifiers.iter().cloned().collect();
        let mut tx = self.store.read().await?;
        let holders = self.holders(&mut tx, area, &given).await?;
        let likely: BTreeSet<String> = holders.values().flatten().cloned().collect();
        let mut candidates = Vec::new();
        for nominal in &likely {
            let known = self.known_by(&mut tx, area, nominal).await?;
            candidates.push(compare(&given, &known, &holders));
        }
        let mut attaching = candidates.iter().filter(|candidate| candidate.attaches());
        if let (Some(only), None) = (attaching.next(), attaching.next()) {
            return Ok(Match {
                attach: Some(only.nominal.clone()),
                candidates,
            });
        }
        if has(&given, IdentifierKind::Name) && has(&given, IdentifierKind::Dob) {
            for row in tx.nominals_in(area).await? {
                if !likely.contains(&row.id) {
                    let known = self.known_by(&mut tx, area, &row.id).await?;
                    candidates.push(compare(&given, &known, &holders));
                }
            }
        }
        candidates.retain(Candidate::is_worth_a_look);
        Ok(Match {
            attach: None,
            candidates,
        })
    }

    /// Who has each unique identifier, by its blind index.
    async fn holders(
        &self,
        tx: &mut Tx,
        area: &str,
        given: &BTreeSet<Identifier>,
    ) -> Result<Holders, VaultError> {
        let mut holders = Holders::new();
        for identifier in given
            .iter()
            .filter(|identifier| identifier.kind().is_unique())
        {
            let column = format!("nominal_identifier.{}", identifier.kind());
            let index = self
                .blind(area, &column, identifier.value().reveal())
                .await?;
            let nominals = holders.entry(identifier.clone()).or_default();
            for row in tx.identifiers_by_blind(&index).await? {
                nominals.extend(became(tx, area, &row.nominal).await?);
            }
        }
        Ok(holders)
    }

    /// What a nominal is known by.
    async fn known_by(&self, tx: &mut Tx, area: &str, nominal: &str) -> Result<Known, VaultError> {
        let mut known = Known {
            id: nominal.to_owned(),
            values: Vec::new(),
        };
        for row in tx.identifiers_of(nominal).await? {
            let kind = row.kind.parse().map_err(|_| unreadable(&row, "its kind"))?;
            let place = PlaceOf {
                area: area.to_owned(),
                table: "nominal_identifier".to_owned(),
                row: row.id.clone(),
                column: "value".to_owned(),
            };
            let mut value = self.opened(&place, &row.value).await?;
            let text = String::from_utf8(std::mem::take(&mut *value))
                .map_err(|_| unreadable(&row, "its value"))?;
            known.values.push((kind, Zeroizing::new(text)));
        }
        Ok(known)
    }
}

/// The nominal that a nominal became by mergers, in this area.
async fn became(tx: &mut Tx, area: &str, nominal: &str) -> Result<Option<String>, StoreError> {
    let mut id = nominal.to_owned();
    for _ in 0..MERGES {
        let Some(row) = tx.get::<NominalRow>(&id).await? else {
            return Ok(None);
        };
        match row.merged_into {
            Some(next) if row.state == "merged" => id = next,
            _ => return Ok((row.area == area).then_some(row.id)),
        }
    }
    Ok(None)
}

fn has(given: &BTreeSet<Identifier>, kind: IdentifierKind) -> bool {
    given.iter().any(|identifier| identifier.kind() == kind)
}

fn compare(given: &BTreeSet<Identifier>, known: &Known, holders: &Holders) -> Candidate {
    let mut agree = BTreeSet::new();
    let mut contradict = BTreeSet::new();
    for identifier in given {
        let kind = identifier.kind();
        let verdict = verdict(identifier, known, holders.get(identifier));
        if verdict.agrees {
            agree.insert(kind);
        }
        if verdict.contradicts {
            contradict.insert(kind);
        }
    }
    Candidate {
        nominal: known.id.clone(),
        agree: agree.into_iter().collect(),
        contradict: contradict.into_iter().collect(),
    }
}

/// What an identifier says of a nominal. One that two nominals have does both.
#[derive(Default)]
struct Verdict {
    agrees: bool,
    contradicts: bool,
}

fn verdict(given: &Identifier, known: &Known, holders: Option<&BTreeSet<String>>) -> Verdict {
    let value = given.value().reveal();
    let same_kind: Vec<&str> = known
        .values
        .iter()
        .filter(|(kind, _)| *kind == given.kind())
        .map(|(_, value)| value.as_str())
        .collect();
    match given.kind() {
        IdentifierKind::Ref => says(value, &[&known.id]),
        IdentifierKind::Dob => says(value, &same_kind),
        IdentifierKind::Name => {
            let agrees = same_kind.iter().any(|other| name::agree(value, other));
            let apart = same_kind.iter().all(|other| name::contradict(value, other));
            Verdict {
                agrees,
                contradicts: apart && !same_kind.is_empty(),
            }
        }
        IdentifierKind::Pnc
        | IdentifierKind::Cro
        | IdentifierKind::Nhs
        | IdentifierKind::Prison
        | IdentifierKind::Crn
        | IdentifierKind::Visor => match holders {
            Some(holders) if !holders.is_empty() => Verdict {
                agrees: holders.contains(&known.id),
                contradicts: holders.iter().any(|holder| *holder != known.id),
            },
            _ => says(value, &same_kind),
        },
    }
}

/// The same as one of them agrees, another than all of them contradicts, none says nothing.
fn says(value: &str, known: &[&str]) -> Verdict {
    let agrees = known.contains(&value);
    Verdict {
        agrees,
        contradicts: !agrees && !known.is_empty(),
    }
}

fn unreadable(row: &NominalIdentifierRow, what: &str) -> StoreError {
    StoreError::Corrupt {
        table: "nominal_identifier",
        id: row.id.clone(),
        what: format!("{what} does not read"),
    }
}
