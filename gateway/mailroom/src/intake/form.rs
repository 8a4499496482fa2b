//! A form that lies attached to a mail: as JSON, named after the form (`annex-f.json`), or as the
//! Word file that was filled in.

use gateway_annex_f::{Filled, ReadError};
use gateway_core::calendar::local_date;
use gateway_email::Mail;
use gateway_flow::FlowError;
use gateway_flow::form::{FormGiven, FormSent};
use gateway_flow::submission::{Caller, ItemClaim, Particulars, Submission};

use gateway_forms::{Definition, Library};

use super::prove::Sender;
use crate::room::Mailroom;

/// A form in a mail.
pub(crate) struct Attached {
    /// Which of the mail's parts it is.
    pub part: usize,
    /// Which form it is.
    form: String,
    /// What it says.
    given: FormGiven,
}

/// Words for the sender about what is wrong with a form.
pub(crate) struct Wrong(pub(crate) Vec<String>);

/// The form that a mail brings; none where it brings none.
pub(crate) fn find(room: &Mailroom, mail: &Mail) -> Result<Option<Attached>, Wrong> {
    let forms = &room.0.flow.forms;
    let mut found = None;
    for (n, part) in mail.parts.iter().enumerate() {
        let name = part.given_name.as_ref().unwrap_or(&part.name).reveal();
        let name = name.to_lowercase();
        let bytes = part.bytes.reveal();
        let read = match name.rsplit_once('.') {
            Some((id, "json")) => forms.form(id).map(|form| from_json(form, bytes)),
            Some((word, "docx")) => from_word(forms, word, bytes),
            _ => None,
        };
        let Some(read) = read else { continue };
        let (form, given) = read?;
        if found.is_some() {
            let why = "the mail has more than one form: send each in a mail of its own";
            return Err(Wrong(vec![why.to_owned()]));
        }
        found = Some(Attached {
            part: n,
            form,
            given,
        });
    }
    Ok(found)
}

type Read = Result<(String, FormGiven), Wrong>;

fn from_json(form: &Definition, bytes: &[u8]) -> Read {
    let given = serde_json::from_slice(bytes).map_err(|error| {
        Wrong(vec![format!(
            "`{0}.json` does not read (line {1}, column {2}): its shape is at /schemas/{0}.json",
            form.id,
            error.line(),
            error.column(),
        )])
    })?;
    Ok((form.id.clone(), given))
}

/// A Word file: one that is called as a form is has to be that form; another that is none is a
/// document like any other.
fn from_word(forms: &Library, name: &str, bytes: &[u8]) -> Option<Read> {
    let called = forms.forms().find(|form| name.starts_with(&form.id));
    let wrong = |form: &str, error: ReadError| Wrong(vec![format!("`{form}.docx`: {error}")]);
    let filled = match Filled::open(bytes) {
        Ok(filled) => filled,
        Err(error) => return called.map(|form| Err(wrong(&form.id, error))),
    };
    let form = match forms.form(filled.form()) {
        Some(form) => form,
        None => called?,
    };
    let answers = filled.answers(form);
    Some(match answers {
        Ok(answers) => Ok((form.id.clone(), FormGiven::of(answers))),
        Err(error) => Err(wrong(&form.id, error)),
    })
}

/// Puts what the form says into what the mail says: the mail's own details stand before the
/// form's.
pub(crate) async fn join(
    room: &Mailroom,
    caller: Caller,
    sender: &Sender,
    attached: Attached,
    said: &mut Particulars,
    bodies: &mut Vec<gateway_flow::body::StagedBody>,
) -> Result<Result<(), Wrong>, FlowError> {
    let flow = &room.0.flow;
    let Attached { form, given, .. } = attached;
    let read = given.read(&form, local_date(flow.clock.now()));
    let sent = match read {
        Ok(sent) => with_details(sent, said),
        Err(error) => return wrong(error),
    };
    let Submission {
        particulars,
        bodies: parts,
        ..
    } = match flow.form_submission(caller, sent).await {
        Ok(submission) => submission,
        Err(error) => return wrong(error),
    };
    said.reference = particulars.reference;
    said.identifiers = particulars.identifiers;
    said.recipients = particulars.recipients;
    said.purpose = particulars.purpose;
    said.necessity = particulars.necessity;
    if said.bases.is_empty() {
        said.bases = particulars.bases;
    }
    said.emergency = particulars.emergency;
    said.form = particulars.form;
    said.intake.confirm.extend(particulars.intake.confirm);
    said.intake.faults.extend(particulars.intake.faults);
    for item in particulars.items {
        confirmed(sender, &item, said);
        said.items.push(item);
    }
    bodies.extend(parts);
    Ok(Ok(()))
}

/// What the mail's details say comes before what the form says of the same.
fn with_details(sent: FormSent, said: &Particulars) -> FormSent {
    let recipients = match said.recipients.is_empty() {
        true => sent.recipients,
        false => said.recipients.clone(),
    };
    FormSent {
        reference: said.reference.clone().or(sent.reference),
        recipients,
        purpose: said.purpose.or(sent.purpose),
        necessity: said.necessity.clone().or(sent.necessity),
        emergency: said.emergency.clone().or(sent.emergency),
        in_reply_to: said.in_reply_to.or(sent.in_reply_to),
        ..sent
    }
}

/// Kinds of information that want a signature are confirmed by whoever sent them without one.
fn confirmed(sender: &Sender, item: &ItemClaim, said: &mut Particulars) {
    if sender.does_for(item.category) {
        return;
    }
    let n = said.items.len();
    said.intake.confirm.push(format!("/items/{n}/category"));
    said.intake.faults.push(gateway_core::Personal::new(format!(
        "item {} is of a kind that wants a signature: sign the mail, or sign in and confirm it",
        n + 1
    )));
}

/// What is wrong is the sender's to put right; everything else is the gateway's own trouble.
fn wrong(error: FlowError) -> Result<Result<(), Wrong>, FlowError> {
    match error {
        FlowError::Invalid(faults) => {
            let words = faults
                .into_iter()
                .map(|fault| format!("{} {}", fault.pointer, fault.detail));
            Ok(Err(Wrong(words.collect())))
        }
        FlowError::Forbidden(why) => Ok(Err(Wrong(vec![why]))),
        other @ (FlowError::NotFound
        | FlowError::Conflict(_)
        | FlowError::TooOften { .. }
        | FlowError::Unavailable(_)
        | FlowError::Internal(_)) => Err(other),
    }
}
