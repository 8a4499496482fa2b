//! `gateway nominal`. The list shows no identifiers: who may see a nominal's record reads it
//! with a person's authority, through the API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_core::{AgencyId, Identifier, IdentifierKind};
use gateway_flow::Flow;
use gateway_flow::admin::{NewNominal, NominalChange};
use jiff::Timestamp;
use serde::Serialize;

use crate::installation::Where;
use crate::{say, usage};

/// People managed under the arrangements
#[derive(Debug, Subcommand)]
pub enum Nominal {
    /// Add a nominal; prints its reference
    Add(Box<Add>),
    /// List the nominals: references, levels, agencies; no names
    List(List),
    /// Change a nominal: lead, level, partners, custody, identifiers
    Change(Box<Change>),
    /// Enter a meeting and its attendance list
    Meeting(Meeting),
}

/// Add a nominal
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// The area
    #[arg(long)]
    area: String,
    /// An identifier, as PNC=1999/0123456X, DOB=1980-02-01 or NAME=…; give it again for each
    #[arg(long = "identifier", required = true, value_name = "KIND=VALUE")]
    identifiers: Vec<String>,
    /// The level, 1 to 3
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: u8,
    /// The category, 1 to 4
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    category: u8,
    /// The lead agency; never a prison
    #[arg(long)]
    lead: Option<AgencyId>,
    /// A partner; give it again for each
    #[arg(long = "partner")]
    partners: Vec<AgencyId>,
    /// The prison that holds the person
    #[arg(long)]
    custody: Option<AgencyId>,
    /// The person's mental health trust
    #[arg(long)]
    trust: Option<AgencyId>,
    /// The general practice, in words
    #[arg(long)]
    gp: Option<String>,
}

/// List the nominals
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// Those of one area
    #[arg(long)]
    area: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Change a nominal
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    at: Where,
    /// The nominal's reference
    reference: String,
    #[command(flatten)]
    what: What,
    /// Why the level changes
    #[arg(long, requires = "level")]
    rationale: Option<String>,
    /// The review date of an Associate
    #[arg(long, value_name = "TIME", requires = "add_associate")]
    until: Option<Timestamp>,
}

/// One change.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Another lead agency
    #[arg(long)]
    lead: Option<AgencyId>,
    /// Another level, with --rationale
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,
    /// A partner from now
    #[arg(long)]
    add_partner: Option<AgencyId>,
    /// No longer a partner
    #[arg(long)]
    end_partner: Option<AgencyId>,
    /// An Associate, with --until
    #[arg(long)]
    add_associate: Option<AgencyId>,
    /// No longer an Associate
    #[arg(long)]
    end_associate: Option<AgencyId>,
    /// Another category
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    category: Option<u8>,
    /// The general practitioner, in words
    #[arg(long)]
    gp: Option<String>,
    /// An identifier that was entered wrongly
    #[arg(long, value_name = "KIND=VALUE")]
    end_identifier: Option<String>,
    /// Held at this prison from now
    #[arg(long)]
    custody: Option<AgencyId>,
    /// No longer in custody
    #[arg(long)]
    end_custody: bool,
    /// One more identifier
    #[arg(long, value_name = "KIND=VALUE")]
    add_identifier: Option<String>,
    /// The person's mental health trust
    #[arg(long)]
    trust: Option<AgencyId>,
}

/// Enter a meeting and its attendance list
#[derive(Debug, Args)]
pub struct Meeting {
    #[command(flatten)]
    at: Where,
    /// The nominal's reference
    reference: String,
    /// The day it was held, as 2026-02-17
    #[arg(long, value_name = "DATE")]
    held_on: jiff::civil::Date,
    /// Its level, 1 to 3
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: u8,
    /// An agency and how it took part: invited, attended, report or absent; again for each
    #[arg(long = "agency", required = true, value_name = "AGENCY=MANNER")]
    agencies: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(rename = "ref")]
    reference: String,
    area: String,
    state: String,
    level: i64,
    category: i64,
    lead_agency: Option<String>,
    partners: Vec<String>,
    custody: Option<String>,
}

impl Nominal {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Change(change) => change.run().await,
            Self::Meeting(meeting) => meeting.run().await,
        }
    }
}

fn identifier(flow: &Flow, text: &str) -> anyhow::Result<Identifier> {
    let (kind, value) = pair(text)?;
    let kind: IdentifierKind = kind
        .to_uppercase()
        .parse()
        .map_err(|error| usage(format!("{error}")))?;
    let today = gateway_core::calendar::local_date(flow.clock.now());
    Identifier::parse(kind, value, today).map_err(|error| usage(error.to_string()))
}

fn pair(text: &str) -> anyhow::Result<(&str, &str)> {
    text.split_once('=')
        .ok_or_else(|| usage(format!("`{text}` has no `=`: write KIND=VALUE")))
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let identifiers = self.identifiers.iter().map(|text| identifier(&flow, text));
        let new = NewNominal {
            area: self.area,
            identifiers: identifiers.collect::<anyhow::Result<_>>()?,
            level: self.level,
            category: self.category,
            lead_agency: self.lead,
            trust: self.trust,
            partners: self.partners,
            custody: self.custody,
            gp: self.gp,
        };
        say::line(flow.add_nominal(new).await?);
        Ok(())
    }
}

impl Change {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let change = self.what.change(&flow, self.rationale, self.until)?;
        Ok(flow.change_nominal(&self.reference, change).await?)
    }
}

impl What {
    fn change(
        self,
        flow: &Flow,
        rationale: Option<String>,
        until: Option<Timestamp>,
    ) -> anyhow::Result<NominalChange> {
        if let Some(level) = self.level {
            let rationale =
                rationale.ok_or_else(|| usage("a level changes with its --rationale"))?;
            return Ok(NominalChange::Level(level, rationale));
        }
        if let Some(agency) = self.add_associate {
            let until =
                until.ok_or_else(|| usage("an Associate has a review date: give --until"))?;
            return Ok(NominalChange::AddAssociate { agency, until });
        }
        if let Some(text) = &self.add_identifier {
            return Ok(NominalChange::AddIdentifier(identifier(flow, text)?));
        }
        if let Some(text) = &self.end_identifier {
            return Ok(NominalChange::EndIdentifier(identifier(flow, text)?));
        }
        if self.end_custody {
            return Ok(NominalChange::EndCustody);
        }
        let lead = self.lead.map(NominalChange::Lead);
        let partner = self.add_partner.map(NominalChange::AddPartner);
        let ended = self.end_partner.map(NominalChange::EndPartner);
        let custody = self.custody.map(NominalChange::Custody);
        let trust = self.trust.map(NominalChange::Trust);
        let category = self.category.map(NominalChange::Category);
        let gp = self.gp.map(|words| NominalChange::Gp(words.into()));
        let associate = self.end_associate.map(NominalChange::EndAssociate);
        lead.or(partner)
            .or(ended)
            .or(custody)
            .or(trust)
            .or(category)
            .or(gp)
            .or(associate)
            .context("nothing to change")
    }
}

impl Meeting {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let mut attendance = Vec::new();
        for text in &self.agencies {
            let (agency, manner) = pair(text)?;
            if !["invited", "attended", "report", "absent"].contains(&manner) {
                return Err(usage(format!(
                    "`{manner}` is no manner of attendance: give invited, attended, report or absent"
                )));
            }
            let agency = agency
                .parse()
                .map_err(|_| usage(format!("`{agency}` is no agency's id")))?;
            attendance.push((agency, manner.to_owned()));
        }
        let held = self.held_on.to_string();
        say::line(
            flow.add_meeting(&self.reference, &held, self.level, attendance)
                .await?,
        );
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let now = flow.clock.now().as_microsecond();
        let mut tx = flow.store.read().await?;
        let nominals = match &self.area {
            Some(area) => tx.nominals_in(area).await?,
            None => tx.nominals().await?,
        };
        let mut shown = Vec::new();
        for nominal in nominals {
            let mut parts = tx.parts_of(&nominal.id).await?;
            parts.retain(|part| part.until_at.is_none_or(|until| now < until));
            let of = |kind| {
                parts
                    .iter()
                    .filter(move |p| p.kind == kind)
                    .map(|p| p.agency.clone())
            };
            shown.push(Shown {
                partners: of("partner").collect(),
                custody: of("custody").next(),
                reference: nominal.id,
                area: nominal.area,
                state: nominal.state,
                level: nominal.level,
                category: nominal.category,
                lead_agency: nominal.lead_agency,
            });
        }
        if self.json {
            return say::json(&serde_json::json!({ "nominals": shown }));
        }
        let rows: Vec<_> = shown
            .into_iter()
            .map(|nominal| {
                [
                    nominal.reference,
                    nominal.area,
                    nominal.state,
                    nominal.level.to_string(),
                    nominal.category.to_string(),
                    nominal.lead_agency.unwrap_or_default(),
                    nominal.custody.unwrap_or_default(),
                    nominal.partners.join(","),
                ]
            })
            .collect();
        say::table(
            [
                "REF", "AREA", "STATE", "LEVEL", "CATEGORY", "LEAD", "CUSTODY", "PARTNERS",
            ],
            &rows,
        );
        Ok(())
    }
}
