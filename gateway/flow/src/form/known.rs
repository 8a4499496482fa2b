//! What the gateway knows already, and puts into a form that stands alone: its readers may not have
//! the person's record. And what a form says of its health items.

use gateway_core::event::EventKind;
use gateway_core::question::Consent;
use gateway_core::{Id, Personal, Purpose};
use gateway_forms::{Body, Definition, Field, Section};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NominalRow};
use gateway_vault::parties;
use serde_json::{Map, Value};

use super::FormSent;
use crate::Flow;
use crate::error::{FieldFault, FlowError};
use crate::flag::FlagNote;
use crate::health::HealthNote;
use crate::identify::live;
use crate::recorder::{Draft, work};
use crate::submission::{Caller, ItemClaim, RecipientClaim};

/// What a form says of its items that are health information.
pub(super) struct OfHealth {
    clinician: Option<Personal<String>>,
    public_interest: Option<Personal<String>>,
    consent: Option<Consent>,
}

impl OfHealth {
    pub(super) fn said(form: &Definition, body: &Body) -> Self {
        let words = |path| {
            let said = form.stated(body, path);
            said.map(|text| Personal::new(text.to_owned()))
        };
        Self {
            clinician: words(form.says.clinician.as_ref()),
            public_interest: words(form.says.public_interest.as_ref()),
            consent: form.consent(body),
        }
    }

    /// The same of one item, where that is health information.
    pub(super) fn of(&self, item: ItemClaim) -> ItemClaim {
        if !item.category.is_some_and(gateway_core::Category::is_health) {
            return item;
        }
        ItemClaim {
            clinician: self.clinician.clone(),
            public_interest: self.public_interest.clone(),
            consent: self.consent,
            ..item
        }
    }
}

/// Whom a form is for, and what it says to the conversation that it belongs to.
pub(super) struct Conversation {
    pub(super) note: Option<HealthNote>,
    pub(super) flag: Option<FlagNote>,
    pub(super) recipients: Vec<RecipientClaim>,
    /// The record that it is about, where the request or the flag that it answers says so.
    pub(super) reference: Option<String>,
    /// Why it is sent, where the flag that it answers says so.
    pub(super) purpose: Option<Purpose>,
}

impl Flow {
    /// The record that a sender names. A form that stands alone, and leaves out what that record has,
    /// is filled in from it, for an agency that has a part in the case and so may read the record: a
    /// reading, logged before anything is opened.
    pub(super) async fn on_record(
        &self,
        form: &Definition,
        (caller, own): (&Caller, &AgencyRow),
        sent: &mut FormSent,
    ) -> Result<Option<NominalRow>, FlowError> {
        let Some(reference) = &sent.reference else {
            return Ok(None);
        };
        let mut tx = self.store.read().await?;
        let Some(nominal) = live(&mut tx, reference).await? else {
            return Ok(None);
        };
        let party = parties::party(&mut tx, own, Some(&nominal), self.clock.now()).await?;
        drop(tx);
        let left_out = left_out(form, &sent.given);
        if !form.stands_alone || left_out.is_empty() || !party.live_part() {
            return Ok(Some(nominal));
        }
        let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .nominal(&nominal.id)
            .reaching([caller.agency.clone()])
            .with("what", "form");
        let draft = match &caller.person {
            Some(person) => draft.with("person", &*person.id),
            None => draft,
        };
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        self.recorder
            .record(&nominal.area, "fill-from-record", read)
            .await?;
        let mut tx = self.store.read().await?;
        let known = self.identifiers(&mut tx, &nominal).await?;
        drop(tx);
        for (section, field) in left_out {
            let kind = field.of_record();
            let found = known.iter().find(|(one, _)| Some(*one) == kind);
            let value = match found {
                Some((_, value)) => value.reveal().clone(),
                None if field.record_level => nominal.level.to_string(),
                None => continue,
            };
            fill(&mut sent.given, (&section.id, &field.id), value);
        }
        Ok(Some(nominal))
    }

    /// What a form is in a conversation with a health body: it asks one, answers for one, sets a flag
    /// at one, says that the person of a flag came, or none of these.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] where it is not clear who is asked, or nothing waits for this answer.
    pub(super) async fn conversation(
        &self,
        tx: &mut Tx,
        form: &Definition,
        body: &Body,
        own: &AgencyRow,
        (nominal, sent): (Option<&NominalRow>, &FormSent),
    ) -> Result<Option<Conversation>, FlowError> {
        if let Some(talk) = self.flag_talk(tx, form, body, own, (nominal, sent)).await? {
            return Ok(Some(Conversation {
                note: None,
                flag: Some(talk.note),
                recipients: talk.recipients,
                reference: Some(talk.reference),
                purpose: talk.purpose,
            }));
        }
        if HealthNote::asks(form) {
            let named = sent.recipients.clone();
            let (holder, recipients) = self.whom_it_asks(tx, named, own, nominal).await?;
            return Ok(Some(Conversation {
                note: Some(HealthNote::of_request(form, body, holder)),
                flag: None,
                recipients,
                reference: None,
                purpose: None,
            }));
        }
        let Some(note) = HealthNote::of_answer(form, body).filter(|_| HealthNote::answers(form))
        else {
            return Ok(None);
        };
        let replies: (Option<Id>, Option<Id>) = (sent.in_reply_to, sent.corrects);
        let (request, readers) = self.answerable(tx, own, &note, replies).await?;
        // Whoever asked, and the coordination unit, have the answer whoever else is named.
        let mut recipients = sent.recipients.clone();
        for reader in readers {
            if recipients.iter().all(|named| named.agency != reader.agency) {
                recipients.push(reader);
            }
        }
        let about = match live(tx, &request.nominal).await? {
            Some(nominal) => nominal.id,
            None => request.nominal,
        };
        if sent.reference.as_ref().is_some_and(|named| *named != about) {
            let detail = "is not the person whom the request is about: leave it out";
            return Err(FlowError::Invalid(vec![FieldFault::new(
                "/nominal/ref",
                detail,
            )]));
        }
        Ok(Some(Conversation {
            note: Some(note),
            flag: None,
            recipients,
            reference: Some(about),
            purpose: None,
        }))
    }
}

/// What a form leaves out that the record of a person has.
fn left_out<'f>(form: &'f Definition, given: &Value) -> Vec<(&'f Section, &'f Field)> {
    let mut left_out = Vec::new();
    for section in &form.sections {
        let said = given.get(&section.id);
        for field in section.fields.iter().filter(|field| field.is_on_record()) {
            if said.and_then(|said| said.get(&field.id)).is_none() {
                left_out.push((section, field));
            }
        }
    }
    left_out
}

fn fill(given: &mut Value, (section, field): (&str, &str), value: String) {
    let Some(given) = given.as_object_mut() else {
        return;
    };
    let fields = given
        .entry(section)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(fields) = fields.as_object_mut() {
        fields.insert(field.to_owned(), Value::String(value));
    }
}
