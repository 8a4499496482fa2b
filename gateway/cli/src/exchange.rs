//! `gateway exchange`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gateway_flow::view::ExchangeView;

use crate::person::AsPerson;
use crate::{files, say};

/// Exchanges, with a person's authority
#[derive(Debug, Subcommand)]
pub enum Exchange {
    /// Show one, as the person's agency may see it
    Show(Show),
}

/// Show one, as the person's agency may see it
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    person: AsPerson,
    /// The exchange's id
    exchange: String,
    /// Also write its receipt to this file; the sender's alone
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Exchange {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Show(show) => show.run().await,
        }
    }
}

impl Show {
    async fn run(self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let view = flow.exchange_for(&caller, &self.exchange).await?;
        if let Some(file) = &self.receipt {
            let receipt = flow.receipt_for(&caller, &self.exchange).await?;
            files::write(file, receipt.render()?.as_bytes())?;
        }
        if self.json {
            return say::json(&json(&view));
        }
        words(&view);
        Ok(())
    }
}

fn json(view: &ExchangeView) -> serde_json::Value {
    let decisions: Vec<_> = view
        .decisions
        .iter()
        .map(|cell| {
            let reviewers: Vec<_> = cell
                .reviewers
                .iter()
                .map(|who| serde_json::json!({ "agency": who.agency, "role": who.role }))
                .collect();
            serde_json::json!({
                "recipient": cell.recipient, "item": cell.item, "outcome": cell.outcome,
                "obligations": cell.obligations, "reviewers": reviewers, "rules": cell.rules,
            })
        })
        .collect();
    let deliveries: Vec<_> = view
        .deliveries
        .iter()
        .map(|delivery| {
            serde_json::json!({
                "recipient": delivery.recipient, "channel": delivery.channel,
                "state": delivery.state, "at": say::time(delivery.at),
            })
        })
        .collect();
    let items: Vec<_> = view
        .items
        .iter()
        .map(|item| {
            serde_json::json!({
                "n": item.n, "title": item.title, "category": item.category,
                "owner": item.owner, "media_type": item.media_type, "size": item.size,
            })
        })
        .collect();
    serde_json::json!({
        "id": view.row.id, "state": view.row.state, "from": view.row.sender,
        "received": say::time(view.row.received_at), "nominal": view.row.nominal,
        "purpose": view.row.purpose, "necessity": view.necessity, "bases": view.bases,
        "missing": view.missing, "items": items, "decisions": decisions,
        "deliveries": deliveries,
    })
}

fn words(view: &ExchangeView) {
    let row = &view.row;
    let received = say::time(row.received_at);
    say::line(format!(
        "{} from {} at {received}: {}",
        row.id, row.sender, row.state
    ));
    if let Some(purpose) = &row.purpose {
        say::line(format!("purpose {purpose}; {}", view.bases.join("; ")));
    }
    if let Some(necessity) = &view.necessity {
        say::line(format!("necessary because {necessity}"));
    }
    if !view.missing.is_empty() {
        say::line(format!("missing: {}", view.missing.join(", ")));
    }
    for item in &view.items {
        say::line(format!(
            "item {}: {} ({}, {} bytes, of {})",
            item.n, item.title, item.category, item.size, item.owner
        ));
    }
    for cell in &view.decisions {
        say::line(format!(
            "item {} to {}: {}",
            cell.item, cell.recipient, cell.outcome
        ));
        for hit in &cell.rules {
            say::line(format!("  {} {} ({})", hit.rule, hit.title, hit.basis));
        }
        for who in &cell.reviewers {
            say::line(format!("  waits for the {} of {}", who.role, who.agency));
        }
    }
    for delivery in &view.deliveries {
        say::line(format!(
            "to {} by {}: {} since {}",
            delivery.recipient,
            delivery.channel,
            delivery.state,
            say::time(delivery.at)
        ));
    }
}
