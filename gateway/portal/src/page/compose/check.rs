//! The check before sending: what each recipient will get, will not get, and why; then the send,
//! once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::calendar::local_date;
use gateway_core::{Category, Purpose};
use gateway_flow::body::StagedBody;
use gateway_flow::compose::{DraftFile, DraftMessage};
use gateway_flow::submission::{ItemClaim, Particulars};
use gateway_flow::{FlowError, Submission};

use super::form::{BASES, Form, Wrong};
use super::look::look_at_text;
use crate::component::{Button, Html as Markup, Row, SummaryList, WarningText};
use crate::frame::{Frame, Place};
use crate::page::outcome::{Recipient, by_recipient};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// Sends it.
pub(crate) const SEND: Button<'static> = Button {
    text: "Send",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/check.html")]
struct Page {
    frame: Frame,
    form: Form,
    draft: String,
    revision: i64,
    files: Vec<DraftFile>,
    to: Vec<String>,
    /// What becomes of it; empty while nobody knows whom it is about.
    recipients: Vec<Recipient>,
    changed: bool,
}

/// A text with its lines as they were typed.
#[derive(Template)]
#[template(
    source = "<span class=\"portal-words\">{{ text }}</span>",
    ext = "html"
)]
struct Words<'a> {
    text: &'a str,
}

impl Page {
    fn edit(&self) -> String {
        format!("/drafts/{}", self.draft)
    }

    fn about(&self) -> SummaryList<'static> {
        let form = &self.form;
        let edit = |field: &str| format!("/drafts/{}#{field}", self.draft);
        let row = |key, text: &str, field| {
            Row::new(key, Markup::of(&Words { text })).changed_at(edit(field))
        };
        let mut rows = Vec::new();
        if form.is_reply() {
            rows.push(Row::new(
                "About",
                Markup::text("The person of the message that you answer"),
            ));
        } else {
            rows.push(row("Name", &form.name, "name"));
            let born = born(form).unwrap_or_else(|| "Not given".to_owned());
            rows.push(row("Date of birth", &born, "born-day"));
        }
        let given = [
            ("Address and description", &form.described, "described"),
            ("PNC ID", &form.pnc, "pnc"),
            ("Reference", &form.reference, "reference"),
        ];
        let given = given
            .into_iter()
            .filter(|(_, text, _)| !text.trim().is_empty());
        rows.extend(given.map(|(key, text, field)| row(key, text, field)));
        rows.push(row("For", &self.to.join(", "), "to"));
        if let Ok(purpose) = form.purpose.parse::<Purpose>() {
            rows.push(row("Purpose", words::purpose(purpose.as_str()), "purpose"));
        }
        rows.push(row("Why they need it", &form.necessity, "necessity"));
        let bases = BASES
            .iter()
            .filter(|(code, _)| form.bases.iter().any(|one| one == code));
        let bases: Vec<&str> = bases.map(|(_, words)| *words).collect();
        if !bases.is_empty() {
            rows.push(row("Legal basis", &bases.join("; "), "basis"));
        }
        if form.emergency {
            rows.push(row("Emergency", &form.statement, "emergency"));
        }
        if !form.text.trim().is_empty() {
            rows.push(row("Message", &form.text, "text"));
        }
        for file in &self.files {
            let facts = format!("{} ({})", file.name.reveal(), words::size(file.size));
            rows.push(row("File", &facts, "files"));
        }
        SummaryList { rows, classes: "" }
    }

    /// What to think of before it goes.
    fn warnings(&self) -> Vec<String> {
        let strangers = self.recipients.iter().filter(|one| one.stranger);
        let mut warnings: Vec<String> = strangers
            .map(|one| {
                format!(
                    "{} has no part in this person's case. Sending to the wrong agency has cost lives: check that you mean it.",
                    one.name
                )
            })
            .collect();
        for file in &self.files {
            let found = file
                .notes
                .iter()
                .map(|words| format!("{} {words}.", file.name.reveal()));
            warnings.extend(found);
        }
        warnings
    }

    fn warning(text: &str) -> WarningText<'_> {
        WarningText { text }
    }

    /// In an emergency: whom the sender has to name again (ISP-41).
    fn strangers(&self) -> Vec<&Recipient> {
        let all = self.recipients.iter();
        all.filter(|one| one.stranger && self.form.emergency)
            .collect()
    }
}

fn born(form: &Form) -> Option<String> {
    let parts = [&form.year, &form.month, &form.day].map(|part| part.trim());
    parts.iter().any(|part| !part.is_empty()).then(|| {
        let [year, month, day] = parts;
        words::date(&format!("{year:0>4}-{month:0>2}-{day:0>2}"))
    })
}

/// What a draft holds, ready to be asked about or sent.
struct Ready {
    form: Form,
    revision: i64,
    files: Vec<DraftFile>,
    said: Particulars,
}

/// A draft that can be sent; one that cannot is its form's page, with all that is wrong.
async fn ready(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<Result<Ready, Response>, Stop> {
    let (form, (id, revision, files)) = match super::opened(portal, visitor, id).await {
        Err(Stop::NotFound) => return Ok(Err(super::sent(portal, visitor, id).await?)),
        done => done?,
    };
    let today = local_date(portal.flow.clock.now());
    match form.read(&files, today) {
        Ok(said) => Ok(Ok(Ready {
            form,
            revision,
            files,
            said,
        })),
        Err(wrong) => {
            let draft = Some((id, revision, files));
            super::page(portal, visitor, form, draft, wrong, None)
                .await
                .map(Err)
        }
    }
}

/// Shows it. The question alone is recorded.
pub(crate) async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    checked(&portal, &visitor, &id, false).await
}

async fn checked(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    changed: bool,
) -> Result<Response, Stop> {
    let ready = match ready(portal, visitor, id).await? {
        Ok(ready) => ready,
        Err(page) => return Ok(page),
    };
    let mut bodies = text_body(portal, &ready.form)?;
    bodies.extend(ready.files.iter().map(|file| portal.flow.outline_of(file)));
    let titles: Vec<String> = ready
        .said
        .items
        .iter()
        .map(|item| item.title.reveal().clone())
        .collect();
    let mut to = Vec::new();
    for recipient in &ready.said.recipients {
        to.push(
            portal
                .flow
                .agency_row(recipient.agency.as_str())
                .await?
                .name,
        );
    }
    let asked = Submission {
        caller: visitor.session.caller.clone(),
        particulars: ready.said,
        bodies,
        idempotency: None,
        answer_to: None,
    };
    let answer = match portal.flow.preview(asked).await {
        Err(FlowError::Invalid(faults)) => {
            let wrong = faults.iter().map(wrong).collect();
            let draft = Some((id.to_owned(), ready.revision, ready.files));
            return super::page(portal, visitor, ready.form, draft, wrong, None).await;
        }
        done => done?,
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::New, "Check before you send").await?,
        recipients: by_recipient(portal, &answer.matrix, &titles).await?,
        form: ready.form,
        draft: id.to_owned(),
        revision: ready.revision,
        files: ready.files,
        to,
        changed,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Sends it, once: a second click, or another after going back, leads to the same message.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let ready = match ready(&portal, &visitor, &id).await? {
        Ok(ready) => ready,
        Err(page) => return Ok(page),
    };
    if fields.one("revision") != ready.revision.to_string() {
        return checked(&portal, &visitor, &id, true).await;
    }
    if is_grave(&ready.said) {
        // What cannot be taken back is sent by whoever proved a moment ago who they are.
        visitor.fresh(&portal, &format!("/drafts/{id}/check"))?;
    }
    let (flow, person) = (&portal.flow, &visitor.session.person);
    let mut particulars = ready.said;
    if let Some(emergency) = &mut particulars.emergency {
        let meant = fields
            .all("confirm")
            .filter_map(|agency| agency.parse().ok());
        emergency.confirm_recipients = meant.collect();
    }
    look_at_text(&portal, &ready.form.text).await?;
    let mut bodies = text_body(&portal, &ready.form)?;
    for file in &ready.files {
        bodies.push(flow.take_up_file(person, &id, file).await?);
    }
    let answer = flow
        .submit(Submission {
            caller: visitor.session.caller.clone(),
            particulars,
            bodies,
            idempotency: Some(DraftMessage::idempotency(&id)),
            answer_to: None,
        })
        .await?;
    let sent = answer.id.unwrap_or_default();
    Ok(see_other(&format!("/messages/{sent}?sent=true")))
}

/// An emergency, or intelligence.
fn is_grave(said: &Particulars) -> bool {
    let intelligence = |item: &ItemClaim| item.category == Some(Category::Intel);
    said.emergency.is_some() || said.items.iter().any(intelligence)
}

/// The message's own text as an item's body, where there is one.
fn text_body(portal: &Portal, form: &Form) -> Result<Vec<StagedBody>, Stop> {
    let text = form.text.trim();
    match text.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![portal.flow.take_text(text)?]),
    }
}

/// What the flow finds wrong, at the field that it is about.
fn wrong(fault: &gateway_flow::FieldFault) -> Wrong {
    let fields = [
        ("/recipients", "to"),
        ("/necessity", "necessity"),
        ("/bases", "basis"),
        ("/described", "described"),
        ("/emergency", "statement"),
        ("/items", "text"),
    ];
    let at = fields
        .iter()
        .find(|(pointer, _)| fault.pointer.starts_with(pointer));
    let field = at.map_or("name", |(_, field)| field);
    (field.to_owned(), format!("Check this: it {}", fault.detail))
}
