//! The tables of a Word file's text, cell by cell: all that is read of it. Whatever Word or
//! `LibreOffice` do inside of a cell (split runs, move a content control) leaves the cell's text.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::error::ReadError;

/// A row of a table.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The table that it is of, from 1.
    pub(crate) table: usize,
    /// Its cells.
    pub(crate) cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// The bookmarks and the tags of content controls in it.
    pub(crate) names: Vec<String>,
    /// Its paragraphs.
    pub(crate) lines: Vec<String>,
    /// The day of a date control in it, as ISO 8601.
    pub(crate) day: Option<String>,
    /// How many columns it spans.
    span: usize,
}

impl Cell {
    /// Its text.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// What has no answer in it: the properties of things, what was deleted or moved away, the second
/// spelling of what is there twice, and pictures.
const PASSED_OVER: [&str; 12] = [
    "pPr",
    "rPr",
    "tblPr",
    "tblGrid",
    "sectPr",
    "del",
    "moveFrom",
    "Fallback",
    "drawing",
    "pict",
    "object",
    "instrText",
];

/// Reads the tables of a text.
pub(crate) fn rows(xml: &str) -> Result<Vec<Row>, ReadError> {
    let mut scan = Scan::default();
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event().map_err(|_| ReadError::Damaged)? {
            Event::Start(tag) => scan.start(&tag),
            Event::Empty(tag) => {
                scan.start(&tag);
                scan.end(tag.local_name().as_ref());
            }
            Event::End(tag) => scan.end(tag.local_name().as_ref()),
            Event::Text(text) => scan.text(&text.xml10_content()),
            Event::CData(text) => scan.text(&text.xml10_content()),
            Event::GeneralRef(name) => scan.text(&reference(&name)?),
            Event::DocType(_) => return Err(ReadError::External),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match scan.open {
        0 => Ok(scan.rows),
        _ => Err(ReadError::Damaged),
    }
}

/// What stands for a character; nothing else is known, as no document type says more.
pub(crate) fn reference(name: &BytesRef<'_>) -> Result<String, ReadError> {
    if let Some(c) = name.resolve_char_ref().map_err(|_| ReadError::Damaged)? {
        return Ok(c.to_string());
    }
    let known = resolve_predefined_entity(name.as_ref());
    known.map(str::to_owned).ok_or(ReadError::External)
}

/// An attribute's value, whatever its prefix.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|one| one.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

#[derive(Default)]
struct Scan {
    rows: Vec<Row>,
    tables: usize,
    /// Elements that are open; tables in tables; elements within what is passed over.
    open: usize,
    nested: usize,
    passed: usize,
    row: Option<Row>,
    cell: Option<Cell>,
    /// In the properties of a row, of which only its deletion matters.
    row_properties: bool,
    deleted: bool,
    /// In a `w:t`.
    is_text: bool,
    line: String,
}

impl Scan {
    fn start(&mut self, tag: &BytesStart<'_>) {
        self.open += 1;
        let name = tag.local_name();
        let name = name.as_ref();
        if self.row_properties && name == "del" {
            self.deleted = true;
        }
        if self.passed > 0 || PASSED_OVER.contains(&name) {
            self.passed += 1;
            return;
        }
        match name {
            "tbl" => {
                self.nested += 1;
                self.tables += usize::from(self.nested == 1);
            }
            "tr" if self.nested == 1 => {
                let (table, cells) = (self.tables, Vec::new());
                self.row = Some(Row { table, cells });
                self.deleted = false;
            }
            "tc" if self.nested == 1 => self.cell = Some(Cell::default()),
            "trPr" => self.row_properties = true,
            "t" => self.is_text = true,
            "tab" => self.line.push('\t'),
            "br" | "cr" => self.line.push('\n'),
            "noBreakHyphen" => self.line.push('-'),
            "sym" => self.line.push(symbol(tag)),
            _ => self.property(name, tag),
        }
    }

    fn property(&mut self, name: &str, tag: &BytesStart<'_>) {
        let Some(cell) = &mut self.cell else {
            return;
        };
        match name {
            "bookmarkStart" => cell.names.extend(attribute(tag, "name")),
            "tag" => cell.names.extend(attribute(tag, "val")),
            "date" => {
                let day = attribute(tag, "fullDate");
                cell.day = day.and_then(|day| day.get(..10).map(str::to_owned));
            }
            "gridSpan" => {
                let span = attribute(tag, "val").and_then(|span| span.parse().ok());
                cell.span = span.unwrap_or(1).min(64);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        self.open = self.open.saturating_sub(1);
        if self.passed > 0 {
            self.passed -= 1;
            return;
        }
        match name {
            "tbl" => self.nested = self.nested.saturating_sub(1),
            "tr" if self.nested == 1 => {
                let row = self.row.take();
                self.rows.extend(row.filter(|_| !self.deleted));
            }
            "tc" if self.nested == 1 => {
                if let (Some(row), Some(cell)) = (&mut self.row, self.cell.take()) {
                    let more = cell.span.saturating_sub(1);
                    row.cells.push(cell);
                    let wide = row.cells.len() + more;
                    row.cells.resize_with(wide, Cell::default);
                }
            }
            "trPr" => self.row_properties = false,
            "t" => self.is_text = false,
            "p" => {
                let line = std::mem::take(&mut self.line);
                if let Some(cell) = &mut self.cell {
                    cell.lines.extend(line.split('\n').map(str::to_owned));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_text && self.passed == 0 && self.cell.is_some() {
            self.line.push_str(text);
        }
    }
}

/// A sign of the font that Word had for ticks before it had one for all.
fn symbol(tag: &BytesStart<'_>) -> char {
    let code = attribute(tag, "char").and_then(|code| u32::from_str_radix(&code, 16).ok());
    match code.map(|code| code & 0xff) {
        Some(0xfe | 0xfd | 0xfc | 0x78) => '☒',
        Some(0xa8 | 0x6f | 0xa3) => '☐',
        Some(_) | None => '\u{fffd}',
    }
}
