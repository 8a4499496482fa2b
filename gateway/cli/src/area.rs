//! `gateway area`.

use clap::{Args, Subcommand};
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
    /// Call an area something else
    Change(Change),
}

/// Call an area something else
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    at: Where,
    /// Its id
    id: String,
    /// Its name
    #[arg(long)]
    name: String,
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
            Self::Change(change) => {
                let flow = change.at.open().await?;
                Ok(flow.rename_area(&change.id, &change.name).await?)
            }
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
