//! Beginning a form: about whom, and from an empty one or from one that was sent before.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_forms::Definition;
use gateway_store::rows::AgencyRow;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::content::Content;
use super::list::{self, Sent};
use super::start::{How, SIGNED, answer, fill_in, from, may_answer, signed};
use super::{Wrong, carried, hospital, summary, title};
use crate::component::{Button, ChoiceItem, Choices, Html as Markup, Input, Pick};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// Where it is.
pub(super) const HERE: &str = "/forms/{form}/new";

const UNKNOWN: &str = "There is no record with this reference that you may open: check it, or leave it out and give the person’s identifiers in the form";

const GONE: &str = "The form that you chose was withdrawn, and no form starts from it: start from another one, or from an empty form";

const OF_FLAG: &str = "It goes to whoever set the hospital flag, to the lead agency and to the coordination unit, who are told at once. Where somebody is in danger now, call the police first.";

/// Begins it.
pub(crate) const START: Button<'static> = Button {
    text: "Start",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// Of whom.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "ref", default)]
    reference: String,
    /// For a meeting on this day.
    #[serde(default)]
    meeting: String,
    /// In answer to this request.
    #[serde(default)]
    request: String,
    /// More is to come.
    #[serde(default)]
    interim: String,
    /// It corrects the answer that was sent.
    #[serde(default)]
    correct: String,
    /// With what colleagues signed.
    #[serde(default)]
    signed: String,
    /// From this one.
    #[serde(default)]
    from: String,
}

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    reference: String,
    /// The one that it begins from; empty, none.
    pub(super) from: String,
    replaces: bool,
    /// The day of the meeting that asks for it, ISO; empty, none asks.
    meeting: String,
    /// The hospital at which a flag is set; empty, none is chosen.
    hospital: String,
    /// The request that it answers; empty, none.
    pub(super) request: String,
    /// What kind of an answer it is.
    pub(super) how: How,
}

#[derive(Template)]
#[template(path = "page/form/begin.html")]
struct Page {
    frame: Frame,
    form: String,
    title: String,
    about: String,
    chosen: Chosen,
    /// To whom it goes, of an answer.
    answers: &'static str,
    sent: Vec<Sent>,
    /// The hospitals at which a flag can be set; of any other form, none.
    hospitals: Vec<AgencyRow>,
    /// How many questions of the request colleagues have signed.
    signed: usize,
    error: Option<Refused>,
}

/// Why it is not begun so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// There is no such record for the visitor.
    Unknown,
    /// The form to begin from was withdrawn.
    Withdrawn,
    /// No hospital is chosen for a flag.
    Nowhere,
}

impl Refused {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown => (UNKNOWN, "#ref"),
            Self::Withdrawn => (GONE, "#from"),
            Self::Nowhere => (hospital::NONE, "#to"),
        }
    }
}

impl Page {
    /// Back to what it answers: where, and its words.
    fn back(&self) -> (String, &'static str) {
        let id = &self.chosen.request;
        match self.answers == OF_FLAG {
            true => (format!("/hospital-flags/{id}"), "Back to the hospital flag"),
            false => (format!("/health-requests/{id}"), "Back to the request"),
        }
    }

    fn summary(&self) -> Option<String> {
        let wrong: Option<Wrong> = self.error.map(|error| {
            let (text, place) = error.words();
            (text.to_owned(), place.to_owned())
        });
        summary(wrong.as_slice())
    }

    /// Whether there is anything to start from, or was.
    fn chooses(&self) -> bool {
        !self.sent.is_empty() || self.error == Some(Refused::Withdrawn)
    }

    /// What is wrong with one of the two.
    fn wrong(&self, with: Refused) -> Option<&'static str> {
        self.error
            .filter(|error| *error == with)
            .map(|error| error.words().0)
    }

    fn reference(&self) -> Markup {
        Markup::of(&Input {
            id: "ref",
            name: "ref",
            kind: "text",
            label: "Reference of the person’s record here (optional)",
            label_classes: "govuk-label--m",
            hint: Some(
                "As a message or a colleague gives it. Without it, give the person’s identifiers in the form: the record is found from them",
            ),
            error: self.wrong(Refused::Unknown),
            value: Some(&self.chosen.reference)
                .filter(|text| !text.is_empty())
                .map(String::as_str),
            autocomplete: Some("off"),
            ..Input::default()
        })
    }

    /// At which hospital a flag is set.
    fn hospital(&self) -> Markup {
        let wrong = self.wrong(Refused::Nowhere);
        hospital::question(&self.hospitals, &self.chosen.hospital, wrong)
    }

    /// The day of the meeting that asks for it.
    fn meeting(&self) -> Option<String> {
        let day = Some(&self.chosen.meeting).filter(|day| !day.is_empty())?;
        Some(words::date(day))
    }

    fn from(&self) -> Markup {
        let empty = ChoiceItem {
            value: "",
            text: "An empty form",
            hint: None,
            checked: self.chosen.from.is_empty(),
        };
        let sent = self.sent.iter().map(|one| ChoiceItem {
            value: &one.id,
            text: &one.label,
            hint: None,
            checked: self.chosen.from == one.id,
        });
        Markup::of(&Choices {
            pick: Pick::One,
            id: "from",
            name: "from",
            legend: "What do you start from?",
            legend_classes: "govuk-fieldset__legend--m",
            hint: Some(
                "From an earlier one, everything it said is filled in, and each section shows whether you have changed it since",
            ),
            error: self.wrong(Refused::Withdrawn),
            items: std::iter::once(empty).chain(sent).collect(),
            ..Choices::default()
        })
    }

    /// Whether an answer is begun with what colleagues signed.
    fn with_signed(&self) -> Markup {
        super::start::with_signed(self.signed, &self.chosen.from)
    }

    fn replaces(&self) -> Markup {
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "replaces",
            name: "replaces",
            legend: "Does it take the place of the earlier one?",
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some(
                "Only where the earlier one is your own and was wrong. Everyone who received it is told",
            ),
            items: vec![ChoiceItem {
                value: "yes",
                text: "Yes, it corrects the earlier one",
                hint: None,
                checked: self.chosen.replaces,
            }],
            ..Choices::default()
        })
    }
}

/// The form that is asked for; none where the visitor's agency does not write it.
async fn asked_for<'p>(
    portal: &'p Portal,
    visitor: &Visitor,
    form: &str,
) -> Result<Option<&'p Definition>, Stop> {
    let form = portal.flow.forms.form(form).ok_or(Stop::NotFound)?;
    let agency = &visitor.session.person.agency;
    let kind = portal.flow.agency_row(agency).await?.kind;
    Ok(Some(form).filter(|form| super::writes(form, &kind)))
}

/// Asks.
pub(crate) async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(form): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let Some(form) = asked_for(&portal, &visitor, &form).await? else {
        return Ok(see_other("/forms"));
    };
    let how = How::asked(&asked.interim, &asked.correct);
    if !may_answer(&portal, &visitor, form, (&asked.request, how)).await? {
        return Ok(see_other("/forms"));
    }
    let chosen = Chosen {
        how,
        from: match asked.signed == "yes" {
            true => SIGNED.to_owned(),
            false => asked.from,
        },
        request: asked.request,
        reference: asked.reference,
        meeting: asked
            .meeting
            .parse::<Date>()
            .map_or_else(|_| String::new(), |day| day.to_string()),
        ..Chosen::default()
    };
    shown(&portal, &visitor, form, chosen, None).await
}

/// What one may start from: what earlier prisons sent of those who are here now, and one's own.
async fn to_start_from(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
) -> Result<Vec<Sent>, Stop> {
    let mut names = BTreeMap::new();
    let mut all = carried::sent(portal, visitor, form, &mut names).await?;
    let own = list::sent(portal, visitor, form, &mut names).await?;
    all.extend(own.into_iter().filter(|one| !one.withdrawn));
    Ok(all)
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    chosen: Chosen,
    error: Option<Refused>,
) -> Result<Response, Stop> {
    let heading = format!("Start {}", form.title);
    let title = title(&heading, error.is_some());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Forms, &title).await?,
        form: form.id.clone(),
        title: heading,
        about: form.about.clone(),
        answers: match super::answers_flag(form) {
            true => OF_FLAG,
            false => chosen.how.means(),
        },
        // An answer starts from its request, and from nothing that was said of another's.
        sent: match chosen.request.is_empty() {
            true => to_start_from(portal, visitor, form).await?,
            false => Vec::new(),
        },
        signed: signed(portal, visitor, (form, &chosen)).await?,
        hospitals: hospital::hospitals(portal, visitor, form).await?,
        chosen,
        error,
    };
    let status = match error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// An empty form, for whom and in answer to what was chosen.
fn empty(form: &Definition, chosen: &Chosen) -> Content {
    let some = |id: &String| Some(id.clone()).filter(|id| !id.is_empty());
    Content {
        form: form.id.clone(),
        version: form.version.clone(),
        recipients: some(&chosen.hospital).into_iter().collect(),
        answers_to: some(&chosen.request),
        ..Content::default()
    }
}

/// Makes the draft.
pub(crate) async fn begin(
    State(portal): State<Portal>,
    Path(form): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let Some(form) = asked_for(&portal, &visitor, &form).await? else {
        return Ok(see_other("/forms"));
    };
    let chosen = Chosen {
        reference: fields.one("ref").trim().to_owned(),
        from: fields.one("from").to_owned(),
        replaces: fields.has("replaces"),
        meeting: fields.one("meeting").to_owned(),
        hospital: fields.one("to").to_owned(),
        request: fields.one("request").to_owned(),
        how: How::read(fields.one("how")),
    };
    if !may_answer(&portal, &visitor, form, (&chosen.request, chosen.how)).await? {
        return Ok(see_other("/forms"));
    }
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, form, chosen, None).await;
    }
    let nowhere = chosen.hospital.is_empty() && chosen.from.is_empty();
    if nowhere && hospital::is_told(form) {
        return shown(&portal, &visitor, form, chosen, Some(Refused::Nowhere)).await;
    }
    let mut content = empty(form, &chosen);
    if !chosen.request.is_empty() {
        answer(&portal, &visitor, form, &chosen, &mut content).await?;
    } else if !chosen.from.is_empty()
        && !carried::from(&portal, &visitor, form, &chosen.from, &mut content).await?
    {
        match from(
            &portal,
            &visitor,
            (&chosen.from, chosen.replaces),
            &mut content,
        )
        .await
        {
            Ok(()) => {}
            Err(Stop::Conflict(_)) => {
                let chosen = Chosen {
                    from: String::new(),
                    ..chosen
                };
                return shown(&portal, &visitor, form, chosen, Some(Refused::Withdrawn)).await;
            }
            Err(stop) => return Err(stop),
        }
    }
    hospital::of_earlier(&portal, &visitor, form, &mut content).await?;
    if !chosen.reference.is_empty() {
        let caller = &visitor.session.caller;
        match portal.flow.nominal(caller, &chosen.reference).await {
            Ok(record) => fill_in(form, &record, &mut content),
            Err(FlowError::NotFound | FlowError::Forbidden(_)) => {
                return shown(&portal, &visitor, form, chosen, Some(Refused::Unknown)).await;
            }
            Err(error) => return Err(error.into()),
        }
        content.nominal = Some(chosen.reference);
    }
    if let (Some(path), Ok(day)) = (&form.meeting, chosen.meeting.parse::<Date>())
        && let Some((section, field)) = form.field(path)
    {
        content.put(&section.id, &field.id, Value::from(day.to_string()));
    }
    let text = serde_json::to_string(&content).map_err(|error| Stop::fault(&error))?;
    let person = &visitor.session.person;
    let draft = portal.flow.open_draft(person, &text).await?;
    Ok(see_other(&format!("/forms/draft/{draft}")))
}
