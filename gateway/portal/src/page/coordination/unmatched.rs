//! What is about nobody known: what the sender gave beside what each candidate's record says,
//! and the coordinator's choice, with reasons.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::IdentifierKind;
use gateway_flow::FlowError;
use gateway_flow::complete::{CandidateView, UnmatchedView};

use super::incomplete::{Asked, limit, pages};
use super::reason::given;
use crate::component::{
    Button, Cell, ChoiceItem, Choices, Details, ErrorItem, ErrorSummary, Head, Html as Markup,
    InsetText, NotificationBanner, Pagination, STACK, Table, Tag, Textarea,
};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Nothing is unmatched in your area.",
};

/// Says that it is about nobody of them.
pub(crate) const NONE: Button<'static> = Button {
    text: "None of these",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "none",
    prevent_double_click: true,
};

/// Attaches it to whom was chosen.
pub(crate) const MATCH: Button<'static> = Button {
    text: "Match",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/unmatched.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    pages: Option<Pagination>,
    wrong: Option<Wrong>,
    /// What has just been done.
    done: Option<&'static str>,
}

/// What was wrong with one of the forms, and what was typed in it.
struct Wrong {
    exchange: String,
    chosen: String,
    reasons: String,
    no_choice: Option<String>,
    no_reasons: Option<String>,
    /// It is the form by which none of them was chosen.
    none: bool,
    /// Where each of the fields is.
    fields: [String; 2],
}

struct Line {
    exchange: String,
    heading: String,
    facts: Vec<String>,
    given: Vec<(IdentifierKind, String)>,
    candidates: Vec<CandidateView>,
    /// That it was found to be none of them, and why.
    none: Option<String>,
}

#[derive(Template)]
#[template(path = "page/none_of_these.html")]
struct NoneOfThese;

impl Wrong {
    const fn is_any(&self) -> bool {
        self.no_choice.is_some() || self.no_reasons.is_some()
    }
}

impl Page {
    fn wrong_of(&self, line: &Line) -> Option<&Wrong> {
        self.wrong
            .as_ref()
            .filter(|wrong| wrong.exchange == line.exchange)
    }

    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let wrong = self.wrong.as_ref().filter(|wrong| wrong.is_any())?;
        let texts = [&wrong.no_choice, &wrong.no_reasons];
        let errors = texts.into_iter().zip(&wrong.fields);
        let errors = errors.filter_map(|(text, href)| {
            let text = text.as_deref()?;
            Some(ErrorItem { text, href })
        });
        Some(ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        })
    }

    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.done.map(|text| NotificationBanner {
            text,
            success: true,
        })
    }

    fn choice(&self, line: &Line) -> String {
        let id = format!("nominal-{}", line.exchange);
        let wrong = self.wrong_of(line).filter(|wrong| !wrong.none);
        let names: Vec<String> = line.candidates.iter().map(name).collect();
        let items = line.candidates.iter().zip(&names);
        let items = items.map(|(candidate, name)| ChoiceItem {
            value: &candidate.nominal,
            text: name,
            checked: wrong.is_some_and(|wrong| wrong.chosen == candidate.nominal),
            ..ChoiceItem::default()
        });
        Choices {
            id: &id,
            name: "nominal",
            legend: "Whom is it about?",
            legend_classes: "govuk-fieldset__legend--s",
            error: wrong.and_then(|wrong| wrong.no_choice.as_deref()),
            items: items.collect(),
            ..Choices::default()
        }
        .to_string()
    }

    fn why_none(&self, line: &Line) -> String {
        let wrong = self.wrong_of(line).filter(|wrong| wrong.none);
        Textarea {
            id: &format!("none-{}", line.exchange),
            name: "reasons",
            label: "Why it is none of these",
            label_classes: "govuk-label--s",
            hint: Some(
                "Whom you asked, and what they said. It is recorded, and it stays unmatched.",
            ),
            error: wrong.and_then(|wrong| wrong.no_reasons.as_deref()),
            value: wrong.map_or("", |wrong| &wrong.reasons),
            rows: 2,
        }
        .to_string()
    }

    fn reasons(&self, line: &Line) -> String {
        let wrong = self.wrong_of(line).filter(|wrong| !wrong.none);
        Textarea {
            id: &format!("reasons-{}", line.exchange),
            name: "reasons",
            label: "Reasons",
            label_classes: "govuk-label--s",
            hint: Some("What makes you sure, and whom you asked. They are kept with the record."),
            error: wrong.and_then(|wrong| wrong.no_reasons.as_deref()),
            value: wrong.map_or("", |wrong| &wrong.reasons),
            rows: 3,
        }
        .to_string()
    }
}

/// What to do then.
pub(crate) fn none() -> Details<'static> {
    Details {
        summary: "If it is none of these",
        content: Markup::of(&NoneOfThese),
    }
}

impl Line {
    /// What was given beside one candidate's record.
    fn beside(&self, candidate: &CandidateView) -> String {
        let kinds: BTreeSet<IdentifierKind> = self
            .given
            .iter()
            .map(|(kind, _)| *kind)
            .chain(candidate.identifiers.iter().map(|(kind, _)| *kind))
            .collect();
        let cell = |html| Cell {
            html,
            numeric: false,
        };
        let rows = kinds.into_iter().map(|kind| {
            let given = self.given.iter().filter(|(of, _)| *of == kind);
            let given: Vec<String> = given.map(|(_, value)| shown(kind, value)).collect();
            let known = candidate.identifiers.iter().filter(|(of, _)| *of == kind);
            let known: Vec<String> = known
                .map(|(_, value)| shown(kind, value.reveal()))
                .collect();
            let tag = match (
                candidate.agree.contains(&kind),
                candidate.contradict.contains(&kind),
            ) {
                (true, _) => Markup::of(&Tag {
                    text: "Agrees",
                    classes: "govuk-tag--green",
                }),
                (_, true) => Markup::of(&Tag {
                    text: "Contradicts",
                    classes: "govuk-tag--red",
                }),
                (false, false) => Markup::text(""),
            };
            vec![
                cell(Markup::text(words::identifier(kind))),
                cell(Markup::text(or_none(&given))),
                cell(Markup::text(or_none(&known))),
                cell(tag),
            ]
        });
        let head = |text| Head {
            text,
            numeric: false,
        };
        Table {
            caption: &name(candidate),
            caption_classes: "govuk-table__caption--s",
            classes: STACK,
            head: vec![
                head("Identifier"),
                head("Given"),
                head("On record"),
                head("Compared"),
            ],
            rows: rows.collect(),
        }
        .to_string()
    }
}

fn or_none(values: &[String]) -> String {
    match values.is_empty() {
        true => "None".to_owned(),
        false => values.join("; "),
    }
}

fn shown(kind: IdentifierKind, value: &str) -> String {
    match kind == IdentifierKind::Dob {
        true => words::date(value),
        false => value.to_owned(),
    }
}

fn name(candidate: &CandidateView) -> String {
    let name = candidate.name.as_ref().map(|name| name.reveal().as_str());
    let born = candidate.date_of_birth.as_ref();
    let born = born.map(|born| format!(", born {}", words::date(born.reveal())));
    format!("{}{}", name.unwrap_or("No name"), born.unwrap_or_default())
}

/// Which page, and what has just been done.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Wanted {
    after: Option<String>,
    #[serde(default)]
    matched: bool,
    #[serde(default)]
    none: bool,
}

/// The list, the oldest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Stop> {
    let asked = Asked {
        after: wanted.after,
    };
    let done = match (wanted.matched, wanted.none) {
        (true, _) => Some("It is matched, and has gone the way that the rules say"),
        (false, true) => Some("It is recorded that it is none of these. It stays unmatched"),
        (false, false) => None,
    };
    page(&portal, &visitor, &asked, None, done).await
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    asked: &Asked,
    wrong: Option<Wrong>,
    done: Option<&'static str>,
) -> Result<Response, Stop> {
    let given = match given(portal, visitor, "/unmatched").await? {
        Ok(given) => given,
        Err(page) => return Ok(page),
    };
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let views = flow
        .unmatched(caller, Some(&given), asked.after.as_deref(), limit())
        .await?;
    let pages = pages(
        "/unmatched",
        asked,
        views.last().map(|one| &*one.exchange),
        views.len(),
    );
    let mut lines = Vec::new();
    for view in views {
        lines.push(line(portal, view).await?);
    }
    let (title, status) = match wrong.as_ref().map(Wrong::is_any) {
        Some(true) => ("Error: Unmatched", StatusCode::UNPROCESSABLE_ENTITY),
        Some(false) | None => ("Unmatched", StatusCode::OK),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Coordination, title).await?,
        lines,
        pages,
        wrong,
        done,
    };
    Ok((status, Html(page.to_string())).into_response())
}

async fn line(portal: &Portal, view: UnmatchedView) -> Result<Line, FlowError> {
    let from = portal.flow.agency_row(&view.from).await?.name;
    let given = view.given.iter();
    let given = given.map(|one| (one.kind(), one.value().reveal().clone()));
    let mut facts = vec![
        format!("Received {}", words::time(view.received)),
        format!(
            "Has waited {}",
            words::age(view.received, portal.flow.clock.now())
        ),
    ];
    facts.extend(
        view.purpose
            .as_deref()
            .map(|purpose| format!("Sent {}", words::purpose(purpose))),
    );
    Ok(Line {
        heading: format!("From {from}"),
        facts,
        given: given.collect(),
        candidates: view.candidates,
        exchange: view.exchange,
        none: view.none.map(|none| {
            format!(
                "On {} {} found that it is none of these: {}",
                words::time(none.at),
                none.by,
                none.reasons
            )
        }),
    })
}

/// The coordinator's choice.
pub(crate) async fn matched(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    flow.may_see_queues(caller).await?;
    // Why she looks is asked first; what she wrote waits meanwhile.
    if let (Some(_), Err(page)) = (
        &visitor.returns,
        given(&portal, &visitor, "/unmatched").await?,
    ) {
        return Ok(page);
    }
    let (chosen, reasons) = (fields.one("nominal"), fields.one("reasons"));
    if fields.one("do") == "none" {
        return none_of_these(&portal, &visitor, id, reasons).await;
    }
    let mut wrong = Wrong {
        fields: [format!("#nominal-{id}"), format!("#reasons-{id}")],
        exchange: id.clone(),
        chosen: chosen.to_owned(),
        reasons: reasons.to_owned(),
        none: false,
        no_choice: chosen
            .is_empty()
            .then(|| "Select whom it is about".to_owned()),
        no_reasons: reasons
            .trim()
            .is_empty()
            .then(|| "Enter your reasons".to_owned()),
    };
    if visitor.returns(&portal).await? {
        (wrong.no_choice, wrong.no_reasons) = (None, None);
    } else if !wrong.is_any() {
        match flow.match_exchange(caller, &id, chosen, reasons).await {
            Ok(_) => return Ok(see_other("/unmatched?matched=true")),
            Err(FlowError::Invalid(faults)) => {
                for fault in faults {
                    match fault.pointer.as_str() {
                        "/reasons" => {
                            wrong.no_reasons = Some(format!("The reasons {}", fault.detail));
                        }
                        _ => wrong.no_choice = Some(format!("What you chose {}", fault.detail)),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    page(&portal, &visitor, &Asked::default(), Some(wrong), None).await
}

/// The coordinator's finding that it is about nobody of them.
async fn none_of_these(
    portal: &Portal,
    visitor: &Visitor,
    id: String,
    reasons: &str,
) -> Result<Response, Stop> {
    let mut wrong = Wrong {
        fields: [String::new(), format!("#none-{id}")],
        exchange: id,
        chosen: String::new(),
        reasons: reasons.to_owned(),
        no_choice: None,
        no_reasons: None,
        none: true,
    };
    if !visitor.returns(portal).await? {
        let (flow, caller) = (&portal.flow, &visitor.session.caller);
        match flow.none_of_these(caller, &wrong.exchange, reasons).await {
            Ok(()) => return Ok(see_other("/unmatched?none=true")),
            Err(FlowError::Invalid(faults)) => {
                let fault = faults.first().filter(|_| !reasons.trim().is_empty());
                wrong.no_reasons = Some(fault.map_or_else(
                    || "Enter why it is none of these".to_owned(),
                    |fault| format!("The reasons {}", fault.detail),
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    page(portal, visitor, &Asked::default(), Some(wrong), None).await
}
