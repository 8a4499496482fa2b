//! Content looked at before it is sealed: for malware where a scanner is configured, and for
//! what a person has to see first.

use gateway_content::clamd::{ScanError, UNSEEN, Verdict};
use gateway_content::{Limits, inspect};

use crate::error::Trouble;
use crate::room::Mailroom;

/// The media type of a mail.
const MAIL: &str = "message/rfc822";
/// How deep mails within mails are looked into.
const DEEPEST: usize = 5;

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
            seen.notes.push(UNSEEN.to_owned());
        }
        Some(Err(error)) => return Err(error.into()),
    }
    Ok(seen)
}

/// Looks at a document, and, where it is a whole mail, at all that was attached to that: a mail
/// within a mail is not seen into by everything that looks at files.
pub(crate) async fn look_through(
    room: &Mailroom,
    name: &str,
    declared: &str,
    bytes: &[u8],
) -> Result<Seen, Trouble> {
    let mut seen = look(room, name, declared, bytes).await?;
    let mut mails = Vec::new();
    if is_mail(name, declared) {
        seen.media_type = MAIL.to_owned();
        mails.push((bytes.to_vec(), 0));
    }
    while let Some((mail, depth)) = mails.pop() {
        let Ok(within) = gateway_email::read(&mail, &gateway_email::Limits::default()) else {
            hold(&mut seen, "holds a mail that cannot be read");
            continue;
        };
        let text = within.text.reveal().as_bytes();
        merge(&mut seen, look(room, "", "text/plain", text).await?);
        for part in within.parts {
            let (name, declared) = (part.name.reveal(), &part.media_type);
            let bytes = part.bytes.reveal();
            merge(&mut seen, look(room, name, declared, bytes).await?);
            match (is_mail(name, declared), depth < DEEPEST) {
                (true, true) => mails.push((bytes.clone(), depth + 1)),
                (true, false) => hold(&mut seen, "holds mails within mails, too deep to be read"),
                (false, _) => {}
            }
        }
    }
    Ok(seen)
}

fn is_mail(name: &str, declared: &str) -> bool {
    matches!(declared, MAIL | "message/global")
        || name
            .rsplit_once('.')
            .is_some_and(|(_, end)| end.eq_ignore_ascii_case("eml"))
}

fn hold(seen: &mut Seen, why: &str) {
    seen.holds = true;
    if !seen.notes.iter().any(|note| note == why) {
        seen.notes.push(why.to_owned());
    }
}

fn merge(seen: &mut Seen, within: Seen) {
    seen.infected |= within.infected;
    seen.holds |= within.holds;
    for note in within.notes {
        if !seen.notes.contains(&note) {
            seen.notes.push(note);
        }
    }
}

/// The type that the content shows; where it shows none, or both are text, the declared one.
fn media_type(declared: &str, real: &str) -> String {
    let unknown = real == "application/octet-stream" && !declared.is_empty();
    let text = real.starts_with("text/") && declared.starts_with("text/");
    if unknown || text { declared } else { real }.to_owned()
}
