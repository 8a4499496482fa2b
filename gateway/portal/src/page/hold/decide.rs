//! A reviewer's decision, as the form brings it.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Response;
use gateway_core::Category;
use gateway_flow::hold::{Chosen, ReviewView};
use gateway_flow::{FieldFault, FlowError};

use super::form::{Typed, Wrong};
use super::one::page;
use crate::Portal;
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};

/// Decides, or asks back.
pub(crate) async fn decide(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let view = portal.flow.review(&visitor.session.caller, &id).await?;
    if visitor.returns(&portal).await? {
        let typed = typed(&view, &fields);
        return page(&portal, &visitor, view, (typed, Wrong::default()), None).await;
    }
    match fields.one("decision") {
        "approve" => verdict(&portal, &visitor, view, &fields, true).await,
        "refuse" => verdict(&portal, &visitor, view, &fields, false).await,
        "ask" => ask(&portal, &visitor, view, &fields).await,
        _ => Err(Stop::Unread),
    }
}

async fn verdict(
    portal: &Portal,
    visitor: &Visitor,
    view: ReviewView,
    fields: &Fields,
    approve: bool,
) -> Result<Response, Stop> {
    let typed = typed(&view, fields);
    let mut wrong = Wrong::default();
    let chosen = chosen(&view, &typed, approve, &mut wrong);
    if chosen.is_empty() {
        wrong.chosen = Some("Select what you decide about".to_owned());
    }
    if typed.reasons.trim().is_empty() {
        wrong.reasons = Some("Enter your reasons".to_owned());
    }
    if wrong.is_any() {
        return page(portal, visitor, view, (typed, wrong), None).await;
    }
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    match flow
        .decide_holds(caller, &chosen, approve, &typed.reasons)
        .await
    {
        Ok(_) => {
            let done = if approve { "approved" } else { "refused" };
            Ok(see_other(&format!("/holds/{}?done={done}", view.row.id)))
        }
        Err(FlowError::Invalid(faults)) => {
            wrong.reasons = Some(said("The reasons", &faults));
            page(portal, visitor, view, (typed, wrong), None).await
        }
        Err(FlowError::Conflict(_)) => Err(Stop::Conflict(
            "this was decided while you had the page open, so your decision was not recorded. Open it again to see how it stands".to_owned(),
        )),
        Err(error) => Err(error.into()),
    }
}

async fn ask(
    portal: &Portal,
    visitor: &Visitor,
    view: ReviewView,
    fields: &Fields,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let typed = typed(&view, fields);
    let why = match typed.question.trim().is_empty() {
        true => "Enter your question".to_owned(),
        false => match flow.ask_back(caller, &view.row.id, &typed.question).await {
            Ok(()) => return Ok(see_other(&format!("/holds/{}?done=asked", view.row.id))),
            Err(FlowError::Invalid(faults)) => said("The question", &faults),
            Err(error) => return Err(error.into()),
        },
    };
    let wrong = Wrong {
        question: Some(why),
        ..Wrong::default()
    };
    page(portal, visitor, view, (typed, wrong), None).await
}

fn typed(view: &ReviewView, fields: &Fields) -> Typed {
    let categories = view.items.iter().map(|item| {
        let field = format!("category-{}", item.n);
        (item.n, fields.one(&field).to_owned())
    });
    let chosen: BTreeSet<String> = fields.all("holds").map(str::to_owned).collect();
    let asks = fields.one("decision") == "ask";
    Typed {
        chosen: (!asks).then_some(chosen),
        categories: categories.collect(),
        reasons: fields.one("reasons").to_owned(),
        question: fields.one("question").to_owned(),
    }
}

/// What was chosen of what is on the page. An item gets its category with the first of its
/// decisions.
fn chosen(view: &ReviewView, typed: &Typed, approve: bool, wrong: &mut Wrong) -> Vec<Chosen> {
    let mut chosen = Vec::new();
    for item in &view.items {
        let cells = item.cells.iter().filter(|cell| {
            let all = typed.chosen.as_ref();
            all.is_some_and(|all| all.contains(&cell.hold))
        });
        let mut labels = approve && item.is_unlabelled();
        for cell in cells {
            let said = typed.categories.get(&item.n).map_or("", String::as_str);
            let category: Option<Category> = said.parse().ok().filter(|_| labels);
            if labels && !cell.after && category.is_none() {
                let text = format!("Select what kind of information “{}” is", item.title);
                wrong.categories.insert(item.n, text);
            }
            labels &= cell.after;
            chosen.push(Chosen {
                hold: cell.hold.clone(),
                category,
            });
        }
    }
    chosen
}

/// What the flow found wrong with a text.
pub(crate) fn said(what: &str, faults: &[FieldFault]) -> String {
    let detail = faults
        .first()
        .map_or("cannot be taken", |fault| &fault.detail);
    format!("{what} {detail}")
}
