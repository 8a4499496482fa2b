//! How a meeting used a form that came: noted by the coordinator, told to those who wrote it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::FlowError;
use gateway_flow::form::FormUse;

use super::request::unit;
use crate::Portal;
use crate::component::{Button, ChoiceItem, Choices, Html as Markup, Pick, Textarea};
use crate::frame::{Frame, Place};
use crate::page::asked::date;
use crate::page::few::{self, Asked, Faults};
use crate::page::message::about;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Where it is.
pub(super) const HERE: &str = "/forms/used/{id}";
const HEADING: &str = "How did the meeting use this form?";
const MEETING: Asked = Asked {
    id: "meeting",
    label: "When was the meeting?",
    hint: "For example, 27 3 2026",
    strong: false,
};

/// Keeps it.
pub(crate) const NOTE: Button<'static> = Button {
    text: "Note it",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Default)]
struct Typed {
    considered: String,
    effect: String,
    day: [String; 3],
}

#[derive(Template)]
#[template(path = "page/form/used.html")]
struct Page {
    frame: Frame,
    id: String,
    what: String,
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

    fn fields(&self) -> [Markup; 3] {
        let choice = |value, text| ChoiceItem {
            value,
            text,
            hint: None,
            checked: self.typed.considered == value,
        };
        [
            Markup::of(&Choices {
                pick: Pick::One,
                id: "considered",
                name: "considered",
                legend: "Did the meeting consider it?",
                legend_classes: "govuk-fieldset__legend--s",
                error: self.error("considered"),
                items: vec![choice("yes", "Yes"), choice("no", "No")],
                ..Choices::default()
            }),
            few::date(&self.wrong, MEETING, &self.typed.day),
            Markup::of(&Textarea {
                id: "effect",
                name: "effect",
                label: "What came of it, or why was it not considered?",
                hint: Some("The agency that wrote it reads this, and so does whoever has the form"),
                error: self.error("effect"),
                value: &self.typed.effect,
                ..Textarea::default()
            }),
        ]
    }
}

/// Asks.
pub(super) async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    unit(&portal, &visitor).await?;
    show(&portal, &visitor, &id, Typed::default(), Vec::new()).await
}

/// Notes it.
pub(super) async fn note(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    unit(&portal, &visitor).await?;
    let typed = Typed {
        considered: fields.one("considered").to_owned(),
        effect: fields.one("effect").to_owned(),
        day: few::day(&fields, "meeting"),
    };
    if visitor.returns(&portal).await? {
        return show(&portal, &visitor, &id, typed, Vec::new()).await;
    }
    let mut wrong: Faults = Vec::new();
    if !matches!(typed.considered.as_str(), "yes" | "no") {
        let text = "Select whether the meeting considered it";
        wrong.push(("considered", text.to_owned()));
    }
    let meeting_on = date(&typed.day).ok().flatten();
    if meeting_on.is_none() {
        wrong.push(("meeting", "Enter the day of the meeting".to_owned()));
    }
    if typed.effect.trim().is_empty() {
        let text = "Enter what came of it, or why it was not considered";
        wrong.push(("effect", text.to_owned()));
    }
    let Some(meeting_on) = meeting_on.filter(|_| wrong.is_empty()) else {
        return show(&portal, &visitor, &id, typed, wrong).await;
    };
    let used = FormUse {
        meeting_on,
        considered: typed.considered == "yes",
        effect: typed.effect.clone(),
    };
    let caller = &visitor.session.caller;
    match portal.flow.consider_form(caller, &id, &used).await {
        Ok(()) => Ok(see_other("/forms/requests?done=noted")),
        Err(FlowError::Invalid(faults)) => {
            let wrong = faults.iter().map(|fault| match fault.pointer.as_str() {
                "/meeting_on" => (
                    "meeting",
                    format!("The day of the meeting {}", fault.detail),
                ),
                _ => ("effect", format!("What came of it {}", fault.detail)),
            });
            let wrong = wrong.collect();
            show(&portal, &visitor, &id, typed, wrong).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    typed: Typed,
    wrong: Faults,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    // Whether it is there for them at all is asked before anything is said of it.
    let view = portal.flow.exchange_for(caller, id).await?;
    let whom = about(portal, visitor, view.row.nominal.as_deref()).await?;
    let name = crate::page::message::heading(&view);
    let title = super::title(HEADING, !wrong.is_empty());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Coordination, &title).await?,
        id: id.to_owned(),
        what: match whom {
            Some(whom) => format!("{name}: {whom}"),
            None => name,
        },
        typed,
        wrong,
    };
    Ok(few::answer(&page, &page.wrong))
}
