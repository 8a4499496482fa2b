//! Answers: to whoever sent it, about the same person, for the same purpose.

use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::view::ExchangeView;

use super::form::Form;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// A reply's form, filled in as far as the message says it.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = answered(&portal, &visitor, &id).await?;
    super::page(&portal, &visitor, begun(&view), None, Vec::new(), None).await
}

/// The answer that is given most often, ready to be checked and sent.
pub(crate) async fn at_once(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let view = answered(&portal, &visitor, &id).await?;
    let agency = portal
        .flow
        .agency_row(&visitor.session.person.agency)
        .await?;
    let form = Form {
        title: "Not our tenant".to_owned(),
        text: format!("This person is not a tenant of {}.", agency.name),
        category: "LOCATION".to_owned(),
        ..begun(&view)
    };
    let content = serde_json::to_string(&form).map_err(|error| Stop::fault(&error))?;
    let draft = portal
        .flow
        .open_draft(&visitor.session.person, &content)
        .await?;
    Ok(see_other(&format!("/drafts/{draft}/check")))
}

/// The message that is answered: one that this agency received.
async fn answered(portal: &Portal, visitor: &Visitor, id: &str) -> Result<ExchangeView, Stop> {
    let view = portal
        .flow
        .exchange_for(&visitor.session.caller, id)
        .await?;
    match view.sent {
        true => Err(Stop::NotFound),
        false => Ok(view),
    }
}

fn begun(view: &ExchangeView) -> Form {
    let received = words::day(view.row.received_at);
    Form {
        reply_to: view.row.id.clone(),
        to: vec![view.row.sender.clone()],
        necessity: format!("In answer to your message of {received}"),
        ..Form::default()
    }
}
