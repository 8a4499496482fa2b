//! Content looked at before it is sealed: for malware where a scanner is configured, and for
//! what a person has to see first.

use gateway_content::clamd::{ScanError, Verdict};
use gateway_content::{Limits, inspect};

use crate::error::Trouble;
use crate::room::Mailroom;

/// What was seen.
pub(crate) struct Seen {
    /// The media type by content.
    pub media_type: String,
    /// What a person has to know, in words.
    pub notes: Vec<String>,
    /// A person has to look at it before it goes on.
    pub holds: bool,
    /// It is malware.
    pub infected: bool,
}

/// Looks at one document.
pub(crate) async fn look(
    room: &Mailroom,
    name: &str,
    declared: &str,
    bytes: &[u8],
) -> Result<Seen, Trouble> {
    let scanned = match &room.0.settings.scanner {
        Some(scanner) => Some(scanner.scan(bytes).await),
        None => None,
    };
    let limits = Limits::default();
    // It may decompress for a while.
    let inspection = match bytes.len() {
        0..=65_536 => inspect(name, declared, bytes, &limits),
        _ => tokio::task::block_in_place(|| inspect(name, declared, bytes, &limits)),
    };
    let mut seen = Seen {
        media_type: media_type(declared, &inspection.media_type),
        holds: inspection.holds(),
        notes: inspection
            .findings
            .iter()
            .map(gateway_content::Finding::words)
            .collect(),
        infected: false,
    };
    match scanned {
        None | Some(Ok(Verdict::Clean)) => {}
        Some(Ok(Verdict::Infected { signature })) => {
            tracing::warn!(%signature, "malware was found in a mail");
            seen.infected = true;
        }
        Some(Err(ScanError::TooLarge)) => {
            seen.holds = true;
            seen.notes.push(
                "is too large for the scanner: nobody has looked for malware in it".to_owned(),
            );
        }
        Some(Err(error)) => return Err(error.into()),
    }
    Ok(seen)
}

/// The type that the content shows; where it shows none, or both are text, the declared one.
fn media_type(declared: &str, real: &str) -> String {
    let unknown = real == "application/octet-stream" && !declared.is_empty();
    let text = real.starts_with("text/") && declared.starts_with("text/");
    if unknown || text { declared } else { real }.to_owned()
}
