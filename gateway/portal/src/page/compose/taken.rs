//! A message's form as it comes in: its fields, and after them its files, each sealed as it
//! comes. Who was away too long is asked to sign in, and what they wrote is kept first.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, Form as Encoded, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use gateway_core::Personal;
use gateway_flow::compose::{LARGEST, NewFile, Saved};
use gateway_flow::sign_in::{Standing, Whence};
use gateway_http::media_type;
use gateway_store::rows::PersonRow;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::form::Form;
use super::look::look_at_whole;
use super::pour::{Poured, pour};
use crate::stop::Stop;
use crate::visitor::{Fields, Visitor};
use crate::{Portal, cookie, whence};

/// The longest that all fields of a message are together, bytes.
pub(crate) const WORDS: usize = 512 * 1024;
/// What a request has beside its files, bytes, at the most.
const BESIDE: i64 = 1 << 20;
/// What is said of files that are known to be too large before they come.
const TOO_MUCH: &str = "what you chose is larger than 5 GB together: add one file at a time, and split one that is larger, or ask the coordination unit how to hand it over";
/// Chunks that wait to be sealed.
const WAITING: usize = 4;

/// Where a message's form is kept now.
pub(crate) struct Taken {
    /// The draft.
    pub(crate) draft: String,
    /// Its revision.
    pub(crate) revision: i64,
    /// Another form of it was saved meanwhile: this is a draft of its own.
    pub(crate) beside: bool,
    /// What was said.
    pub(crate) fields: Fields,
    /// What is wrong with files that came with it, in words.
    pub(crate) refused: Vec<String>,
    /// The writer; none where they have to sign in again before anything is shown.
    pub(crate) visitor: Option<Visitor>,
    /// A script asks, and wants no page.
    pub(crate) script: bool,
}

/// A signed-in person, or one who was away too long, with the token of the session.
pub(crate) enum Writer {
    Here(Box<Visitor>),
    Away(Box<PersonRow>, Zeroizing<String>),
}

impl Writer {
    pub(crate) fn person(&self) -> &PersonRow {
        match self {
            Self::Here(visitor) => &visitor.session.person,
            Self::Away(person, _) => person,
        }
    }

    pub(crate) fn token(&self) -> &str {
        match self {
            Self::Here(visitor) => &visitor.token,
            Self::Away(_, token) => token,
        }
    }
}

/// Who sends a form.
pub(crate) async fn writer(
    portal: &Portal,
    headers: &HeaderMap,
    from: &Whence,
) -> Result<Writer, Stop> {
    let away = || Stop::Unkept("/drafts".to_owned());
    let token = cookie::value(headers, cookie::SESSION).ok_or_else(away)?;
    match portal.flow.session(&token, from).await? {
        Standing::Open(session) => Ok(Writer::Here(Box::new(Visitor {
            roles: portal.flow.roles(&session.person).await?,
            session,
            token,
            returns: None,
        }))),
        Standing::Locked(person) => Ok(Writer::Away(Box::new(person), token)),
        Standing::Absent => Err(away()),
    }
}

/// Takes a message's form, of a draft or of none yet, and keeps it.
pub(crate) async fn take(
    portal: &Portal,
    draft: Option<String>,
    mut request: Request,
) -> Result<Taken, Stop> {
    let from = whence::of(portal, request.headers(), request.extensions());
    let writer = writer(portal, request.headers(), &from).await?;
    let script = header(request.headers(), &ACCEPT).starts_with("application/json");
    let announced = header(request.headers(), &CONTENT_LENGTH);
    let announced = announced.parse().unwrap_or(LARGEST);
    let is_form = header(request.headers(), &CONTENT_TYPE).starts_with("multipart/form-data");
    let mut taking = Taking {
        portal,
        writer: &writer,
        announced,
        fields: Vec::new(),
        words: 0,
        draft,
        kept: None,
        refused: Vec::new(),
        is_cut: false,
    };
    if is_form {
        DefaultBodyLimit::disable().apply(&mut request);
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|_| Stop::Unread)?;
        while let Some(field) = form.next_field().await.map_err(|_| Stop::Unread)? {
            taking.field(field).await?;
            if taking.is_cut {
                break;
            }
        }
    } else {
        DefaultBodyLimit::max(WORDS).apply(&mut request);
        let form = Encoded::<Vec<(String, String)>>::from_request(request, &()).await;
        let Encoded(pairs) = form.map_err(|_| Stop::Stale)?;
        taking.fields = pairs;
    }
    let (draft, revision, beside) = taking.keep().await?;
    let (fields, refused) = (Fields::from(taking.fields), taking.refused);
    Ok(Taken {
        draft,
        revision,
        beside,
        fields,
        refused,
        visitor: match writer {
            Writer::Here(visitor) => Some(*visitor),
            Writer::Away(..) => None,
        },
        script,
    })
}

/// A header's text; empty where it has none.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &axum::http::HeaderName) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

struct Taking<'p> {
    portal: &'p Portal,
    writer: &'p Writer,
    /// No file of the request is larger, bytes, as far as it says.
    announced: i64,
    fields: Vec<(String, String)>,
    words: usize,
    draft: Option<String>,
    kept: Option<(String, i64, bool)>,
    refused: Vec<String>,
    /// A file of it is too large, or broke off: what comes after it is not read.
    is_cut: bool,
}

impl Taking<'_> {
    async fn field(&mut self, mut field: Field<'_>) -> Result<(), Stop> {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(file) = field.file_name().map(str::to_owned) else {
            let mut text = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(|_| Stop::Unread)? {
                self.words += chunk.len();
                if self.words > WORDS {
                    return Err(Stop::Unread);
                }
                text.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(text).map_err(|_| Stop::Unread)?;
            self.fields.push((name, text));
            return Ok(());
        };
        if file.is_empty() {
            return Ok(());
        }
        // The words come before the files, and are kept before them.
        let (draft, ..) = self.keep().await?;
        match self.file(&draft, file, field).await {
            Err(Stop::Conflict(words)) => {
                self.refused.push(words);
                Ok(())
            }
            done => done,
        }
    }

    /// Keeps the words as they are now; once, since a later field is only the button.
    async fn keep(&mut self) -> Result<(String, i64, bool), Stop> {
        if let Some(kept) = &self.kept {
            return Ok(kept.clone());
        }
        let fields = Fields::from(self.fields.clone());
        if !cookie::matches(fields.one("token"), self.writer.token()) {
            return Err(Stop::Stale);
        }
        let content = serde_json::to_string(&Form::of(&fields)).map_err(|e| Stop::fault(&e))?;
        let (flow, person) = (&self.portal.flow, self.writer.person());
        let kept = match &self.draft {
            None => (flow.open_draft(person, &content).await?, 1, false),
            Some(draft) => {
                let revision = fields.one("revision").parse().unwrap_or(0);
                match flow.save_draft(person, draft, revision, &content).await? {
                    Saved::Next(revision) => (draft.clone(), revision, false),
                    Saved::Beside(other) => (other, 1, true),
                }
            }
        };
        self.kept = Some(kept.clone());
        Ok(kept)
    }

    async fn file(&mut self, draft: &str, name: String, field: Field<'_>) -> Result<(), Stop> {
        if self.announced > LARGEST + BESIDE {
            self.is_cut = true;
            return Err(Stop::Conflict(TOO_MUCH.to_owned()));
        }
        let most = self.announced.min(LARGEST);
        let (flow, person) = (&self.portal.flow, self.writer.person());
        let file = NewFile {
            name: Personal::new(plain_name(&name)),
            media_type: media_type(field.content_type().unwrap_or_default()).to_owned(),
            size: most,
        };
        let file = flow.expect_file(person, draft, file).await?;
        let (send, receive) = mpsc::channel(WAITING);
        let took = flow.take_body(file.file.media_type.clone(), receive);
        let (took, poured) = tokio::join!(took, pour(field, most, send));
        self.is_cut = poured == Poured::Cut;
        look_at_whole(self.portal, person, file, took?).await
    }
}

/// A file's own name, without the folders that some browsers name before it.
pub(super) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    match plain.trim() {
        "" => "file".to_owned(),
        plain => plain.to_owned(),
    }
}
