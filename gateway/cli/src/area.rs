//! `gateway area`.

use clap::{Args, Subcommand};
use gateway_flow::admin::clocks::Clocks;
use serde::Serialize;

use crate::installation::Where;
use crate::say;

/// Areas: one set of MAPPA arrangements each, with a log of its own
#[derive(Debug, Subcommand)]
pub enum Area {
    /// Add an area; the first one is the default
    Add(Add),
    /// List the areas
    List(List),
    /// Call an area something else, or set its clocks
    Change(Change),
}

/// Call an area something else, or set its clocks
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["name", "form_due", "form_due_emergency", "form_reminder", "countersign",
        "health_level_3", "health_level_2", "health_level_1", "health_before_meeting", "health_reminder", "health_review",
        "flag_reminder", "flag_clear"]))]
pub struct Change {
    #[command(flatten)]
    at: Where,
    /// Its id
    id: String,
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// A form is due so many working days before its meeting
    #[arg(long, value_name = "DAYS")]
    form_due: Option<u16>,
    /// The same before a meeting that is called in an emergency
    #[arg(long, value_name = "DAYS")]
    form_due_emergency: Option<u16>,
    /// Whoever is asked for a form is reminded so many working days before it is due
    #[arg(long, value_name = "DAYS")]
    form_reminder: Option<u16>,
    /// A form that an emergency sent first is countersigned within so many working days
    #[arg(long, value_name = "DAYS")]
    countersign: Option<u16>,
    /// A health body answers within so many working days at level 3
    #[arg(long, value_name = "DAYS")]
    health_level_3: Option<u16>,
    /// The same at level 2
    #[arg(long, value_name = "DAYS")]
    health_level_2: Option<u16>,
    /// The same at level 1
    #[arg(long, value_name = "DAYS")]
    health_level_1: Option<u16>,
    /// A health body answers so many working days before the meeting in any case
    #[arg(long, value_name = "DAYS")]
    health_before_meeting: Option<u16>,
    /// A health body is reminded so many working days before its answer is due
    #[arg(long, value_name = "DAYS")]
    health_reminder: Option<u16>,
    /// A refusal is looked at within so many working days, at each stage
    #[arg(long, value_name = "DAYS")]
    health_review: Option<u16>,
    /// Whoever set a hospital flag is reminded so many working days before its review
    #[arg(long, value_name = "DAYS")]
    flag_reminder: Option<u16>,
    /// A hospital clears a flag that is over within so many working days
    #[arg(long, value_name = "DAYS")]
    flag_clear: Option<u16>,
}

/// Add an area; the first one is the default
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// Its id: lower-case letters, digits and hyphens
    id: String,
    /// Its name
    #[arg(long)]
    name: String,
    /// The origin of its log: a name without scheme, such as gateway.example/london
    #[arg(long)]
    origin: String,
}

/// List the areas
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    name: String,
    origin: String,
    entries: u64,
    verifier_key: String,
    clocks: Clocks,
}

impl Area {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => {
                let flow = add.at.open().await?;
                flow.add_area(&add.id, &add.name, &add.origin).await?;
                Ok(())
            }
            Self::List(list) => list.run().await,
            Self::Change(change) => change.run().await,
        }
    }
}

impl Change {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let was = flow.clocks(&self.id).await?;
        let clocks = Clocks {
            form_due: self.form_due.unwrap_or(was.form_due),
            form_due_emergency: self.form_due_emergency.unwrap_or(was.form_due_emergency),
            form_reminder: self.form_reminder.unwrap_or(was.form_reminder),
            countersign: self.countersign.unwrap_or(was.countersign),
            health_level_3: self.health_level_3.unwrap_or(was.health_level_3),
            health_level_2: self.health_level_2.unwrap_or(was.health_level_2),
            health_level_1: self.health_level_1.unwrap_or(was.health_level_1),
            health_before_meeting: self
                .health_before_meeting
                .unwrap_or(was.health_before_meeting),
            health_reminder: self.health_reminder.unwrap_or(was.health_reminder),
            health_review: self.health_review.unwrap_or(was.health_review),
            flag_reminder: self.flag_reminder.unwrap_or(was.flag_reminder),
            flag_clear: self.flag_clear.unwrap_or(was.flag_clear),
        };
        flow.set_clocks(&self.id, clocks).await?;
        match &self.name {
            Some(name) => Ok(flow.rename_area(&self.id, name).await?),
            None => Ok(()),
        }
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let areas = flow.store.read().await?.areas().await?;
        let mut shown = Vec::new();
        for area in areas {
            let head = flow.log_head(Some(&area.id)).await?;
            let key = match &head {
                Some(head) => flow.vault.verifier_key(&head.id).await?.trim().to_owned(),
                None => String::new(),
            };
            shown.push(Shown {
                clocks: flow.clocks(&area.id).await?,
                id: area.id,
                name: area.name,
                entries: head.as_ref().map_or(0, |head| head.size),
                origin: head.map(|head| head.origin).unwrap_or_default(),
                verifier_key: key,
            });
        }
        if self.json {
            return say::json(&serde_json::json!({ "areas": shown }));
        }
        let rows: Vec<_> = shown
            .into_iter()
            .map(|area| {
                [
                    area.id,
                    area.name,
                    area.origin,
                    area.entries.to_string(),
                    area.verifier_key,
                ]
            })
            .collect();
        say::table(["AREA", "NAME", "LOG", "ENTRIES", "VERIFIER KEY"], &rows);
        Ok(())
    }
}
