//! A file that has come whole is looked at before it counts: past the scanner, where there is
//! one, and into what it is.

use gateway_content::clamd::{ScanError, Scanner, Stream, UNSEEN, Verdict};
use gateway_content::{Finding, Limits, inspect};
use gateway_core::Channel;
use gateway_flow::FlowError;
use gateway_flow::compose::{Arrived, DraftFile};
use gateway_flow::quarantine::Unproved;
use gateway_store::rows::PersonRow;
use sha2::{Digest as _, Sha256};
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

/// Looks at a file all of which has come, and notes what was found.
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
    let mut chunks = flow.read_file(person, draft, file).await?;
    let mut watch = Watch::begin(portal.scanner.as_ref()).await?;
    let mut hash = Sha256::new();
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk?;
        hash.update(&chunk);
        watch.chunk(&chunk).await?;
        if known.has <= LOOKED_INTO {
            bytes.extend_from_slice(&chunk);
        }
    }
    let mut arrived = Arrived {
        sha256: hash.finalize().into(),
        ..Arrived::default()
    };
    match watch.finish().await? {
        Some(true) => return Err(keep_apart(portal, person, draft, &known).await?),
        Some(false) => {}
        None => {
            arrived.notes.push(UNSEEN.to_owned());
            arrived.holds = true;
        }
    }
    if known.has <= LOOKED_INTO {
        let name = known.name.reveal();
        let seen = tokio::task::block_in_place(|| {
            inspect(name, &known.media_type, &bytes, &Limits::default())
        });
        arrived.holds |= seen.holds();
        arrived
            .notes
            .extend(seen.findings.iter().map(Finding::words));
    }
    Ok(flow.finish_file(person, draft, file, arrived).await?)
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

/// What holds malware goes to the coordination unit, and out of the draft.
async fn keep_apart(
    portal: &Portal,
    person: &PersonRow,
    draft: &str,
    file: &DraftFile,
) -> Result<Stop, FlowError> {
    let flow = &portal.flow;
    let chunks = flow.read_file(person, draft, &file.id).await?;
    let body = flow.take_body(file.media_type.clone(), chunks).await?;
    let agency = person.agency.parse().ok();
    let kept = flow
        .keep_apart(Unproved {
            channel: Channel::Portal,
            reason: "malware",
            claimed: person.agency.clone().into(),
            agency,
            addressed: Vec::new(),
            body,
        })
        .await?;
    tracing::warn!(quarantine = %kept, "a file with malware in it is kept apart");
    flow.drop_file(person, draft, &file.id).await?;
    Ok(Stop::Conflict(format!(
        "“{}” holds malware: it was taken out, and the coordination unit can see that it was. Have your machine checked, and add a clean copy",
        file.name.reveal()
    )))
}
