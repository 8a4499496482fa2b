//! Nominals, and everybody's part in them.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, AgencyKind, Id, Identifier, IdentifierKind, Outcome, Personal};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, LevelChangeRow, NominalIdentifierRow, NominalRow, PartRow};
use jiff::Timestamp;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::recorder::{Draft, work};

use super::invalid;

/// A nominal to add.
#[derive(Debug, Clone)]
pub struct NewNominal {
    /// The area.
    pub area: String,
    /// Identifiers.
    pub identifiers: Vec<Identifier>,
    /// Level, 1 to 3.
    pub level: u8,
    /// Category, 1 to 4.
    pub category: u8,
    /// The lead agency; never a prison (ISP-13).
    pub lead_agency: Option<AgencyId>,
    /// The mental health trust.
    pub trust: Option<AgencyId>,
    /// Partners from now.
    pub partners: Vec<AgencyId>,
    /// The prison that holds the person.
    pub custody: Option<AgencyId>,
    /// The general practice, in words.
    pub gp: Option<String>,
}

/// A change of a nominal.
#[derive(Debug, Clone)]
pub enum NominalChange {
    /// Another lead agency.
    Lead(AgencyId),
    /// Another level, with the rationale (report 3.7).
    Level(u8, String),
    /// A partner from now.
    AddPartner(AgencyId),
    /// A partner between two times.
    PartnerBetween {
        /// The agency.
        agency: AgencyId,
        /// From; none is now.
        from: Option<Timestamp>,
        /// Until; none is until it is ended.
        until: Option<Timestamp>,
    },
    /// No longer a partner.
    EndPartner(AgencyId),
    /// An Associate until a review date (PCSC Act 2022).
    AddAssociate {
        /// The body.
        agency: AgencyId,
        /// The review date.
        until: Timestamp,
    },
    /// No longer an Associate, before the review date.
    EndAssociate(AgencyId),
    /// Another category, 1 to 4.
    Category(u8),
    /// The general practitioner, in words.
    Gp(Personal<String>),
    /// An identifier that was entered wrongly: taken away.
    EndIdentifier(Identifier),
    /// Held at a prison from now; an earlier custody ends.
    Custody(AgencyId),
    /// No longer in custody.
    EndCustody,
    /// One more identifier.
    AddIdentifier(Identifier),
    /// The mental health trust.
    Trust(AgencyId),
}

impl NominalChange {
    /// The agency whose part or office it changes.
    pub(crate) const fn agency(&self) -> Option<&AgencyId> {
        match self {
            Self::Lead(agency)
            | Self::AddPartner(agency)
            | Self::PartnerBetween { agency, .. }
            | Self::EndPartner(agency)
            | Self::AddAssociate { agency, .. }
            | Self::EndAssociate(agency)
            | Self::Custody(agency)
            | Self::Trust(agency) => Some(agency),
            Self::Level(..)
            | Self::Category(_)
            | Self::Gp(_)
            | Self::EndIdentifier(_)
            | Self::EndCustody
            | Self::AddIdentifier(_) => None,
        }
    }
}

impl Flow {
    /// Adds a nominal; its reference.
    pub async fn add_nominal(&self, new: NewNominal) -> Result<String, FlowError> {
        check_level(new.level)?;
        check_category(new.category)?;
        if let Some(lead) = &new.lead_agency {
            self.check_lead(lead).await?;
        }
        let id = Id::new(&self.clock).to_string();
        let gp = match &new.gp {
            Some(words) => Some(self.sealed_gp(&new.area, &id, words).await?),
            None => None,
        };
        let mut row = NominalRow {
            id: id.clone(),
            area: new.area.clone(),
            state: "active".to_owned(),
            merged_into: None,
            level: i64::from(new.level),
            category: i64::from(new.category),
            lead_agency: new.lead_agency.map(String::from),
            trust: new.trust.map(String::from),
            gp,
            created_at: self.now(),
            updated_by: String::new(),
        };
        let mut identifiers = Vec::new();
        for identifier in &new.identifiers {
            identifiers.push(self.identifier_row(&row, identifier).await?);
        }
        let mut parts: Vec<PartRow> = new
            .partners
            .iter()
            .map(|agency| self.part(&id, agency, "partner", None))
            .collect();
        if let Some(prison) = &new.custody {
            parts.push(self.part(&id, prison, "custody", None));
        }
        let work = work(move |tx| {
            Box::pin(async move {
                tx.put(&mut row).await?;
                for mut identifier in identifiers {
                    tx.put(&mut identifier).await?;
                }
                for mut part in parts {
                    tx.put(&mut part).await?;
                }
                Ok((vec![nominal_event(&row.id, "added")], row.id))
            })
        });
        Ok(self
            .recorder
            .record(&new.area, "add-nominal", work)
            .await?
            .0)
    }

    /// A prison is never lead agency (ISP-13; report 8.14).
    async fn check_lead(&self, lead: &AgencyId) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let agency: Option<AgencyRow> = tx.get(lead.as_str()).await?;
        let agency = agency.ok_or_else(|| invalid("/lead_agency", "is no agency: add it first"))?;
        let kind = agency
            .kind
            .parse()
            .map_err(|_| corrupt("agency", &agency.id))?;
        let ruling = self.protocols.may_lead(kind);
        if ruling.outcome == Outcome::Permit && !ruling.fault {
            return Ok(());
        }
        let words: Vec<&str> = ruling.rules.iter().map(|hit| hit.title.as_str()).collect();
        Err(invalid("/lead_agency", &words.join("; ")))
    }

    /// An identifier as a row of a nominal, sealed.
    pub(crate) async fn identifier_row(
        &self,
        nominal: &NominalRow,
        identifier: &Identifier,
    ) -> Result<NominalIdentifierRow, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let kind: IdentifierKind = identifier.kind();
        let value = identifier.value().reveal();
        let place = Place {
            area: &nominal.area,
            table: "nominal_identifier",
            row: &id,
            column: "value",
        };
        let sealed = self.vault.seal_column(&place, value.as_bytes()).await?;
        let blind = match kind.is_unique() {
            true => {
                let column = format!("nominal_identifier.{kind}");
                Some(self.vault.blind(&nominal.area, &column, value).await?)
            }
            false => None,
        };
        Ok(NominalIdentifierRow {
            nominal: nominal.id.clone(),
            kind: kind.to_string(),
            value: sealed,
            blind,
            created_at: self.now(),
            until_at: None,
            updated_by: String::new(),
            id,
        })
    }

    /// A part from now.
    pub(crate) fn part(
        &self,
        nominal: &str,
        agency: &AgencyId,
        kind: &str,
        until: Option<i64>,
    ) -> PartRow {
        PartRow {
            id: Id::new(&self.clock).to_string(),
            nominal: nominal.to_owned(),
            agency: agency.to_string(),
            kind: kind.to_owned(),
            from_at: self.now(),
            until_at: until,
            updated_by: String::new(),
        }
    }

    /// Changes a nominal.
    pub async fn change_nominal(
        &self,
        reference: &str,
        change: NominalChange,
    ) -> Result<(), FlowError> {
        let change = self.checked(change).await?;
        let mut tx = self.store.read().await?;
        let row: NominalRow = tx.get(reference).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        let identifier = if let NominalChange::AddIdentifier(identifier) = &change {
            Some(self.identifier_row(&row, identifier).await?)
        } else {
            None
        };
        let (flow, area, id) = (self.clone(), row.area, row.id);
        let work = work(move |tx| {
            Box::pin(async move {
                let prison = if let NominalChange::Custody(prison) = &change {
                    Some(holds(tx, prison).await?)
                } else {
                    None
                };
                let word = flow.write_change(tx, &id, change, identifier).await?;
                let mut drafts = vec![nominal_event(&id, word)];
                if word == "level" {
                    flow.flags_follow_level(tx, &id, &mut drafts).await?;
                }
                if let Some(prison) = prison {
                    let nominal: NominalRow = tx.get(&id).await?.ok_or(FlowError::NotFound)?;
                    flow.follow_custody(tx, &nominal, &prison, &mut drafts)
                        .await?;
                }
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "change-nominal", work).await?;
        Ok(())
    }

    /// A change whose fields are right.
    pub(crate) async fn checked(&self, change: NominalChange) -> Result<NominalChange, FlowError> {
        Ok(match change {
            NominalChange::Lead(lead) => {
                self.check_lead(&lead).await?;
                NominalChange::Lead(lead)
            }
            NominalChange::Level(level, rationale) => {
                check_level(level)?;
                let rationale = clean(&rationale, 20_000)
                    .map_err(|error| invalid("/rationale", &error.to_string()))?;
                NominalChange::Level(level, rationale)
            }
            NominalChange::Category(category) => {
                check_category(category)?;
                NominalChange::Category(category)
            }
            NominalChange::Gp(words) => {
                let words = clean(words.reveal(), 1_000)
                    .map_err(|error| invalid("/gp", &error.to_string()))?;
                NominalChange::Gp(words.into())
            }
            other @ (NominalChange::AddPartner(_)
            | NominalChange::EndPartner(_)
            | NominalChange::EndAssociate(_)
            | NominalChange::EndIdentifier(_)
            | NominalChange::AddAssociate { .. }
            | NominalChange::PartnerBetween { .. }
            | NominalChange::Custody(_)
            | NominalChange::EndCustody
            | NominalChange::AddIdentifier(_)
            | NominalChange::Trust(_)) => other,
        })
    }

    /// Writes a change; its word for the log.
    pub(crate) async fn write_change(
        &self,
        tx: &mut Tx,
        id: &str,
        change: NominalChange,
        identifier: Option<NominalIdentifierRow>,
    ) -> Result<&'static str, FlowError> {
        let mut row: NominalRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        match change {
            NominalChange::Lead(lead) => {
                row.lead_agency = Some(lead.to_string());
                tx.put(&mut row).await?;
                Ok("lead")
            }
            NominalChange::Level(level, rationale) => {
                row.level = i64::from(level);
                tx.put(&mut row).await?;
                tx.put(&mut self.level_change(&row, &rationale).await?)
                    .await?;
                Ok("level")
            }
            NominalChange::Trust(trust) => {
                row.trust = Some(trust.to_string());
                tx.put(&mut row).await?;
                Ok("trust")
            }
            NominalChange::AddPartner(agency) => {
                tx.put(&mut self.part(id, &agency, "partner", None)).await?;
                Ok("partner-added")
            }
            NominalChange::PartnerBetween {
                agency,
                from,
                until,
            } => {
                let mut part = self.part_between(id, &agency, from, until)?;
                tx.put(&mut part).await?;
                Ok("partner-added")
            }
            NominalChange::EndPartner(agency) => {
                self.end_parts(tx, id, "partner", Some(agency.as_str()))
                    .await?;
                Ok("partner-ended")
            }
            NominalChange::AddAssociate { agency, until } => {
                let until = Some(until.as_microsecond());
                tx.put(&mut self.part(id, &agency, "associate", until))
                    .await?;
                Ok("associate-added")
            }
            NominalChange::EndAssociate(agency) => {
                self.end_parts(tx, id, "associate", Some(agency.as_str()))
                    .await?;
                Ok("associate-ended")
            }
            NominalChange::Category(category) => {
                row.category = i64::from(category);
                tx.put(&mut row).await?;
                Ok("category")
            }
            NominalChange::Gp(words) => {
                row.gp = Some(self.sealed_gp(&row.area, id, words.reveal()).await?);
                tx.put(&mut row).await?;
                Ok("gp")
            }
            NominalChange::EndIdentifier(identifier) => {
                self.end_identifier(tx, &row, &identifier).await?;
                Ok("identifier-ended")
            }
            NominalChange::Custody(prison) => {
                self.end_parts(tx, id, "custody", None).await?;
                tx.put(&mut self.part(id, &prison, "custody", None)).await?;
                Ok("custody")
            }
            NominalChange::EndCustody => {
                self.end_parts(tx, id, "custody", None).await?;
                Ok("custody-ended")
            }
            NominalChange::AddIdentifier(_) => {
                if let Some(mut identifier) = identifier {
                    tx.put(&mut identifier).await?;
                }
                Ok("identifier-added")
            }
        }
    }

    /// A partner's part with its dates; it begins now where none is given.
    fn part_between(
        &self,
        id: &str,
        agency: &AgencyId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<PartRow, FlowError> {
        let until = until.map(Timestamp::as_microsecond);
        let mut part = self.part(id, agency, "partner", until);
        part.from_at = from.map_or(part.from_at, Timestamp::as_microsecond);
        if part.until_at.is_some_and(|until| until <= part.from_at) {
            return Err(invalid("/until", "ends before it begins"));
        }
        Ok(part)
    }

    pub(crate) async fn sealed_gp(
        &self,
        area: &str,
        id: &str,
        words: &str,
    ) -> Result<Vec<u8>, FlowError> {
        let place = Place {
            area,
            table: "nominal",
            row: id,
            column: "gp",
        };
        Ok(self.vault.seal_column(&place, words.as_bytes()).await?)
    }

    async fn end_identifier(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        identifier: &Identifier,
    ) -> Result<(), FlowError> {
        let known = self.identifiers(tx, nominal).await?;
        let rows = tx.identifiers_of(&nominal.id).await?;
        let wanted = (identifier.kind(), identifier.value().reveal());
        let place = known
            .iter()
            .position(|(kind, value)| (*kind, value.reveal()) == wanted);
        let Some(mut row) = place.and_then(|place| rows.into_iter().nth(place)) else {
            return Err(invalid(
                "/identifier",
                "is none of this person's: give its kind and value as entered",
            ));
        };
        row.until_at = Some(self.now());
        Ok(tx.put(&mut row).await?)
    }

    /// The rationale of a level, sealed (report 3.7).
    async fn level_change(
        &self,
        nominal: &NominalRow,
        rationale: &str,
    ) -> Result<LevelChangeRow, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let place = Place {
            area: &nominal.area,
            table: "level_change",
            row: &id,
            column: "rationale",
        };
        Ok(LevelChangeRow {
            rationale: self.vault.seal_column(&place, rationale.as_bytes()).await?,
            nominal: nominal.id.clone(),
            level: nominal.level,
            at: self.now(),
            updated_by: String::new(),
            id,
        })
    }

    async fn end_parts(
        &self,
        tx: &mut Tx,
        nominal: &str,
        kind: &str,
        agency: Option<&str>,
    ) -> Result<(), FlowError> {
        let now = self.now();
        for mut part in tx.parts_of(nominal).await? {
            let ours = part.kind == kind && agency.is_none_or(|agency| part.agency == agency);
            if ours && part.until_at.is_none_or(|until| until > now) {
                part.until_at = Some(now);
                tx.put(&mut part).await?;
            }
        }
        Ok(())
    }
}

/// A prison that takes part: nobody else holds a person.
async fn holds(tx: &mut Tx, prison: &AgencyId) -> Result<AgencyId, FlowError> {
    let row: Option<AgencyRow> = tx.get(prison.as_str()).await?;
    let is_one =
        row.is_some_and(|row| row.kind == AgencyKind::Prison.as_str() && row.state == "active");
    match is_one {
        true => Ok(prison.clone()),
        false => Err(invalid("/agency", "choose a prison that takes part")),
    }
}

fn check_level(level: u8) -> Result<(), FlowError> {
    if (1..=3).contains(&level) {
        return Ok(());
    }
    Err(invalid("/level", "is no level: give 1, 2 or 3"))
}

fn check_category(category: u8) -> Result<(), FlowError> {
    if (1..=4).contains(&category) {
        return Ok(());
    }
    Err(invalid("/category", "is no category: give 1, 2, 3 or 4"))
}

fn nominal_event(id: &str, change: &str) -> Draft {
    Draft::new(EventKind::NominalChanged, None)
        .nominal(id)
        .with("change", change)
}
