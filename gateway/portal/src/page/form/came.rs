//! What a page of a form brought, kept at once: also where its writer was away too long, who is
//! asked to sign in after it.

use axum::Json;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, Form as Encoded, FromRequest as _, Request};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use gateway_core::calendar::local_date;
use gateway_flow::FlowError;
use gateway_flow::compose::Saved;
use gateway_forms::SheetText;
use gateway_store::rows::PersonRow;
use serde_json::json;

use super::content::{Content, Paper, Scope};
use crate::page::compose::taken::{WORDS, Writer, header, writer};
use crate::stop::Stop;
use crate::visitor::{Fields, Visitor};
use crate::{Portal, cookie, whence};

/// What is said of a file that is too large.
const TOO_LARGE: &str = "the file is larger than 500 KB: leave out what is not a row";
/// More of a file than is taken is read past, for what comes after it, up to this, bytes.
const READ_PAST: usize = 16 << 20;

/// What a page brought.
pub(crate) struct Came {
    writer: Writer,
    /// A script asks, and wants no page.
    pub(crate) script: bool,
    pub(crate) fields: Fields,
    /// A file's text, or why it is not taken; none where there was no file.
    pub(crate) file: Option<Result<SheetText, &'static str>>,
}

/// A draft as a page has left it.
pub(crate) struct Kept<'p> {
    pub(crate) paper: Paper<'p>,
    /// The same page was changed in another window meanwhile: this is a draft of its own.
    pub(crate) beside: bool,
}

impl Came {
    /// Takes it, where its token is the writer's.
    pub(crate) async fn take(portal: &Portal, mut request: Request) -> Result<Self, Stop> {
        let from = whence::of(portal, request.headers(), request.extensions());
        let writer = writer(portal, request.headers(), &from).await?;
        let script = header(request.headers(), &ACCEPT).starts_with("application/json");
        let multipart = header(request.headers(), &CONTENT_TYPE).starts_with("multipart/form-data");
        let mut parts = Parts::default();
        if multipart {
            DefaultBodyLimit::disable().apply(&mut request);
            let form = Multipart::from_request(request, &()).await;
            let mut form = form.map_err(|_| Stop::Unread)?;
            while !parts.is_cut {
                let field = form.next_field().await.map_err(|_| Stop::Unread)?;
                let Some(field) = field else { break };
                parts.take(field).await?;
            }
        } else {
            DefaultBodyLimit::max(WORDS).apply(&mut request);
            let form = Encoded::<Vec<(String, String)>>::from_request(request, &()).await;
            let Encoded(pairs) = form.map_err(|_| Stop::Unread)?;
            parts.pairs = pairs;
        }
        let fields = Fields::from(parts.pairs);
        if !cookie::matches(fields.one("token"), writer.token()) {
            return Err(Stop::Stale);
        }
        Ok(Self {
            writer,
            script,
            fields,
            file: parts.file,
        })
    }

    /// Who wrote it.
    pub(crate) fn person(&self) -> &PersonRow {
        self.writer.person()
    }

    /// Its writer, who goes on; one who was away too long signs in first, and goes on there.
    pub(crate) fn here(self, address: &str) -> Result<Visitor, Stop> {
        match self.writer {
            Writer::Here(visitor) => Ok(*visitor),
            Writer::Away(..) => Err(Stop::SignIn(address.to_owned())),
        }
    }

    /// What a script is told: where the page is kept now.
    pub(crate) fn told(&self, kept: &Kept<'_>, scope: Scope<'_>, address: &str) -> Response {
        let locked = matches!(self.writer, Writer::Away(..));
        let said = json!({
            "draft": kept.paper.id,
            "revision": kept.paper.content.digest(scope),
            "beside": kept.beside,
            "locked": locked,
            "address": address,
        });
        Json(said).into_response()
    }

    /// Keeps a draft as this page leaves it. Where the same page of it was changed in another
    /// window meanwhile, what came here is kept as a draft of its own, and neither is lost.
    pub(crate) async fn keep<'p>(
        &self,
        portal: &'p Portal,
        paper: Paper<'p>,
        scope: Scope<'_>,
        change: impl FnOnce(&mut Content),
    ) -> Result<Kept<'p>, Stop> {
        let (was, now) = (self.fields.one("revision"), paper.content.digest(scope));
        let mut content = paper.content.clone();
        change(&mut content);
        if content == paper.content {
            return Ok(Kept {
                paper,
                beside: false,
            });
        }
        content.version.clone_from(&paper.form.version);
        let text = serde_json::to_string(&content).map_err(|error| Stop::fault(&error))?;
        let (flow, person) = (&portal.flow, self.person());
        let alone = was == now || content.digest(scope) == now;
        let (id, beside) = match alone {
            false => (flow.open_draft(person, &text).await?, true),
            true => match flow
                .save_draft(person, &paper.id, paper.revision, &text)
                .await?
            {
                Saved::Next(_) => (paper.id, false),
                Saved::Beside(other) => (other, true),
            },
        };
        Ok(Kept {
            paper: Paper::new(paper.form, id, content, paper.today),
            beside,
        })
    }
}

/// A draft of this person and its form; none where it is a draft of something else.
///
/// # Errors
/// [`Stop::Conflict`] where its form is not in use any more.
pub(crate) async fn draft<'p>(
    portal: &'p Portal,
    person: &PersonRow,
    id: &str,
) -> Result<Option<Paper<'p>>, Stop> {
    let draft = portal.flow.draft(person, id).await?;
    let Some(content) = Content::read(draft.content.reveal()) else {
        return Ok(None);
    };
    let Some(form) = portal.flow.forms.form(&content.form) else {
        return Err(FlowError::Conflict(
            "this form is not in use any more: what you wrote is still with your drafts".to_owned(),
        )
        .into());
    };
    let today = local_date(portal.flow.clock.now());
    let mut paper = Paper::new(form, draft.id, content, today);
    paper.revision = draft.revision;
    paper.saved = draft.saved;
    Ok(Some(paper))
}

#[derive(Default)]
struct Parts {
    pairs: Vec<(String, String)>,
    /// Bytes of all fields together.
    words: usize,
    file: Option<Result<SheetText, &'static str>>,
    /// The file is so large that what comes after it is not read.
    is_cut: bool,
}

impl Parts {
    async fn take(&mut self, mut field: Field<'_>) -> Result<(), Stop> {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let (mut bytes, mut past) = (Vec::new(), 0);
        while let Some(chunk) = field.chunk().await.map_err(|_| Stop::Unread)? {
            if self.words + bytes.len() + chunk.len() <= WORDS {
                bytes.extend_from_slice(&chunk);
            } else if file.is_none() {
                return Err(Stop::Unread);
            } else {
                past += chunk.len();
                self.is_cut = past > READ_PAST;
                if self.is_cut {
                    break;
                }
            }
        }
        match file {
            Some(file) if file.is_empty() => {}
            Some(_) if past > 0 => self.file = Some(Err(TOO_LARGE)),
            Some(_) => self.file = Some(SheetText::read(&bytes)),
            None => {
                self.words += bytes.len();
                let text = String::from_utf8(bytes).map_err(|_| Stop::Unread)?;
                self.pairs.push((name, text));
            }
        }
        Ok(())
    }
}
