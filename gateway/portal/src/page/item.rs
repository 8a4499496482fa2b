//! An item as a page shows it: a text in full, anything else to be downloaded, and what may not
//! be opened with the reason why.

use gateway_core::{Custody, Obligation};
use gateway_flow::FlowError;
use gateway_flow::read::DocumentBody;
use gateway_flow::view::{ExchangeView, ItemView};

use crate::component::Html as Markup;
use crate::page::form::read::is_part;
use crate::page::inert::plain;
use crate::stop::{Stop, sentence};
use crate::visitor::Visitor;
use crate::{Portal, words};

/// The longest text that a page shows, bytes.
pub(crate) const LONGEST: i64 = 64 * 1024;

/// An item on a page.
pub(crate) struct Shown {
    pub(crate) n: i64,
    pub(crate) title: String,
    pub(crate) facts: Vec<String>,
    /// What must be known before it is relied on.
    pub(crate) notes: Vec<&'static str>,
    pub(crate) body: Body,
    /// Where it is downloaded, with its size; none where it is not.
    pub(crate) download: Option<String>,
    /// Where the key of a sealed file is.
    pub(crate) key: bool,
}

/// What is shown of its content.
pub(crate) enum Body {
    /// A text.
    Text(String),
    /// Answers of a form.
    Answers(Markup),
    /// Nothing, and why.
    Not(String),
    /// Nothing: it is downloaded.
    File,
}

/// The items of a message, as its reader or its sender sees them.
pub(crate) async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<Vec<Shown>, Stop> {
    let agency = portal
        .flow
        .agency_row(&visitor.session.person.agency)
        .await?;
    let sealed = agency.custody == Custody::Agency.as_str();
    let mut items = Vec::new();
    for item in &view.items {
        let body = match (view.sent, sealed) {
            (true, _) => Body::File,
            (false, true) => Body::Not(
                "Your agency holds its own key, so only its own software can open this. Download the sealed file and its key.".to_owned(),
            ),
            (false, false) if is_part(&item.media_type) => {
                Body::Not("It is in the form, with its other parts.".to_owned())
            }
            (false, false) => body(portal, visitor, &view.row.id, item).await?,
        };
        let kept_here = item.obligations.contains(&Obligation::ViewOnly);
        let refused = matches!(body, Body::Not(_)) && !sealed;
        let download = !(view.sent || kept_here || refused);
        items.push(Shown {
            n: item.n,
            title: item.title.clone(),
            facts: facts(item),
            notes: notes(item),
            download: download.then(|| words::size(item.size)),
            key: download && sealed,
            body,
        });
    }
    Ok(items)
}

async fn body(
    portal: &Portal,
    visitor: &Visitor,
    exchange: &str,
    item: &ItemView,
) -> Result<Body, Stop> {
    let is_text = item.media_type.starts_with("text/plain") && item.size <= LONGEST;
    if !is_text {
        return Ok(match item.obligations.contains(&Obligation::ViewOnly) {
            true => Body::Not(
                "This is a file that may not be downloaded, and it cannot be shown on a page. Ask the sender for its text.".to_owned(),
            ),
            false => Body::File,
        });
    }
    let caller = &visitor.session.caller;
    match portal.flow.document(caller, exchange, item.n).await {
        Ok(document) => match document.body {
            body @ DocumentBody::Clear(_) => Ok(Body::Text(plain(&read_text(body).await?))),
            DocumentBody::Sealed { .. } => Ok(Body::File),
        },
        Err(FlowError::Forbidden(why)) => Ok(Body::Not(format!(
            "You cannot open this. {}",
            sentence(&why)
        ))),
        Err(error) => Err(error.into()),
    }
}

/// A short text, whole; of what is sealed there is none.
pub(crate) async fn read_text(body: DocumentBody) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    if let DocumentBody::Clear(mut chunks) = body {
        while let Some(chunk) = chunks.recv().await {
            bytes.extend_from_slice(&chunk.map_err(|error| Stop::fault(&error))?);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What there is to know of an item beside its title.
pub(crate) fn facts(item: &ItemView) -> Vec<String> {
    let mut facts = vec![
        words::category(&item.category).to_owned(),
        item.marking.to_owned(),
    ];
    match item.nature.as_deref() {
        Some("fact") => facts.push("Fact".to_owned()),
        Some("opinion") => facts.push("Opinion".to_owned()),
        Some(_) | None => {}
    }
    facts.extend(
        item.as_at
            .as_deref()
            .map(|at| format!("As at {}", words::date(at))),
    );
    facts.extend(
        item.expires_at
            .map(|at| format!("Until {}", words::day(at))),
    );
    facts
}

fn notes(item: &ItemView) -> Vec<&'static str> {
    let all = [
        (
            item.since.corrected,
            "This was corrected later: read the correction too.",
        ),
        (item.since.superseded, "A later version took its place."),
        (
            item.corrects,
            "This corrects something that you were sent before.",
        ),
        (item.disputed, "Whether this is accurate is disputed."),
    ];
    let said = all.into_iter().filter(|(is, _)| *is);
    said.map(|(_, words)| words).collect()
}
