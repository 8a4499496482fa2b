//! A form as a Word file: empty, or with the answers that there are. Each question is a row of a
//! table, its label on the left and its answer in a content control on the right.

use std::io;

use gateway_forms::{
    Answer, Body, Condition, Definition, Field, Kind, Required, Row, Section, Table, day_in_words,
};

use crate::names::{CHOOSE, FORM_BOOKMARK, FORM_TAG, PICK, bookmark, identity, none};
use crate::package::package;
use crate::xml::{Height, Name, bookmarked, cell, control, escape, paragraph, row, run, table};

/// Empty rows of a table that has none; and below those that it has.
const EMPTY_ROWS: usize = 5;
const MORE_ROWS: usize = 2;
/// Widths, twentieths of a point: the page's, and a label's.
const PAGE: u32 = 9906;
const LABEL: u32 = 3600;

/// Writes a form as a Word file to fill in, with the answers of a body in it.
///
/// # Errors
/// None is known: memory is written to.
pub fn write(form: &Definition, body: &Body) -> io::Result<Vec<u8>> {
    let mut writer = Writer { form, body, ids: 0 };
    let text = writer.document();
    package(form, &text)
}

struct Writer<'a> {
    form: &'a Definition,
    body: &'a Body,
    ids: u32,
}

/// A field as it is asked, and what was answered.
struct Asked<'a> {
    field: &'a Field,
    /// Its name in the file.
    path: &'a str,
    answer: Option<&'a Answer>,
    /// In the cell of a table.
    small: bool,
}

impl Writer<'_> {
    fn document(&mut self) -> String {
        let form = self.form;
        let mut text = paragraph("Title", &run(None, &form.title));
        text += &paragraph("Subtitle", &run(None, &form.about));
        text += &paragraph(
            "Normal",
            &run(
                None,
                "Answer in the white boxes. A date is written as 27 March 2026. Where there are boxes to tick, click on them. Save this as a Word document (.docx), and send it by secure email.",
            ),
        );
        text += &self.identity();
        for section in &form.sections {
            text += &self.section(section);
        }
        text
    }

    fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    fn name<'n>(&mut self, alias: &'n str, tag: &'n str, is_hint: bool) -> Name<'n> {
        let id = self.id();
        Name {
            alias,
            tag,
            id,
            locked: false,
            is_hint,
        }
    }

    /// Which form this is, for whoever reads it back.
    fn identity(&mut self) -> String {
        let words = identity(&self.form.id, &self.form.version);
        let label = bookmarked(FORM_BOOKMARK, self.id(), &run(None, "Form"));
        let mut name = self.name("Form", FORM_TAG, false);
        name.locked = true;
        let answer = control(&name, "<w:text/>", &run(None, &words));
        let cells = cell(LABEL, true, &paragraph("Label", &label))
            + &cell(PAGE - LABEL, true, &paragraph("Answer", &answer));
        table(
            "Which form this is",
            &[LABEL, PAGE - LABEL],
            true,
            &row(Height::Line, &cells),
        )
    }

    fn section(&mut self, section: &Section) -> String {
        let mut text = paragraph("Heading1", &run(None, &section.title));
        if let Some(condition) = &section.when {
            text += &paragraph("Note", &run(None, &self.only_where(condition)));
        }
        let mut rows = String::new();
        for field in &section.fields {
            let path = format!("{}.{}", section.id, field.id);
            if field.kind == Kind::Rows {
                text += &questions(&section.title, &rows);
                rows.clear();
                text += &self.rows(&path, field);
            } else {
                rows += &self.question(section, field, &path);
            }
        }
        text + &questions(&section.title, &rows)
    }

    fn only_where(&self, condition: &Condition) -> String {
        let field = self.form.field(&condition.field);
        let Some((_, field)) = field else {
            return String::new();
        };
        let choices = self.form.choices(field).iter();
        let words: Vec<&str> = choices
            .filter(|(code, _)| condition.is.contains(code))
            .map(|(_, words)| words.as_str())
            .collect();
        format!("Only where “{}” is: {}", field.label, words.join("; "))
    }

    fn question(&mut self, section: &Section, field: &Field, path: &str) -> String {
        let one_of = section
            .at_least_one
            .iter()
            .find(|set| set.contains(&field.id));
        let is_optional = field.required == Required::Always(false) && one_of.is_none();
        let mut words = run(None, &field.label);
        if is_optional {
            words += &run(Some("Optional"), " (optional)");
        }
        let mut label = paragraph("Label", &bookmarked(&bookmark(path), self.id(), &words));
        let mut hints: Vec<String> = field.hint.iter().cloned().collect();
        hints.extend(kind_hint(field));
        if let Some(set) = one_of {
            let fields = section
                .fields
                .iter()
                .filter(|field| set.contains(&field.id));
            let labels: Vec<&str> = fields.map(|field| field.label.as_str()).collect();
            hints.push(format!("At least one is needed of: {}", labels.join(", ")));
        }
        if let Required::When(condition) = &field.required {
            hints.push(self.only_where(condition));
        }
        for hint in hints {
            label += &paragraph("Hint", &run(None, &hint));
        }
        let asked = Asked {
            field,
            path,
            answer: self.body.answer(path),
            small: false,
        };
        let answer = self.answer(&asked);
        let height = match matches!(field.kind, Kind::Text | Kind::Lines) {
            true => Height::Text,
            false => Height::Line,
        };
        row(
            height,
            &(cell(LABEL, true, &label) + &cell(PAGE - LABEL, false, &answer)),
        )
    }

    /// A table to fill in, and the box that says that it has no rows.
    fn rows(&mut self, path: &str, field: &Field) -> String {
        let mut text = paragraph("Heading2", &run(None, &field.label));
        if let Some(hint) = &field.hint {
            text += &paragraph("Note", &run(None, hint));
        }
        if let Required::When(condition) = &field.required {
            text += &paragraph("Note", &run(None, &self.only_where(condition)));
        }
        let empty = Table {
            none: false,
            rows: Vec::new(),
        };
        let filled = match self.body.answer(path) {
            Some(Answer::Rows(table)) => table,
            Some(_) | None => &empty,
        };
        if let Some(words) = &field.none {
            let path = none(path);
            let name = bookmark(&path);
            let label = bookmarked(&name, self.id(), &run(None, "Nothing to list?"));
            let tick = self.tick(&field.label, &path, filled.none);
            let tick = paragraph("Answer", &(tick + &run(None, &format!(" {words}"))));
            let cells =
                cell(LABEL, true, &paragraph("Label", &label)) + &cell(PAGE - LABEL, false, &tick);
            let name = format!("{}: nothing to list", field.label);
            text += &table(
                &name,
                &[LABEL, PAGE - LABEL],
                true,
                &row(Height::Line, &cells),
            );
        }
        text += &paragraph(
            "Note",
            &run(
                None,
                "One line for each. For more lines, press the Tab key in the last box.",
            ),
        );
        let widths = widths(&field.columns);
        let mut rows = self.headings(path, field, &widths);
        let more = match filled.rows.is_empty() {
            true => EMPTY_ROWS,
            false => MORE_ROWS,
        };
        for filled in &filled.rows {
            rows += &self.line(path, field, &widths, filled);
        }
        for _ in 0..more {
            rows += &self.line(path, field, &widths, &Row::new());
        }
        text + &table(&field.label, &widths, false, &rows) + &paragraph("Gap", "")
    }

    fn headings(&mut self, path: &str, field: &Field, widths: &[u32]) -> String {
        let mut cells = String::new();
        for (column, width) in field.columns.iter().zip(widths) {
            let name = bookmark(&format!("{path}.{}", column.id));
            let mut words = run(None, &column.label);
            if column.required != Required::Always(true) {
                words += &run(Some("Optional"), " (optional)");
            }
            let words = bookmarked(&name, self.id(), &words);
            cells += &cell(*width, true, &paragraph("ColumnHeading", &words));
        }
        row(Height::Headings, &cells)
    }

    fn line(&mut self, path: &str, field: &Field, widths: &[u32], filled: &Row) -> String {
        let mut cells = String::new();
        for (column, width) in field.columns.iter().zip(widths) {
            let asked = Asked {
                field: column,
                path: &format!("{path}.{}", column.id),
                answer: filled.get(&column.id),
                small: true,
            };
            cells += &cell(*width, false, &self.answer(&asked));
        }
        row(Height::Line, &cells)
    }

    /// The content of an answer's cell.
    fn answer(&mut self, asked: &Asked<'_>) -> String {
        match asked.field.kind {
            Kind::Text => {
                let text = match asked.answer {
                    Some(Answer::One(text)) => text.split('\n').map(str::to_owned).collect(),
                    Some(_) | None => Vec::new(),
                };
                self.paragraphs(asked, &text)
            }
            Kind::Lines => {
                let lines = match asked.answer {
                    Some(Answer::Many(lines)) => lines.clone(),
                    Some(_) | None => Vec::new(),
                };
                self.paragraphs(asked, &lines)
            }
            Kind::Codes if !asked.small => self.ticks(asked),
            Kind::Code => {
                let choices = self.form.choices(asked.field).to_vec();
                self.choice(asked, &choices)
            }
            Kind::Flag => {
                let choices = [("yes", "Yes"), ("no", "No")];
                let choices = choices.map(|(code, words)| (code.to_owned(), words.to_owned()));
                self.choice(asked, &choices)
            }
            Kind::Date => self.date(asked),
            Kind::Line
            | Kind::Number
            | Kind::Codes
            | Kind::Identifier
            | Kind::Prison
            | Kind::Agency
            | Kind::Rows => {
                let words = self.words(asked);
                self.one(asked, "<w:text/>", words.as_deref(), "\u{a0}\u{a0}\u{a0}")
            }
        }
    }

    /// What was answered, on one line.
    fn words(&self, asked: &Asked<'_>) -> Option<String> {
        match asked.answer? {
            Answer::One(text) => Some(text.clone()),
            Answer::Number(number) => Some(number.to_string()),
            Answer::Many(codes) => {
                let choices = self.form.choices(asked.field);
                let words = |code: &String| {
                    let found = choices.iter().find(|(known, _)| known == code);
                    found.map_or(code, |(_, words)| words).clone()
                };
                Some(codes.iter().map(words).collect::<Vec<_>>().join("; "))
            }
            Answer::Flag(_) | Answer::Rows(_) => None,
        }
    }

    /// A control in a line of text.
    fn one(&mut self, asked: &Asked<'_>, kind: &str, said: Option<&str>, hint: &str) -> String {
        let name = self.name(&asked.field.label, asked.path, said.is_none());
        let content = match said {
            Some(said) => run(None, said),
            None => run(Some("PlaceholderText"), hint),
        };
        paragraph(style(asked), &control(&name, kind, &content))
    }

    /// A control of as many paragraphs as there are, and one more for the cell's end, which has
    /// to be a paragraph.
    fn paragraphs(&mut self, asked: &Asked<'_>, text: &[String]) -> String {
        let name = self.name(&asked.field.label, asked.path, text.is_empty());
        let content: String = match text {
            [] => paragraph(
                "Answer",
                &run(Some("PlaceholderText"), "\u{a0}\u{a0}\u{a0}"),
            ),
            text => {
                let text = text.iter();
                text.map(|line| paragraph("Answer", &run(None, line)))
                    .collect()
            }
        };
        control(&name, "<w:richText/>", &content) + &paragraph("Gap", "")
    }

    fn choice(&mut self, asked: &Asked<'_>, choices: &[(String, String)]) -> String {
        let code = match asked.answer {
            Some(Answer::One(code)) => Some(code.as_str()),
            Some(Answer::Flag(true)) => Some("yes"),
            Some(Answer::Flag(false)) => Some("no"),
            Some(_) | None => None,
        };
        let chosen = choices
            .iter()
            .find(|(known, _)| Some(known.as_str()) == code);
        let chosen = chosen.map(|(_, words)| words.as_str());
        let items: Vec<String> = choices
            .iter()
            .map(|(code, words)| {
                let (words, code) = (escape(words), escape(code));
                format!("<w:listItem w:displayText=\"{words}\" w:value=\"{code}\"/>")
            })
            .collect();
        let kind = format!(
            "<w:dropDownList><w:listItem w:displayText=\"{CHOOSE}\" w:value=\"-\"/>{}</w:dropDownList>",
            items.concat()
        );
        self.one(asked, &kind, chosen, CHOOSE)
    }

    fn date(&mut self, asked: &Asked<'_>) -> String {
        let day = match asked.answer {
            Some(Answer::One(day)) => Some(day),
            Some(_) | None => None,
        };
        let full = day.map_or_else(String::new, |day| {
            format!(" w:fullDate=\"{}T00:00:00Z\"", escape(day))
        });
        let kind = format!(
            "<w:date{full}><w:dateFormat w:val=\"d MMMM yyyy\"/><w:lid w:val=\"en-GB\"/><w:storeMappedDataAs w:val=\"dateTime\"/><w:calendar w:val=\"gregorian\"/></w:date>"
        );
        let words = day.map(|day| day_in_words(day));
        self.one(asked, &kind, words.as_deref(), PICK)
    }

    fn ticks(&mut self, asked: &Asked<'_>) -> String {
        let chosen: &[String] = match asked.answer {
            Some(Answer::Many(codes)) => codes,
            Some(_) | None => &[],
        };
        let choices = self.form.choices(asked.field).to_vec();
        let mut text = String::new();
        for (code, words) in choices {
            let tick = self.tick(&words, asked.path, chosen.contains(&code));
            text += &paragraph(style(asked), &(tick + &run(None, &format!(" {words}"))));
        }
        text
    }

    fn tick(&mut self, alias: &str, path: &str, ticked: bool) -> String {
        let name = self.name(alias, path, false);
        let (state, sign) = match ticked {
            true => (1, "☒"),
            false => (0, "☐"),
        };
        let kind = format!(
            "<w14:checkbox><w14:checked w14:val=\"{state}\"/><w14:checkedState w14:val=\"2612\" w14:font=\"MS Gothic\"/><w14:uncheckedState w14:val=\"2610\" w14:font=\"MS Gothic\"/></w14:checkbox>"
        );
        let font = "<w:rPr><w:rFonts w:ascii=\"MS Gothic\" w:eastAsia=\"MS Gothic\" w:hAnsi=\"MS Gothic\" w:hint=\"eastAsia\"/></w:rPr>";
        let sign = format!("<w:r>{font}<w:t>{sign}</w:t></w:r>");
        control(&name, &kind, &sign)
    }
}

const fn style(asked: &Asked<'_>) -> &'static str {
    match asked.small {
        true => "CellAnswer",
        false => "Answer",
    }
}

/// The questions of a section between two tables.
fn questions(title: &str, rows: &str) -> String {
    match rows.is_empty() {
        true => String::new(),
        false => table(title, &[LABEL, PAGE - LABEL], true, rows) + &paragraph("Gap", ""),
    }
}

fn kind_hint(field: &Field) -> Option<String> {
    let hint = match field.kind {
        Kind::Lines => "Each on a line of its own",
        Kind::Number => "A whole number",
        Kind::Prison => "The prison's code: three letters, such as LEI",
        Kind::Agency => "The agency's id, such as met-police",
        Kind::Codes => "Tick all that apply",
        Kind::Identifier => return field.identifier.map(|kind| sentence(kind.form())),
        Kind::Line | Kind::Text | Kind::Date | Kind::Flag | Kind::Code | Kind::Rows => return None,
    };
    Some(hint.to_owned())
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The columns' widths: what is written freely has more of the page.
fn widths(columns: &[Field]) -> Vec<u32> {
    let share = |column: &Field| match column.kind {
        Kind::Number | Kind::Prison | Kind::Flag | Kind::Date | Kind::Code => 15,
        Kind::Line
        | Kind::Lines
        | Kind::Text
        | Kind::Codes
        | Kind::Identifier
        | Kind::Agency
        | Kind::Rows => 20,
    };
    let all: u32 = columns.iter().map(share).sum();
    let columns = columns.iter();
    columns
        .map(|column| PAGE * share(column) / all.max(1))
        .collect()
}
