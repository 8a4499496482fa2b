//! A form that lies attached to a mail: as JSON, named after the form (`annex-f.json`).

use gateway_core::calendar::local_date;
use gateway_email::Mail;
use gateway_flow::FlowError;
use gateway_flow::form::{FormGiven, FormSent};
use gateway_flow::submission::{Caller, ItemClaim, Particulars, Submission};

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
    let mut found = None;
    for (n, part) in mail.parts.iter().enumerate() {
        let name = part.given_name.as_ref().unwrap_or(&part.name).reveal();
        let name = name.to_lowercase();
        let id = name.strip_suffix(".json");
        let Some(form) = id.and_then(|id| room.0.flow.forms.form(id)) else {
            continue;
        };
        if found.is_some() {
            let why = "the mail has more than one form: send each in a mail of its own";
            return Err(Wrong(vec![why.to_owned()]));
        }
        let given = serde_json::from_slice(part.bytes.reveal()).map_err(|error| {
            Wrong(vec![format!(
                "`{}.json` does not read (line {}, column {}): its shape is at /schemas/{}.json",
                form.id,
                error.line(),
                error.column(),
                form.id
            )])
        })?;
        found = Some(Attached {
            part: n,
            form: form.id.clone(),
            given,
        });
    }
    Ok(found)
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
        | FlowError::Unavailable(_)
        | FlowError::Internal(_)) => Err(other),
    }
}
