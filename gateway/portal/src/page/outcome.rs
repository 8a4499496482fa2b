//! What becomes of each item for each recipient, in the words of the rules.

use std::collections::BTreeMap;

use gateway_core::Outcome;
use gateway_flow::DecisionView;

use crate::Portal;
use crate::stop::Stop;
use crate::words;

/// The rule for recipients with no part in the case.
const NO_PART: &str = "ISP-41";

/// What a recipient gets, waits for, and does not get.
#[derive(Debug, Default)]
pub(crate) struct Recipient {
    /// The agency's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// It has no part in this case.
    pub(crate) stranger: bool,
    /// What it gets, each with what that obliges to.
    pub(crate) gets: Vec<Piece>,
    /// What waits for somebody's decision, with whose and why.
    pub(crate) waits: Vec<Piece>,
    /// What it does not get, with why.
    pub(crate) refused: Vec<Piece>,
}

/// What the same is said of: the titles of items, and the words.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) title: String,
    pub(crate) words: Vec<String>,
}

/// The parts of a form are many, and mostly the same is said of them: it is said once.
fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.iter_mut().find(|known| known.words == piece.words) {
        Some(known) => {
            known.title.push_str("; ");
            known.title.push_str(&piece.title);
        }
        None => pieces.push(piece),
    }
}

/// The matrix by recipient; `titles` are the items', from the first.
pub(crate) async fn by_recipient(
    portal: &Portal,
    matrix: &[DecisionView],
    titles: &[String],
) -> Result<Vec<Recipient>, Stop> {
    let mut names = BTreeMap::new();
    let mut recipients: Vec<Recipient> = Vec::new();
    for cell in matrix {
        let id = cell.recipient.to_string();
        let known = recipients.iter().position(|one| one.id == id);
        let at = if let Some(at) = known {
            at
        } else {
            recipients.push(Recipient {
                name: name(portal, &mut names, &id).await?,
                id,
                ..Recipient::default()
            });
            recipients.len() - 1
        };
        let n = usize::try_from(cell.item - 1).unwrap_or_default();
        let mut piece = Piece {
            title: titles.get(n).cloned().unwrap_or_default(),
            words: cell
                .rules
                .iter()
                .map(|hit| format!("{}.", hit.title))
                .collect(),
        };
        let Some(recipient) = recipients.get_mut(at) else {
            continue;
        };
        recipient.stranger |= cell.rules.iter().any(|hit| hit.rule == NO_PART);
        match cell.outcome {
            Outcome::Permit => {
                let obligations = cell.obligations.iter();
                piece.words = obligations
                    .filter_map(|one| words::obligation(*one))
                    .collect();
                add(&mut recipient.gets, piece);
            }
            Outcome::Hold => {
                for reviewer in &cell.reviewers {
                    let at = name(portal, &mut names, reviewer.agency.as_str()).await?;
                    let who = words::role(reviewer.role.as_str());
                    piece.words.push(format!("The {who} of {at} decides."));
                }
                add(&mut recipient.waits, piece);
            }
            Outcome::Refuse => add(&mut recipient.refused, piece),
        }
    }
    Ok(recipients)
}

async fn name(
    portal: &Portal,
    names: &mut BTreeMap<String, String>,
    id: &str,
) -> Result<String, Stop> {
    if let Some(name) = names.get(id) {
        return Ok(name.clone());
    }
    let name = portal.flow.agency_row(id).await?.name;
    names.insert(id.to_owned(), name.clone());
    Ok(name)
}
