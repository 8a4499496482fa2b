//! Pieces of `WordprocessingML` (ISO/IEC 29500-1, 17).

use std::fmt::Write as _;

use crate::names::TAG;

/// A text with what XML gives a meaning to written out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A run of text in a character style; tabs as Word writes them.
pub(crate) fn run(style: Option<&str>, text: &str) -> String {
    let mut run = String::from("<w:r>");
    if let Some(style) = style {
        let _ = write!(run, "<w:rPr><w:rStyle w:val=\"{style}\"/></w:rPr>");
    }
    for (n, piece) in text.split('\t').enumerate() {
        if n > 0 {
            run.push_str("<w:tab/>");
        }
        let _ = write!(run, "<w:t xml:space=\"preserve\">{}</w:t>", escape(piece));
    }
    run.push_str("</w:r>");
    run
}

/// A paragraph of some content, in a style.
pub(crate) fn paragraph(style: &str, content: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{content}</w:p>")
}

/// A content control of some kind around some content.
pub(crate) fn control(name: &Name<'_>, kind: &str, content: &str) -> String {
    let tag = match name.tag.len() <= TAG {
        true => format!("<w:tag w:val=\"{}\"/>", escape(name.tag)),
        false => String::new(),
    };
    let alias: String = name.alias.chars().take(TAG).collect();
    let lock = match name.locked {
        true => "<w:lock w:val=\"sdtContentLocked\"/>",
        false => "",
    };
    let hint = match name.is_hint {
        true => "<w:showingPlcHdr/>",
        false => "",
    };
    format!(
        "<w:sdt><w:sdtPr><w:alias w:val=\"{}\"/>{tag}<w:id w:val=\"{}\"/>{lock}{hint}{kind}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>",
        escape(&alias),
        name.id,
    )
}

/// What a content control is called, and how it is.
pub(crate) struct Name<'a> {
    /// For people.
    pub(crate) alias: &'a str,
    /// For us.
    pub(crate) tag: &'a str,
    /// The document's own.
    pub(crate) id: u32,
    /// Nobody changes it.
    pub(crate) locked: bool,
    /// It shows a hint, and no answer.
    pub(crate) is_hint: bool,
}

/// A bookmark around some content.
pub(crate) fn bookmarked(name: &str, id: u32, content: &str) -> String {
    format!(
        "<w:bookmarkStart w:id=\"{id}\" w:name=\"{}\"/>{content}<w:bookmarkEnd w:id=\"{id}\"/>",
        escape(name)
    )
}

/// A cell of a width, shaded or not.
pub(crate) fn cell(width: u32, shaded: bool, content: &str) -> String {
    let shade = match shaded {
        true => "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F3F2F1\"/>",
        false => "",
    };
    format!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{shade}</w:tcPr>{content}</w:tc>")
}

/// A table of rows; a name for those who do not see it.
pub(crate) fn table(name: &str, widths: &[u32], first_column: bool, rows: &str) -> String {
    let columns: Vec<String> = widths
        .iter()
        .map(|width| format!("<w:gridCol w:w=\"{width}\"/>"))
        .collect();
    let (row, column) = match first_column {
        true => (0, 1),
        false => (1, 0),
    };
    let total: u32 = widths.iter().sum();
    format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"FormTable\"/><w:tblW w:w=\"{total}\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>\
         <w:tblLook w:val=\"0000\" w:firstRow=\"{row}\" w:lastRow=\"0\" w:firstColumn=\"{column}\" w:lastColumn=\"0\" w:noHBand=\"1\" w:noVBand=\"1\"/>\
         <w:tblCaption w:val=\"{}\"/></w:tblPr><w:tblGrid>{}</w:tblGrid>{rows}</w:tbl>",
        escape(name),
        columns.concat()
    )
}

/// A row that is not cut at a page's end, at least so high; one of headings is repeated on each
/// page.
pub(crate) fn row(kind: Height, cells: &str) -> String {
    let properties = match kind {
        Height::Headings => "<w:tblHeader/>",
        Height::Line => "<w:trHeight w:val=\"400\" w:hRule=\"atLeast\"/>",
        Height::Text => "<w:trHeight w:val=\"1300\" w:hRule=\"atLeast\"/>",
    };
    format!("<w:tr><w:trPr><w:cantSplit/>{properties}</w:trPr>{cells}</w:tr>")
}

/// How high a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Height {
    /// Of headings.
    Headings,
    /// Room for a line.
    Line,
    /// Room for a text.
    Text,
}
