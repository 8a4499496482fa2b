//! The receipt: what became of a mail, for each recipient and item, in the words of the rules
//! that its sender may know, and the proof that it is recorded.

use gateway_core::{ExchangeState, Id, Outcome, Role};

use super::words::{outcome, paragraphs, plain, role, state, wrap};
use super::{File, Frame, Outgoing};

/// A rule, as far as the sender may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleWords {
    /// Its number: `ISP-16`.
    pub rule: String,
    /// What it says.
    pub title: String,
}

/// One item for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemLine {
    /// The sender's number of it, from 1.
    pub item: usize,
    /// What was decided.
    pub outcome: Outcome,
    /// Who decides, of a hold.
    pub waits_for: Vec<Role>,
    /// The rules; none that the sender may not know of.
    pub rules: Vec<RuleWords>,
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientLine {
    /// The agency's name.
    pub name: String,
    /// The items.
    pub items: Vec<ItemLine>,
}

/// What became of one exchange.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    /// Its id.
    pub exchange: Id,
    /// Its state.
    pub state: ExchangeState,
    /// For each recipient.
    pub recipients: Vec<RecipientLine>,
    /// What is to be put right, a sentence each, such as [`crate::details::Fault`] says it.
    pub faults: Vec<String>,
    /// Where the sender sees or completes it.
    pub link: Option<&'a str>,
    /// The C2SP tlog-proof.
    pub proof: Option<&'a str>,
}

/// The mail that says it. One `.tlog-proof` file is attached where there is a proof.
pub fn receipt(frame: &Frame<'_>, receipt: &Receipt<'_>) -> Outgoing {
    let subject = match receipt.state {
        ExchangeState::Released => "Receipt: recorded",
        ExchangeState::Incomplete => "Receipt: kept, to be completed",
        ExchangeState::Quarantined => "Receipt: kept apart",
        ExchangeState::Held => "Receipt: waits for a decision",
        ExchangeState::Refused => "Receipt: not sent on",
        ExchangeState::Superseded => "Receipt: superseded",
        ExchangeState::Recalled => "Receipt: called back",
    };
    let number = format!("Your mail is exchange {}.", receipt.exchange);
    let mut text = paragraphs([number.as_str(), state(receipt.state)]);
    for recipient in &receipt.recipients {
        text.push('\n');
        text.push_str(&wrap(&format!("For {}:", plain(&recipient.name))));
        for item in &recipient.items {
            text.push_str(&indented(&sentence(item)));
        }
    }
    if !receipt.faults.is_empty() {
        text.push_str("\nPlease put right:\n");
        for fault in &receipt.faults {
            text.push_str(&indented(&format!(
                "{}.",
                plain(fault).trim_end_matches('.')
            )));
        }
    }
    if let Some(link) = receipt.link {
        text.push('\n');
        text.push_str(&paragraphs(["You can see it here:", link]));
    }
    if receipt.proof.is_some() {
        text.push('\n');
        text.push_str(&wrap(
            "The file attached proves that it is recorded, and what was decided. Keep it: it can be checked without the gateway.",
        ));
    }
    let files = receipt.proof.map(|proof| File {
        name: format!("{}.tlog-proof", receipt.exchange),
        media_type: "application/octet-stream",
        bytes: proof.as_bytes().to_vec(),
    });
    frame.mail(subject, text, files.into_iter().collect())
}

fn sentence(item: &ItemLine) -> String {
    let mut text = format!("Item {}: {}", item.item, outcome(item.outcome));
    let roles: Vec<&str> = item.waits_for.iter().map(|one| role(*one)).collect();
    if let Some((last, others)) = roles.split_last() {
        text.push_str(" by the ");
        if !others.is_empty() {
            text.push_str(&others.join(", the "));
            text.push_str(" and the ");
        }
        text.push_str(last);
    }
    text.push('.');
    for rule in &item.rules {
        let title = plain(&rule.title);
        text.push_str(&format_rule(&rule.rule, title.trim_end_matches('.')));
    }
    text
}

fn format_rule(number: &str, title: &str) -> String {
    format!(" Rule {}: {title}.", plain(number))
}

/// Broken and set in by two spaces.
fn indented(paragraph: &str) -> String {
    let wrapped = wrap(paragraph);
    let set_in = wrapped.trim_end().replace('\n', "\n  ");
    format!("  {set_in}\n")
}
