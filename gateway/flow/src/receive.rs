//! Receive: what a channel handed in becomes a case, or an answer that names each wrong field.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::question::ItemFacts;
use gateway_core::text::{clean, line, slips};
use gateway_core::{AgencyId, Category, Channel, Id, Obligation};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, IdempotencyRow};

use crate::Flow;
use crate::body::StagedBody;
use crate::case::{Addressee, Body, Case, Piece, add_earlier_readers};
use crate::compose::DraftMessage;
use crate::custody::signs_itself;
use crate::error::{FieldFault, FlowError};
use crate::record::Answer;
use crate::submission::{
    AnswerTo, Contents, Idempotency, ItemClaim, ItemPlace, Particulars, Submission,
};

/// Longest text of a reason or statement, characters.
const TEXT: usize = 20_000;
/// Longest title, characters.
const TITLE: usize = 300;
/// Most recipients of one exchange.
const RECIPIENTS: usize = 50;
/// Shortest content that is known again, bytes: "No change." is nobody's document.
pub(crate) const ALIKE: usize = 32;
/// Most items of one exchange.
const ITEMS: usize = 200;
/// Most lawful bases, and most identifiers, of one exchange.
const LINES: usize = 50;

/// A case whose fields are right and whose nominal is not looked for yet.
#[derive(Debug)]
pub struct Received {
    pub(crate) case: Case,
    /// The areas that the sender works in.
    pub(crate) areas: Vec<String>,
    pub(crate) key: Option<IdempotencyRow>,
    pub(crate) answer_to: Option<AnswerTo>,
}

impl Flow {
    /// The answer that the same idempotency key got before; a conflict where it was asked
    /// something else.
    pub(crate) async fn sent_before(
        &self,
        agency: &AgencyId,
        key: Option<&Idempotency>,
    ) -> Result<Option<Answer>, FlowError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let id = idempotency_id(agency.as_str(), &key.key);
        let mut tx = self.store.read().await?;
        let Some(row) = tx.get::<IdempotencyRow>(&id).await? else {
            return Ok(None);
        };
        drop(tx);
        if row.request != key.request {
            return Err(FlowError::Conflict(
                "this idempotency key was used for another request: give a fresh key".to_owned(),
            ));
        }
        Ok(Some(Answer {
            again: true,
            ..self.answer_of(&row.exchange).await?
        }))
    }

    pub(crate) async fn receive(&self, submission: Submission) -> Result<Received, FlowError> {
        let Submission {
            caller,
            mut particulars,
            bodies,
            idempotency,
            answer_to,
        } = submission;
        let mut faults = Vec::new();
        check_texts(&mut particulars, &mut faults);
        let id = Id::new(&self.clock).to_string();
        let mut tx = self.store.read().await?;
        let sender = active_sender(&mut tx, caller.agency.as_str()).await?;
        let memberships = tx.memberships(&sender.id).await?;
        let areas: Vec<String> = memberships.into_iter().map(|m| m.area).collect();
        let area = areas
            .first()
            .cloned()
            .ok_or_else(|| FlowError::Forbidden("your agency belongs to no area yet".to_owned()))?;
        if particulars.emergency.is_some() && caller.person.is_none() {
            faults.push(FieldFault::new(
                "/emergency",
                "an emergency is sent by a person: name one of your agency's in X-On-Behalf-Of",
            ));
        }
        self.inherit(&mut tx, &sender, &mut particulars, &mut faults)
            .await?;
        let known = named(&mut tx, &particulars).await?;
        let mut warnings = Vec::new();
        let pieces = self
            .pieces(
                &mut tx,
                (&sender, &known),
                &particulars,
                bodies,
                &mut faults,
                &mut warnings,
            )
            .await?;
        let mut addressees = self
            .addressees(&mut tx, &known, &particulars, &mut faults)
            .await?;
        if !faults.is_empty() {
            return Err(FlowError::Invalid(faults));
        }
        add_earlier_readers(&mut tx, &sender.id, &pieces, &mut addressees).await?;
        let draft = idempotency
            .as_ref()
            .filter(|_| caller.channel == Channel::Portal)
            .and_then(DraftMessage::of);
        let key = idempotency.map(|key| IdempotencyRow {
            id: idempotency_id(&sender.id, &key.key),
            request: key.request,
            exchange: id.clone(),
            created_at: self.now(),
        });
        let case = Case {
            id,
            area,
            sender,
            sender_person: caller.person.map(|person| person.id),
            channel: caller.channel.to_string(),
            proof: caller.proof.to_owned(),
            particulars,
            addressees,
            pieces,
            nominal: None,
            received_at: self.now(),
            warnings,
            draft,
        };
        Ok(Received {
            case,
            areas,
            key,
            answer_to,
        })
    }

    /// A reply takes nominal, purpose and bases from what it answers, where it gives none.
    async fn inherit(
        &self,
        tx: &mut Tx,
        sender: &AgencyRow,
        particulars: &mut Particulars,
        faults: &mut Vec<FieldFault>,
    ) -> Result<(), FlowError> {
        let Some(earlier) = particulars.in_reply_to else {
            return Ok(());
        };
        let row = tx.get::<ExchangeRow>(&earlier.to_string()).await?;
        let row = match row {
            Some(row) if has_part(tx, &row, &sender.id).await? => row,
            _ => {
                faults.push(FieldFault::new(
                    "/in_reply_to",
                    "is no exchange that your agency sent or received: leave it out, or give its id",
                ));
                return Ok(());
            }
        };
        let said = self.particulars(&row).await?;
        if particulars.reference.is_none() && particulars.identifiers.is_empty() {
            particulars.reference.clone_from(&row.nominal);
        }
        particulars.purpose = particulars.purpose.or(said.purpose);
        if particulars.bases.is_empty() {
            particulars.bases = said.bases;
        }
        Ok(())
    }

    async fn addressees(
        &self,
        tx: &mut Tx,
        known: &BTreeMap<String, AgencyRow>,
        particulars: &Particulars,
        faults: &mut Vec<FieldFault>,
    ) -> Result<Vec<Addressee>, FlowError> {
        let mut addressees: Vec<Addressee> = Vec::new();
        for (n, claim) in particulars.recipients.iter().enumerate() {
            let pointer = format!("/recipients/{n}");
            let Some(agency) = known.get(claim.agency.as_str()).cloned() else {
                let detail = unknown_agency(tx, claim.agency.as_str()).await?;
                faults.push(FieldFault::new(pointer, detail));
                continue;
            };
            if agency.state != "active" {
                faults.push(FieldFault::new(
                    pointer,
                    "this agency is suspended: ask the coordination unit whom to send to",
                ));
                continue;
            }
            if addressees.iter().any(|a| a.agency.id == agency.id) {
                faults.push(FieldFault::new(
                    pointer,
                    "this agency is named twice: name it once",
                ));
                continue;
            }
            let mut person = None;
            if let Some(email) = &claim.person {
                person = self
                    .person_at(tx, &agency.id, email.reveal())
                    .await?
                    .map(|p| p.id);
                if person.is_none() {
                    faults.push(FieldFault::new(
                        format!("{pointer}/person"),
                        "is no enrolled address of this agency: leave it out, and its single point of contact receives",
                    ));
                }
            }
            addressees.push(Addressee {
                agency,
                person,
                reason: claim.reason.is_some(),
                only: None,
            });
        }
        Ok(addressees)
    }

    async fn pieces(
        &self,
        tx: &mut Tx,
        (sender, known): (&AgencyRow, &BTreeMap<String, AgencyRow>),
        particulars: &Particulars,
        bodies: Vec<StagedBody>,
        faults: &mut Vec<FieldFault>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Piece>, FlowError> {
        let mut pieces = Vec::new();
        for (n, (claim, body)) in (1_i64..).zip(particulars.items.iter().zip(bodies)) {
            let pointer = format!("/items/{}", n - 1);
            let owner = match &claim.owner {
                None => Some(sender.clone()),
                Some(owner) => known.get(owner.as_str()).cloned(),
            };
            let Some(owner) = owner else {
                let word = claim.owner.as_ref().map_or("", |owner| owner.as_str());
                let detail = unknown_agency(tx, word).await?;
                faults.push(FieldFault::new(format!("{pointer}/owner"), detail));
                continue;
            };
            let mut piece = Piece {
                id: Id::new(&self.clock).to_string(),
                n,
                claim: claim.clone(),
                category: claim.category.unwrap_or(Category::Unlabelled),
                owner,
                corrects: None,
                supersedes: None,
                no_onward: false,
                fingerprint: self.vault.fingerprint("*", &body.sha256).await?,
                body: Body::Staged(body),
            };
            let place = format!("{pointer}/corrects");
            piece.corrects = earlier(tx, sender, claim.corrects.as_ref(), &place, faults).await?;
            let place = format!("{pointer}/supersedes");
            piece.supersedes =
                earlier(tx, sender, claim.supersedes.as_ref(), &place, faults).await?;
            if tx.is_anothers(&piece.fingerprint, &sender.id).await? {
                let own_word = piece.claim.contents == Contents::Marks
                    || particulars.form.is_some() && signs_itself(tx, sender, &piece).await?;
                if !own_word {
                    keep_label(tx, sender, &mut piece, warnings).await?;
                }
            }
            pieces.push(piece);
        }
        Ok(pieces)
    }
}

pub(crate) fn idempotency_id(agency: &str, key: &str) -> String {
    format!("{agency}/{key}")
}

/// The agencies that a submission names, by id.
async fn named(
    tx: &mut Tx,
    particulars: &Particulars,
) -> Result<BTreeMap<String, AgencyRow>, FlowError> {
    let recipients = particulars.recipients.iter().map(|claim| &claim.agency);
    let owners = particulars
        .items
        .iter()
        .filter_map(|item| item.owner.as_ref());
    let named: BTreeSet<&str> = recipients.chain(owners).map(AgencyId::as_str).collect();
    let named: Vec<&str> = named.into_iter().collect();
    Ok(tx.get_all(&named).await?)
}

async fn active_sender(tx: &mut Tx, id: &str) -> Result<AgencyRow, FlowError> {
    let row: Option<AgencyRow> = tx.get(id).await?;
    row.filter(|agency| agency.state == "active")
        .ok_or_else(|| {
            FlowError::Forbidden("your agency is suspended: ring the coordination unit".to_owned())
        })
}

/// Whether an agency sent an exchange or has something of it.
pub(crate) async fn has_part(
    tx: &mut Tx,
    row: &ExchangeRow,
    agency: &str,
) -> Result<bool, FlowError> {
    Ok(row.sender == agency || !tx.wraps_for(&row.id, agency).await?.is_empty())
}

/// The agency that somebody may have meant by an id that no agency has.
pub async fn nearest_agency(tx: &mut Tx, word: &str) -> Result<Option<String>, FlowError> {
    let agencies = tx.agencies().await?;
    let nearest = agencies
        .into_iter()
        .filter(|agency| agency.state == "active")
        .map(|agency| (slips(word, &agency.id), agency.id))
        .min();
    Ok(nearest
        .filter(|(far, _)| *far <= 1 + word.len() / 3)
        .map(|(_, id)| id))
}

async fn unknown_agency(tx: &mut Tx, word: &str) -> Result<String, FlowError> {
    Ok(match nearest_agency(tx, word).await? {
        Some(id) => format!("there is no agency of this id: did you mean `{id}`?"),
        None => "there is no agency of this id: ask the coordination unit for it".to_owned(),
    })
}

/// The sender's own earlier item that this one corrects or replaces.
async fn earlier(
    tx: &mut Tx,
    sender: &AgencyRow,
    place: Option<&ItemPlace>,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Result<Option<String>, FlowError> {
    let Some(place) = place else { return Ok(None) };
    let exchange = place.exchange.to_string();
    let row = tx
        .get::<ExchangeRow>(&exchange)
        .await?
        .filter(|row| row.sender == sender.id);
    let items = if row.is_some() {
        tx.items_of(&exchange).await?
    } else {
        Vec::new()
    };
    let found = items
        .into_iter()
        .find(|item| item.n == place.item)
        .map(|item| item.id);
    if found.is_none() {
        faults.push(FieldFault::new(
            pointer,
            "is no item that your agency sent: give the exchange's id and the item's number",
        ));
    }
    Ok(found)
}

/// A document that the sender has from another owner keeps that owner and its category,
/// whatever it is called now, and bears its `NO_ONWARD` with it. So does one that the sender
/// itself said before was another's: a second label is no way round a hold.
async fn keep_label(
    tx: &mut Tx,
    sender: &AgencyRow,
    piece: &mut Piece,
    warnings: &mut Vec<String>,
) -> Result<(), FlowError> {
    let onward = Obligation::NoOnward.to_string();
    let obliged = tx
        .wraps_obliged(&piece.fingerprint, &sender.id, &onward)
        .await?;
    piece.no_onward = !obliged.is_empty();
    if piece.size() < ALIKE as u64 {
        return Ok(());
    }
    let known = tx.known_as_anothers(&piece.fingerprint, &sender.id).await?;
    let mut labels = BTreeSet::new();
    for item in &known {
        let facts: ItemFacts = serde_json::from_str(&item.facts)?;
        labels.insert((item.owner.clone(), facts.category));
    }
    let Some((owner, category)) = labels.pop_last() else {
        return Ok(());
    };
    // Where it is known under several labels, a person says which.
    let category = match labels.is_empty() {
        true => stricter(piece.category, category),
        false => Category::Unlabelled,
    };
    if piece.owner.id != owner || piece.category != category {
        warnings.push(format!(
            "item {} is known here as information of {owner}: it keeps that owner and the category {category}",
            piece.n
        ));
        piece.category = category;
        piece.owner = crate::case::agency(tx, &owner).await?;
    }
    Ok(())
}

/// A sender's own label is never loosened by what is known; two that both guard, and differ, are
/// for a person to tell apart.
fn stricter(said: Category, known: Category) -> Category {
    let guards = |category| {
        !matches!(
            category,
            Category::Ident
                | Category::Location
                | Category::Offence
                | Category::Risk
                | Category::Rmp
                | Category::Actions
                | Category::Orders
                | Category::Stats
        )
    };
    match (guards(said), guards(known)) {
        (true, true) if said != known => Category::Unlabelled,
        (true, false) => said,
        _ => known,
    }
}

fn check_texts(particulars: &mut Particulars, faults: &mut Vec<FieldFault>) {
    let mut check = Checker(faults);
    if let Some(text) = &mut particulars.necessity {
        check.text("/necessity", text);
    }
    if let Some(text) = &mut particulars.described {
        check.text("/described", text);
    }
    if let Some(emergency) = &mut particulars.emergency {
        check.text("/emergency/statement", &mut emergency.statement);
    }
    if let Some(text) = &mut particulars.property {
        check.text("/property", text);
    }
    for (n, basis) in particulars.bases.iter_mut().enumerate() {
        check.line(&format!("/bases/{n}"), basis);
    }
    for (n, recipient) in particulars.recipients.iter_mut().enumerate() {
        if let Some(text) = &mut recipient.reason {
            check.text(&format!("/recipients/{n}/reason"), text);
        }
    }
    for (n, item) in particulars.items.iter_mut().enumerate() {
        check.item(&format!("/items/{n}"), item);
    }
    if particulars.recipients.is_empty() {
        check.fault("/recipients", "name at least one agency");
    }
    if particulars.recipients.len() > RECIPIENTS {
        check.fault(
            "/recipients",
            "names too many agencies: 50 at most in one exchange",
        );
    }
    if particulars.bases.len() > LINES {
        check.fault("/bases", "has too many: 50 at most");
    }
    if particulars.identifiers.len() > LINES {
        check.fault("/nominal/identifiers", "has too many: 50 at most");
    }
    if particulars.items.is_empty() {
        check.fault("/items", "give at least one item");
    }
    if particulars.items.len() > ITEMS {
        check.fault("/items", "has too many items: 200 at most in one exchange");
    }
}

struct Checker<'f>(&'f mut Vec<FieldFault>);

impl Checker<'_> {
    fn fault(&mut self, pointer: &str, detail: &str) {
        self.0.push(FieldFault::new(pointer, detail));
    }

    fn text(&mut self, pointer: &str, text: &mut gateway_core::Personal<String>) {
        match clean(text.reveal(), TEXT) {
            Ok(cleaned) => *text = cleaned.into(),
            Err(error) => self.fault(pointer, &error.to_string()),
        }
    }

    fn line(&mut self, pointer: &str, text: &mut String) {
        match line(text, TITLE) {
            Ok(cleaned) => *text = cleaned,
            Err(error) => self.fault(pointer, &error.to_string()),
        }
    }

    fn item(&mut self, pointer: &str, item: &mut ItemClaim) {
        match line(item.title.reveal(), TITLE) {
            Ok(cleaned) => item.title = cleaned.into(),
            Err(error) => self.fault(&format!("{pointer}/title"), &error.to_string()),
        }
        let texts = [
            ("clinician", &mut item.clinician),
            ("public_interest", &mut item.public_interest),
            ("child", &mut item.child),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                self.text(&format!("{pointer}/{name}"), text);
            }
        }
        for (name, date) in [("as_at", &item.as_at), ("review_on", &item.review_on)] {
            if date
                .as_ref()
                .is_some_and(|d| d.parse::<jiff::civil::Date>().is_err())
            {
                self.fault(
                    &format!("{pointer}/{name}"),
                    "is no date: write it as 2026-03-02",
                );
            }
        }
    }
}
