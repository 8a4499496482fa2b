//! What a coordinator does to a record: a form, the answers to check, the act. Nothing is kept
//! between the pages but in the form itself, and the act has the form's own id, so that one sent
//! twice is one act.

mod ask;
mod form;
mod what;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::coordinate::Act;
use gateway_flow::dossier::{Dossier, Look};
use gateway_flow::reason::ReadingOf;

use self::form::Form;
use self::what::What;
use crate::component::{BackLink, Button, ErrorSummary, Html as Markup, SummaryList};
use crate::frame::{Frame, Place};
use crate::page::nominal::path;
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

/// Goes on to the check.
pub(crate) const GO_ON: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: false,
};
/// Does it.
pub(crate) const CONFIRM: Button<'static> = Button {
    text: "Confirm",
    href: None,
    classes: "",
    name: "confirm",
    value: "yes",
    prevent_double_click: true,
};
/// Back to the form with what was typed.
pub(crate) const EDIT: Button<'static> = Button {
    text: "Change these answers",
    href: None,
    classes: "govuk-button--secondary",
    name: "edit",
    value: "yes",
    prevent_double_click: false,
};

#[derive(Template)]
#[template(path = "page/act.html")]
struct Asking {
    frame: Frame,
    record: Record,
    form: Form,
}

#[derive(Template)]
#[template(path = "page/act_check.html")]
struct Checking {
    frame: Frame,
    record: Record,
    form: Form,
    rows: SummaryList<'static>,
    act: String,
}

/// The record that is acted on.
struct Record {
    reference: String,
    path: String,
    name: String,
    dossier: Dossier,
}

/// The form.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((reference, word)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let what = What::of(&word).ok_or(Stop::NotFound)?;
    begin(&portal, &visitor, &reference, what).await
}

/// The form of moving a message.
pub(crate) async fn move_form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((reference, exchange)): Path<(String, String)>,
) -> Result<Response, Stop> {
    begin(&portal, &visitor, &reference, What::Move(exchange)).await
}

/// The form's answers: checked, shown, done.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path((reference, word)): Path<(String, String)>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let what = What::of(&word).ok_or(Stop::NotFound)?;
    answered(&portal, &visitor, &reference, what, &fields).await
}

/// The same of moving a message.
pub(crate) async fn send_move(
    State(portal): State<Portal>,
    Path((reference, exchange)): Path<(String, String)>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let what = What::Move(exchange);
    answered(&portal, &visitor, &reference, what, &fields).await
}

async fn begin(
    portal: &Portal,
    visitor: &Visitor,
    reference: &str,
    what: What,
) -> Result<Response, Stop> {
    let Some(record) = record(portal, visitor, reference, &what).await? else {
        return Ok(see_other(&path(reference)));
    };
    let form = Form::new(portal, what, &record.dossier).await?;
    asking(portal, visitor, record, form, StatusCode::OK).await
}

async fn answered(
    portal: &Portal,
    visitor: &Visitor,
    reference: &str,
    what: What,
    fields: &Fields,
) -> Result<Response, Stop> {
    let confirmed = fields.has("confirm");
    let Some(record) = record(portal, visitor, reference, &what).await? else {
        return Ok(see_other(&path(reference)));
    };
    let mut form = Form::new(portal, what, &record.dossier).await?;
    form.fill(fields);
    if visitor.returns(portal).await? || fields.has("edit") {
        return asking(portal, visitor, record, form, StatusCode::OK).await;
    }
    form.check();
    if form.faults.is_empty() && confirmed {
        let act = Act {
            id: fields.one("act").to_owned(),
            reasons: form.reasons.clone(),
        };
        match form.act(portal, visitor, &record.reference, &act).await {
            Ok(()) => return Ok(see_other(&format!("{}?done=yes", path(&record.reference)))),
            Err(FlowError::Invalid(faults)) => form.take(faults),
            Err(error) => return Err(error.into()),
        }
    }
    if form.faults.is_empty() {
        match other(portal, visitor, &form).await? {
            Ok(other) => return checking(portal, visitor, record, form, other).await,
            Err(fault) => form.faults.push(fault),
        }
    }
    asking(
        portal,
        visitor,
        record,
        form,
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await
}

/// The record, for its coordinator; none where they did not say yet why they read it.
async fn record(
    portal: &Portal,
    visitor: &Visitor,
    reference: &str,
    what: &What,
) -> Result<Option<Record>, Stop> {
    let session = &visitor.session;
    let look = Look {
        kinds: what.kinds(),
        limit: what.events(),
        ..Look::default()
    };
    let dossier = portal
        .flow
        .dossier(&session.caller, reference, &look, session.started)
        .await?;
    let Some(dossier) = dossier else {
        return Ok(None);
    };
    if !dossier.coordinator {
        return Err(Stop::Forbidden(
            "only the area's coordinator changes a record".to_owned(),
        ));
    }
    let name = dossier.record.name.clone();
    Ok(Some(Record {
        reference: dossier.record.reference.clone(),
        path: path(&dossier.record.reference),
        name: name.map_or_else(
            || "Name not known".to_owned(),
            gateway_core::Personal::into_inner,
        ),
        dossier,
    }))
}

type Fault = (&'static str, String);

/// Whose the other record is, where the act is about two: read with the act's own reasons.
async fn other(
    portal: &Portal,
    visitor: &Visitor,
    form: &Form,
) -> Result<Result<Option<String>, Fault>, Stop> {
    let Some(reference) = form.other() else {
        return Ok(Ok(None));
    };
    let (flow, session) = (&portal.flow, &visitor.session);
    let unknown = || {
        let text = "Enter the reference of another record of your area";
        Ok(Err(("reference", text.to_owned())))
    };
    let reference = match flow.readable_nominal(&session.caller, reference).await {
        Err(FlowError::NotFound) => return unknown(),
        other => other?,
    };
    let of = ReadingOf::Nominal(&reference);
    flow.read_with_reason(&session.caller, of, &form.short_reasons())
        .await?;
    let look = Look::default();
    let dossier = flow
        .dossier(&session.caller, &reference, &look, session.started)
        .await?;
    let Some(dossier) = dossier.filter(|dossier| dossier.coordinator) else {
        return unknown();
    };
    let name = dossier.record.name;
    let name = name.map_or_else(
        || "Name not known".to_owned(),
        gateway_core::Personal::into_inner,
    );
    let born = dossier.record.date_of_birth;
    Ok(Ok(Some(match born {
        Some(born) => format!("{name}, born {}", words::date(born.reveal())),
        None => name,
    })))
}

async fn asking(
    portal: &Portal,
    visitor: &Visitor,
    record: Record,
    form: Form,
    status: StatusCode,
) -> Result<Response, Stop> {
    let title = match form.faults.is_empty() {
        true => form.what.heading().to_owned(),
        false => format!("Error: {}", form.what.heading()),
    };
    let page = Asking {
        frame: Frame::around(portal, visitor, Place::Records, &title).await?,
        record,
        form,
    };
    Ok((status, Html(page.to_string())).into_response())
}

async fn checking(
    portal: &Portal,
    visitor: &Visitor,
    record: Record,
    form: Form,
    other: Option<String>,
) -> Result<Response, Stop> {
    let page = Checking {
        frame: Frame::around(portal, visitor, Place::Records, "Check your answers").await?,
        rows: SummaryList {
            rows: form.rows(&record.name, other),
            classes: "",
        },
        record,
        form,
        act: portal.flow.act_id(),
    };
    Ok(Html(page.to_string()).into_response())
}

impl Asking {
    fn back(&self) -> BackLink<'_> {
        self.record.back()
    }

    fn summary(&self) -> Option<ErrorSummary<'_>> {
        self.form.summary()
    }

    fn fields(&self) -> Markup {
        self.form.fields()
    }
}

impl Checking {
    fn back(&self) -> BackLink<'_> {
        self.record.back()
    }
}

impl Record {
    fn back(&self) -> BackLink<'_> {
        BackLink {
            text: "Back to the record",
            href: &self.path,
        }
    }
}
