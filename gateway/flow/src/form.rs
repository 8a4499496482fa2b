//! Forms: what was filled in, whichever way it came, becomes an exchange of one item for each kind
//! of information; and a reader has the form back, as far as it has those items.
//!
//! A form goes the one way through as anything else: this file makes a [`Submission`] of it.

mod again;
mod ask;
mod documents;
mod given;
mod intake;
mod known;
mod measure;
mod queue;
mod read;
mod use_of;

use gateway_core::{About, AgencyId, Category, Id, Identifier, IdentifierKind, Personal, Purpose};
use gateway_forms::{Answer as Given, Body, Definition, Fault, MEDIA_TYPE, Part};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, FormSentRow, NominalRow};
use serde_json::Value;

pub(crate) use self::ask::NoticeFor;
pub use self::ask::{Asked, FormRequestView};
pub use self::documents::{DocumentView, FormDocument};
pub use self::given::{FormGiven, GivenDocument, Imminent, Named, Reader};
use self::known::OfHealth;
pub use self::measure::FormMeasure;
pub use self::queue::{AT_ONCE, Became, FormWaiting};
pub use self::read::{FormRead, OwnForm};
pub use self::use_of::FormUse;
use crate::Flow;
use crate::body::StagedBody;
use crate::case::{agency, id_of, kind_of};
use crate::decide::coordination_unit;
use crate::error::{FieldFault, FlowError};
use crate::identify::live;
use crate::receive::ALIKE;
use crate::record::Answer;
use crate::recorder::Draft;
use crate::submission::{
    AnswerTo, Caller, Contents, Emergency, FormNote, Idempotency, ItemClaim, ItemPlace,
    Particulars, RecipientClaim, Submission,
};

/// Where the answers stand in what a sender gives; faults are named from there on.
const ANSWERS: &str = "/answers";
/// A filled-in form as its sender gave it.
#[derive(Debug)]
pub struct FormSent {
    /// The form's id.
    pub form: String,
    /// The answers, as sections of fields.
    pub given: Value,
    /// The gateway's own reference of the person, where the sender has it.
    pub reference: Option<String>,
    /// For whom; empty, whom the form is for.
    pub recipients: Vec<RecipientClaim>,
    /// Why, where it is not what the form is for.
    pub purpose: Option<Purpose>,
    /// Why it is necessary, where the form's own words do not say.
    pub necessity: Option<Personal<String>>,
    /// Imminent risk of serious harm.
    pub emergency: Option<Emergency>,
    /// The exchange it answers.
    pub in_reply_to: Option<Id>,
    /// The earlier form that it goes on from.
    pub after: Option<Id>,
    /// The earlier form that it puts right: all who have that one get this one.
    pub corrects: Option<Id>,
    /// Documents that are sent with it, where the form takes any.
    pub documents: Vec<FormDocument>,
    /// The idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Who is answered by mail.
    pub answer_to: Option<AnswerTo>,
}

impl FormSent {
    /// Answers to a form, of which nothing more is said.
    pub fn new(form: &str, given: Value) -> Self {
        Self {
            form: form.to_owned(),
            given,
            reference: None,
            recipients: Vec::new(),
            purpose: None,
            necessity: None,
            emergency: None,
            in_reply_to: None,
            after: None,
            corrects: None,
            documents: Vec::new(),
            idempotency: None,
            answer_to: None,
        }
    }
}

impl Flow {
    /// Sends a form.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with all that is wrong or missing, each field by its JSON Pointer
    /// below `/answers`; [`FlowError::Forbidden`] where the form is not the caller's to write; as
    /// [`Flow::submit`].
    pub async fn submit_form(&self, caller: Caller, sent: FormSent) -> Result<Answer, FlowError> {
        // Before anything is looked at: what a repeat answers is answered already.
        let key = sent.idempotency.as_ref();
        if let Some(earlier) = self.sent_before(&caller.agency, key).await? {
            return Ok(earlier);
        }
        let submission = self.form_submission(caller, sent).await?;
        let told = told(&submission);
        let mut answer = self.submit(submission).await?;
        answer.warnings.extend(told);
        Ok(answer)
    }

    /// What would become of a form, and why. Nothing is sent; the question alone is recorded.
    ///
    /// # Errors
    /// As [`Flow::submit_form`].
    pub async fn preview_form(&self, caller: Caller, sent: FormSent) -> Result<Answer, FlowError> {
        let submission = self.form_submission(caller, sent).await?;
        let told = told(&submission);
        let mut answer = self.preview(submission).await?;
        answer.warnings.extend(told);
        Ok(answer)
    }

    /// A form as an exchange that is about to be received, for a channel that has more to say of it.
    ///
    /// # Errors
    /// As [`Flow::submit_form`].
    pub async fn form_submission(
        &self,
        caller: Caller,
        mut sent: FormSent,
    ) -> Result<Submission, FlowError> {
        let form = self.form_of(&sent.form)?;
        let mut tx = self.store.read().await?;
        let own = agency(&mut tx, caller.agency.as_str()).await?;
        writes(form, &own)?;
        drop(tx);
        let on_record = self.on_record(form, (&caller, &own), &mut sent).await?;
        let mut tx = self.store.read().await?;
        let body = self.filled_in(form, &sent)?;
        let said = identifiers(form, &body, self.today());
        // A name says who somebody is not, and never who they are.
        let is_name = |one: &Identifier| one.kind() == IdentifierKind::Name;
        let (names, identifiers): (Vec<_>, Vec<_>) = said.into_iter().partition(is_name);
        let nominal = match &sent.reference {
            Some(_) => on_record,
            None => self.meant(&mut tx, &own, &identifiers).await?,
        };
        let about = (nominal.as_ref(), &sent);
        let talk = self.conversation(&mut tx, form, &body, &own, about).await?;
        let (mut health, mut flag) = (None, None);
        if let Some(talk) = talk {
            (health, flag, sent.recipients) = (talk.note, talk.flag, talk.recipients);
            sent.reference = sent.reference.or(talk.reference);
            sent.purpose = sent.purpose.or(talk.purpose);
        }
        let mut recipients = others(std::mem::take(&mut sent.recipients), &own);
        if recipients.is_empty() {
            let readers = self.readers(&mut tx, form, &own, nominal.as_ref());
            recipients = others(readers.await?, &own);
        }
        let intake = self
            .form_intake(
                &mut tx,
                (form, &body),
                (&own, nominal.as_ref()),
                sent.reference.is_some(),
                (&identifiers, &names),
            )
            .await?;
        let earlier = match sent.corrects {
            Some(corrects) => self.corrected(&mut tx, &own, &form.id, corrects).await?,
            None => Vec::new(),
        };
        drop(tx);
        let (items, bodies) = self.cut_up(form, &body, &mut sent, &earlier)?;
        let particulars = Particulars {
            // Those of the record that was named need not be asked for again.
            identifiers: match sent.reference {
                Some(_) => Vec::new(),
                None => identifiers,
            },
            purpose: Some(sent.purpose.unwrap_or_else(|| form.sent_for(&body))),
            necessity: Some(sent.necessity.unwrap_or_else(|| needed(form, &body))),
            bases: form.rests_on(&body),
            emergency: sent.emergency,
            in_reply_to: sent.in_reply_to,
            intake,
            form: Some(FormNote {
                form: form.id.clone(),
                version: form.version.clone(),
                after: sent.after,
                corrects: sent.corrects,
                report: form.report(&body),
                covered: form.covered(&body),
                health,
                flag,
            }),
            items,
            reference: sent.reference,
            ..Particulars::new(recipients)
        };
        Ok(Submission {
            caller,
            particulars,
            bodies,
            idempotency: sent.idempotency,
            answer_to: sent.answer_to,
        })
    }

    /// The parts of a form as items, each with its body; after them its documents.
    fn cut_up(
        &self,
        form: &Definition,
        body: &Body,
        sent: &mut FormSent,
        earlier: &[(i64, String)],
    ) -> Result<(Vec<ItemClaim>, Vec<StagedBody>), FlowError> {
        let (mut items, mut bodies) = (Vec::new(), Vec::new());
        let of_health = OfHealth::said(form, body);
        for part in form.parts(body) {
            let bytes = form.write(&part)?;
            bodies.push(self.take_bytes(MEDIA_TYPE.to_owned(), &bytes)?);
            items.push(of_health.of(item(form, &part, sent.corrects, earlier)));
        }
        let sent = std::mem::take(&mut sent.documents);
        for (item, body) in documents::items(form, sent, &of_health)? {
            items.push(item);
            bodies.push(body);
        }
        Ok((items, bodies))
    }

    fn form_of(&self, id: &str) -> Result<&Definition, FlowError> {
        self.forms.form(id).ok_or_else(|| {
            let known: Vec<&str> = self.forms.forms().map(|form| form.id.as_str()).collect();
            let detail = format!("is no form: give one of {}", known.join(", "));
            FlowError::Invalid(vec![FieldFault::new("/form", detail)])
        })
    }

    fn today(&self) -> jiff::civil::Date {
        gateway_core::calendar::local_date(self.clock.now())
    }

    /// The answers, all right and none missing. What the record of a person that was named has,
    /// may be left out.
    fn filled_in(&self, form: &Definition, sent: &FormSent) -> Result<Body, FlowError> {
        let (body, mut faults) = Body::gather(form, &sent.given, self.today());
        let known = sent.reference.is_some() && !form.stands_alone;
        let of_record = |fault: &Fault| {
            form.field(&fault.path)
                .is_some_and(|(_, field)| field.of_record().is_some())
        };
        let wrong: Vec<String> = faults.iter().map(|fault| fault.path.clone()).collect();
        faults.extend(form.unasked(&body));
        let missing = form.missing(&body).into_iter();
        faults.extend(
            missing
                .filter(|fault| !(known && of_record(fault)))
                .filter(|fault| !wrong.contains(&fault.path)),
        );
        match faults.is_empty() {
            true => Ok(body),
            false => Err(FlowError::Invalid(faults.iter().map(pointed).collect())),
        }
    }

    /// The person whom identifiers mean, in the areas of the sender.
    async fn meant(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        identifiers: &[Identifier],
    ) -> Result<Option<NominalRow>, FlowError> {
        if identifiers.is_empty() {
            return Ok(None);
        }
        for membership in tx.memberships(&own.id).await? {
            let found = self.vault.match_person(&membership.area, identifiers);
            if let Some(id) = found.await?.attach {
                return live(tx, &id).await;
            }
        }
        Ok(None)
    }

    /// Whom a form is for where its sender names nobody: the area's coordination unit, and those
    /// of the person's lead and partners that are of the form's kinds of reader.
    async fn readers(
        &self,
        tx: &mut Tx,
        form: &Definition,
        own: &AgencyRow,
        nominal: Option<&NominalRow>,
    ) -> Result<Vec<RecipientClaim>, FlowError> {
        let mut area = nominal.map(|nominal| nominal.area.clone());
        if area.is_none() {
            let first = tx.memberships(&own.id).await?.into_iter().next();
            area = first.map(|first| first.area);
        }
        let area = area
            .ok_or_else(|| FlowError::Forbidden("your agency belongs to no area yet".to_owned()))?;
        let mut readers = vec![coordination_unit(tx, &area).await?];
        if let Some(nominal) = nominal {
            let now = self.now();
            let parts = tx.parts_of(&nominal.id).await?.into_iter();
            let partners = parts.filter(|part| {
                let runs = part.from_at <= now && part.until_at.is_none_or(|until| until > now);
                part.kind == "partner" && runs
            });
            let mut ids: Vec<String> = nominal.lead_agency.iter().cloned().collect();
            ids.extend(partners.map(|part| part.agency));
            for id in ids {
                let reader = agency(tx, &id).await?;
                let fits = form.readers.contains(&kind_of(&reader)?) && reader.state == "active";
                if fits && readers.iter().all(|known| known.id != reader.id) {
                    readers.push(reader);
                }
            }
        }
        let claims = readers.into_iter().map(|reader| {
            Ok(RecipientClaim {
                agency: id_of(&reader.id)?,
                person: None,
                reason: None,
            })
        });
        claims.collect()
    }

    /// The items of an earlier form of the same agency, each with its kind of information.
    async fn corrected(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        form: &str,
        earlier: Id,
    ) -> Result<Vec<(i64, String)>, FlowError> {
        let id = earlier.to_string();
        let known: Option<FormSentRow> = tx.get(&id).await?;
        if known.is_none_or(|known| known.agency != own.id || known.form != form) {
            let detail =
                "is no form of this kind that your agency sent: leave it out, or give its id";
            return Err(FlowError::Invalid(vec![FieldFault::new(
                "/corrects",
                detail,
            )]));
        }
        let items = tx.items_of(&id).await?;
        Ok(items
            .into_iter()
            .filter(|item| item.media_type == MEDIA_TYPE)
            .map(|item| (item.n, item.category))
            .collect())
    }

    /// Notes, in the recording of an exchange, that it is a form.
    pub(crate) async fn write_form(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        note: &FormNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let mut sent = FormSentRow {
            id: row.id.clone(),
            form: note.form.clone(),
            version: note.version.clone(),
            agency: row.sender.clone(),
            person: row.sender_person.clone(),
            after: note.after.map(|id| id.to_string()),
            corrects: note.corrects.map(|id| id.to_string()),
            sent_at: row.received_at,
            updated_by: String::new(),
        };
        tx.put(&mut sent).await?;
        self.answer_requests(tx, row, note, drafts).await?;
        self.write_health(tx, row, note, drafts).await?;
        self.write_flag(tx, row, note, drafts).await?;
        self.end_hand_over(tx, row, drafts).await
    }
}

/// The form is the agency's to write.
fn writes(form: &Definition, own: &AgencyRow) -> Result<(), FlowError> {
    let kind = kind_of(own)?;
    if form.writers.is_empty() || form.writers.contains(&kind) {
        return Ok(());
    }
    let kinds: Vec<&str> = form.writers.iter().map(|kind| kind.as_str()).collect();
    Err(FlowError::Forbidden(format!(
        "{} is written by agencies of these kinds: {}",
        form.title,
        kinds.join(", ")
    )))
}

/// Why a form is sent: in its writer's words, else in its own.
fn needed(form: &Definition, body: &Body) -> Personal<String> {
    let said = form.stated(body, form.says.necessity.as_ref());
    Personal::new(said.unwrap_or(&form.necessity).to_owned())
}

/// A fault of a form as it is named to its sender.
fn pointed(fault: &Fault) -> FieldFault {
    let mut pointer = ANSWERS.to_owned();
    for (depth, step) in fault
        .path
        .split('.')
        .filter(|step| !step.is_empty())
        .enumerate()
    {
        pointer.push('/');
        // Rows are counted from 1 for people, and from 0 by a pointer.
        match step.parse::<usize>() {
            Ok(row) if depth == 2 => {
                pointer.push_str("rows/");
                pointer.push_str(&row.saturating_sub(1).to_string());
            }
            Ok(_) | Err(_) => pointer.push_str(step),
        }
    }
    FieldFault::new(pointer, fault.words.clone())
}

/// What identifies the person, of what was filled in.
fn identifiers(form: &Definition, body: &Body, today: jiff::civil::Date) -> Vec<Identifier> {
    let mut found = Vec::new();
    for (section, field, answer) in body.answers() {
        let kind = form
            .field(&format!("{section}.{field}"))
            .and_then(|(_, field)| field.of_record());
        if let (Some(kind), Given::One(text)) = (kind, answer) {
            found.extend(Identifier::parse(kind, text, today));
        }
    }
    found
}

/// A part as an item; of a correction, in the place of the part of its kind.
fn item(
    form: &Definition,
    part: &Part,
    corrects: Option<Id>,
    earlier: &[(i64, String)],
) -> ItemClaim {
    let about = match part.category == Category::Victim {
        true => About::Victim,
        false => About::Subject,
    };
    let mut title = format!("{}: {}", form.title, part.sections.join(", "));
    if about == About::Victim {
        // The same sections say other things of the person, in a part of their own.
        title.push_str(" (about a victim)");
    }
    let title: String = title.chars().take(300).collect();
    let same = earlier
        .iter()
        .find(|(_, category)| category == part.category.as_str());
    ItemClaim {
        category: Some(part.category),
        purpose: part.purpose,
        about,
        corrects: corrects.zip(same).map(|(exchange, (item, _))| ItemPlace {
            exchange,
            item: *item,
        }),
        contents: match form.written(part) < ALIKE {
            true => Contents::Marks,
            false => Contents::Written,
        },
        ..ItemClaim::new(Personal::new(title))
    }
}

/// An agency has what it sends already.
fn others(recipients: Vec<RecipientClaim>, own: &AgencyRow) -> Vec<RecipientClaim> {
    let not_own = |claim: &RecipientClaim| AgencyId::as_str(&claim.agency) != own.id;
    recipients.into_iter().filter(not_own).collect()
}

/// What the sender is told beside the answer.
fn told(submission: &Submission) -> Vec<String> {
    let faults = submission.particulars.intake.faults.iter();
    faults.map(|fault| fault.reveal().clone()).collect()
}
