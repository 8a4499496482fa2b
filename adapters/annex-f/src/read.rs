//! A Word file that was filled in, as answers for [`gateway_forms::Body::gather`].

use std::collections::BTreeMap;

use gateway_forms::{Definition, Field, Kind, day};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};

use crate::archive::Archive;
use crate::cells::{Cell, Row, attribute, reference, rows};
use crate::error::ReadError;
use crate::names::{FORM_BOOKMARK, FORM_PROPERTY, FORM_TAG, PLACEHOLDERS, Place, identity, places};

/// Signs of a box that is ticked, and of one that is not.
const TICKED: [char; 6] = ['☒', '☑', '✓', '✔', '✗', '✘'];
const UNTICKED: [char; 2] = ['☐', '□'];

/// A Word file that is one of the gateway's forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    form: String,
    version: String,
    rows: Vec<Row>,
}

impl Filled {
    /// Opens a Word file.
    ///
    /// # Errors
    /// [`ReadError`], with what to do about it.
    pub fn open(bytes: &[u8]) -> Result<Self, ReadError> {
        let archive = Archive::open(bytes)?;
        let types = archive.part("[Content_Types].xml")?;
        let types = types.ok_or(ReadError::NoWord)?;
        if types.contains("macroEnabled") {
            return Err(ReadError::Macros);
        }
        if !types.contains("wordprocessingml") {
            return Err(ReadError::NoWord);
        }
        let document = archive.part("word/document.xml")?;
        let rows = rows(&document.ok_or(ReadError::NoWord)?)?;
        let property = match archive.part("docProps/custom.xml")? {
            Some(custom) => property(&custom)?,
            None => None,
        };
        let name = property.or_else(|| named(&rows)).ok_or(ReadError::NoForm)?;
        let (form, version) = name.split_once(" version ").ok_or(ReadError::NoForm)?;
        Ok(Self {
            form: form.trim().to_owned(),
            version: version.trim().to_owned(),
            rows,
        })
    }

    /// The form's id.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// The form's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The answers, as they stand there.
    ///
    /// # Errors
    /// [`ReadError::OtherForm`] where the file is of another form or version.
    pub fn answers(&self, form: &Definition) -> Result<Value, ReadError> {
        if self.form != form.id || self.version != form.version {
            return Err(ReadError::OtherForm {
                found: identity(&self.form, &self.version),
                wanted: identity(&form.id, &form.version),
            });
        }
        let mut gathered = Gathered::new(form);
        for row in &self.rows {
            gathered.row(row);
        }
        Ok(gathered.answers())
    }
}

/// Reads the answers of a Word file of a form.
///
/// # Errors
/// [`ReadError`], with what to do about it.
pub fn read(form: &Definition, bytes: &[u8]) -> Result<Value, ReadError> {
    Filled::open(bytes)?.answers(form)
}

/// The document property that names the form.
fn property(xml: &str) -> Result<Option<String>, ReadError> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let (mut wanted, mut value) = (false, String::new());
    loop {
        match reader.read_event().map_err(|_| ReadError::Damaged)? {
            Event::Start(tag) if tag.local_name().as_ref() == "property" => {
                wanted = attribute(&tag, "name").as_deref() == Some(FORM_PROPERTY);
            }
            Event::Text(text) if wanted => value.push_str(&text.xml10_content()),
            Event::GeneralRef(name) if wanted => value.push_str(&reference(&name)?),
            Event::End(tag) if tag.local_name().as_ref() == "property" => wanted = false,
            Event::DocType(_) => return Err(ReadError::External),
            Event::Eof => break,
            Event::Start(_)
            | Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
    let value = value.trim().to_owned();
    Ok((!value.is_empty()).then_some(value))
}

/// The cell that names the form, where the property is lost.
fn named(rows: &[Row]) -> Option<String> {
    rows.iter().find_map(|row| {
        let is = |cell: &Cell| {
            let mut names = cell.names.iter();
            names.any(|name| name == FORM_BOOKMARK || name == FORM_TAG)
        };
        row.cells.iter().any(is).then_some(())?;
        let last = row.cells.last()?.text();
        Some(last.trim().to_owned())
    })
}

/// Answers that are being gathered.
struct Gathered<'f> {
    form: &'f Definition,
    places: BTreeMap<String, Place>,
    /// The columns of the table that is being read: its number, and the place of each.
    headings: (usize, Vec<Option<Place>>),
    /// Answers, and tables, by the places of their section and field.
    fields: BTreeMap<(usize, usize), Value>,
    tables: BTreeMap<(usize, usize), Table>,
}

#[derive(Default)]
struct Table {
    none: bool,
    rows: Vec<Value>,
}

impl<'f> Gathered<'f> {
    fn new(form: &'f Definition) -> Self {
        Self {
            form,
            places: places(form),
            headings: (0, Vec::new()),
            fields: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    fn row(&mut self, row: &Row) {
        let named: Vec<Option<Place>> = row.cells.iter().map(|cell| self.place(cell)).collect();
        let is_column = |place: &Option<Place>| matches!(place, Some(Place::Column(..)));
        let is_heading = |cell: &Cell| cell.names.iter().any(|name| name.starts_with("q_"));
        if named.iter().any(is_column) {
            if row.cells.iter().any(is_heading) {
                self.headings = (row.table, named);
            } else {
                self.line(row, &named);
            }
        } else if let Some(at) = named.iter().position(Option::is_some) {
            self.question(row, at, named[at]);
        } else if self.headings.0 == row.table {
            let headings = self.headings.1.clone();
            self.line(row, &headings);
        }
    }

    fn place(&self, cell: &Cell) -> Option<Place> {
        let mut names = cell.names.iter();
        names.find_map(|name| self.places.get(name)).copied()
    }

    /// A question: its label's cell, and the answer's after it; or the answer's alone, by its tag.
    fn question(&mut self, row: &Row, at: usize, place: Option<Place>) {
        let cell = match row.cells.get(at + 1) {
            Some(answer) => answer,
            None => &row.cells[at],
        };
        match place {
            Some(Place::None(s, f)) => {
                if cell.text().contains(TICKED) {
                    self.tables.entry((s, f)).or_default().none = true;
                }
            }
            Some(Place::Field(s, f)) => {
                let field = &self.form.sections[s].fields[f];
                if let Some(answer) = answer(field, cell, false) {
                    self.fields.entry((s, f)).or_insert(answer);
                }
            }
            Some(Place::Column(..)) | None => {}
        }
    }

    /// A row of a table to fill in: a cell is of the column that its own tag names, or else of
    /// that which it stands under.
    fn line(&mut self, row: &Row, headings: &[Option<Place>]) {
        let mut filled = Map::new();
        let mut of = None;
        for (n, cell) in row.cells.iter().enumerate() {
            let under = headings.get(n).copied().flatten();
            let Some(Place::Column(s, f, c)) = self.place(cell).or(under) else {
                continue;
            };
            let column = &self.form.sections[s].fields[f].columns[c];
            if let Some(answer) = answer(column, cell, true) {
                of = Some((s, f));
                filled.insert(column.id.clone(), answer);
            }
        }
        if let Some(of) = of {
            self.tables.entry(of).or_default().rows.push(filled.into());
        }
    }

    fn answers(self) -> Value {
        let mut answers: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        let tables = self.tables.into_iter();
        let tables =
            tables.map(|(place, table)| (place, json!({"none": table.none, "rows": table.rows})));
        for ((s, f), answer) in self.fields.into_iter().chain(tables) {
            let section = &self.form.sections[s];
            let fields = answers.entry(&section.id).or_default();
            fields.insert(section.fields[f].id.clone(), answer);
        }
        json!(answers)
    }
}

/// What was answered in a cell; `small` in that of a table to fill in.
fn answer(field: &Field, cell: &Cell, small: bool) -> Option<Value> {
    if field.kind == Kind::Codes && !small {
        return ticked(cell);
    }
    let text = cell.text();
    let shown = text.trim();
    if shown.is_empty() || PLACEHOLDERS.contains(&shown) {
        return None;
    }
    if field.kind == Kind::Lines {
        let lines = cell.lines.iter().map(|line| line.trim());
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        return Some(json!(lines));
    }
    if field.kind == Kind::Date && day(shown).is_none() {
        return Some(cell.day.clone().unwrap_or(text).into());
    }
    Some(text.into())
}

/// What is ticked; and what was written there without a box.
fn ticked(cell: &Cell) -> Option<Value> {
    let mut words = Vec::new();
    for line in &cell.lines {
        let line = line.trim();
        if line.starts_with(UNTICKED) || line.is_empty() {
            continue;
        }
        words.push(line.trim_start_matches(TICKED).trim().to_owned());
    }
    (!words.is_empty()).then(|| json!(words))
}
