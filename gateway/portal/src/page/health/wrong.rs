//! An answer was about the wrong patient: it is called back, after a look at what that does.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::FlowError;
use gateway_flow::health::HealthView;

use super::give::seen_to;
use super::say::named;
use super::{address, reasons, submit, wrong_reasons};
use crate::Portal;
use crate::component::{BackLink, Button, Html as Markup, WarningText};
use crate::frame::{Frame, Place};
use crate::page::few::{self, Faults};
use crate::page::form::title;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Where it is, and is sent.
pub(super) const PATH: &str = "/health-requests/{id}/wrong-patient";
const HEADING: &str = "Call the answer back";

/// Does it.
pub(crate) const SEND: Button<'static> = submit("Call it back", "govuk-button--warning");
/// What it cannot do.
pub(crate) const WARNING: WarningText<'static> = WarningText {
    text: "You cannot undo this. What somebody has already read, downloaded or been sent by secure email cannot be taken out of their hands: ring them as well.",
};

#[derive(Template)]
#[template(path = "page/health/wrong.html")]
struct Page {
    frame: Frame,
    id: String,
    /// Who is told.
    asks: String,
    reasons: String,
    faults: Faults,
}

impl Page {
    fn back(&self) -> String {
        BackLink {
            href: &address(&self.id),
            text: "Back to the request",
        }
        .to_string()
    }

    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &[])
    }

    fn field(&self) -> Markup {
        let asked = (
            "How do you know that it is the wrong patient?",
            "Only your agency can read this",
        );
        reasons(&self.faults, asked, &self.reasons)
    }
}

/// A request with an answer that the visitor may call back.
async fn answered(portal: &Portal, visitor: &Visitor, id: &str) -> Result<HealthView, Stop> {
    let view = seen_to(portal, visitor, id).await?;
    match view.answer.is_some() {
        true => Ok(view),
        false => Err(Stop::Conflict(
            "this request has no answer that could be called back".to_owned(),
        )),
    }
}

/// Asks why.
pub(super) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = answered(&portal, &visitor, &id).await?;
    visitor.fresh(&portal, &format!("{}/wrong-patient", address(&id)))?;
    shown(&portal, &visitor, &view, String::new(), Vec::new()).await
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: &HealthView,
    reasons: String,
    faults: Faults,
) -> Result<Response, Stop> {
    let title = title(HEADING, !faults.is_empty());
    let names = portal.flow.agency_names([view.agency.as_str()]).await?;
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Health, &title).await?,
        id: view.id.clone(),
        asks: named(&names, &view.agency),
        reasons,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// Calls it back.
pub(super) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let view = answered(&portal, &visitor, &id).await?;
    let reasons = fields.one("reasons").trim().to_owned();
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, &view, reasons, Vec::new()).await;
    }
    let here = format!("{}/wrong-patient", address(&id));
    visitor.still_fresh_with(&portal, &here, &fields).await?;
    if reasons.is_empty() {
        let faults = vec![("reasons", "Enter how you know it".to_owned())];
        return shown(&portal, &visitor, &view, reasons, faults).await;
    }
    let caller = &visitor.session.caller;
    match portal.flow.wrong_patient(caller, &id, &reasons).await {
        Ok(_) => Ok(see_other(&format!("{}?done=called-back", address(&id)))),
        Err(FlowError::Invalid(faults)) => {
            let faults = wrong_reasons(&faults);
            shown(&portal, &visitor, &view, reasons, faults).await
        }
        Err(error) => Err(error.into()),
    }
}
