//! One mail from its bytes to its end: an exchange, a step of a delivery, or kept apart.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::{AgencyId, Channel, ExchangeState, Personal};
use gateway_email::{Address, Limits, Mail};
use gateway_flow::quarantine::Unproved as Apart;
use gateway_flow::submission::{AnswerTo, Idempotency, Intake, ItemClaim, Particulars};
use gateway_flow::{Answer, FlowError, submission::Caller, submission::Submission};
use gateway_mail::Envelope;
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::open::{self, NotOpened, Opened};
use super::particulars::{self, Said, Unfit, enveloped};
use super::prove::{self, Sender};
use super::report;
use super::spool::{Refusal, Whole};

/// Hops after which a mail is taken to go round in a loop (RFC 5321 section 6.3).
const HOPS: usize = 50;
/// Why a mail is set aside that is proved, and cannot be read as it is.
const WRONG: &str = "not-as-it-should-be";
/// How long after a mail its copies to others still join it.
const JOINS_FOR: Duration = Duration::from_hours(5 * 24);

/// Takes a mail. `Ok` after everything is committed.
pub(crate) async fn take(
    room: &Mailroom,
    envelope: &Envelope,
    whole: Whole,
) -> Result<(), Refusal> {
    let _place = place(room, whole.size()).await?;
    let bytes = whole.bytes(room)?;
    let head = head_of(&bytes);
    if hops(head) > HOPS {
        return Err(Refusal::Loop);
    }
    let outer = gateway_email::read(head, &Limits::default());
    let Ok(outer) = outer else {
        return apart(room, envelope, whole, "unreadable", None, None).await;
    };
    if report::is_one(envelope) && report::take(room, envelope, &bytes).await? {
        whole.discard(room).await;
        return Ok(());
    }
    let from = outer.headers.from.clone().ok();
    let automatic = outer.headers.automatic.is_automatic() || envelope.sender.is_none();
    if automatic {
        return apart(room, envelope, whole, "automatic", from, None).await;
    }
    let Some(from) = from else {
        return apart(room, envelope, whole, "no-one-sender", None, None).await;
    };
    match examined(room, envelope, &whole, bytes, &from, &outer).await? {
        Ok((sender, mail)) => exchange(room, envelope, whole, sender, mail).await,
        Err(unproved) => {
            apart(
                room,
                envelope,
                whole,
                unproved.reason,
                Some(from),
                unproved.agency,
            )
            .await
        }
    }
}

/// Opens a mail, reads it, and proves its sender.
async fn examined(
    room: &Mailroom,
    envelope: &Envelope,
    whole: &Whole,
    bytes: Zeroizing<Vec<u8>>,
    from: &Address,
    outer: &Mail,
) -> Result<Result<(Sender, Mail), prove::Unproved>, Refusal> {
    let opened = match open::open(room, bytes).await {
        Ok(opened) => opened,
        Err(NotOpened::Sealed) => return Ok(Err(prove::Unproved::new("not-opened"))),
        Err(NotOpened::Unreadable) => return Ok(Err(prove::Unproved::new("unreadable"))),
        Err(NotOpened::Trouble(trouble)) => return Err(Refusal::Trouble(trouble)),
    };
    let Opened { entity, signatures } = opened;
    let Ok(mut mail) = gateway_email::read(&entity, &Limits::default()) else {
        return Ok(Err(prove::Unproved::new("unreadable")));
    };
    drop(entity);
    let within = mail.protected.as_ref();
    let proved = prove::prove(room, envelope, whole, from, within, &signatures).await?;
    let sender = match proved {
        Ok(sender) => sender,
        Err(unproved) => return Ok(Err(unproved)),
    };
    let subject = within.and_then(|protected| protected.subject.clone());
    mail.headers = outer.headers.clone();
    mail.headers.subject = subject.or(mail.headers.subject);
    Ok(Ok((sender, mail)))
}

/// A proved sender's mail becomes an exchange, whatever is wrong with it.
async fn exchange(
    room: &Mailroom,
    envelope: &Envelope,
    whole: Whole,
    sender: Sender,
    mail: Mail,
) -> Result<(), Refusal> {
    let key = key_of(room, &sender, &mail).await?;
    let caller = caller(&sender);
    let said = particulars::read(room, envelope, &mail, &sender, caller.clone()).await?;
    drop(mail);
    let said = match said {
        Ok(said) if said.particulars.recipients.is_empty() => {
            let faults = said.particulars.intake.faults.into_iter();
            let words = faults.map(Personal::into_inner).collect();
            Err(("nobody-addressed", words))
        }
        Ok(said) => Ok(said),
        Err(Unfit::Infected) => Err(("malware", Vec::new())),
        Err(Unfit::Wrong(words)) => Err((WRONG, words)),
    };
    let outcome = match said {
        Ok(Said {
            particulars,
            notes,
            bodies,
        }) => {
            let asked: Vec<AgencyId> = agencies(&particulars);
            let mut faults = particulars.intake.faults.clone();
            faults.extend(notes);
            let submission = Submission {
                caller: caller.clone(),
                particulars,
                bodies,
                idempotency: Some(key.clone()),
                answer_to: Some(answer_to(&sender, faults)),
            };
            match room.0.flow.submit(submission).await {
                Ok(answer) => {
                    joined(room, &caller, &answer, &asked).await?;
                    Ok(())
                }
                Err(FlowError::Invalid(wrong)) => {
                    let faults = wrong
                        .into_iter()
                        .map(|f| format!("{} {}", f.pointer, f.detail));
                    Err((WRONG, faults.collect()))
                }
                // The same signed words under another Message-ID: an old mail, wrapped anew.
                Err(FlowError::Conflict(_)) => {
                    let agency = Some(sender.agency.clone());
                    let from = Some(sender.address.clone());
                    return apart(room, envelope, whole, "sent-before", from, agency).await;
                }
                Err(FlowError::Forbidden(_)) => {
                    let agency = Some(sender.agency.clone());
                    let from = Some(sender.address.clone());
                    return apart(room, envelope, whole, "sender-suspended", from, agency).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(why) => Err(why),
    };
    match outcome {
        Ok(()) => whole.discard(room).await,
        Err((reason, faults)) => {
            let answer_to = answer_to(&sender, faults.into_iter().map(Personal::new).collect());
            set_aside(room, envelope, whole, caller, key, reason, answer_to).await?;
        }
    }
    // Its answer was queued with it.
    room.0.queued.notify_one();
    Ok(())
}

/// Kept whole as an exchange of its sender's, and decided for nobody.
async fn set_aside(
    room: &Mailroom,
    envelope: &Envelope,
    whole: Whole,
    caller: Caller,
    key: Idempotency,
    reason: &str,
    answer_to: AnswerTo,
) -> Result<(), Refusal> {
    let mut addressed = enveloped(room, envelope);
    if addressed.is_empty() {
        // It came to the gateway's own address: it is for those who look after it.
        addressed.extend(room.0.flow.unit_of_agency(&caller.agency).await?);
    }
    let recipients = addressed
        .into_iter()
        .map(|agency| gateway_flow::submission::RecipientClaim {
            agency,
            person: None,
            reason: None,
        });
    let title = Personal::new("The mail as it came".to_owned());
    let particulars = Particulars {
        intake: Intake {
            set_aside: Some(reason.to_owned()),
            faults: answer_to.words.clone(),
            ..Intake::default()
        },
        items: vec![ItemClaim::new(title)],
        ..Particulars::new(recipients.collect())
    };
    let submission = Submission {
        caller,
        particulars,
        bodies: vec![whole.sealed(room)?],
        idempotency: Some(key),
        answer_to: Some(answer_to),
    };
    room.0.flow.submit(submission).await?;
    Ok(())
}

/// A relay may bring one mail once for each recipient: those who come later join the first.
async fn joined(
    room: &Mailroom,
    caller: &Caller,
    answer: &Answer,
    asked: &[AgencyId],
) -> Result<(), Refusal> {
    if let Some(id) = &answer.id
        && answer.again
        && answer.state != ExchangeState::Quarantined
    {
        let flow = &room.0.flow;
        flow.join_recipients(caller, id, asked, JOINS_FOR).await?;
    }
    Ok(())
}

fn answer_to(sender: &Sender, words: Vec<Personal<String>>) -> AnswerTo {
    AnswerTo {
        address: sender.address.reveal().to_owned().into(),
        words,
    }
}

fn agencies(particulars: &Particulars) -> Vec<AgencyId> {
    let claims = particulars.recipients.iter();
    claims.map(|claim| claim.agency.clone()).collect()
}

fn caller(sender: &Sender) -> Caller {
    Caller {
        agency: sender.agency.clone(),
        person: sender.person.clone(),
        channel: Channel::SecureEmail,
        proof: sender.word(),
    }
}

/// What a mail is known again by: the signed words, or what its domain's signature covers of it.
/// The Message-ID must be the same as well.
async fn key_of(room: &Mailroom, sender: &Sender, mail: &Mail) -> Result<Idempotency, Refusal> {
    let vault = &room.0.flow.vault;
    let id = mail.headers.message_id.as_deref().unwrap_or_default();
    let request: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let words = match &sender.proof {
        prove::Proof::Signed(signed) => signed.mark,
        prove::Proof::Domain(covered) => {
            let date = mail.headers.date.map_or(0, jiff::Timestamp::as_second);
            let mut hash = Sha256::new();
            hash.update(request);
            hash.update(date.to_be_bytes());
            hash.update(covered.body());
            hash.finalize().into()
        }
    };
    Ok(Idempotency {
        key: format!("mail/{}", vault.fingerprint("*", &words).await?),
        request: vault.fingerprint("*", &request).await?,
    })
}

async fn apart(
    room: &Mailroom,
    envelope: &Envelope,
    whole: Whole,
    reason: &'static str,
    from: Option<Address>,
    agency: Option<AgencyId>,
) -> Result<(), Refusal> {
    let claimed = from.map_or_else(Personal::default, Address::into_personal);
    let kept = Apart {
        channel: Channel::SecureEmail,
        reason,
        claimed,
        agency,
        addressed: enveloped(room, envelope),
        body: whole.sealed(room)?,
    };
    let kept = room.0.flow.keep_apart(kept).await?;
    tracing::info!(mail.id = %envelope.id, quarantine = %kept, reason, "a mail is kept apart");
    Ok(())
}

/// Waits for room to open so much mail.
async fn place(room: &Mailroom, size: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let kibibytes = u32::try_from(size / 1024 + 1).unwrap_or(u32::MAX);
    let wanted = kibibytes.min(room.0.most_places);
    let places = Arc::clone(&room.0.places).acquire_many_owned(wanted);
    match tokio::time::timeout(room.0.settings.patience, places).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) => Err(Refusal::Trouble(Trouble::Stopped("the mailroom is closed"))),
        Err(_) => Err(Refusal::Busy),
    }
}

/// The header section, its empty line included.
fn head_of(mail: &[u8]) -> &[u8] {
    let end = mail.windows(4).position(|at| at == b"\r\n\r\n");
    end.map_or(mail, |end| &mail[..end + 4])
}

fn hops(head: &[u8]) -> usize {
    let received = |line: &[u8]| line.len() > 9 && line[..9].eq_ignore_ascii_case(b"received:");
    head.split(|byte| *byte == b'\n')
        .filter(|line| received(line))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_at_its_empty_line_and_its_hops_are_counted() {
        let mail = b"Received: a\r\nreceived: b\r\nX: Received: c\r\n\r\nReceived: d\r\n\r\n";
        let head = head_of(mail);
        assert!(head.ends_with(b"c\r\n\r\n"));
        assert_eq!(hops(head), 2);
        assert_eq!(head_of(b"no end"), b"no end");
    }
}
