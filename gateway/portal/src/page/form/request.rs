//! A coordinator asks for a form for a meeting.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::form::Asked as Request;
use serde::Deserialize;

use crate::Portal;
use crate::component::{Button, ChoiceItem, Choices, Html as Markup, Pick, Select};
use crate::frame::{Frame, Place};
use crate::page::asked::date;
use crate::page::few::{self, Asked as Asking, Faults};
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};

/// Where it is.
pub(super) const HERE: &str = "/forms/requests/new";
const HEADING: &str = "Ask for a form";
const NOMINAL: Asking = Asking {
    id: "nominal",
    label: "Reference of the person’s record here",
    hint: "As their record shows it",
    strong: false,
};
const MEETING: Asking = Asking {
    id: "meeting",
    label: "When is the meeting?",
    hint: "For example, 27 3 2026",
    strong: false,
};

/// Asks.
pub(crate) const ASK: Button<'static> = Button {
    text: "Ask for it",
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
}

#[derive(Default)]
struct Typed {
    form: String,
    reference: String,
    agency: String,
    day: [String; 3],
    emergency: bool,
}

#[derive(Template)]
#[template(path = "page/form/request.html")]
struct Page {
    frame: Frame,
    /// Ids and titles.
    forms: Vec<(String, String)>,
    /// Ids and names.
    agencies: Vec<(String, String)>,
    typed: Typed,
    wrong: Faults,
}

impl Page {
    fn error(&self, field: &str) -> Option<&str> {
        few::of_field(&self.wrong, field)
    }

    fn summary(&self) -> Option<String> {
        few::summary(&self.wrong, &["meeting"])
    }

    fn fields(&self) -> Vec<Markup> {
        let typed = &self.typed;
        let options = |all: &'_ [(String, String)], chosen: &str| -> Vec<(String, String, bool)> {
            let one = |(id, name): &(String, String)| (id.clone(), name.clone(), id == chosen);
            all.iter().map(one).collect()
        };
        let forms = options(&self.forms, &typed.form);
        let agencies = options(&self.agencies, &typed.agency);
        let holder = ChoiceItem {
            text: "The prison that holds the person",
            checked: typed.agency.is_empty(),
            ..ChoiceItem::default()
        };
        vec![
            Markup::of(&Select {
                id: "form",
                name: "form",
                label: "Which form?",
                hint: None,
                error: self.error("form"),
                items: forms.iter().map(chosen).collect(),
            }),
            few::line(&self.wrong, NOMINAL, &typed.reference),
            Markup::of(&Select {
                id: "agency",
                name: "agency",
                label: "Of which agency?",
                hint: None,
                error: self.error("agency"),
                items: std::iter::once(holder)
                    .chain(agencies.iter().map(chosen))
                    .collect(),
            }),
            few::date(&self.wrong, MEETING, &typed.day),
            Markup::of(&Choices {
                pick: Pick::Any,
                id: "emergency",
                name: "emergency",
                legend: "Is it called in an emergency?",
                legend_classes: "govuk-fieldset__legend--s",
                hint: Some("Then there is less time: the form is due shortly before the meeting"),
                items: vec![ChoiceItem {
                    value: "yes",
                    text: "Yes, it is an emergency meeting",
                    hint: None,
                    checked: typed.emergency,
                }],
                ..Choices::default()
            }),
        ]
    }
}

fn chosen((value, text, checked): &(String, String, bool)) -> ChoiceItem<'_> {
    ChoiceItem {
        value,
        text,
        hint: None,
        checked: *checked,
    }
}

/// The form.
pub(super) async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    unit(&portal, &visitor).await?;
    let typed = Typed {
        reference: asked.reference,
        ..Typed::default()
    };
    show(&portal, &visitor, typed, Vec::new()).await
}

/// Asks for it.
pub(super) async fn ask(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    unit(&portal, &visitor).await?;
    let typed = typed(&fields);
    if visitor.returns(&portal).await? {
        return show(&portal, &visitor, typed, Vec::new()).await;
    }
    let mut wrong: Faults = Vec::new();
    if typed.reference.is_empty() {
        wrong.push(("nominal", "Enter the reference of the record".to_owned()));
    }
    let meeting_on = date(&typed.day).ok().flatten();
    if meeting_on.is_none() {
        wrong.push(("meeting", "Enter the day of the meeting".to_owned()));
    }
    let agency = typed.agency.parse().ok();
    let Some(meeting_on) = meeting_on.filter(|_| wrong.is_empty()) else {
        return show(&portal, &visitor, typed, wrong).await;
    };
    let request = Request {
        form: typed.form.clone(),
        nominal: typed.reference.clone(),
        agency,
        meeting_on,
        emergency: typed.emergency,
    };
    let caller = &visitor.session.caller;
    match portal.flow.ask_for_form(caller, &request).await {
        Ok(_) => Ok(see_other("/forms/requests?done=asked")),
        Err(FlowError::NotFound) => {
            let text = "There is no record with this reference in your area";
            let wrong = vec![("nominal", text.to_owned())];
            show(&portal, &visitor, typed, wrong).await
        }
        Err(FlowError::Invalid(faults)) => {
            let wrong = faults.iter().map(|fault| match fault.pointer.as_str() {
                "/meeting_on" => (
                    "meeting",
                    format!("The day of the meeting {}", fault.detail),
                ),
                "/form" => ("form", format!("The form {}", fault.detail)),
                _ => ("agency", format!("The agency {}", fault.detail)),
            });
            let wrong = wrong.collect();
            show(&portal, &visitor, typed, wrong).await
        }
        Err(error) => Err(error.into()),
    }
}

/// For others than the area's coordinator there is no such page.
pub(super) async fn unit(portal: &Portal, visitor: &Visitor) -> Result<(), Stop> {
    let area = portal.flow.coordinates(&visitor.session.caller).await?;
    let agency = &visitor.session.person.agency;
    let kind = portal.flow.agency_row(agency).await?.kind;
    match (
        area,
        kind == gateway_core::AgencyKind::Coordination.as_str(),
    ) {
        (Some(_), _) if visitor.is_any(&[Role::Coordinator]) => Ok(()),
        (_, true) => Err(Stop::Forbidden(
            "only the area’s coordinator asks for forms and notes how meetings used them"
                .to_owned(),
        )),
        (_, false) => Err(Stop::NotFound),
    }
}

fn typed(fields: &Fields) -> Typed {
    Typed {
        form: fields.one("form").to_owned(),
        reference: fields.one("nominal").trim().to_owned(),
        agency: fields.one("agency").to_owned(),
        day: few::day(fields, "meeting"),
        emergency: fields.has("emergency"),
    }
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    typed: Typed,
    wrong: Faults,
) -> Result<Response, Stop> {
    let flow = &portal.flow;
    let agencies = flow.addressable(&visitor.session.caller.agency).await?;
    let writers: Vec<_> = flow
        .forms
        .forms()
        .filter(|form| !form.writers.is_empty())
        .collect();
    let agencies = agencies
        .into_iter()
        .filter(|one| writers.iter().any(|form| super::writes(form, &one.kind)));
    let title = super::title(HEADING, !wrong.is_empty());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Coordination, &title).await?,
        forms: writers
            .iter()
            .map(|form| (form.id.clone(), form.title.clone()))
            .collect(),
        agencies: agencies.map(|one| (one.id, one.name)).collect(),
        typed,
        wrong,
    };
    Ok(few::answer(&page, &page.wrong))
}
