//! A mail's details and items, as a submission's.

use gateway_core::calendar::local_date;
use gateway_core::{AgencyId, Id, Personal};
use gateway_email::claims::{Claim, Content, claims};
use gateway_email::details::{self, Context, Details, Reading};
use gateway_email::{Mail, agency_of};
use gateway_flow::body::StagedBody;
use gateway_flow::submission::{Caller, Emergency, Intake, ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{FlowError, nearest_agency};
use gateway_mail::Envelope;
use gateway_store::rows::{AgencyRow, ExchangeRow};
use jiff::ToSpan as _;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::BOUNCE;
use super::content::{self, Seen};
use super::form::{self, Wrong};
use super::prove::Sender;

/// How old a mail may be whose signature does not cover for whom it is.
const RECENT_DAYS: i64 = 7;

/// The media type of a message's text.
const TEXT: &str = "text/plain; charset=utf-8";

/// What a mail says, and its bodies, sealed.
pub(crate) struct Said {
    pub particulars: Particulars,
    /// What was found in the items, in words for the sender.
    pub notes: Vec<Personal<String>>,
    pub bodies: Vec<StagedBody>,
}

/// Why a mail is set aside as a whole.
pub(crate) enum Unfit {
    /// Something in it is malware.
    Infected,
    /// Its form is not as it should be, in words for the sender.
    Wrong(Vec<String>),
}

/// Reads what a proved sender's mail says.
pub(crate) async fn read(
    room: &Mailroom,
    envelope: &Envelope,
    mail: &Mail,
    sender: &Sender,
    caller: Caller,
) -> Result<Result<Said, Unfit>, Trouble> {
    let domain = &room.0.settings.domain;
    let context = Context {
        today: local_date(room.0.flow.clock.now()),
        domain,
    };
    let reading = details::read(mail.text.reveal(), &context);
    let (claimed, mut faults) = claims(mail, &reading);
    faults.splice(0..0, reading.faults.iter().cloned());
    let faults = faults
        .iter()
        .map(|fault| Personal::new(fault.to_string()))
        .collect();
    let mut intake = Intake {
        faults,
        ..Intake::default()
    };
    let none = Details::default();
    let given = reading.details.as_ref().unwrap_or(&none);
    let in_reply_to = answers(room, mail, given, sender).await?;
    let mut recipients = recipients(room, envelope, mail, given, sender, &mut intake).await?;
    if let (true, Some(earlier)) = (recipients.is_empty(), in_reply_to) {
        recipients.extend(asker(room, earlier, sender).await?);
        intake.unbound = false;
    }
    let attached = match form::find(room, mail) {
        Ok(attached) => attached,
        Err(Wrong(words)) => return Ok(Err(Unfit::Wrong(words))),
    };
    let form = attached.as_ref().map(|attached| attached.part);
    let taken = items(room, mail, sender, &reading, claimed, form, &mut intake).await?;
    let Some((items, mut bodies, notes)) = taken else {
        return Ok(Err(Unfit::Infected));
    };
    if !intake.faults.is_empty() && intake.confirm.is_empty() {
        // What is wrong is for the sender to put right before anything is decided.
        intake.confirm.push("/details".to_owned());
    }
    let mut particulars = Particulars {
        reference: given.reference.clone(),
        identifiers: given.identifiers.clone(),
        purpose: given.purpose,
        necessity: given.necessity.clone(),
        bases: given.bases.clone(),
        emergency: given.emergency.clone().map(|statement| Emergency {
            statement,
            confirm_recipients: given.confirm_recipients.clone(),
        }),
        in_reply_to,
        intake,
        items,
        ..Particulars::new(recipients)
    };
    if let Some(attached) = attached {
        let said = &mut particulars;
        let joined = form::join(room, caller, sender, attached, said, &mut bodies).await?;
        if let Err(Wrong(words)) = joined {
            return Ok(Err(Unfit::Wrong(words)));
        }
    }
    Ok(Ok(Said {
        particulars,
        notes,
        bodies,
    }))
}

/// Items, their bodies, and what was found in them.
type Items = (Vec<ItemClaim>, Vec<StagedBody>, Vec<Personal<String>>);

/// The items of a mail but for its form; none where something in it is malware.
async fn items(
    room: &Mailroom,
    mail: &Mail,
    sender: &Sender,
    reading: &Reading,
    claimed: Vec<Claim>,
    form: Option<usize>,
    intake: &mut Intake,
) -> Result<Option<Items>, Trouble> {
    let mut items = Vec::new();
    let mut bodies = Vec::new();
    let mut notes = Vec::new();
    for claim in claimed {
        let is_form = matches!(claim.content, Content::Part(n) if Some(n) == form);
        let taken = item(room, mail, reading, claim).await?;
        let Some((item, body)) = taken else {
            return Ok(None);
        };
        if is_form {
            // Looked at; what it says becomes items of its own.
            room.0.flow.discard_staged(body).await?;
            continue;
        }
        if !sender.does_for(item.category) {
            let place = format!("/items/{}/category", items.len());
            intake.confirm.push(place);
            intake.faults.push(Personal::new(format!(
                "item {} is of a kind that wants a signature: sign the mail, or sign in and confirm it",
                items.len() + 1
            )));
        }
        let n = items.len() + 1;
        let found = item.notes.iter().map(|note| format!("item {n} {note}"));
        notes.extend(found.map(Personal::new));
        items.push(item);
        bodies.push(body);
    }
    Ok(Some((items, bodies, notes)))
}

/// The agencies that a mail came to, by its envelope.
pub(crate) fn enveloped(room: &Mailroom, envelope: &Envelope) -> Vec<AgencyId> {
    let domain = &room.0.settings.domain;
    let mut agencies = Vec::new();
    for recipient in &envelope.recipients {
        if is_own(room, &recipient.address) {
            continue;
        }
        let address = gateway_email::Address::parse(recipient.address.as_str());
        let agency = address.and_then(|address| agency_of(&address, domain));
        agencies.extend(agency.filter(|agency| !agencies.contains(agency)));
    }
    agencies
}

/// The gateway's own addresses, which are no agency's.
pub(crate) fn is_own(room: &Mailroom, address: &gateway_mail::Address) -> bool {
    let local = address.local();
    address
        .as_str()
        .eq_ignore_ascii_case(&room.0.settings.address)
        || local.eq_ignore_ascii_case("postmaster")
        || local.starts_with(BOUNCE)
}

/// For whom it is: what the sender bound by the signature, else what the envelope says.
async fn recipients(
    room: &Mailroom,
    envelope: &Envelope,
    mail: &Mail,
    given: &Details,
    sender: &Sender,
    intake: &mut Intake,
) -> Result<Vec<RecipientClaim>, Trouble> {
    let claim = |agency: AgencyId, person| RecipientClaim {
        agency,
        person,
        reason: given.reason.clone(),
    };
    let (claims, bound) = if let Some(named) = &given.recipients {
        let claims = named.iter().cloned();
        let claims: Vec<_> = claims.map(|to| claim(to.agency, to.person)).collect();
        // Within the encryption, whoever signed: nobody on the way has written it.
        (claims, sender.is_signed())
    } else if let Some(agencies) = protected(room, mail).filter(|_| sender.signed().is_some()) {
        let claims = agencies.into_iter().map(|agency| claim(agency, None));
        (claims.collect(), true)
    } else {
        let agencies = enveloped(room, envelope).into_iter();
        (agencies.map(|agency| claim(agency, None)).collect(), false)
    };
    if !bound {
        intake.unbound = true;
        let oldest = room.0.flow.clock.now() - (24 * RECENT_DAYS).hours();
        // A signer whose clock is ahead lets its own mails count for longer, and nobody else's.
        let signed_at = sender.signed_at(mail.headers.date);
        if signed_at.is_none_or(|at| at < oldest) {
            intake.confirm.push("/recipients".to_owned());
        }
    }
    known(room, claims, intake).await
}

/// The agencies in the header that the signature covers (RFC 9788).
fn protected(room: &Mailroom, mail: &Mail) -> Option<Vec<AgencyId>> {
    let within = mail.protected.as_ref()?.recipients.as_ref()?;
    let named = gateway_email::headers::addressed_to(within.iter(), &room.0.settings.domain);
    (!named.agencies.is_empty()).then_some(named.agencies)
}

/// Those that are agencies here; the others are for the sender to put right.
async fn known(
    room: &Mailroom,
    claims: Vec<RecipientClaim>,
    intake: &mut Intake,
) -> Result<Vec<RecipientClaim>, Trouble> {
    let mut tx = room.0.flow.store.read().await?;
    let mut known = Vec::new();
    for claim in claims {
        let agency: Option<AgencyRow> = tx.get(claim.agency.as_str()).await?;
        if agency.is_some_and(|agency| agency.state == "active") {
            known.push(claim);
        } else {
            let word = claim.agency.as_str();
            let what_to_do = match nearest_agency(&mut tx, word).await? {
                Some(id) if id != word => format!("did you mean `{id}`?"),
                Some(_) | None => "ask the coordination unit for its name".to_owned(),
            };
            intake.faults.push(Personal::new(format!(
                "`{word}` is no agency here: {what_to_do}"
            )));
        }
    }
    Ok(known)
}

/// The exchange that it answers: named in the details, or by the reference of its thread.
async fn answers(
    room: &Mailroom,
    mail: &Mail,
    given: &Details,
    sender: &Sender,
) -> Result<Option<Id>, Trouble> {
    if given.in_reply_to.is_some() {
        return Ok(given.in_reply_to);
    }
    let mut found = None;
    let mut headers = mail.headers.clone();
    if !(sender.vouches_for("In-Reply-To") && sender.vouches_for("References")) {
        // Only the subject is known to be the sender's.
        headers.in_reply_to.clear();
        headers.references.clear();
    }
    for reference in headers.threads(&room.0.settings.domain) {
        let exchange = room
            .0
            .flow
            .threaded(reference.as_str(), &sender.agency)
            .await?;
        match (found, exchange) {
            // Two threads: it is not clear which it answers.
            (Some(one), Some(other)) if one != other => return Ok(None),
            (None, Some(_)) => found = exchange,
            _ => {}
        }
    }
    Ok(found)
}

/// Whom a reply to the gateway's own address is for: whoever sent what it answers. The records
/// say so, so that nobody on the way can have written it.
async fn asker(
    room: &Mailroom,
    earlier: Id,
    sender: &Sender,
) -> Result<Option<RecipientClaim>, Trouble> {
    let mut tx = room.0.flow.store.read().await?;
    let exchange: Option<ExchangeRow> = tx.get(&earlier.to_string()).await?;
    let agency: Option<AgencyId> = exchange.and_then(|exchange| exchange.sender.parse().ok());
    Ok(agency
        .filter(|agency| *agency != sender.agency)
        .map(|agency| RecipientClaim {
            agency,
            person: None,
            reason: None,
        }))
}

async fn item(
    room: &Mailroom,
    mail: &Mail,
    reading: &Reading,
    claim: Claim,
) -> Result<Option<(ItemClaim, StagedBody)>, Trouble> {
    let bytes = match claim.content {
        Content::Message => reading.message.reveal().as_bytes(),
        Content::Part(n) => match mail.parts.get(n) {
            Some(part) => part.bytes.reveal().as_slice(),
            None => return Err(Trouble::Stopped("a part of a mail is gone")),
        },
    };
    let name = claim.title.reveal();
    let seen = match claim.content {
        Content::Message => content::look(room, "", "text/plain", bytes).await?,
        Content::Part(_) => content::look_through(room, name, &claim.media_type, bytes).await?,
    };
    if seen.infected {
        return Ok(None);
    }
    let body = body(room, &claim, &seen, bytes)?;
    Ok(Some((labelled(claim, seen), body)))
}

fn body(
    room: &Mailroom,
    claim: &Claim,
    seen: &Seen,
    bytes: &[u8],
) -> Result<StagedBody, FlowError> {
    let flow = &room.0.flow;
    match claim.content {
        Content::Message => flow.take_bytes(TEXT.to_owned(), bytes),
        Content::Part(_) => flow.take_bytes(seen.media_type.clone(), bytes),
    }
}

fn labelled(claim: Claim, seen: Seen) -> ItemClaim {
    let mut notes: Vec<String> = claim.notes.iter().map(|n| n.words().to_owned()).collect();
    notes.extend(seen.notes);
    let mut item = ItemClaim {
        category: claim.category,
        owner: claim.owner,
        clinician: claim.clinician,
        notes,
        ..ItemClaim::new(claim.title)
    };
    if seen.holds {
        item.unlabel();
    }
    item
}
