//! A file that has come whole is looked at before it counts: past the scanner, where there is
//! one, and into what it is.

use axum::body::Bytes;
use gateway_content::clamd::{ScanError, Scanner, Stream, UNSEEN, Verdict};
use gateway_content::{Finding, Limits, inspect};
use gateway_core::Channel;
use gateway_flow::FlowError;
use gateway_flow::body::StagedBody;
use gateway_flow::compose::{Arrived, Expected};
use gateway_flow::quarantine::Unproved;
use gateway_store::rows::PersonRow;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::Portal;
use crate::stop::Stop;

/// What is larger is not looked into, bytes.
const LOOKED_INTO: i64 = 32 << 20;

/// What the scanner says so far.
enum Watch {
    Off,
    On(Box<Stream>),
    TooLarge,
}

impl Watch {
    async fn begin(scanner: Option<&Scanner>) -> Result<Self, Stop> {
        match scanner {
            None => Ok(Self::Off),
            Some(scanner) => Ok(Self::On(Box::new(
                scanner.begin().await.map_err(|error| away(&error))?,
            ))),
        }
    }

    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if let Self::On(stream) = self {
            match stream.chunk(bytes).await {
                Ok(()) => {}
                Err(ScanError::TooLarge) => *self = Self::TooLarge,
                Err(error) => return Err(away(&error)),
            }
        }
        Ok(())
    }

    /// Whether it is malware; none where the scanner has not seen all of it.
    async fn finish(self) -> Result<Option<bool>, Stop> {
        match self {
            Self::Off => Ok(Some(false)),
            Self::TooLarge => Ok(None),
            Self::On(stream) => match stream.finish().await {
                Ok(Verdict::Clean) => Ok(Some(false)),
                Ok(Verdict::Infected { signature }) => {
                    tracing::warn!(%signature, "malware was found in a file of a draft");
                    Ok(Some(true))
                }
                Err(ScanError::TooLarge) => Ok(None),
                Err(error) => Err(away(&error)),
            },
        }
    }
}

/// Nothing is taken unscanned: the person tries again.
fn away(error: &ScanError) -> Stop {
    tracing::warn!(%error, "the scanner is away");
    Stop::Away
}

/// Looks at a file the last piece of which has come, and notes what was found.
///
/// # Errors
/// [`Stop::Conflict`], in words for the person, where it is not kept: it holds malware, and lies
/// in quarantine.
pub(crate) async fn look_at(
    portal: &Portal,
    person: &PersonRow,
    draft: &str,
    file: &str,
) -> Result<(), Stop> {
    let flow = &portal.flow;
    let draft_now = flow.draft(person, draft).await?;
    let known = draft_now.files.into_iter().find(|one| one.id == file);
    let known = known.ok_or(Stop::NotFound)?;
    let chunks = flow.read_file(person, draft, file).await?;
    let seen = (known.name.reveal().as_str(), known.media_type.as_str());
    let Some(arrived) = look(portal, seen, known.has, chunks).await? else {
        let chunks = flow.read_file(person, draft, file).await?;
        let body = flow.take_body(known.media_type, chunks).await?;
        keep_apart(portal, person, body).await?;
        flow.drop_file(person, draft, file).await?;
        return Err(malware(known.name.reveal()));
    };
    Ok(flow.finish_file(person, draft, file, arrived).await?)
}

/// Looks at a file that has come at once, and keeps it with what was found.
///
/// # Errors
/// As [`look_at`]; nothing of the file is in the draft then.
pub(crate) async fn look_at_whole(
    portal: &Portal,
    person: &PersonRow,
    file: Expected,
    body: StagedBody,
) -> Result<(), Stop> {
    let flow = &portal.flow;
    let chunks = flow.staged_stream(&body)?;
    let seen = (file.file.name.reveal().as_str(), body.media_type.as_str());
    let size = i64::try_from(body.size).unwrap_or(i64::MAX);
    let Some(arrived) = look(portal, seen, size, chunks).await? else {
        keep_apart(portal, person, body).await?;
        return Err(malware(file.file.name.reveal()));
    };
    Ok(flow.keep_file(person, file, body, arrived).await?)
}

/// What is found in a file; none where it is malware.
async fn look<E>(
    portal: &Portal,
    (name, media_type): (&str, &str),
    size: i64,
    mut chunks: mpsc::Receiver<Result<Bytes, E>>,
) -> Result<Option<Arrived>, Stop>
where
    FlowError: From<E>,
{
    let mut watch = Watch::begin(portal.scanner.as_ref()).await?;
    let mut hash = Sha256::new();
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk.map_err(FlowError::from)?;
        hash.update(&chunk);
        watch.chunk(&chunk).await?;
        if size <= LOOKED_INTO {
            bytes.extend_from_slice(&chunk);
        }
    }
    let mut arrived = Arrived {
        sha256: hash.finalize().into(),
        ..Arrived::default()
    };
    match watch.finish().await? {
        Some(true) => return Ok(None),
        Some(false) => {}
        None => {
            arrived.notes.push(UNSEEN.to_owned());
            arrived.holds = true;
        }
    }
    if size <= LOOKED_INTO {
        let seen =
            tokio::task::block_in_place(|| inspect(name, media_type, &bytes, &Limits::default()));
        arrived.holds |= seen.holds();
        arrived
            .notes
            .extend(seen.findings.iter().map(Finding::words));
    }
    Ok(Some(arrived))
}

/// Whether a text may go on.
///
/// # Errors
/// [`Stop::Conflict`] where the scanner finds malware in it.
pub(crate) async fn look_at_text(portal: &Portal, text: &str) -> Result<(), Stop> {
    let mut watch = Watch::begin(portal.scanner.as_ref()).await?;
    watch.chunk(text.as_bytes()).await?;
    match watch.finish().await? {
        Some(true) => Err(Stop::Conflict(
            "the text of this message holds malware: take it out".to_owned(),
        )),
        Some(false) | None => Ok(()),
    }
}

/// What holds malware goes to the coordination unit.
async fn keep_apart(
    portal: &Portal,
    person: &PersonRow,
    body: StagedBody,
) -> Result<(), FlowError> {
    let kept = portal
        .flow
        .keep_apart(Unproved {
            channel: Channel::Portal,
            reason: "malware",
            claimed: person.agency.clone().into(),
            agency: person.agency.parse().ok(),
            addressed: Vec::new(),
            body,
        })
        .await?;
    tracing::warn!(quarantine = %kept, "a file with malware in it is kept apart");
    Ok(())
}

fn malware(name: &str) -> Stop {
    Stop::Conflict(format!(
        "“{name}” holds malware: it was taken out, and the coordination unit can see that it was. Have your machine checked, and add a clean copy"
    ))
}
