//! The body of a post: JSON, or multipart whose documents are sealed as they arrive and are
//! never whole in memory. What is not sent in the end goes with the post.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use gateway_flow::FlowError;
use gateway_flow::form::FormGiven;
use gateway_http::json::from_slice;
use gateway_http::{Fault, Json, media_type};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::Api;
use crate::error::Refused;
use crate::scan::{Scanned, Watch};
use crate::wire::request::ExchangeRequest;

/// The part that holds an exchange itself.
const EXCHANGE: &str = "exchange";
/// The part that holds a form.
const FORM: &str = "form";
/// Most parts of one body: as many documents as an exchange has items, and itself.
const PARTS: usize = 201;
/// Longest name of a part, bytes.
const NAME: usize = 200;
/// Chunks that wait to be sealed.
const WAITING: usize = 4;

/// A body, taken: an exchange or a form, and its documents.
pub(crate) struct Taken<T> {
    /// What is said of it.
    pub(crate) request: T,
    /// The documents by their parts' names, sealed, and what the scanner said of them.
    pub(crate) documents: BTreeMap<String, Scanned>,
    /// It was multipart.
    pub(crate) form: bool,
}

/// Takes the body of a post.
pub(crate) async fn take(
    api: &Api,
    mut request: Request,
) -> Result<Taken<ExchangeRequest>, Refused> {
    if is_multipart(&request) {
        return parts(api, request, EXCHANGE).await;
    }
    DefaultBodyLimit::max(api.sizes.json).apply(&mut request);
    let Json(request) = Json::from_request(request, &()).await?;
    Ok(Taken::alone(request))
}

/// Takes the body of a post of a form.
pub(crate) async fn take_form(api: &Api, request: Request) -> Result<Taken<FormGiven>, Refused> {
    if is_multipart(&request) {
        return parts(api, request, FORM).await;
    }
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|_| Fault::PayloadTooLarge)?;
    Ok(Taken::alone(from_slice(&body)?))
}

impl<T> Taken<T> {
    /// Without documents.
    pub(crate) const fn alone(request: T) -> Self {
        Self {
            request,
            documents: BTreeMap::new(),
            form: false,
        }
    }
}

async fn parts<T: DeserializeOwned>(
    api: &Api,
    mut request: Request,
    said: &'static str,
) -> Result<Taken<T>, Refused> {
    let limit = api
        .sizes
        .multipart
        .map_or_else(DefaultBodyLimit::disable, DefaultBodyLimit::max);
    limit.apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| {
        Fault::BadRequest(
            "the multipart body has no boundary: name it in `Content-Type`".to_owned(),
        )
    })?;
    let mut parts = Parts::new(said);
    while let Some(part) = form.next_field().await.map_err(|error| unread(&error))? {
        parts.take(api, part).await?;
    }
    parts.done()
}

fn is_multipart(request: &Request) -> bool {
    let given = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = given
        .and_then(|given| given.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("multipart/form-data")
}

fn unread(error: &MultipartError) -> Fault {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Fault::PayloadTooLarge;
    }
    Fault::BadRequest(
        "the multipart body cannot be read to its end: send it again, whole, as RFC 7578 says"
            .to_owned(),
    )
}

/// What has come so far. A fault is kept until the end, so that it is answered when the caller
/// listens; what comes after it is read and thrown away.
struct Parts<T> {
    /// The part that says what it is.
    said: &'static str,
    seen: usize,
    request: Option<T>,
    documents: BTreeMap<String, Scanned>,
    fault: Option<Fault>,
}

impl<T: DeserializeOwned> Parts<T> {
    const fn new(said: &'static str) -> Self {
        Self {
            said,
            seen: 0,
            request: None,
            documents: BTreeMap::new(),
            fault: None,
        }
    }

    async fn take(&mut self, api: &Api, part: Field<'_>) -> Result<(), Refused> {
        self.seen += 1;
        if self.seen > PARTS {
            self.fail(
                "/items",
                "has too many documents: 200 at most in one exchange",
            );
        }
        let name = part.name().unwrap_or_default().to_owned();
        if name == self.said {
            return self.take_said(part, api.sizes.json).await;
        }
        if name.is_empty() || name.len() > NAME {
            self.fail(
                "/items",
                "has a document whose part has no name of 1 to 200 bytes",
            );
        } else if self.documents.contains_key(&name) {
            let name = short(&name);
            self.fail(
                "/items",
                format!("has two documents named `{name}`: give each a name of its own"),
            );
        }
        if self.fault.is_some() {
            return Ok(skip(part).await?);
        }
        match stage(api, part).await? {
            Ok(document) => drop(self.documents.insert(name, document)),
            Err(fault) => drop(self.fault.get_or_insert(fault)),
        }
        Ok(())
    }

    async fn take_said(&mut self, mut part: Field<'_>, most: usize) -> Result<(), Refused> {
        let mut text = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(|error| unread(&error))? {
            if text.len() + chunk.len() > most {
                return Err(Fault::PayloadTooLarge.into());
            }
            text.extend_from_slice(&chunk);
        }
        match from_slice(&text) {
            Ok(_) if self.request.is_some() => {
                self.fail("", format!("has two parts `{}`: send one", self.said));
            }
            Ok(request) => self.request = Some(request),
            Err(fault) => drop(self.fault.get_or_insert(fault)),
        }
        Ok(())
    }

    fn fail(&mut self, pointer: &str, detail: impl Into<String>) {
        self.fault
            .get_or_insert_with(|| Fault::field(pointer, detail));
    }

    fn done(self) -> Result<Taken<T>, Refused> {
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        let said = self.said;
        let request = self.request.ok_or_else(|| {
            let detail = format!("has no part `{said}`: send the {said}'s JSON as one");
            Fault::field("", detail)
        })?;
        Ok(Taken {
            request,
            documents: self.documents,
            form: true,
        })
    }
}

/// A name as it may be repeated to whoever gave it.
pub(super) fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

async fn skip(mut part: Field<'_>) -> Result<(), Fault> {
    while part
        .chunk()
        .await
        .map_err(|error| unread(&error))?
        .is_some()
    {}
    Ok(())
}

/// Seals a part while it arrives, and shows it to the scanner: never more than a few chunks are in
/// memory. Where the scanner gives no answer the part is read to its end and nothing is kept.
async fn stage(api: &Api, mut part: Field<'_>) -> Result<Result<Scanned, Fault>, Refused> {
    let media_type = media_type(part.content_type().unwrap_or_default()).to_owned();
    let mut watch = match Watch::begin(api.scanner.as_ref()).await {
        Ok(watch) => watch,
        Err(fault) => {
            skip(part).await?;
            return Ok(Err(fault));
        }
    };
    let (send, receive) = mpsc::channel(WAITING);
    let sealing = api.flow.take_body(media_type, receive);
    let (fed, sealed) = tokio::join!(feed(&mut part, send, &mut watch), sealing);
    if let Err(fault) = fed? {
        skip(part).await?;
        return Ok(Err(fault));
    }
    let body = sealed?;
    match watch.finish().await {
        Ok((seen, beginning)) => Ok(Ok(Scanned {
            body,
            seen,
            beginning: Some(beginning),
        })),
        Err(fault) => Ok(Err(fault)),
    }
}

/// What is wrong with the part itself, or else with looking at it.
async fn feed(
    part: &mut Field<'_>,
    send: mpsc::Sender<Result<Bytes, FlowError>>,
    watch: &mut Watch,
) -> Result<Result<(), Fault>, Fault> {
    let stopped = |why: &str| Err(FlowError::Conflict(why.to_owned()));
    loop {
        match part.chunk().await {
            Ok(Some(chunk)) => {
                let (taken, watched) =
                    tokio::join!(send.send(Ok(chunk.clone())), watch.chunk(&chunk));
                if let Err(fault) = watched {
                    let _ = send.send(stopped("the scanner gives no answer")).await;
                    return Ok(Err(fault));
                }
                // Nobody takes it: sealing has failed, and says why itself.
                if taken.is_err() {
                    return Ok(Ok(()));
                }
            }
            Ok(None) => return Ok(Ok(())),
            Err(error) => {
                let _ = send
                    .send(stopped("the document ended before its end"))
                    .await;
                return Err(unread(&error));
            }
        }
    }
}
