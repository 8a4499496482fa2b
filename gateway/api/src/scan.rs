//! What comes is looked at for malware while it is sealed, where a scanner is configured. Nothing
//! goes on that was not looked at: without an answer nothing is taken, what is found is kept
//! apart, and what is too large for the scanner, or is not what it is called, waits for a person.

use gateway_content::clamd::{self, ScanError, Scanner, UNSEEN, Verdict};
use gateway_content::{Beginning, Finding};
use gateway_core::code::UnknownCode;
use gateway_core::{AgencyId, Category, Channel};
use gateway_flow::body::StagedBody;
use gateway_flow::form::{FormDocument, GivenDocument};
use gateway_flow::quarantine::Unproved;
use gateway_flow::submission::{Caller, ItemClaim, Particulars};
use gateway_http::{Fault, FieldError};

use crate::Api;
use crate::error::Refused;

/// A sealed body, and what the scanner said of its content.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) body: StagedBody,
    pub(crate) seen: Seen,
    /// How it begins, of a document.
    pub(crate) beginning: Option<Beginning>,
}

impl Scanned {
    /// Why a person has to see it first, under the name that it is sent by.
    fn notes(&self, name: &str) -> Vec<String> {
        let unseen = (self.seen == Seen::TooLarge).then(|| UNSEEN.to_owned());
        let findings = self.beginning.as_ref();
        let findings = findings.map(|one| one.findings(name, &self.body.media_type));
        let words = findings.iter().flatten().map(Finding::words);
        unseen.into_iter().chain(words).collect()
    }
}

/// What the scanner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing was found, or no scanner is configured.
    Clean,
    /// Malware.
    Infected,
    /// The scanner takes no document so large.
    TooLarge,
}

/// A content on its way past the scanner.
pub(crate) struct Watch {
    scanner: clamd::Watch,
    beginning: Beginning,
}

impl Watch {
    /// Begins, where there is a scanner.
    pub(crate) async fn begin(scanner: Option<&Scanner>) -> Result<Self, Fault> {
        let begun = clamd::Watch::begin(scanner).await;
        let scanner = begun.map_err(|error| away(&error))?;
        Ok(Self {
            scanner,
            beginning: Beginning::default(),
        })
    }

    /// The next bytes.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.beginning.chunk(bytes);
        let taken = self.scanner.chunk(bytes).await;
        taken.map_err(|error| away(&error))
    }

    /// There is no more: what the scanner says, and how it began.
    pub(crate) async fn finish(self) -> Result<(Seen, Beginning), Fault> {
        Ok((seen(self.scanner.finish().await)?, self.beginning))
    }
}

/// Looks at a text.
pub(crate) async fn text(scanner: Option<&Scanner>, text: &str) -> Result<Seen, Fault> {
    match scanner {
        None => Ok(Seen::Clean),
        Some(scanner) => seen(scanner.scan(text.as_bytes()).await),
    }
}

fn seen(said: Result<Verdict, ScanError>) -> Result<Seen, Fault> {
    match said {
        Ok(Verdict::Clean) => Ok(Seen::Clean),
        Ok(Verdict::Infected { signature }) => {
            tracing::warn!(%signature, "malware was found in what came by the API");
            Ok(Seen::Infected)
        }
        Err(ScanError::TooLarge) => Ok(Seen::TooLarge),
        Err(error) => Err(away(&error)),
    }
}

/// Nothing is taken unscanned: the sender tries again.
fn away(error: &ScanError) -> Fault {
    Fault::unavailable(error)
}

/// The bodies that may go on, in the items' order, and what the sender should know of them. With
/// malware in one of them the whole request is refused, and what holds it is kept apart; a
/// preview keeps nothing.
pub(crate) async fn passed(
    api: &Api,
    caller: &Caller,
    particulars: &mut Particulars,
    scanned: Vec<Scanned>,
    preview: bool,
) -> Result<(Vec<StagedBody>, Vec<String>), Refused> {
    if scanned.iter().any(|one| one.seen == Seen::Infected) {
        let addressed = particulars.recipients.iter();
        let addressed = addressed.map(|to| to.agency.clone()).collect();
        return Err(infected(api, caller, ("item", addressed), scanned, preview)
            .await?
            .into());
    }
    let mut bodies = Vec::new();
    let mut warnings = Vec::new();
    for (n, (one, item)) in (1..).zip(scanned.into_iter().zip(&mut particulars.items)) {
        let notes = one.notes(item.title.reveal());
        warnings.extend(notes.iter().map(|why| waits("item", n, why)));
        unlabel(item, notes);
        bodies.push(one.body);
    }
    Ok((bodies, warnings))
}

/// The same of the documents of a form: as it takes them, and what the sender should know.
pub(crate) async fn passed_of_form(
    api: &Api,
    caller: &Caller,
    addressed: Vec<AgencyId>,
    paired: Vec<(GivenDocument, Scanned)>,
    preview: bool,
) -> Result<(Vec<FormDocument>, Vec<String>), Refused> {
    if paired.iter().any(|(_, one)| one.seen == Seen::Infected) {
        let scanned = paired.into_iter().map(|(_, one)| one).collect();
        let of = ("document", addressed);
        return Err(infected(api, caller, of, scanned, preview).await?.into());
    }
    let (mut documents, mut warnings) = (Vec::new(), Vec::new());
    let mut faults = Vec::new();
    for (n, (given, one)) in (1..).zip(paired) {
        let category: Category = match given.category.parse() {
            Ok(category) => category,
            Err(error) => {
                let error: UnknownCode = error;
                let pointer = format!("/documents/{}/category", n - 1);
                faults.push(FieldError::new(pointer, error.to_string()));
                continue;
            }
        };
        let notes = one.notes(&given.title);
        let mut document = FormDocument::new(given.title.into(), category, one.body);
        for why in notes {
            document.unlabel(&why);
            warnings.push(waits("document", n, &why));
        }
        documents.push(document);
    }
    match faults.is_empty() {
        true => Ok((documents, warnings)),
        false => Err(Fault::Unprocessable(faults).into()),
    }
}

/// What the sender is told of an item or document that does not go on by itself.
fn waits(what: &str, n: usize, why: &str) -> String {
    format!("{what} {n} {why}: it waits for a person to look at it and to say what it is")
}

fn unlabel(item: &mut ItemClaim, notes: Vec<String>) {
    if !notes.is_empty() {
        item.notes.extend(notes);
        item.unlabel();
    }
}

async fn infected(
    api: &Api,
    caller: &Caller,
    (what, addressed): (&str, Vec<AgencyId>),
    scanned: Vec<Scanned>,
    preview: bool,
) -> Result<Fault, Refused> {
    let mut errors = Vec::new();
    for (n, one) in scanned.into_iter().enumerate() {
        if one.seen != Seen::Infected {
            continue;
        }
        if !preview {
            let apart = Unproved {
                channel: Channel::Api,
                reason: "malware",
                claimed: caller.agency.to_string().into(),
                agency: Some(caller.agency.clone()),
                addressed: addressed.clone(),
                body: one.body,
            };
            let kept = api.flow.keep_apart(apart).await?;
            tracing::warn!(quarantine = %kept, agency = %caller.agency, item = n + 1, "an item with malware in it is kept apart");
        }
        errors.push(FieldError::new(
            format!("/{what}s/{n}"),
            format!("{what} {} holds malware: take it out", n + 1),
        ));
    }
    Ok(Fault::Malware(errors))
}

#[cfg(test)]
mod tests {
    use gateway_core::Category;

    use super::*;

    #[test]
    fn what_the_scanner_has_not_seen_is_unlabelled_and_says_what_it_was_called() {
        let mut item = ItemClaim::new("film.mp4".to_owned().into());
        item.category = Some(Category::Risk);
        unlabel(&mut item, Vec::new());
        assert_eq!(item.category, Some(Category::Risk));
        unlabel(&mut item, vec![UNSEEN.to_owned()]);
        assert_eq!(item.category, None);
        assert_eq!(item.notes, [UNSEEN, "was called RISK by the sender"]);
    }

    #[test]
    fn only_a_clean_answer_is_clean_and_none_is_unavailable() {
        assert_eq!(seen(Ok(Verdict::Clean)), Ok(Seen::Clean));
        let signature = "Eicar".to_owned();
        assert_eq!(
            seen(Ok(Verdict::Infected { signature })),
            Ok(Seen::Infected)
        );
        assert_eq!(seen(Err(ScanError::TooLarge)), Ok(Seen::TooLarge));
        for error in [
            ScanError::TimedOut,
            ScanError::Unreachable(std::io::ErrorKind::ConnectionRefused.into()),
            ScanError::Unexpected("PONG".to_owned()),
        ] {
            assert_eq!(seen(Err(error)), Err(Fault::Unavailable));
        }
    }
}
