//! Records by their reference; for the coordinator the list of the area's.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::dossier::NominalSummary;
use gateway_flow::reason::ReadingOf;
use serde::Deserialize;

use crate::component::{
    Button, Cell, ErrorItem, ErrorSummary, Head, Html as Markup, Input, Pagination, STACK, Table,
};
use crate::frame::{Frame, Place};
use crate::page::nominal::path;
use crate::page::{ON_A_PAGE, why};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

const WHY: &str = "Why are you reading the list of records?";
const LIST: &str = "/nominals/list";
const NONE: &str = "Enter a reference";
const UNKNOWN: &str = "There is no record with this reference that you may open: check it";

/// Which record is looked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Listed {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "page/nominals.html")]
struct Page {
    frame: Frame,
    typed: String,
    error: Option<&'static str>,
    lists: bool,
}

#[derive(Template)]
#[template(path = "page/nominal_list.html")]
struct List {
    frame: Frame,
    nominals: Vec<NominalSummary>,
    pages: Option<Pagination>,
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"/nominals/{{ reference }}\">{{ name }}</a>",
    ext = "html"
)]
struct Link<'a> {
    reference: &'a str,
    name: &'a str,
}

impl Page {
    fn input(&self) -> Input<'_> {
        Input {
            id: "ref",
            name: "ref",
            kind: "text",
            label: "Reference of the record",
            label_classes: "govuk-label--m",
            hint: Some(
                "The service's own reference, as a message or a colleague gives it. People cannot be searched for by name.",
            ),
            error: self.error,
            value: Some(&self.typed)
                .filter(|typed| !typed.is_empty())
                .map(String::as_str),
            autocomplete: Some("off"),
            ..Input::default()
        }
    }

    fn summary(&self) -> Option<ErrorSummary<'static>> {
        self.error.map(|text| ErrorSummary {
            title: "There is a problem",
            errors: vec![ErrorItem { text, href: "#ref" }],
        })
    }
}

/// Opens a record.
pub(crate) const OPEN: Button<'static> = Button {
    text: "Open the record",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: false,
};

impl List {
    fn table(&self) -> Table<'static> {
        let row = |one: &NominalSummary| {
            let name = one.name.as_deref().unwrap_or("Name not known");
            let link = Link {
                reference: &one.reference,
                name,
            };
            let born = one.date_of_birth.as_deref();
            let texts = [
                born.map_or_else(String::new, |born| format!("Born {}", words::date(born))),
                match one.state.as_str() {
                    "provisional" => "Provisional".to_owned(),
                    _ => format!("Level {}, category {}", one.level, one.category),
                },
                one.lead_agency
                    .clone()
                    .unwrap_or_else(|| "No lead agency".to_owned()),
            ];
            let cells = std::iter::once(Markup::of(&link)).chain(texts.map(Markup::text));
            cells
                .map(|html| Cell {
                    html,
                    numeric: false,
                })
                .collect()
        };
        Table {
            caption: "Records of the area",
            caption_classes: "govuk-visually-hidden",
            classes: STACK,
            head: ["Name", "Date of birth", "Level and category", "Lead agency"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: self.nominals.iter().map(row).collect(),
        }
    }
}

/// The field for a reference; with one, the record.
pub(crate) async fn find(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let error = match asked.reference.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(NONE),
        Some(wanted) => {
            let caller = &visitor.session.caller;
            match portal.flow.readable_nominal(caller, wanted).await {
                Ok(reference) => return Ok(see_other(&path(&reference))),
                Err(FlowError::NotFound) => Some(UNKNOWN),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let title = match error {
        Some(_) => "Error: Find a record",
        None => "Find a record",
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Records, title).await?,
        lists: visitor.is_any(&[Role::Coordinator]),
        typed: asked.reference.unwrap_or_default(),
        error,
    };
    let status = match error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// The area's records, for its coordinator, who says why first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Listed>,
) -> Result<Response, Stop> {
    let session = &visitor.session;
    let after = asked.after.as_deref();
    let more = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let found = portal
        .flow
        .area_nominals(&session.caller, session.started, after, more)
        .await?;
    let Some(mut nominals) = found else {
        return why::ask(&portal, &visitor, LIST.to_owned(), WHY).await;
    };
    let further = nominals.len() > ON_A_PAGE;
    nominals.truncate(ON_A_PAGE);
    let last = nominals.last().filter(|_| further);
    let next = last.map(|last| format!("{LIST}?after={}", last.reference));
    let page = List {
        frame: Frame::around(&portal, &visitor, Place::Records, "Records").await?,
        pages: (after.is_some() || next.is_some()).then(|| Pagination {
            previous: after.map(|_| LIST.to_owned()),
            next,
        }),
        nominals,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Why the list is read; then the list.
pub(crate) async fn reason(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    portal.flow.may_see_queues(caller).await?;
    let given = why::Why::of(&fields);
    match why::answered(&portal, &visitor, LIST.to_owned(), WHY, given).await? {
        Err(once_more) => Ok(once_more),
        Ok(reason) => {
            let of = ReadingOf::Nominals;
            portal.flow.read_with_reason(caller, of, &reason).await?;
            Ok(see_other(LIST))
        }
    }
}
