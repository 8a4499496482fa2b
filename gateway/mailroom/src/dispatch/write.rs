//! The writing of a mail: its words by the adapter, its signature by the vault.

use gateway_core::calendar::due_at;
use gateway_core::{AgencyId, Id, Role};
use gateway_email::ThreadRef;
use gateway_email::render::{
    self, FactorChange, Failure, FailureReason, Frame, Invitation, ItemLine, MeshFailure, Outgoing,
    Receipt, RecipientLine, RuleWords, Urgency,
};
use gateway_flow::outgoing::{KEY_NOTICE, MailKind, TOLD_NOTICE};
use gateway_flow::{Answer, FlowError};
use gateway_mail::compose::{self, Attachment, Head};
use gateway_store::rows::{AgencyRow, ExchangeRow, MailOutRow, ThreadRow};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::batch::Batch;
use super::{review, told};

impl Mailroom {
    /// The bytes of a mail. What was to be sealed and cannot be any more becomes a notice.
    pub(crate) async fn write(
        &self,
        row: &mut MailOutRow,
        batch: &Batch,
    ) -> Result<Vec<u8>, Trouble> {
        let thread = match has_thread(row) {
            true => Some(thread_of(row, &batch.threads)?),
            false => None,
        };
        let frame = Frame {
            domain: &self.0.settings.domain,
            thread: thread.as_ref(),
            checkpoint: batch.checkpoint.as_deref(),
        };
        if MailKind::parse(&row.kind) == Some(MailKind::Delivery) {
            if let Some(mail) = self.sealed_delivery(row, &frame, batch).await? {
                return self.stamped(mail);
            }
            // Recalled, expired, or its certificate revoked since it was queued.
            row.kind = MailKind::Notice.as_str().to_owned();
        }
        let outgoing = self.words(row, &frame, batch).await?;
        let head = self.head(row, &outgoing, &frame).await?;
        let files: Vec<Attachment> = outgoing.files.into_iter().map(file).collect();
        let entity = compose::entity(&head.message_id, &outgoing.text, &files);
        let signature = self.sign(&entity).await?;
        self.stamped(compose::signed(&head, &entity, &signature))
    }

    /// Signed for the gateway's domain, where that is configured.
    fn stamped(&self, mail: Vec<u8>) -> Result<Vec<u8>, Trouble> {
        let Some(signer) = &self.0.settings.dkim else {
            return Ok(mail);
        };
        signer
            .signed(&mail, self.0.flow.clock.now())
            .map_err(|_| Trouble::Stopped("the DKIM key does not sign: look at its file"))
    }

    pub(crate) async fn sign(&self, entity: &[u8]) -> Result<Vec<u8>, Trouble> {
        let content = Zeroizing::new(entity.to_vec());
        Ok(self.0.flow.vault.sign_mail(content, false).await?)
    }

    pub(crate) async fn head(
        &self,
        row: &MailOutRow,
        outgoing: &Outgoing,
        frame: &Frame<'_>,
    ) -> Result<Head, Trouble> {
        let settings = &self.0.settings;
        // A reply that quotes nothing but this id is known by it.
        let message_id = match frame.thread {
            Some(thread) => format!("ref.{}.{}@{}", thread.as_str(), row.id, settings.domain),
            None => format!("{}@{}", row.id, settings.domain),
        };
        Ok(Head {
            from_name: Some("MAPPA gateway".to_owned()),
            from: settings.address.clone(),
            to: vec![self.recipient_of(row).await?],
            subject: outgoing.subject.clone(),
            date: self.0.flow.clock.now(),
            message_id,
            extra: outgoing.headers.clone(),
        })
    }

    async fn words(
        &self,
        row: &MailOutRow,
        frame: &Frame<'_>,
        batch: &Batch,
    ) -> Result<Outgoing, Trouble> {
        let link = self.0.settings.portal.clone();
        match MailKind::parse(&row.kind) {
            Some(MailKind::Receipt) => self.receipt(row, frame, &link).await,
            Some(MailKind::Incomplete) => {
                let exchange = exchange_of(row)?;
                let answer = self.0.flow.answer_of(exchange).await?;
                let link = format!("{link}/messages/{exchange}");
                let mut mail = render::incomplete_notice(frame, &link);
                if let Some(proof) = proof(&answer)? {
                    mail.files.push(proof_file(exchange, proof));
                }
                Ok(mail)
            }
            Some(MailKind::Failure) => self.failure(row, frame, &link).await,
            Some(MailKind::Invitation) => self.invitation(row, frame, &link).await,
            Some(MailKind::Notice) if review::is_one(row) => {
                let words = self.words_of(row).await?;
                let urgency = review::urgency(&words);
                let link = format!("{link}/holds/{}", exchange_of(row)?);
                Ok(render::hold_notice(frame, urgency, &link))
            }
            Some(MailKind::Notice) if row.subject.starts_with(KEY_NOTICE) => {
                let words = self.words_of(row).await?;
                let change = match words.first().map(String::as_str) {
                    Some("added") => FactorChange::KeyAdded,
                    Some("app-added") => FactorChange::AppAdded,
                    Some(_) | None => FactorChange::KeyRemoved,
                };
                let link = format!("{link}/security");
                Ok(render::key_notice(frame, change, &link))
            }
            Some(MailKind::Notice) if row.subject.starts_with(TOLD_NOTICE) => {
                let words = self.words_of(row).await?;
                let (matter, urgency) = told::matter_of(&words)
                    .ok_or(Trouble::Stopped("a notice's words do not read"))?;
                let link = format!("{link}{}", told::place(matter));
                Ok(render::matter_notice(frame, matter, urgency, &link))
            }
            Some(MailKind::Notice | MailKind::Delivery) | None => {
                let urgency = urgency(row, batch.exchange(exchange_of(row)?)?);
                let link = format!("{link}/messages/{}", exchange_of(row)?);
                Ok(render::notice(frame, urgency, &link))
            }
        }
    }

    async fn receipt(
        &self,
        row: &MailOutRow,
        frame: &Frame<'_>,
        link: &str,
    ) -> Result<Outgoing, Trouble> {
        let answer = self.0.flow.answer_of(exchange_of(row)?).await?;
        let exchange = exchange_id(row)?;
        let recipients = self.lines(&answer).await?;
        let proof = proof(&answer)?;
        let receipt = Receipt {
            exchange,
            state: answer.state,
            recipients,
            faults: self.words_of(row).await?,
            link: Some(link),
            proof: proof.as_deref(),
        };
        Ok(render::receipt(frame, &receipt))
    }

    /// What was decided for each recipient and item.
    async fn lines(&self, answer: &Answer) -> Result<Vec<RecipientLine>, Trouble> {
        let mut lines: Vec<(AgencyId, RecipientLine)> = Vec::new();
        for cell in &answer.matrix {
            let item = ItemLine {
                item: usize::try_from(cell.item).unwrap_or_default(),
                outcome: cell.outcome,
                waits_for: waits_for(cell.reviewers.iter().map(|one| one.role)),
                rules: cell
                    .rules
                    .iter()
                    .map(|hit| RuleWords {
                        rule: hit.rule.clone(),
                        title: hit.title.clone(),
                    })
                    .collect(),
            };
            if let Some((_, line)) = lines.iter_mut().find(|(to, _)| *to == cell.recipient) {
                line.items.push(item);
                continue;
            }
            let name = self.agency_name(cell.recipient.as_str()).await?;
            let line = RecipientLine {
                name,
                items: vec![item],
            };
            lines.push((cell.recipient.clone(), line));
        }
        Ok(lines.into_iter().map(|(_, line)| line).collect())
    }

    pub(crate) async fn agency_name(&self, id: &str) -> Result<String, Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let agency: Option<AgencyRow> = tx.get(id).await?;
        Ok(agency.map_or_else(|| id.to_owned(), |agency| agency.name))
    }

    /// A link that is good once, by the words that were queued: its token, what it is for, the
    /// agency, and until when.
    async fn invitation(
        &self,
        row: &MailOutRow,
        frame: &Frame<'_>,
        portal: &str,
    ) -> Result<Outgoing, Trouble> {
        let words = self.words_of(row).await?;
        let [token, purpose, until] = words.as_slice() else {
            return Err(Trouble::Stopped("an invitation's words do not read"));
        };
        let until = until
            .parse()
            .map_err(|_| Trouble::Stopped("an invitation's end does not read"))?;
        let link = format!("{portal}/join/{token}");
        let agency = self.agency_name(&row.agency).await?;
        let invitation = Invitation {
            agency: &agency,
            joins: purpose == "join",
            until,
            link: &link,
        };
        Ok(render::invitation(frame, &invitation))
    }

    async fn failure(
        &self,
        row: &MailOutRow,
        frame: &Frame<'_>,
        link: &str,
    ) -> Result<Outgoing, Trouble> {
        let words = self.words_of(row).await?;
        let word = |n: usize| words.get(n).map_or("", String::as_str);
        let recipient = self.agency_name(word(0)).await?;
        let reason = match word(1) {
            "expired" => FailureReason::Expired,
            "mesh-no-mailbox" => FailureReason::Mesh(MeshFailure::NoMailbox),
            "mesh-no-workflow" => FailureReason::Mesh(MeshFailure::NoWorkflow),
            "mesh-not-collected" => FailureReason::Mesh(MeshFailure::NotCollected),
            "mesh-declined" => FailureReason::Mesh(MeshFailure::Declined),
            why if why.starts_with("mesh-") => FailureReason::Mesh(MeshFailure::Other),
            "retired" => FailureReason::Retired(words.get(2).map(String::as_str)),
            why => FailureReason::Refused(why.strip_prefix("refused ")),
        };
        let failure = Failure {
            exchange: exchange_id(row)?,
            recipient: &recipient,
            reason,
            waits: true,
            link: Some(link),
        };
        Ok(render::failure(frame, &failure))
    }
}

fn urgency(row: &MailOutRow, exchange: &ExchangeRow) -> Urgency {
    match Timestamp::from_microsecond(row.created_at) {
        Ok(since) if exchange.emergency == 1 => Urgency::ActBy(due_at(since, 0)),
        Ok(_) | Err(_) => Urgency::Routine,
    }
}

/// Roles, each once.
fn waits_for(roles: impl Iterator<Item = Role>) -> Vec<Role> {
    let mut each: Vec<Role> = Vec::new();
    for role in roles {
        if !each.contains(&role) {
            each.push(role);
        }
    }
    each
}

/// The exchange that a mail is about.
pub(crate) fn exchange_of(row: &MailOutRow) -> Result<&str, Trouble> {
    let exchange = row.exchange.as_deref();
    exchange.ok_or(Trouble::Stopped("a mail is about no exchange"))
}

/// Whether a reply to it is one about its exchange. A hold is decided by whoever signs in, and
/// nobody joins by a reply.
pub(crate) fn has_thread(row: &MailOutRow) -> bool {
    row.exchange.is_some() && !review::is_one(row)
}

fn thread_of(row: &MailOutRow, threads: &[ThreadRow]) -> Result<ThreadRef, Trouble> {
    let exchange = exchange_of(row)?;
    let own = |thread: &&ThreadRow| thread.exchange == exchange && thread.agency == row.agency;
    let thread = threads.iter().find(own);
    let thread = thread.ok_or(Trouble::Stopped("a mail has no thread"))?;
    let reference = thread.id.parse();
    reference.map_err(|_| Trouble::Stopped("a thread's reference does not read"))
}

fn exchange_id(row: &MailOutRow) -> Result<Id, Trouble> {
    let id = exchange_of(row)?.parse();
    id.map_err(|_| Trouble::Stopped("an exchange's id does not read"))
}

fn proof(answer: &Answer) -> Result<Option<String>, Trouble> {
    let Some(receipt) = &answer.receipt else {
        return Ok(None);
    };
    let text = receipt
        .render()
        .map_err(|error| FlowError::Internal(error.to_string()))?;
    Ok(Some(text))
}

fn proof_file(exchange: &str, proof: String) -> render::File {
    render::File {
        name: format!("{exchange}.tlog-proof"),
        media_type: "application/octet-stream",
        bytes: proof.into_bytes(),
    }
}

pub(crate) fn file(file: render::File) -> Attachment {
    Attachment {
        name: file.name,
        media_type: file.media_type.to_owned(),
        bytes: file.bytes,
    }
}
