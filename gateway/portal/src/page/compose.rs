//! Writing a message: the form, which keeps what is typed; the drafts; the check before sending.

pub(crate) mod check;
pub(crate) mod drafts;
mod form;
pub(crate) mod look;
mod pour;
mod reply;
pub(crate) mod taken;
mod upload;

use askama::Template;
use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_core::{Category, Purpose};
use gateway_flow::compose::DraftFile;
use serde::Deserialize;
use serde_json::json;

use self::form::{BASES, Form, UNSURE, Wrong};
use crate::component::{
    Button, ChoiceItem, Choices, DateInput, ErrorItem, ErrorSummary, FileUpload, Html as Markup,
    Input, NotificationBanner, Pick, Select, Textarea,
};
use crate::frame::{Frame, Place};
use crate::page::form::content::Content;
use crate::router::Route;
use crate::stop::{Stop, see_other, sentence};
use crate::visitor::Visitor;
use crate::{Portal, words};

/// The largest piece of a file that a script sends at once, bytes.
const PIECE: usize = 8 << 20;

/// The pages and what their script asks.
pub(crate) fn routes() -> Vec<Route> {
    let piece = post(upload::piece).layer(DefaultBodyLimit::max(PIECE));
    vec![
        ("GET", "/messages/new", get(blank)),
        ("POST", "/messages/new", post(begin)),
        ("GET", "/messages/{id}/reply", get(reply::form)),
        ("POST", "/messages/{id}/reply", post(reply::at_once)),
        ("GET", "/drafts", get(drafts::list)),
        ("GET", "/drafts/{id}", get(show)),
        ("POST", "/drafts/{id}", post(save)),
        ("POST", "/drafts/{id}/delete", post(drafts::delete)),
        ("GET", "/drafts/{id}/check", get(check::page)),
        ("POST", "/drafts/{id}/send", post(check::send)),
        ("POST", "/drafts/{id}/files", post(upload::begin)),
        ("GET", "/drafts/{id}/files/{n}", get(upload::standing)),
        ("POST", "/drafts/{id}/files/{n}", piece),
    ]
}

/// Keeps what is written, and goes on to the check.
pub(crate) const CONTINUE: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "do",
    value: "check",
    prevent_double_click: false,
};

/// Keeps what is written.
pub(crate) const SAVE: Button<'static> = Button {
    text: "Save draft",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "save",
    prevent_double_click: false,
};

/// Adds the chosen files, for browsers that run no scripts.
pub(crate) const ADD: Button<'static> = Button {
    text: "Add files",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "files",
    prevent_double_click: false,
};

/// Takes a file out.
pub(crate) const REMOVE: &str = "Remove";

#[derive(Template)]
#[template(path = "page/compose.html")]
pub(crate) struct Page {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// The draft and its revision, once there is one.
    pub(crate) draft: Option<(String, i64)>,
    pub(crate) files: Vec<DraftFile>,
    /// Whom the agency can write to: id and name.
    pub(crate) agencies: Vec<(String, String)>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) banner: Option<&'static str>,
}

impl Page {
    fn action(&self) -> String {
        match &self.draft {
            None => "/messages/new".to_owned(),
            Some((id, _)) => format!("/drafts/{id}"),
        }
    }

    fn error(&self, field: &str) -> Option<&str> {
        let found = self.wrong.iter().find(|(at, _)| at == field);
        found.map(|(_, words)| words.as_str())
    }

    fn summary(&self) -> Option<String> {
        let hrefs: Vec<String> = self.wrong.iter().map(|(at, _)| format!("#{at}")).collect();
        let errors = self
            .wrong
            .iter()
            .zip(&hrefs)
            .map(|((_, text), href)| ErrorItem { text, href });
        let summary = ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        };
        (!self.wrong.is_empty()).then(|| summary.to_string())
    }

    fn notice(&self) -> Option<NotificationBanner<'static>> {
        self.banner.map(|text| NotificationBanner {
            text,
            success: false,
        })
    }

    fn input(&self, id: &'static str, label: &'static str, hint: Option<&'static str>) -> Markup {
        let value = match id {
            "name" => &self.form.name,
            "pnc" => &self.form.pnc,
            "reference" => &self.form.reference,
            _ => &self.form.title,
        };
        Markup::of(&Input {
            id,
            name: id,
            kind: "text",
            label,
            hint,
            error: self.error(id),
            value: Some(value)
                .filter(|text| !text.is_empty())
                .map(String::as_str),
            autocomplete: Some("off"),
            ..Input::default()
        })
    }

    fn area(&self, id: &'static str, label: &'static str, hint: &'static str, rows: u8) -> Markup {
        let value = match id {
            "described" => &self.form.described,
            "necessity" => &self.form.necessity,
            "statement" => &self.form.statement,
            _ => &self.form.text,
        };
        Markup::of(&Textarea {
            id,
            name: id,
            label,
            hint: Some(hint).filter(|hint| !hint.is_empty()),
            error: self.error(id),
            value,
            rows,
            ..Textarea::default()
        })
    }

    fn born(&self) -> Markup {
        Markup::of(&DateInput {
            id: "born-day",
            prefix: "born",
            legend: "Date of birth, if you know it",
            hint: Some("For example, 31 3 1980"),
            error: self.error("born-day"),
            values: [&self.form.day, &self.form.month, &self.form.year],
            ..DateInput::default()
        })
    }

    fn to(&self) -> Markup {
        let items = self.agencies.iter().map(|(id, name)| ChoiceItem {
            value: id,
            text: name,
            hint: None,
            checked: self.form.to.contains(id),
        });
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "to",
            name: "to",
            legend: "Who is it for?",
            legend_classes: "govuk-fieldset__legend--m",
            classes: "govuk-checkboxes--small",
            hint: Some(
                "Choose only those who have a part in this person's case and need to know this",
            ),
            error: self.error("to"),
            items: items.collect(),
        })
    }

    fn purpose(&self) -> Markup {
        let chosen = |code: &str| self.form.purpose == code;
        let none = ChoiceItem {
            text: "Choose one",
            checked: self.form.purpose.is_empty(),
            ..ChoiceItem::default()
        };
        let all = Purpose::ALL.iter().map(|purpose| ChoiceItem {
            value: purpose.as_str(),
            text: words::purpose(purpose.as_str()),
            checked: chosen(purpose.as_str()),
            ..ChoiceItem::default()
        });
        Markup::of(&Select {
            id: "purpose",
            name: "purpose",
            label: "What is it shared for?",
            hint: None,
            error: self.error("purpose"),
            items: std::iter::once(none).chain(all).collect(),
        })
    }

    fn bases(&self) -> Markup {
        let items = BASES.iter().map(|(code, text)| ChoiceItem {
            value: code,
            text,
            hint: None,
            checked: self.form.bases.iter().any(|basis| basis == code),
        });
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "basis",
            name: "basis",
            legend: "What is the legal basis?",
            classes: "govuk-checkboxes--small",
            hint: Some("Choose all that apply. Consent is hardly ever the basis here"),
            error: self.error("basis"),
            items: items.collect(),
            ..Choices::default()
        })
    }

    /// What kind of information the text, or a file, is.
    fn kind(&self, id: &str, label: &str, chosen: &str) -> Markup {
        let choice = |value, text| ChoiceItem {
            value,
            text,
            checked: chosen == value,
            ..ChoiceItem::default()
        };
        let mut items = vec![
            choice("", "Choose one"),
            choice(
                UNSURE,
                "I am not sure: somebody decides before it is shared",
            ),
        ];
        let kinds = Category::ALL.iter().map(|kind| kind.as_str());
        items.extend(
            kinds
                .filter(|code| *code != "UNLABELLED")
                .map(|code| choice(code, words::category(code))),
        );
        Markup::of(&Select {
            id,
            name: id,
            label,
            hint: None,
            error: self.error(id),
            items,
        })
    }

    fn text_kind(&self) -> Markup {
        self.kind(
            "category",
            "What kind of information is the message?",
            &self.form.category,
        )
    }

    fn file_kind(&self, file: &DraftFile) -> Markup {
        let chosen = self.form.kinds.get(&file.id).map_or("", String::as_str);
        let label = format!("What kind of information is {}?", file.name.reveal());
        self.kind(&format!("kind-{}", file.id), &label, chosen)
    }

    fn urgent(&self) -> Markup {
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "emergency",
            name: "emergency",
            legend: "Is it an emergency?",
            hint: Some(
                "Only where serious harm is about to happen. Who gets it is told at once, and every emergency is looked at afterwards",
            ),
            items: vec![ChoiceItem {
                value: "yes",
                text: "Serious harm is imminent: share it at once",
                hint: None,
                checked: self.form.emergency,
            }],
            ..Choices::default()
        })
    }

    fn upload(&self) -> FileUpload<'_> {
        FileUpload {
            id: "file",
            name: "file",
            label: "Add files",
            hint: Some(
                "Up to 50 files, each up to 5 GB. Say what kind of information each is once it is here",
            ),
            error: self.error("file"),
            multiple: true,
        }
    }

    fn file_facts(file: &DraftFile) -> String {
        match file.whole {
            true => words::size(file.size),
            false => format!(
                "{} of {} are here: it has not come whole",
                words::size(file.has),
                words::size(file.size)
            ),
        }
    }

    fn heading(&self) -> &'static str {
        match self.form.is_reply() {
            true => "Reply",
            false => "New message",
        }
    }
}

/// The form's page.
pub(crate) async fn page(
    portal: &Portal,
    visitor: &Visitor,
    form: Form,
    draft: Option<(String, i64, Vec<DraftFile>)>,
    wrong: Vec<Wrong>,
    banner: Option<&'static str>,
) -> Result<Response, Stop> {
    let agencies = portal
        .flow
        .addressable(&visitor.session.caller.agency)
        .await?;
    let mut agencies: Vec<_> = agencies.into_iter().map(|one| (one.id, one.name)).collect();
    for id in &form.to {
        if agencies.iter().all(|(known, _)| known != id) && form.is_reply() {
            agencies.insert(0, (id.clone(), portal.flow.agency_row(id).await?.name));
        }
    }
    let title = match (form.is_reply(), wrong.is_empty()) {
        (true, true) => "Reply",
        (false, true) => "New message",
        (true, false) => "Error: Reply",
        (false, false) => "Error: New message",
    };
    let (draft, files) = match draft {
        Some((id, revision, files)) => (Some((id, revision)), files),
        None => (None, Vec::new()),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::New, title).await?,
        form,
        draft,
        files,
        agencies,
        wrong,
        banner,
    };
    Ok(Html(page.to_string()).into_response())
}

/// An empty form. Nothing is kept until something is sent from it.
async fn blank(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    page(&portal, &visitor, Form::default(), None, Vec::new(), None).await
}

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    saved: bool,
    #[serde(default)]
    beside: bool,
}

/// A draft, to go on with.
async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (form, draft) = match opened(&portal, &visitor, &id).await {
        Err(Stop::NotFound) => return sent(&portal, &visitor, &id).await,
        done => done?,
    };
    let banner = match (asked.beside, asked.saved) {
        (true, _) => Some(
            "This message was changed in another window. What you wrote here is kept as a draft of its own, and the files are with the other one: nothing is lost",
        ),
        (false, true) => Some("Your draft is saved"),
        (false, false) => None,
    };
    page(&portal, &visitor, form, Some(draft), Vec::new(), banner).await
}

/// Where a draft has gone that was sent, from another tab or before going back.
pub(crate) async fn sent(portal: &Portal, visitor: &Visitor, id: &str) -> Result<Response, Stop> {
    let sent = portal.flow.sent_from(&visitor.session.caller, id).await?;
    let sent = sent.ok_or(Stop::NotFound)?;
    Ok(see_other(&format!("/messages/{sent}?sent=true")))
}

/// A draft of the visitor's: its form, its id, revision and files.
async fn opened(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<(Form, (String, i64, Vec<DraftFile>)), Stop> {
    let draft = portal.flow.draft(&visitor.session.person, id).await?;
    if Content::read(draft.content.reveal()).is_some() {
        // A form has pages of its own.
        return Err(Stop::Elsewhere(format!("/forms/draft/{id}")));
    }
    let form = serde_json::from_str(draft.content.reveal()).map_err(|error| Stop::fault(&error))?;
    Ok((form, (draft.id, draft.revision, draft.files)))
}

/// The first save of a message.
async fn begin(State(portal): State<Portal>, request: Request) -> Result<Response, Stop> {
    taken(&portal, None, request).await
}

/// Saves a draft.
async fn save(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Stop> {
    taken(&portal, Some(id), request).await
}

/// Keeps a form, and goes on as the pressed button says.
async fn taken(portal: &Portal, draft: Option<String>, request: Request) -> Result<Response, Stop> {
    let taken = taken::take(portal, draft, request).await?;
    let address = format!("/drafts/{}", taken.draft);
    if taken.script {
        let said = json!({"draft": taken.draft, "revision": taken.revision, "beside": taken.beside, "locked": taken.visitor.is_none()});
        return Ok(Json(said).into_response());
    }
    let Some(visitor) = taken.visitor else {
        return Err(Stop::SignIn(address));
    };
    if !taken.refused.is_empty() {
        return refused(portal, &visitor, &taken.draft, taken.refused).await;
    }
    if taken.beside {
        return Ok(see_other(&format!("{address}?beside=true")));
    }
    let file = taken.fields.one("remove");
    if !file.is_empty() {
        let person = &visitor.session.person;
        portal.flow.drop_file(person, &taken.draft, file).await?;
        return Ok(see_other(&format!("{address}#files")));
    }
    Ok(match taken.fields.one("do") {
        "check" => see_other(&format!("{address}/check")),
        _ => see_other(&format!("{address}?saved=true")),
    })
}

/// The draft as it was kept, and what is wrong with the files that came with it.
async fn refused(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    refused: Vec<String>,
) -> Result<Response, Stop> {
    let (form, draft) = opened(portal, visitor, id).await?;
    let wrong = refused
        .iter()
        .map(|words| ("file".to_owned(), sentence(words)));
    let page = page(portal, visitor, form, Some(draft), wrong.collect(), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
