//! Many messages taken away at once: chosen in the inbox, looked over, and sent as one ZIP.

mod pour;

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_core::{Obligation, calendar};
use gateway_flow::FlowError;
use gateway_flow::bulk::AT_ONCE;
use gateway_flow::view::ExchangeView;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use self::pour::Pouring;
use crate::component::{BackLink, Button};
use crate::frame::{Frame, Place};
use crate::page::document::file;
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

const HERE: &str = "/inbox/download";
/// Pieces that wait to be sent.
const WAITING: usize = 4;

/// Where they are.
pub(crate) fn routes() -> Vec<Route> {
    vec![("GET", HERE, get(check)), ("POST", HERE, post(send))]
}

/// To the inbox.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: "/inbox",
    text: "Back to inbox",
};

/// Takes what is chosen in the inbox here.
pub(crate) const CHOSEN: Button<'static> = Button {
    text: "Download selected",
    href: None,
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: false,
};

/// Takes it away.
pub(crate) const DOWNLOAD: Button<'static> = Button {
    text: "Download",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/bulk.html")]
struct Page {
    frame: Frame,
    heading: String,
    lines: Vec<Line>,
    /// Chosen, and not there any more.
    gone: usize,
}

struct Line {
    id: String,
    titles: String,
    from: String,
    received: String,
    /// Of its items these many stay here.
    kept_here: usize,
}

/// What was chosen: what is there for this agency, and what is not.
struct Chosen {
    there: Vec<ExchangeView>,
    gone: Vec<String>,
}

impl Chosen {
    async fn of(portal: &Portal, visitor: &Visitor, fields: &Fields) -> Result<Self, Stop> {
        let mut ids: Vec<String> = Vec::new();
        for id in fields.all("message") {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        if ids.len() > AT_ONCE {
            return Err(Stop::Conflict(format!(
                "you can download {AT_ONCE} messages at once: select fewer"
            )));
        }
        let (mut there, mut gone) = (Vec::new(), Vec::new());
        let caller = &visitor.session.caller;
        for id in ids {
            match portal.flow.exchange_for(caller, &id).await {
                Ok(view) if !view.sent => there.push(view),
                Ok(_) | Err(FlowError::NotFound) => gone.push(id),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self { there, gone })
    }

    fn ids(&self) -> Vec<String> {
        self.there.iter().map(|view| view.row.id.clone()).collect()
    }

    /// The page on which they are looked over.
    fn address(&self) -> String {
        let ids = self.ids().into_iter();
        let named: Vec<String> = ids.map(|id| format!("message={id}")).collect();
        format!("{HERE}?{}", named.join("&"))
    }
}

/// What will be taken away.
async fn check(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let fields = Fields::from(pairs);
    if !fields.has("message") {
        return Ok(see_other("/inbox?none=true"));
    }
    let chosen = Chosen::of(&portal, &visitor, &fields).await?;
    if chosen.there.is_empty() {
        return Err(Stop::NotFound);
    }
    visitor.fresh(&portal, &chosen.address())?;
    let mut lines = Vec::new();
    for view in &chosen.there {
        lines.push(line(&portal, view).await?);
    }
    let heading = match lines.len() {
        1 => "Download 1 message".to_owned(),
        many => format!("Download {many} messages"),
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Inbox, &heading).await?,
        heading,
        lines,
        gone: chosen.gone.len(),
    };
    Ok(Html(page.to_string()).into_response())
}

async fn line(portal: &Portal, view: &ExchangeView) -> Result<Line, FlowError> {
    let titles: Vec<&str> = view.items.iter().map(|item| item.title.as_str()).collect();
    let here = view.items.iter();
    let here = here.filter(|item| item.obligations.contains(&Obligation::ViewOnly));
    Ok(Line {
        id: view.row.id.clone(),
        titles: titles.join("; "),
        from: portal.flow.agency_row(&view.row.sender).await?.name,
        received: words::time(view.row.received_at),
        kept_here: here.count(),
    })
}

/// Sends them, each document read as it goes in.
async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let chosen = Chosen::of(&portal, &visitor, &fields).await?;
    if chosen.there.is_empty() {
        return match fields.has("message") {
            true => Err(Stop::NotFound),
            false => Ok(see_other("/inbox?none=true")),
        };
    }
    visitor.still_fresh(&portal, &chosen.address())?;
    let caller = visitor.session.caller;
    portal.flow.begin_bulk(&caller, &chosen.ids()).await?;
    let today = calendar::local_date(portal.flow.clock.now());
    let (sink, pieces) = mpsc::channel(WAITING);
    let pouring = Pouring::new(portal, caller, sink);
    tokio::spawn(pouring.pour(chosen.there, chosen.gone));
    let body = Body::from_stream(ReceiverStream::new(pieces));
    let name = format!("messages-{today}.zip");
    Ok(file(body, "application/zip", &name))
}
