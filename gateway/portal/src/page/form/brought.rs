//! Rows from a spreadsheet that a table's page brings: pasted, or of a file. One of the two is
//! taken at a time, so that neither is lost behind the other; what is not taken stays in view.

use gateway_forms::SheetText;
use serde_json::Value;

use super::capital;
use super::content::{Content, Paper};
use super::table::NAMED;
use crate::visitor::Fields;

/// The box of rows that are pasted.
pub(super) const PASTED: &str = "pasted";
/// The box of a file's rows that could not be taken.
pub(super) const FILED: &str = "filed";

/// What is said of a file with nothing in it.
const EMPTY: &str = "the file is empty: choose the one with the rows";
/// What is said of both at once.
const BOTH: &str = "You pasted rows and chose a file, and none of them was added. Both are on this page: empty the box that you do not want, or put all rows into one of them";
/// What is said of a file that would take the place of rows that were put right here.
const TWO_FILES: &str = "you changed the rows of the file that you had chosen: add them, or empty their box, and choose this file again";

/// Rows that are not in the table yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Untaken {
    pub(super) pasted: String,
    pub(super) filed: String,
}

/// What a page brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Brought {
    pub(super) untaken: Untaken,
    /// A file was read by a guess at how it is written.
    pub(super) guessed: bool,
    /// Why a file is not taken.
    pub(super) refused: Option<&'static str>,
}

impl Brought {
    /// What came in a page's boxes, and a file with it; `kept` is what the page was shown with.
    pub(super) fn of(
        fields: &Fields,
        file: Option<Result<SheetText, &'static str>>,
        kept: &Untaken,
    ) -> Self {
        let typed = |name: &str| match fields.one(name).replace("\r\n", "\n") {
            text if text.trim().is_empty() => String::new(),
            text => text,
        };
        let mut brought = Self {
            untaken: Untaken {
                pasted: typed(PASTED),
                filed: typed(FILED),
            },
            guessed: false,
            refused: None,
        };
        let filed = &mut brought.untaken.filed;
        // A browser drops a line's end at the beginning of a box.
        let is_changed = filed.trim() != kept.filed.replace("\r\n", "\n").trim();
        match file {
            None => {}
            Some(Err(why)) => brought.refused = Some(why),
            Some(Ok(sheet)) if sheet.text.trim().is_empty() => brought.refused = Some(EMPTY),
            Some(Ok(_)) if !filed.is_empty() && is_changed => brought.refused = Some(TWO_FILES),
            Some(Ok(sheet)) => {
                *filed = sheet.text;
                brought.guessed = sheet.is_guessed;
            }
        }
        brought
    }
}

impl Untaken {
    /// What a draft keeps of a table.
    pub(super) fn of(content: &Content, place: &str) -> Self {
        let kept = |of: &std::collections::BTreeMap<String, String>| of.get(place).cloned();
        Self {
            pasted: kept(&content.pasted).unwrap_or_default(),
            filed: kept(&content.filed).unwrap_or_default(),
        }
    }

    /// Keeps it with the draft.
    pub(super) fn keep(self, content: &mut Content, place: &str) {
        for (of, text) in [
            (&mut content.pasted, self.pasted),
            (&mut content.filed, self.filed),
        ] {
            match text.is_empty() {
                true => of.remove(place),
                false => of.insert(place.to_owned(), text),
            };
        }
    }

    /// The rows, where they are right, and pasted or of a file and not both.
    pub(super) fn rows(&self, paper: &Paper<'_>, place: &str) -> Option<Vec<Value>> {
        match (self.pasted.as_str(), self.filed.as_str()) {
            (text, "") | ("", text) if !text.is_empty() => read(paper, place, text).ok(),
            _ => None,
        }
    }

    /// All that is wrong, each with its box.
    pub(super) fn wrong(&self, paper: &Paper<'_>, place: &str) -> Vec<(String, &'static str)> {
        let of = |text: &str, at: &'static str| {
            let wrong = read(paper, place, text).err().unwrap_or_default();
            wrong.into_iter().map(|words| (words, at)).collect()
        };
        match (self.pasted.as_str(), self.filed.as_str()) {
            ("", "") => Vec::new(),
            (text, "") => of(text, PASTED),
            ("", text) => of(text, FILED),
            _ => vec![(BOTH.to_owned(), PASTED)],
        }
    }
}

/// The rows of a text, or all that is wrong with them, by line and column.
fn read(paper: &Paper<'_>, place: &str, text: &str) -> Result<Vec<Value>, Vec<String>> {
    let pasted = paper.form.paste(place, text.as_bytes(), paper.today);
    match (pasted.faults.as_slice(), pasted.rows) {
        ([], Value::Array(rows)) => Ok(rows),
        (faults, _) => {
            let more = faults.len().saturating_sub(NAMED);
            let named = faults.iter().take(NAMED);
            let mut wrong: Vec<String> = named.map(|one| capital(&one.to_string())).collect();
            wrong.extend((more > 0).then(|| format!("And {more} more")));
            Err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untaken(pasted: &str, filed: &str) -> Untaken {
        Untaken {
            pasted: pasted.to_owned(),
            filed: filed.to_owned(),
        }
    }

    fn brought(boxes: (&str, &str), file: &str, kept: &Untaken) -> (Untaken, Option<&'static str>) {
        let fields = [(PASTED, boxes.0), (FILED, boxes.1)];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let file = (!file.is_empty()).then(|| SheetText::read(file.as_bytes()));
        let brought = Brought::of(&Fields::from(fields.to_vec()), file, kept);
        (brought.untaken, brought.refused)
    }

    #[test]
    fn nothing_that_a_page_brings_is_lost_behind_something_else() {
        let nothing = Untaken::default();
        assert_eq!(
            brought(("a,b\r\n", ""), "c,d", &nothing),
            (untaken("a,b\n", "c,d"), None),
            "pasted, and a file"
        );
        assert_eq!(
            brought((" \r\n", ""), "c,d", &nothing),
            (untaken("", "c,d"), None)
        );
        assert_eq!(
            brought(("a,b", ""), " ", &nothing),
            (untaken("a,b", ""), Some(EMPTY))
        );
        let kept = untaken("", "\r\nc,x\r\n");
        assert_eq!(
            brought(("", "c,x\r\n"), "c,d", &kept),
            (untaken("", "c,d"), None),
            "the file again, once it is right"
        );
        assert_eq!(
            brought(("", "c,y"), "c,d", &kept),
            (untaken("", "c,y"), Some(TWO_FILES)),
            "put right on the page"
        );
        assert_eq!(brought(("", ""), "c,d", &kept), (untaken("", "c,d"), None));
    }
}
