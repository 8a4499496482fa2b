//! The check before a form is sent: what it says, what is missing, and what each recipient will
//! get, will not get, and why; then the send, once.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::{Category, Id, Personal};
use gateway_flow::compose::DraftMessage;
use gateway_flow::form::FormSent;
use gateway_flow::submission::{Emergency, RecipientClaim};
use gateway_flow::{FieldFault, FlowError};
use gateway_store::rows::AgencyRow;

use super::ask::names;
use super::came::{Came, draft};
use super::content::{Paper, Scope, is_in};
use super::show::{Shown, to_check};
use super::{Asked, Wrong, agencies, hospital, paper, summary, title};
use crate::component::{
    BackLink, Button, ChoiceItem, Choices, Details, Html as Markup, NotificationBanner, Pick,
    Textarea, WarningText,
};
use crate::frame::{Frame, Place};
use crate::page::compose::look::look_at_text;
use crate::page::outcome::{Recipient, by_recipient};
use crate::stop::{Stop, see_other, sentence};
use crate::visitor::{Fields, Visitor};
use crate::{Portal, words};

/// Sends it.
pub(crate) const SEND: Button<'static> = Button {
    text: "Send",
    href: None,
    classes: "",
    name: "do",
    value: "send",
    prevent_double_click: true,
};

/// Keeps how it is sent, and asks again what each would get.
pub(crate) const UPDATE: Button<'static> = Button {
    text: "Update what each will get",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "update",
    prevent_double_click: false,
};

const CHANGED: &str =
    "This was changed since you checked it. Nothing was sent: check it once more.";

/// Nobody would know that they were left out.
const UNTAKEN: &str =
    "rows that you pasted or chose are not in the table yet. Add them, or empty their box";

#[derive(Template)]
#[template(path = "page/form/check.html")]
struct Page {
    frame: Frame,
    banner: Option<NotificationBanner<'static>>,
    form: String,
    marking: String,
    back: String,
    action: String,
    /// Where it is as a file to print.
    pdf: String,
    revision: String,
    /// What was checked.
    checked: i64,
    sections: Vec<Shown>,
    /// What is wrong or missing, and where it is put right.
    wrong: Vec<Wrong>,
    /// What becomes of it; none while something is wrong or missing.
    outcome: Option<Vec<Recipient>>,
    /// It takes the place of an earlier one.
    replaces: bool,
    changed: bool,
    /// What its writer should know.
    told: Vec<String>,
    emergency: Option<String>,
    /// What is wrong with the statement.
    unstated: Option<&'static str>,
    chosen: Vec<String>,
    agencies: Vec<AgencyRow>,
    /// Of a flag: the hospitals at which it can be set.
    hospitals: Vec<AgencyRow>,
}

impl Page {
    fn summary(&self) -> Option<String> {
        summary(&self.wrong)
    }

    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: "Back to all sections",
        }
    }

    fn warning(text: &str) -> WarningText<'_> {
        WarningText { text }
    }

    /// What to think of before it goes.
    fn warnings(&self) -> Vec<String> {
        let changed = self.changed.then(|| CHANGED.to_owned());
        let strangers = self.recipients().filter(|one| one.stranger);
        let strangers = strangers.map(|one| {
            format!(
                "{} has no part in this person's case. Sending to the wrong agency has cost lives: check that you mean it.",
                one.name
            )
        });
        let told = self.told.iter().cloned();
        changed.into_iter().chain(told).chain(strangers).collect()
    }

    fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.outcome.iter().flatten()
    }

    /// In an emergency: whom the sender has to name again (ISP-41).
    fn strangers(&self) -> Vec<&Recipient> {
        let all = self.recipients();
        all.filter(|one| one.stranger && self.emergency.is_some())
            .collect()
    }

    fn urgent(&self) -> Markup {
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "emergency",
            name: "emergency",
            legend: "Is it an emergency?",
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some(
                "Only where serious harm is about to happen. It is sent at once, and whoever has to countersign or release it looks at it afterwards",
            ),
            items: vec![ChoiceItem {
                value: "yes",
                text: "Serious harm is imminent: share it at once",
                hint: None,
                checked: self.emergency.is_some(),
            }],
            ..Choices::default()
        })
    }

    fn statement(&self) -> Markup {
        Markup::of(&Textarea {
            id: "statement",
            name: "statement",
            label: "If it is an emergency: what is about to happen, and to whom?",
            error: self.unstated,
            value: self.emergency.as_deref().unwrap_or_default(),
            rows: 2,
            ..Textarea::default()
        })
    }

    /// At which hospital a flag is set.
    fn hospital(&self) -> Markup {
        let chosen = self.chosen.first().map_or("", String::as_str);
        hospital::question(&self.hospitals, chosen, None)
    }

    fn others(&self) -> Details<'static> {
        let items = self.agencies.iter().map(|one| ChoiceItem {
            value: &one.id,
            text: &one.name,
            hint: None,
            checked: self.chosen.contains(&one.id),
        });
        Details {
            summary: "Send it to others than usual",
            content: Markup::of(&Choices {
                pick: Pick::Any,
                id: "to",
                name: "to",
                legend: "Who is it for?",
                legend_classes: "govuk-fieldset__legend--s",
                classes: "govuk-checkboxes--small",
                hint: Some(
                    "Choose nobody, and it goes to those whom this form is for: the person's partners of those kinds, and the coordination unit",
                ),
                items: items.collect(),
                ..Choices::default()
            }),
        }
    }
}

/// What is wrong with a form or missing in it, each with where it is put right.
fn wrong(paper: &Paper<'_>) -> Vec<Wrong> {
    let asked = |path: &str| paper.sections().any(|section| is_in(path, &section.id));
    let all = paper.faults.iter().filter(|fault| asked(&fault.path));
    let missing = paper.all_missing();
    let all = all.cloned().chain(missing);
    let untaken = paper.untaken().filter(|path| asked(path));
    all.map(|fault| led(paper, &fault.path, &fault.words))
        .chain(untaken.map(|path| led(paper, path, UNTAKEN)))
        .collect()
}

/// What is wrong at a path, in words, with where it is put right.
fn led(paper: &Paper<'_>, path: &str, words: &str) -> Wrong {
    let mut parts = path.split('.');
    let (section, field) = (parts.next().unwrap_or_default(), parts.next());
    let row: Option<usize> = parts.next().and_then(|row| row.parse().ok());
    let known = paper.form.sections.iter().find(|one| one.id == section);
    let title = known.map_or(section, |one| one.title.as_str());
    let field = known.and_then(|one| one.fields.iter().find(|f| Some(f.id.as_str()) == field));
    let at = format!("{}/{section}", paper.address());
    let Some(field) = field else {
        return (format!("{title}: {words}"), at);
    };
    match (field.columns.is_empty(), row) {
        (true, _) => (
            format!("{title}, {}: {words}", field.label),
            format!("{at}#{}", super::ask::anchor(field)),
        ),
        (false, None) => (
            format!("{title}, {}: {words}", field.label),
            format!("{at}/{}", field.id),
        ),
        (false, Some(row)) => (
            format!("{title}, {}, row {row}: {words}", field.label),
            format!("{at}/{}/{row}", field.id),
        ),
    }
}

/// What the flow finds wrong, with where it is put right.
fn found(paper: &Paper<'_>, fault: &FieldFault) -> Wrong {
    match fault.pointer.strip_prefix("/answers/") {
        Some(place) => led(paper, &place.replace('/', "."), &fault.detail),
        None if fault.pointer.starts_with("/emergency") => {
            (fault.detail.clone(), "#statement".to_owned())
        }
        None => (format!("Check this: it {}", fault.detail), paper.address()),
    }
}

/// What is sent.
fn sent(paper: &Paper<'_>, confirmed: &[String]) -> FormSent {
    let to = paper.content.recipients.iter();
    let to = to.filter_map(|id| id.parse().ok());
    let emergency = paper.content.emergency.as_ref();
    let id = |id: &Option<String>| id.as_ref().and_then(|id| id.parse::<Id>().ok());
    FormSent {
        reference: paper.content.nominal.clone(),
        recipients: to
            .map(|agency| RecipientClaim {
                agency,
                person: None,
                reason: None,
            })
            .collect(),
        emergency: emergency.map(|statement| Emergency {
            statement: Personal::new(statement.clone()),
            confirm_recipients: confirmed.iter().filter_map(|id| id.parse().ok()).collect(),
        }),
        after: id(&paper.content.after),
        corrects: id(&paper.content.corrects),
        in_reply_to: id(&paper.content.answers_to),
        idempotency: Some(DraftMessage::idempotency(&paper.id)),
        ..FormSent::new(&paper.form.id, paper.given())
    }
}

/// What its items are called: the kind of information of each, and the sections that it is of.
fn titles(paper: &Paper<'_>) -> Vec<String> {
    let parts = paper.form.parts(&paper.body).into_iter();
    parts
        .map(|part| {
            let kind = words::category(part.category.as_str());
            format!("{kind} ({})", part.sections.join(", "))
        })
        .collect()
}

/// Shows it. The question alone is recorded.
pub(crate) async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    match paper(&portal, &visitor, &id).await? {
        Ok(paper) => shown(&portal, &visitor, &paper, asked.banner(), false).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    paper: &Paper<'_>,
    banner: Option<NotificationBanner<'static>>,
    changed: bool,
) -> Result<Response, Stop> {
    let mut wrong = wrong(paper);
    let stated = paper.content.emergency.as_ref();
    let unstated = stated.is_some_and(|words| words.trim().is_empty());
    let unstated = unstated.then_some("Say what is about to happen, and to whom");
    wrong.extend(unstated.map(|words| (words.to_owned(), "#statement".to_owned())));
    let (mut outcome, mut told) = (None, Vec::new());
    if wrong.is_empty() {
        let asked = FormSent {
            idempotency: None,
            ..sent(paper, &[])
        };
        match portal
            .flow
            .preview_form(visitor.session.caller.clone(), asked)
            .await
        {
            Ok(answer) => {
                let titles = titles(paper);
                outcome = Some(by_recipient(portal, &answer.matrix, &titles).await?);
                told = answer
                    .warnings
                    .iter()
                    .map(|words| sentence(words))
                    .collect();
            }
            Err(FlowError::Invalid(faults)) => {
                wrong.extend(faults.iter().map(|fault| found(paper, fault)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let agencies = agencies(portal, visitor).await?;
    // What is missing is no error while it is only looked at.
    let heading = title("Check before you send", unstated.is_some());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Forms, &heading).await?,
        banner,
        form: paper.form.title.clone(),
        marking: paper.form.marking.clone(),
        back: paper.address(),
        action: format!("{}/check", paper.address()),
        pdf: format!("{}/form.pdf", paper.address()),
        revision: paper.content.digest(Scope::Sending),
        checked: paper.revision,
        sections: to_check(paper, &names(&agencies)),
        wrong,
        outcome,
        replaces: paper.content.corrects.is_some(),
        changed,
        told,
        emergency: paper.content.emergency.clone(),
        unstated,
        chosen: paper.content.recipients.clone(),
        agencies,
        hospitals: hospital::hospitals(portal, visitor, paper.form).await?,
    };
    let status = match unstated {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// How it is sent, as the page says it.
fn sending(fields: &Fields) -> (Option<String>, Vec<String>) {
    let statement = fields.one("statement").replace("\r\n", "\n");
    let to = fields.all("to").map(str::to_owned).collect();
    (fields.has("emergency").then_some(statement), to)
}

/// Keeps how it is sent; and sends it, once: a second click, or another after going back, leads
/// to the same message.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Stop> {
    let came = Came::take(&portal, request).await?;
    let address = format!("/forms/draft/{id}/check");
    let found = match draft(&portal, came.person(), &id).await {
        Err(Stop::NotFound) => {
            let visitor = came.here(&address)?;
            return crate::page::compose::sent(&portal, &visitor, &id).await;
        }
        found => found?,
    };
    let draft = found.ok_or(Stop::NotFound)?;
    let checked = came.fields.one("checked") == draft.revision.to_string();
    let before = draft.content.clone();
    let (emergency, to) = sending(&came.fields);
    let kept = came
        .keep(&portal, draft, Scope::Sending, |content| {
            content.emergency = emergency;
            content.recipients = to;
        })
        .await?;
    let address = format!("{}/check", kept.paper.address());
    if came.script {
        return Ok(came.told(&kept, Scope::Sending, &address));
    }
    let pressed = came.fields.one("do") == "send";
    let confirmed: Vec<String> = came.fields.all("confirm").map(str::to_owned).collect();
    let visitor = came.here(&address)?;
    if kept.beside {
        return Ok(see_other(&format!("{address}?beside=true")));
    }
    if !pressed {
        return Ok(see_other(&address));
    }
    // With the revision that it has now.
    let paper = match paper(&portal, &visitor, &kept.paper.id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !checked || before != paper.content || !wrong(&paper).is_empty() {
        return shown(&portal, &visitor, &paper, None, true).await;
    }
    out(&portal, &visitor, &paper, confirmed).await
}

/// Sends it.
async fn out(
    portal: &Portal,
    visitor: &Visitor,
    paper: &Paper<'_>,
    confirmed: Vec<String>,
) -> Result<Response, Stop> {
    let stated = paper.content.emergency.as_deref();
    if stated.is_some_and(|words| words.trim().is_empty()) {
        return shown(portal, visitor, paper, None, false).await;
    }
    let mut parts = paper.form.parts(&paper.body).into_iter();
    let intelligence = parts.any(|part| part.category == Category::Intel);
    if stated.is_some() || intelligence {
        // What cannot be taken back is sent by whoever proved a moment ago who they are.
        visitor.fresh(portal, &format!("{}/check", paper.address()))?;
    }
    look_at_text(portal, &paper.given().to_string()).await?;
    let caller = visitor.session.caller.clone();
    let answer = match portal
        .flow
        .submit_form(caller, sent(paper, &confirmed))
        .await
    {
        Err(FlowError::Invalid(_)) => return shown(portal, visitor, paper, None, false).await,
        done => done?,
    };
    let id = answer.id.unwrap_or_default();
    Ok(see_other(&format!("/messages/{id}?sent=true")))
}
