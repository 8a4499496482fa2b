//! A block as it is written: what [`super::read`] reads back as the same.

use gateway_core::Identifier;

use super::{Details, Name, Recipient};

impl Details {
    /// The block with its empty line. It holds personal data: for the sender only.
    pub fn write(&self) -> String {
        let mut out = String::new();
        let mut line = |name: Name, value: &str| {
            if !value.is_empty() {
                out.push_str(name.as_str());
                out.push_str(": ");
                out.push_str(value);
                out.push('\n');
            }
        };
        if let Some(recipients) = &self.recipients {
            line(Name::To, &joined(recipients.iter().map(recipient), ", "));
        }
        let reference = self
            .reference
            .iter()
            .map(|reference| format!("REF {reference}"));
        line(
            Name::Nominal,
            &joined(
                reference.chain(self.identifiers.iter().map(identifier)),
                "; ",
            ),
        );
        line(
            Name::Purpose,
            self.purpose.map_or("", |purpose| purpose.as_str()),
        );
        line(Name::Necessity, text(self.necessity.as_ref()));
        line(Name::Basis, &self.bases.join("; "));
        line(
            Name::Category,
            self.category.map_or("", |category| category.as_str()),
        );
        for attachment in &self.attachments {
            let name = attachment.name.reveal();
            if let Some(category) = attachment.category {
                line(Name::AttachmentCategory, &format!("{name} = {category}"));
            }
            if let Some(owner) = &attachment.owner {
                line(Name::AttachmentOwner, &format!("{name} = {owner}"));
            }
        }
        line(Name::Emergency, text(self.emergency.as_ref()));
        let confirmed = self.confirm_recipients.iter().map(ToString::to_string);
        line(Name::ConfirmRecipients, &joined(confirmed, ", "));
        line(Name::Clinician, text(self.clinician.as_ref()));
        line(Name::Reason, text(self.reason.as_ref()));
        line(
            Name::ReplyToExchange,
            &self
                .in_reply_to
                .map(|id| id.to_string())
                .unwrap_or_default(),
        );
        out.push('\n');
        out
    }
}

fn joined(words: impl Iterator<Item = String>, with: &str) -> String {
    words.collect::<Vec<_>>().join(with)
}

fn text(text: Option<&gateway_core::Personal<String>>) -> &str {
    text.map_or("", |text| text.reveal())
}

fn recipient(recipient: &Recipient) -> String {
    match &recipient.person {
        Some(person) => format!("{} <{}>", recipient.agency, person.reveal()),
        None => recipient.agency.to_string(),
    }
}

fn identifier(identifier: &Identifier) -> String {
    format!("{} {}", identifier.kind(), identifier.value().reveal())
}
