//! A delivery as a mail: its items in clear only between the vault and the envelope, signed by
//! the gateway, sealed to the agency, its header protected inside (RFC 9788).

use gateway_cms::{Profile, Recipient, encrypt};
use gateway_core::Obligation;
use gateway_email::render::{Frame, Outgoing};
use gateway_flow::read::{Document, DocumentBody};
use gateway_mail::compose::{self, Attachment, Enveloped, Protected, Protection};
use gateway_store::rows::{ExchangeRow, MailOutRow};
use zeroize::Zeroizing;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::batch::Batch;
use super::write::exchange_of;

/// Texts up to this many bytes are read in the mail itself.
const READ_IN_PLACE: usize = 16 * 1024;

impl Mailroom {
    /// The sealed mail of a delivery; none where it may not be read away from the portal now,
    /// or nothing is left to seal it to.
    pub(crate) async fn sealed_delivery(
        &self,
        row: &MailOutRow,
        frame: &Frame<'_>,
        batch: &Batch,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let delivery = row.delivery.as_deref().and_then(|id| batch.delivery(id));
        let Some(delivery) = delivery else {
            return Ok(None);
        };
        let exchange = batch.exchange(exchange_of(row)?)?;
        if matches!(delivery.state.as_str(), "expired" | "recalled") {
            return Ok(None);
        }
        let Some((known, recipient)) = self.certificate_for(delivery).await? else {
            return Ok(None);
        };
        let Some(documents) = self.0.flow.carried(delivery, exchange).await? else {
            return Ok(None);
        };
        let mut texts = Vec::new();
        let mut files = Vec::new();
        for (n, document) in documents {
            self.lay_out(n, document, &mut texts, &mut files).await?;
        }
        let sender = batch.agency(&exchange.sender);
        let sender = sender.map_or(&*exchange.sender, |agency| &*agency.name);
        let outgoing = Outgoing {
            subject: format!(
                "Information for you{}",
                frame
                    .thread
                    .map(|thread| format!(" {}", thread.tag()))
                    .unwrap_or_default()
            ),
            text: text(exchange, sender, &texts),
            files: Vec::new(),
            headers: frame.headers(),
        };
        let head = self.head(row, &outgoing, frame).await?;
        let protected = Protected {
            how: Protection::Cipher,
            head: &head,
            outer_subject: Some(&outgoing.subject),
        };
        let seed = head.message_id.clone();
        let entity = compose::protected_entity(&seed, &outgoing.text, &files, &protected);
        drop(files);
        let entity = Zeroizing::new(entity);
        let signature = self.sign(&entity).await?;
        let signed = Zeroizing::new(compose::signed_entity(&seed, &entity, &signature));
        drop(entity);
        let (der, kind) = seal(&signed, recipient, &known.profile)?;
        Ok(Some(compose::enveloped(&head, &der, kind)))
    }

    async fn lay_out(
        &self,
        n: i64,
        document: Document,
        texts: &mut Vec<String>,
        files: &mut Vec<Attachment>,
    ) -> Result<(), Trouble> {
        let about = heading(n, &document);
        let media_type = document.media_type.clone();
        let title = document.title.clone();
        let bytes = whole(document.body).await?;
        let plain = media_type.starts_with("text/plain") && bytes.len() <= READ_IN_PLACE;
        if let (true, Ok(text)) = (plain, std::str::from_utf8(&bytes)) {
            texts.push(format!("{about}\n{}\n", text.trim_end()));
            return Ok(());
        }
        texts.push(format!("{about}   It is attached.\n"));
        files.push(Attachment {
            name: title,
            media_type,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }
}

/// A document, whole: how large it may be was looked at before it was queued.
async fn whole(body: DocumentBody) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let DocumentBody::Clear(mut chunks) = body else {
        return Err(Trouble::Stopped("a document is sealed to its reader alone"));
    };
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk.map_err(|_| Trouble::Stopped("a document does not open"))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Opaque to all but the reader. AES-GCM where the reader's program can.
fn seal(
    signed: &[u8],
    recipient: Recipient,
    profile: &str,
) -> Result<(Vec<u8>, Enveloped), Trouble> {
    let (profile, kind) = match profile {
        "modern" => (Profile::MODERN, Enveloped::Authenticated),
        "cbc" => (Profile::CBC, Enveloped::Data),
        _ => (Profile::COMPATIBLE, Enveloped::Data),
    };
    tokio::task::block_in_place(|| {
        let mut der = Vec::with_capacity(signed.len() + 4096);
        match encrypt(signed, &[recipient], profile, &mut der) {
            Ok(()) => Ok((der, kind)),
            Err(error) => Err(Trouble::Trust(error.to_string())),
        }
    })
}

fn text(exchange: &ExchangeRow, sender: &str, items: &[String]) -> String {
    let purpose = exchange.purpose.as_deref().unwrap_or("not given");
    let urgent = match exchange.emergency {
        1 => "It was sent as an emergency.\n",
        _ => "",
    };
    format!(
        "OFFICIAL-SENSITIVE\n\n{sender} shares this with you, for the purpose {purpose}.\nExchange: {}\n{urgent}\n{}\nTo answer, reply to this mail and leave its reference in the subject: your answer\ngoes to the same person's record.\n",
        exchange.id,
        items.join("\n"),
    )
}

/// What stands above an item: its number and title, its marking, and what it obliges to.
fn heading(n: i64, document: &Document) -> String {
    let mut lines = vec![format!("{n}. {} ({})", document.title, document.marking)];
    let obliged = document.obligations.iter().filter_map(|one| words(*one));
    lines.extend(obliged.map(|words| format!("   {words}")));
    lines.push(String::new());
    lines.join("\n")
}

/// What an obligation asks of the reader.
const fn words(obligation: Obligation) -> Option<&'static str> {
    match obligation {
        Obligation::NoOnward => Some("Do not share it on."),
        Obligation::SpocOnly => Some("For the single point of contact or the deputy only."),
        Obligation::NamedRecipient => Some("For the person named only."),
        Obligation::Receipt => Some("Please acknowledge it."),
        Obligation::Separate => Some("File it apart from the rest."),
        Obligation::Mark
        | Obligation::Redact(_)
        | Obligation::Countersign(_)
        | Obligation::Reason
        | Obligation::Expire(_)
        | Obligation::ExpireAtReview
        | Obligation::Notify(_)
        | Obligation::NotifyLead
        | Obligation::TellSubjectConsider
        | Obligation::LinkNominal
        | Obligation::ViewOnly => None,
    }
}
