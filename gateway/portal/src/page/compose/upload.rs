//! Files as a script sends them: announced, piece by piece, and on from where a line broke.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use gateway_core::Personal;
use gateway_flow::FlowError;
use gateway_flow::compose::{DraftFile, NewFile};
use gateway_http::media_type;
use gateway_store::rows::PersonRow;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::look::look_at;
use super::pour::pour;
use super::taken::plain_name;
use crate::stop::Stop;
use crate::visitor::{Posted, Visitor};
use crate::{Portal, cookie};

/// The header in which a script gives the form's token.
const TOKEN: &str = "x-form-token";

/// Announces a file.
pub(crate) async fn begin(
    State(portal): State<Portal>,
    Path(draft): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let person = &visitor.session.person;
    let file = NewFile {
        name: Personal::new(plain_name(fields.one("name"))),
        media_type: media_type(fields.one("type")).to_owned(),
        // What is no size is none that is taken.
        size: fields.one("size").parse().unwrap_or(-1),
    };
    let id = match portal.flow.begin_file(person, &draft, file).await {
        Err(FlowError::Conflict(words)) => return Ok(refused(&words)),
        done => done?,
    };
    stands(&portal, person, &draft, &id).await
}

/// How much of a file has come.
pub(crate) async fn standing(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((draft, file)): Path<(String, String)>,
) -> Result<Response, Stop> {
    stands(&portal, &visitor.session.person, &draft, &file).await
}

/// Where a piece goes.
#[derive(Debug, Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    from: i64,
}

/// Takes a piece; with the last one the file is looked at.
pub(crate) async fn piece(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((draft, file)): Path<(String, String)>,
    Query(at): Query<At>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Stop> {
    let token = headers.get(TOKEN).and_then(|token| token.to_str().ok());
    if !cookie::matches(token.unwrap_or_default(), &visitor.token) {
        return Err(Stop::Stale);
    }
    let (flow, person) = (&portal.flow, &visitor.session.person);
    let known = one(&portal, person, &draft, &file).await?;
    let (send, receive) = mpsc::channel(4);
    let took = flow.take_part(person, &draft, &file, at.from, receive);
    match tokio::join!(
        took,
        pour(
            body.into_data_stream(),
            known.size.saturating_sub(at.from),
            send
        )
    )
    .0
    {
        Ok(has) if has == known.size => match look_at(&portal, person, &draft, &file).await {
            Err(Stop::Conflict(words)) => return Ok(refused(&words)),
            done => done?,
        },
        // Said by where it goes on: the script asks, and goes on from there.
        Ok(_) | Err(FlowError::Conflict(_)) => {}
        Err(error) => return Err(error.into()),
    }
    stands(&portal, person, &draft, &file).await
}

async fn one(
    portal: &Portal,
    person: &PersonRow,
    draft: &str,
    file: &str,
) -> Result<DraftFile, Stop> {
    let draft = portal.flow.draft(person, draft).await?;
    let found = draft.files.into_iter().find(|one| one.id == file);
    found.ok_or(Stop::NotFound)
}

async fn stands(
    portal: &Portal,
    person: &PersonRow,
    draft: &str,
    file: &str,
) -> Result<Response, Stop> {
    let file = one(portal, person, draft, file).await?;
    Ok(
        Json(json!({"id": file.id, "has": file.has, "size": file.size, "whole": file.whole}))
            .into_response(),
    )
}

/// What cannot be taken, in words that the script shows.
fn refused(words: &str) -> Response {
    Json(json!({"refused": words})).into_response()
}
