//! `gateway unmatched`.

use clap::Args;
use gateway_core::{IdentifierKind, Personal};

use crate::person::AsPerson;
use crate::say;

/// How many are listed at once.
const PAGE: i64 = 500;

/// Exchanges whose person is not known yet, with the coordinator's authority
///
/// Lists them with their candidates; or matches one with --exchange, --nominal and --reasons.
#[derive(Debug, Args)]
pub struct Unmatched {
    #[command(flatten)]
    person: AsPerson,
    /// The exchange to match
    #[arg(long, value_name = "ID", requires = "nominal", requires = "reasons")]
    exchange: Option<String>,
    /// The reference of the nominal that it is about
    #[arg(long, value_name = "REF", requires = "exchange")]
    nominal: Option<String>,
    /// Why, in words
    #[arg(long, requires = "exchange")]
    reasons: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Unmatched {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match (&self.exchange, &self.nominal, &self.reasons) {
            (Some(exchange), Some(nominal), Some(reasons)) => {
                let (flow, caller) = self.person.open().await?;
                let answer = flow
                    .match_exchange(&caller, exchange, nominal, reasons)
                    .await?;
                if self.json {
                    return say::json(&serde_json::json!({
                        "id": answer.id, "state": answer.state, "nominal": answer.nominal,
                        "missing": answer.missing,
                    }));
                }
                say::line(format!("exchange {exchange} is {}", answer.state));
                Ok(())
            }
            _ => self.list().await,
        }
    }

    async fn list(&self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let waiting = flow.unmatched(&caller, None, None, PAGE).await?;
        let shown = |value: &Option<Personal<String>>| value.as_ref().map(|v| v.reveal().clone());
        let words = |kinds: &[IdentifierKind]| {
            kinds
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(",")
        };
        if self.json {
            let list: Vec<_> = waiting
                .iter()
                .map(|one| {
                    let given: Vec<_> = one
                        .given
                        .iter()
                        .map(|id| serde_json::json!({ "kind": id.kind(), "value": id.value().reveal() }))
                        .collect();
                    let candidates: Vec<_> = one
                        .candidates
                        .iter()
                        .map(|c| {
                            serde_json::json!({
                                "nominal": c.nominal, "name": shown(&c.name),
                                "date_of_birth": shown(&c.date_of_birth), "agree": c.agree,
                                "contradict": c.contradict,
                            })
                        })
                        .collect();
                    serde_json::json!({
                        "exchange": one.exchange, "from": one.from, "purpose": one.purpose,
                        "received": say::time(one.received), "given": given,
                        "candidates": candidates,
                    })
                })
                .collect();
            return say::json(&serde_json::json!({ "unmatched": list }));
        }
        for one in &waiting {
            let received = say::time(one.received);
            say::line(format!("{} from {} at {received}", one.exchange, one.from));
            for id in &one.given {
                say::line(format!("  given {} {}", id.kind(), id.value().reveal()));
            }
            for c in &one.candidates {
                say::line(format!(
                    "  perhaps {} {} ({}); agrees on {}; contradicts on {}",
                    c.nominal,
                    shown(&c.name).unwrap_or_default(),
                    shown(&c.date_of_birth).unwrap_or_default(),
                    words(&c.agree),
                    words(&c.contradict)
                ));
            }
        }
        Ok(())
    }
}
