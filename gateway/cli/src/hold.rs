//! `gateway hold`.

use clap::{Args, Subcommand};
use gateway_core::Category;
use gateway_flow::hold::Judgement;

use crate::person::AsPerson;
use crate::say;

/// How many are listed at once.
const PAGE: i64 = 500;

/// What waits for a reviewer, with that person's authority
#[derive(Debug, Subcommand)]
pub enum Hold {
    /// List what waits for the person's roles
    List(List),
    /// Approve or refuse one
    Decide(Decide),
}

/// List what waits for the person's roles
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    person: AsPerson,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Approve or refuse one
#[derive(Debug, Args)]
pub struct Decide {
    #[command(flatten)]
    person: AsPerson,
    /// The hold's id
    hold: String,
    #[command(flatten)]
    decision: Decision,
    /// Why, in words
    #[arg(long)]
    reasons: String,
    /// What kind of information it is, of an item that came without a category: RISK, INTEL…
    #[arg(long, value_name = "CATEGORY")]
    category: Option<Category>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The decision.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Decision {
    /// It may be shared
    #[arg(long)]
    approve: bool,
    /// It may not be shared
    #[arg(long)]
    refuse: bool,
}

impl Hold {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run().await,
            Self::Decide(decide) => decide.run().await,
        }
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let holds = flow.holds(&caller, None, PAGE).await?;
        if self.json {
            let holds: Vec<_> = holds
                .iter()
                .map(|hold| {
                    serde_json::json!({
                        "id": hold.id, "exchange": hold.exchange, "from": hold.from,
                        "recipient": hold.recipient,
                        "item": { "title": hold.item_title, "category": hold.item_category },
                        "rules": hold.rules, "role": hold.role, "agency": hold.agency,
                        "after": hold.after, "escalated": hold.escalated,
                        "since": say::time(hold.since), "due": say::time(hold.due),
                    })
                })
                .collect();
            return say::json(&serde_json::json!({ "holds": holds }));
        }
        let rows: Vec<_> = holds
            .into_iter()
            .map(|hold| {
                let rules: Vec<&str> = hold.rules.iter().map(|hit| hit.rule.as_str()).collect();
                let due = say::time(hold.due);
                let rules = rules.join(",");
                [
                    hold.id,
                    hold.from,
                    hold.recipient,
                    hold.item_category,
                    hold.role,
                    rules,
                    due,
                ]
            })
            .collect();
        say::table(
            ["HOLD", "FROM", "TO", "CATEGORY", "FOR", "RULES", "DUE"],
            &rows,
        );
        Ok(())
    }
}

impl Decide {
    async fn run(self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let approve = self.decision.approve;
        let decided = flow
            .decide_hold(
                &caller,
                &self.hold,
                Judgement {
                    approve,
                    reasons: self.reasons.clone(),
                    category: self.category,
                },
            )
            .await?;
        let receipt = decided.receipt.render()?;
        if self.json {
            return say::json(&serde_json::json!({
                "id": decided.hold, "decision": decided.decision, "exchange": decided.exchange,
                "state": decided.state, "receipt": receipt,
            }));
        }
        for cell in &decided.decisions {
            say::line(format!(
                "item {} to {}: {}",
                cell.item, cell.recipient, cell.outcome
            ));
            for hit in &cell.rules {
                say::line(format!("  {} {} ({})", hit.rule, hit.title, hit.basis));
            }
        }
        say::line(format!(
            "exchange {} is {}",
            decided.exchange, decided.state
        ));
        Ok(())
    }
}
