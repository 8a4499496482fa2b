//! How a field is named in a Word file. Word keeps the tag of a content control; `LibreOffice` (7.4)
//! drops it, and keeps bookmarks. So both are written, and the bookmarks are in the cells that
//! people do not write in: a field's in its label, a column's in its heading.

use std::collections::BTreeMap;

use gateway_forms::{Definition, Kind};

/// The bookmark, the tag and the document property with the form's id and version.
pub(crate) const FORM_BOOKMARK: &str = "gateway_form";
pub(crate) const FORM_TAG: &str = "gateway-form";
pub(crate) const FORM_PROPERTY: &str = "Gateway form";
/// What an unanswered control shows: some of Word's own words among them.
pub(crate) const CHOOSE: &str = "Choose an answer";
pub(crate) const PICK: &str = "Pick a date";
pub(crate) const PLACEHOLDERS: [&str; 8] = [
    CHOOSE,
    PICK,
    "Choose an item.",
    "Click or tap here to enter text.",
    "Click or tap to enter a date.",
    "Click here to enter text.",
    "Click here to enter a date.",
    "Choose a block.",
];
/// Word's limits: a bookmark's name, and a tag.
const BOOKMARK: usize = 40;
pub(crate) const TAG: usize = 64;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field: its section and its place in it.
    Field(usize, usize),
    /// The word that a table has no rows.
    None(usize, usize),
    /// A column.
    Column(usize, usize, usize),
}

/// The names of a form's fields and columns: bookmarks and tags alike.
pub(crate) fn places(form: &Definition) -> BTreeMap<String, Place> {
    let mut places = BTreeMap::new();
    let mut add = |path: &str, place: Place| {
        places.insert(bookmark(path), place);
        places.insert(path.to_owned(), place);
    };
    for (s, section) in form.sections.iter().enumerate() {
        for (f, field) in section.fields.iter().enumerate() {
            let path = format!("{}.{}", section.id, field.id);
            if field.kind != Kind::Rows {
                add(&path, Place::Field(s, f));
                continue;
            }
            add(&none(&path), Place::None(s, f));
            for (c, column) in field.columns.iter().enumerate() {
                add(&format!("{path}.{}", column.id), Place::Column(s, f, c));
            }
        }
    }
    places
}

/// The path of a table's word that it has no rows: no column can have it.
pub(crate) fn none(path: &str) -> String {
    format!("{path}.-none")
}

/// A path as a bookmark's name: letters, digits and `_`, and a check of all of it where it is cut.
pub(crate) fn bookmark(path: &str) -> String {
    let name = format!("q_{}", path.replace('.', "__").replace('-', "0"));
    if name.len() <= BOOKMARK {
        return name;
    }
    let hash = path.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let kept: String = name.chars().take(BOOKMARK - 9).collect();
    format!("{kept}_{hash:08x}")
}

/// The form's id and version, as they are written in the file.
pub(crate) fn identity(form: &str, version: &str) -> String {
    format!("{form} version {version}")
}
