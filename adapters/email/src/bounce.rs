//! Reports about a mail that was sent: delivered or not (RFC 3464), or opened (RFC 8098).

use gateway_core::Personal;

use crate::address::Address;
use crate::entity::Entity;
use crate::headers::ids;
use crate::parts::Part;

/// Most recipients read from one report.
const MOST: usize = 500;

/// What kind of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// About delivery (RFC 3464).
    Delivery,
    /// About reading (RFC 8098).
    Disposition,
    /// Another report: feedback, TLS, DMARC.
    Other,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Tried again later.
    Delayed,
    /// In the recipient's mailbox.
    Delivered,
    /// Given to a system that reports no more.
    Relayed,
    /// Passed on to several.
    Expanded,
    /// Shown to the recipient (RFC 8098, 3.2.6).
    Displayed,
}

/// What it says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// The address as it was sent to (RFC 3464, 2.3.1), else as it was in the end (2.3.2).
    pub address: Option<Address>,
    /// What happened (2.3.3).
    pub action: Option<Action>,
    /// The status, such as `5.1.1` (2.3.4; RFC 3463).
    pub status: Option<String>,
    /// The other system's own words (2.3.6); they may say anything.
    pub diagnostic: Option<Personal<String>>,
}

impl ReportedRecipient {
    /// It will not come again: action failed, or a status of class 5.
    pub fn is_final(&self) -> bool {
        self.action == Some(Action::Failed)
            || self.action.is_none() && self.status.as_deref().is_some_and(|s| s.starts_with('5'))
    }
}

/// A report. It proves nothing by itself: match it to a mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its kind.
    pub kind: ReportKind,
    /// The envelope id that was given with the mail (RFC 3464, 2.2.1).
    pub envelope_id: Option<String>,
    /// The Message-ID of the mail it is about, without angle brackets.
    pub message_id: Option<String>,
    /// The recipients.
    pub recipients: Vec<ReportedRecipient>,
}

/// Reads a report, where the mail is one (RFC 6522).
pub(crate) fn read(root: &Entity<'_>, parts: &[Part], max_header: usize) -> Option<Report> {
    if root.media_type("text/plain") != "multipart/report" {
        return None;
    }
    let bytes_of = |types: &[&str]| {
        let part = parts
            .iter()
            .find(|part| types.contains(&part.media_type.as_str()))?;
        Some(part.bytes.reveal().as_slice())
    };
    let original = bytes_of(&[
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/global-headers",
    ]);
    let message_id = original
        .and_then(|raw| Entity::read(raw, max_header).ok())
        .and_then(|entity| first_id(&entity, "Message-ID"));
    let mut report = Report {
        kind: ReportKind::Other,
        envelope_id: None,
        message_id,
        recipients: Vec::new(),
    };
    if let Some(raw) = bytes_of(&["message/delivery-status", "message/global-delivery-status"]) {
        report.kind = ReportKind::Delivery;
        groups(raw, max_header, |group| delivery(group, &mut report));
    } else if let Some(raw) = bytes_of(&["message/disposition-notification"]) {
        report.kind = ReportKind::Disposition;
        groups(raw, max_header, |group| disposition(group, &mut report));
    }
    Some(report)
}

/// Groups of fields, an empty line between them.
fn groups(raw: &[u8], max_header: usize, mut each: impl FnMut(&Entity<'_>)) {
    let mut rest = raw;
    for _ in 0..=MOST {
        let Ok(group) = Entity::read(rest, max_header) else {
            return;
        };
        each(&group);
        rest = group.body;
        if rest.is_empty() {
            return;
        }
    }
}

fn delivery(group: &Entity<'_>, report: &mut Report) {
    report.envelope_id = report
        .envelope_id
        .take()
        .or_else(|| group.plain("Original-Envelope-Id"));
    let address = typed_address(group, "Original-Recipient")
        .or_else(|| typed_address(group, "Final-Recipient"));
    let action = group.plain("Action").and_then(|word| action(&word));
    if address.is_none() && action.is_none() {
        return;
    }
    let status = group.plain("Status").map(|status| {
        let kept = |c: &char| c.is_ascii_digit() || *c == '.';
        status.chars().take_while(kept).take(12).collect()
    });
    let diagnostic = group.plain("Diagnostic-Code");
    report.recipients.push(ReportedRecipient {
        address,
        action,
        status: status.filter(|status: &String| !status.is_empty()),
        diagnostic: diagnostic.map(|words| Personal::new(words.chars().take(1000).collect())),
    });
}

fn disposition(group: &Entity<'_>, report: &mut Report) {
    let original = first_id(group, "Original-Message-ID");
    report.message_id = original.or(report.message_id.take());
    let Some(word) = group.plain("Disposition") else {
        return;
    };
    let shown = word.to_ascii_lowercase().contains("displayed");
    report.recipients.push(ReportedRecipient {
        address: typed_address(group, "Original-Recipient")
            .or_else(|| typed_address(group, "Final-Recipient")),
        action: shown.then_some(Action::Displayed),
        status: None,
        diagnostic: None,
    });
}

fn action(word: &str) -> Option<Action> {
    match word.trim().to_ascii_lowercase().as_str() {
        "failed" => Some(Action::Failed),
        "delayed" => Some(Action::Delayed),
        "delivered" => Some(Action::Delivered),
        "relayed" => Some(Action::Relayed),
        "expanded" => Some(Action::Expanded),
        _ => None,
    }
}

/// `rfc822; someone@domain`.
fn typed_address(group: &Entity<'_>, name: &str) -> Option<Address> {
    let value = group.plain(name)?;
    let (_, address) = value.split_once(';')?;
    Address::parse(address.trim().trim_matches(['<', '>']))
}

fn first_id(entity: &Entity<'_>, name: &str) -> Option<String> {
    entity
        .plain(name)
        .and_then(|value| ids(&value).into_iter().next())
}

#[cfg(test)]
mod tests;
