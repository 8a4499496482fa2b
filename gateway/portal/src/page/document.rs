//! What can be taken away: documents, keys of sealed ones, receipts.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use gateway_core::Obligation;
use gateway_flow::read::DocumentBody;
use gateway_http::{attachment, media_type};
use tokio_stream::wrappers::ReceiverStream;

use crate::Portal;
use crate::stop::Stop;
use crate::visitor::Visitor;

/// The media type of an age file.
const AGE: &str = "application/age";

/// A document, to be kept: never shown by the browser as a page of ours.
pub(crate) async fn download(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, n)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let n = number(&n)?;
    let view = flow.exchange_for(caller, &id).await?;
    let item = view.items.iter().find(|item| item.n == n);
    let item = item.filter(|_| !view.sent).ok_or(Stop::NotFound)?;
    if item.obligations.contains(&Obligation::ViewOnly) {
        return Err(Stop::Forbidden(
            "this can be read on its page, and cannot be downloaded".to_owned(),
        ));
    }
    let document = flow.document(caller, &id, n).await?;
    Ok(match document.body {
        DocumentBody::Clear(body) => {
            let mut response = Body::from_stream(ReceiverStream::new(body)).into_response();
            set(&mut response, CONTENT_LENGTH, &document.size.to_string());
            set(
                &mut response,
                CONTENT_TYPE,
                media_type(&document.media_type),
            );
            set(
                &mut response,
                CONTENT_DISPOSITION,
                &attachment(&document.title),
            );
            response
        }
        DocumentBody::Sealed { body, .. } => {
            let mut response = Body::from_stream(ReceiverStream::new(body)).into_response();
            set(&mut response, CONTENT_TYPE, AGE);
            let name = format!("{}.age", document.title);
            set(&mut response, CONTENT_DISPOSITION, &attachment(&name));
            response
        }
    })
}

/// The small file with the key of a document, for an agency that holds its own.
pub(crate) async fn key(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, n)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let n = number(&n)?;
    let wrap = portal
        .flow
        .wrap_only(&visitor.session.caller, &id, n)
        .await?;
    let name = format!("item-{n}-key.age");
    Ok(file(Body::from(wrap), AGE, &name))
}

/// The receipt: the sender's, of the whole exchange; a reader's, of what reached it.
pub(crate) async fn receipt(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let view = flow.exchange_for(caller, &id).await?;
    let receipt = match view.sent {
        true => flow.receipt_for(caller, &id).await?,
        false => flow.delivery_receipt(caller, &id).await?,
    };
    let text = receipt.render().map_err(|error| Stop::fault(&error))?;
    let name = format!("{id}.tlog-proof");
    Ok(file(Body::from(text), "text/plain; charset=utf-8", &name))
}

/// A document's number; another word is no document.
pub(crate) fn number(n: &str) -> Result<i64, Stop> {
    n.parse().map_err(|_| Stop::NotFound)
}

/// A file to be kept.
pub(crate) fn file(body: Body, kind: &str, name: &str) -> Response {
    let mut response = body.into_response();
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, CONTENT_DISPOSITION, &attachment(name));
    response
}

pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
