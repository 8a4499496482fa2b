//! The forms that wait for the visitor's countersignature or release: read one by one, decided many
//! at once with one reason.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::form::{AT_ONCE, Became, FormWaiting};
use gateway_flow::hold::WaitKind;
use gateway_flow::{FieldFault, FlowError};

use crate::component::{
    Button, Cell, ErrorItem, ErrorSummary, Head, Html as Markup, InsetText, STACK, Table, Tag,
    Textarea,
};
use crate::frame::{Frame, Place};
use crate::page::hold::decide::said;
use crate::page::message::about;
use crate::stop::Stop;
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

/// Where it is.
pub(super) const HERE: &str = "/forms/queue";
const HEADING: &str = "Forms to countersign or release";

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "No form waits for you. When one waits for your countersignature or your release, it is listed here.",
};

pub(crate) const SIGN: Button<'static> = button("Countersign", "approve", "");
pub(crate) const RELEASE: Button<'static> = button("Release", "approve", "");
pub(crate) const BACK: Button<'static> = button("Send back", "refuse", "govuk-button--warning");

const fn button(text: &'static str, value: &'static str, classes: &'static str) -> Button<'static> {
    Button {
        text,
        href: None,
        classes,
        name: "decision",
        value,
        prevent_double_click: true,
    }
}

#[derive(Template)]
#[template(path = "page/form/queue.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    /// All that waits here is for a release.
    releases: bool,
    typed: Typed,
    wrong: Vec<(String, &'static str)>,
    /// What became of those that were decided just now.
    outcome: Vec<(String, &'static str, String)>,
}

/// What was ticked and written.
#[derive(Default)]
struct Typed {
    chosen: Vec<(String, String)>,
    reasons: String,
}

struct Line {
    waits: FormWaiting,
    /// The form and whom it is about.
    title: String,
    from: String,
    /// The kind of report, how complete it is.
    facts: Vec<String>,
    tags: Vec<Tag<'static>>,
    due: String,
    age: String,
    checked: bool,
}

#[derive(Template)]
#[template(path = "page/form/queue_line.html")]
struct Choice<'a> {
    line: &'a Line,
}

impl Line {
    fn may_be_ticked(&self) -> bool {
        self.waits.opened && self.waits.hindrance.is_none()
    }
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let errors = self
            .wrong
            .iter()
            .map(|(text, href)| ErrorItem { text, href });
        (!self.wrong.is_empty()).then(|| ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        })
    }

    fn error(&self, place: &str) -> Option<&str> {
        let found = self.wrong.iter().find(|(_, href)| *href == place);
        found.map(|(text, _)| text.as_str())
    }

    fn table(&self) -> Table<'static> {
        let cell = |html| Cell {
            html,
            numeric: false,
        };
        let rows = self.lines.iter().map(|line| {
            vec![
                cell(Markup::of(&Choice { line })),
                cell(Markup::text(&line.from)),
                cell(Markup::text(line.facts.join(". "))),
                cell(Markup::text(&line.due)),
                cell(Markup::text(&line.age)),
            ]
        });
        Table {
            caption: "Forms that wait for you",
            caption_classes: "govuk-visually-hidden",
            classes: STACK,
            head: ["Form", "Written by", "Report", "Decide by", "Has waited"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: rows.collect(),
        }
    }

    fn reasons(&self) -> Textarea<'_> {
        Textarea {
            id: "reasons",
            name: "reasons",
            label: "Reasons",
            label_classes: "govuk-label--s",
            hint: Some("The same for all that you select. They are kept with each decision."),
            error: self.error("#reasons"),
            value: &self.typed.reasons,
            rows: 3,
        }
    }
}

/// The queue.
pub(super) async fn page(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    show(&portal, &visitor, Typed::default(), Vec::new(), Vec::new()).await
}

/// Decides what was ticked, each by itself.
pub(super) async fn decide(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let typed = typed(&fields);
    if visitor.returns(&portal).await? {
        return show(&portal, &visitor, typed, Vec::new(), Vec::new()).await;
    }
    let approve = match fields.one("decision") {
        "approve" => true,
        "refuse" => false,
        _ => return Err(Stop::Unread),
    };
    let mut wrong: Vec<(String, &'static str)> = Vec::new();
    if typed.chosen.is_empty() {
        wrong.push((
            "Select the forms that you decide about".to_owned(),
            "#forms",
        ));
    }
    if typed.chosen.len() > AT_ONCE {
        wrong.push((format!("Select {AT_ONCE} forms or fewer"), "#forms"));
    }
    if typed.reasons.trim().is_empty() {
        wrong.push(("Enter your reasons".to_owned(), "#reasons"));
    }
    if !wrong.is_empty() {
        return show(&portal, &visitor, typed, wrong, Vec::new()).await;
    }
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let before = flow.forms_waiting(caller).await?;
    let decided = flow.decide_forms(caller, &typed.chosen, approve, &typed.reasons);
    match decided.await {
        Ok(became) => {
            let mut outcome = Vec::new();
            for (exchange, one) in became {
                let known = before.iter().find(|known| known.exchange == exchange);
                let nominal = known.and_then(|known| known.nominal.as_deref());
                let whom = about(&portal, &visitor, nominal).await?;
                let (state, why) = in_words(one, approve);
                let whom = whom.unwrap_or_else(|| "a form".to_owned());
                outcome.push((whom, state, why));
            }
            show(&portal, &visitor, Typed::default(), Vec::new(), outcome).await
        }
        Err(FlowError::Invalid(faults)) => {
            let wrong = vec![(reasons_fault(&faults), "#reasons")];
            show(&portal, &visitor, typed, wrong, Vec::new()).await
        }
        Err(error) => Err(error.into()),
    }
}

fn reasons_fault(faults: &[FieldFault]) -> String {
    said("The reasons", faults)
}

fn in_words(became: Became, approve: bool) -> (&'static str, String) {
    let not = "Not decided";
    match became {
        Became::Decided if approve => ("Approved", "Your decision is recorded".to_owned()),
        Became::Decided => ("Sent back", "Your decision is recorded".to_owned()),
        Became::Already => (not, "It was decided or withdrawn before".to_owned()),
        Became::Changed => (
            not,
            "It changed since this page was opened: read it again".to_owned(),
        ),
        Became::NotOpened => (
            not,
            "You have not opened all of it: a countersignature says that you have read it"
                .to_owned(),
        ),
        Became::Hindered(why) => (not, super::capital(&why)),
    }
}

fn typed(fields: &Fields) -> Typed {
    let chosen = fields.all("forms").map(|exchange| {
        let mark = fields.one(&format!("mark-{exchange}"));
        (exchange.to_owned(), mark.to_owned())
    });
    Typed {
        chosen: chosen.collect(),
        reasons: fields.one("reasons").to_owned(),
    }
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    typed: Typed,
    wrong: Vec<(String, &'static str)>,
    outcome: Vec<(String, &'static str, String)>,
) -> Result<Response, Stop> {
    let waiting = portal.flow.forms_waiting(&visitor.session.caller).await?;
    let releases = waiting
        .iter()
        .all(|one| one.roles.iter().all(|role| role == "security"));
    let mut names = Names::default();
    let mut lines = Vec::new();
    for waits in waiting {
        lines.push(line(portal, visitor, waits, &typed, &mut names).await?);
    }
    let (title, status) = match wrong.is_empty() {
        true => (HEADING.to_owned(), StatusCode::OK),
        false => (
            format!("Error: {HEADING}"),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Holds, &title).await?,
        lines,
        releases,
        typed,
        wrong,
        outcome,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// Names that a list shows, each asked for once.
#[derive(Default)]
struct Names {
    people: BTreeMap<String, Option<String>>,
    agencies: BTreeMap<String, String>,
}

impl Names {
    async fn whom(
        &mut self,
        portal: &Portal,
        visitor: &Visitor,
        nominal: Option<&String>,
    ) -> Result<Option<String>, Stop> {
        let Some(id) = nominal else { return Ok(None) };
        if let Some(known) = self.people.get(id) {
            return Ok(known.clone());
        }
        let whom = about(portal, visitor, Some(id)).await?;
        self.people.insert(id.clone(), whom.clone());
        Ok(whom)
    }

    async fn agency(&mut self, portal: &Portal, id: &str) -> Result<String, Stop> {
        if let Some(known) = self.agencies.get(id) {
            return Ok(known.clone());
        }
        let name = portal.flow.agency_row(id).await?.name;
        self.agencies.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

async fn line(
    portal: &Portal,
    visitor: &Visitor,
    waits: FormWaiting,
    typed: &Typed,
    names: &mut Names,
) -> Result<Line, Stop> {
    let measure = waits.measure.as_ref();
    let form = measure.and_then(|measure| portal.flow.forms.form(&measure.form));
    let whom = names.whom(portal, visitor, waits.nominal.as_ref()).await?;
    let title = form.map_or("Form", |form| &form.title);
    let mut facts = Vec::new();
    if let (Some(measure), Some(form)) = (measure, form) {
        let report = measure.report.as_deref();
        facts.extend(report.map(|code| form.report_words(code).to_owned()));
        let (answered, asked) = measure.score();
        facts.push(format!("{answered} of {asked} questions answered"));
    }
    let due = words::time(waits.due);
    let tags = [
        (waits.kind != WaitKind::Routine).then_some(("Emergency", "govuk-tag--red")),
        waits.late.then_some(("Late", "govuk-tag--orange")),
    ];
    let from = names.agency(portal, &waits.from).await?;
    Ok(Line {
        title: match &whom {
            Some(whom) => format!("{title}: {whom}"),
            None => title.to_owned(),
        },
        from: match &waits.writer {
            Some(writer) => format!("{writer}, {from}"),
            None => from,
        },
        facts,
        tags: tags
            .into_iter()
            .flatten()
            .map(|(text, classes)| Tag { text, classes })
            .collect(),
        due: match waits.kind == WaitKind::After {
            true => format!("Sent already. Countersign by {due}"),
            false => due,
        },
        age: words::age(waits.since, portal.flow.clock.now()),
        checked: typed.chosen.iter().any(|(id, _)| *id == waits.exchange),
        waits,
    })
}
