//! `gateway policy`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gateway_core::Outcome;
use gateway_flow::Flow;
use gateway_protocol::test_policies;
use gateway_store::rows::ExchangeRow;
use serde::Serialize;

use crate::installation::{Where, protocols};
use crate::{DoesNotHold, say, usage, wait};

/// The sharing protocols: check them, test them, explain a decision
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Check that every protocol file is valid
    Check(Files),
    /// Run the protocols' own cases
    Test(Files),
    /// Decide an exchange again on the facts it was decided on, and say why
    Explain(Explain),
    /// Prove the invariants for all inputs (not built yet)
    Prove(Files),
    /// Decide the past again under other files (not built yet)
    Replay(Replay),
}

/// Which protocols
#[derive(Debug, Args)]
pub struct Files {
    /// A folder of protocols; without it, those that this binary carries
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Decide an exchange again, and say why
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    at: Where,
    /// The exchange's id
    exchange: String,
    /// A folder of protocols; without it, those that the installation runs
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Decide the past again under other files
#[derive(Debug, Args)]
pub struct Replay {
    /// A folder of protocols
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// The installation's folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Again {
    recipient: String,
    item: i64,
    decided: Outcome,
    now: Outcome,
    same: bool,
    /// A reviewer said no, whatever the rules would still allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_by: Option<String>,
    explanation: gateway_protocol::Explanation,
}

impl Policy {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check(files) => files.check(),
            Self::Test(files) => files.test(),
            Self::Explain(explain) => wait(explain.run()),
            Self::Prove(_) => Err(usage("`gateway policy prove` is not built yet")),
            Self::Replay(_) => Err(usage("`gateway policy replay` is not built yet")),
        }
    }
}

impl Files {
    fn check(&self) -> anyhow::Result<()> {
        let protocols = protocols(self.policies.as_deref())?;
        let count = protocols.rules().count();
        if self.json {
            return say::json(&serde_json::json!({
                "policies": count, "digest": protocols.digest(),
            }));
        }
        say::line(format!(
            "{count} policies are valid; digest {}",
            protocols.digest()
        ));
        Ok(())
    }

    fn test(&self) -> anyhow::Result<()> {
        let report = test_policies(&*protocols(self.policies.as_deref())?);
        if self.json {
            say::json(&report)?;
        } else {
            say::line(report.to_string());
        }
        if report.passed() {
            Ok(())
        } else {
            Err(DoesNotHold.into())
        }
    }
}

impl Explain {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let other = self
            .policies
            .as_deref()
            .map(|dir| protocols(Some(dir)))
            .transpose()?;
        let rules = other.as_ref().unwrap_or(&flow.protocols);
        let refused = refused(&flow, &self.exchange).await?;
        let mut again = Vec::new();
        for (view, question) in flow.question_of(&self.exchange).await? {
            let explanation = rules.explain(&question);
            let ruling = &explanation.ruling;
            let recipient = view.recipient.to_string();
            let refused_by = refused.get(&(recipient.clone(), view.item)).cloned();
            let outcome = ruling.outcome == view.outcome && ruling.obligations == view.obligations;
            again.push(Again {
                recipient,
                item: view.item,
                decided: view.outcome,
                now: ruling.outcome,
                same: ruling.rules == view.rules && (outcome || refused_by.is_some()),
                refused_by,
                explanation,
            });
        }
        if again.is_empty() {
            anyhow::bail!(
                "nothing of exchange `{}` has been decided: it is not complete",
                self.exchange
            );
        }
        if self.json {
            say::json(&serde_json::json!({
                "exchange": self.exchange, "policy": rules.digest(), "decisions": again,
            }))?;
        } else {
            again.iter().for_each(Again::show);
        }
        if again.iter().all(|cell| cell.same) {
            Ok(())
        } else {
            Err(DoesNotHold.into())
        }
    }
}

/// Who refused which cell, by recipient and item number.
async fn refused(flow: &Flow, exchange: &str) -> anyhow::Result<BTreeMap<(String, i64), String>> {
    let mut tx = flow.store.read().await?;
    if tx.get::<ExchangeRow>(exchange).await?.is_none() {
        anyhow::bail!("there is no exchange `{exchange}`");
    }
    let items = tx.items_of(exchange).await?;
    let mut refused = BTreeMap::new();
    for hold in tx
        .holds_of(exchange)
        .await?
        .into_iter()
        .filter(|hold| hold.state == "refused")
    {
        if let Some(item) = items.iter().find(|item| item.id == hold.item) {
            let by = format!("the {} of {}", hold.role, hold.agency);
            refused.insert((hold.recipient, item.n), by);
        }
    }
    Ok(refused)
}

impl Again {
    fn show(&self) {
        let same = match self.same {
            true => "the same again",
            false => "OTHERWISE NOW",
        };
        say::line(format!(
            "item {} to {}: decided {}, {same}",
            self.item, self.recipient, self.decided
        ));
        if let Some(by) = &self.refused_by {
            say::line(format!("  refused by {by}; the rules alone say:"));
        }
        for line in self.explanation.to_string().lines() {
            say::line(format!("  {line}"));
        }
    }
}
