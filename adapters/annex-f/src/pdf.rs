//! A filled-in form to print, as a PDF that also a screen reader reads (ISO 14289-1, PDF/UA-1).

use std::io;

use gateway_forms::{Item, Said, View, mark};

use crate::ink::draw;
use crate::sheet::{Element, LEFT, Role, Sheets, TEXT, Type, UNKNOWN, Within};

const TITLE: Type = Type::new(24.0, true);
const SECTION: Type = Type::new(15.0, true);
const LABEL: Type = Type::new(10.0, true);
const BODY: Type = Type::new(10.0, false);
const NOTE: Type = Type::new(8.5, false);
const HEADING: Type = Type::new(8.5, true);
const CELL: Type = Type::new(8.5, false);
/// A label's width, and what is free between columns.
const LABELS: f32 = 165.0;
const GAP: f32 = 8.0;
/// Most lines of a heading that stand on each page of a table.
const HEADING_LINES: usize = 12;
/// How far a list stands in.
const INDENT: f32 = 12.0;

/// What stands before the answers.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// Labels and what is said beside them: whom it is about, who sent it and when.
    pub facts: Vec<(String, String)>,
    /// What its reader has to do with it.
    pub duties: Vec<String>,
    /// What was withheld, where its reader may know that there is something: in sentences.
    pub withheld: Vec<String>,
}

/// Prints a form, with its marking on each page. The same form gives the same bytes.
///
/// # Errors
/// Where the PDF cannot be made, which no form is known to cause.
pub fn print(view: &View, cover: &Cover) -> io::Result<Vec<u8>> {
    let mut print = Print {
        sheets: Sheets::new()?,
        structure: Vec::new(),
        headings: Vec::new(),
    };
    print.form(view, cover);
    draw(view, &print.sheets, &print.structure, &print.headings)
}

struct Print<'f> {
    sheets: Sheets<'f>,
    structure: Vec<Element>,
    /// The headings of sections, with their pages and heights, for the outline.
    headings: Vec<(String, usize, f32)>,
}

impl Print<'_> {
    fn form(&mut self, view: &View, cover: &Cover) {
        self.text(Role::Heading(1), TITLE, &view.title);
        self.space(6.0);
        self.cover(cover);
        if view.sections.is_empty() {
            self.text(
                Role::Paragraph,
                BODY,
                "There is nothing in it that is shown here.",
            );
        }
        for section in &view.sections {
            self.heading(&section.title);
            self.items(&section.items);
            if !section.gone.is_empty() {
                let gone = section.gone.join("; ");
                self.text(
                    Role::Paragraph,
                    NOTE,
                    &format!("No longer answered: {gone}"),
                );
            }
        }
        if self.sheets.unknown {
            self.space(14.0);
            let words = format!(
                "{UNKNOWN} stands for a letter that these fonts do not have: it is right on the page at the gateway, and where it is copied from this file."
            );
            self.text(Role::Paragraph, NOTE, &words);
        }
    }

    fn cover(&mut self, cover: &Cover) {
        let facts: Vec<Pair> = cover
            .facts
            .iter()
            .map(|(label, said)| Pair {
                label: label.clone(),
                marked: None,
                said: said.clone(),
            })
            .collect();
        self.pairs(&facts);
        for (heading, all) in [
            ("What you must do", &cover.duties),
            ("What is not shown here", &cover.withheld),
        ] {
            if !all.is_empty() {
                self.heading(heading);
                self.list(all);
            }
        }
    }

    fn heading(&mut self, words: &str) {
        self.sheets.need(80.0);
        self.space(14.0);
        let page = self.sheets.pages.len() - 1;
        self.headings.push((words.to_owned(), page, self.sheets.y));
        self.text(Role::Heading(2), SECTION, words);
        self.space(4.0);
    }

    fn list(&mut self, all: &[String]) {
        let mut list = Element::new(Role::List);
        for words in all {
            let mut bullet = Element::new(Role::Bullet);
            let mut body = Element::new(Role::ListBody);
            self.sheets.need(BODY.leading());
            self.sheets.set(Some(&mut bullet), (LEFT, 0.0), BODY, "•");
            let (x, width) = (LEFT + INDENT, TEXT - INDENT);
            self.sheets.flow(&mut body, x, width, BODY, words);
            self.space(2.0);
            let mut item = Element::new(Role::ListItem);
            item.within = vec![Within::Element(bullet), Within::Element(body)];
            list.within.push(Within::Element(item));
        }
        self.structure.push(list);
    }

    fn space(&mut self, height: f32) {
        self.sheets.y += height;
    }

    fn text(&mut self, role: Role, set: Type, text: &str) {
        let mut element = Element::new(role);
        element.title = matches!(role, Role::Heading(_)).then(|| text.to_owned());
        self.sheets.flow(&mut element, LEFT, TEXT, set, text);
        self.structure.push(element);
    }

    /// A section's answers: those on lines beside their labels, tables below theirs.
    fn items(&mut self, items: &[Item]) {
        let mut pairs = Vec::new();
        for item in items {
            let said = match &item.said {
                Said::Line(said) | Said::Text(said) => said.clone(),
                Said::List(all) => all.join("\n"),
                Said::Table { header, rows } => {
                    self.pairs(&pairs);
                    pairs.clear();
                    self.table(item, header, rows);
                    continue;
                }
            };
            pairs.push(Pair {
                label: item.label.clone(),
                marked: item.differs.map(mark),
                said,
            });
        }
        self.pairs(&pairs);
    }

    fn pairs(&mut self, pairs: &[Pair]) {
        if pairs.is_empty() {
            return;
        }
        let mut table = Element::new(Role::Table);
        for pair in pairs {
            table.within.push(Within::Element(self.pair(pair)));
        }
        self.sheets.rule(LEFT, TEXT);
        self.space(8.0);
        self.structure.push(table);
    }

    fn pair(&mut self, pair: &Pair) -> Element {
        let mut label = self.sheets.cut(&pair.label, LABEL, LABELS - GAP);
        let words = label.len();
        if let Some(marked) = pair.marked {
            label.extend(self.sheets.cut(marked, NOTE, LABELS - GAP));
        }
        let mut said = self.sheets.cut(&pair.said, BODY, TEXT - LABELS);
        let height = |lines: usize| {
            let lines = u16::try_from(lines).unwrap_or(u16::MAX);
            f32::from(lines) * BODY.leading() + 8.0
        };
        self.sheets.need(height(label.len().max(said.len().min(3))));
        self.sheets.rule(LEFT, TEXT);
        self.space(4.0);
        let (mut heading, mut data) = (Element::new(Role::RowHeading), Element::new(Role::Data));
        for (n, line) in label.iter().enumerate() {
            let set = if n < words { LABEL } else { NOTE };
            let lines = u16::try_from(n).unwrap_or(u16::MAX);
            let down = f32::from(lines) * BODY.leading();
            self.sheets.set(Some(&mut heading), (LEFT, down), set, line);
        }
        // At least as high as the label.
        let empty = label.len().saturating_sub(said.len());
        said.extend(std::iter::repeat_n(String::new(), empty));
        for line in said {
            self.sheets.need(BODY.leading());
            if !line.trim().is_empty() {
                self.sheets
                    .set(Some(&mut data), (LEFT + LABELS, 0.0), BODY, &line);
            }
            self.space(BODY.leading());
        }
        self.space(4.0);
        let mut row = Element::new(Role::Row);
        row.within = vec![Within::Element(heading), Within::Element(data)];
        row
    }

    fn table(&mut self, item: &Item, header: &[String], rows: &[Vec<String>]) {
        self.sheets.need(70.0);
        self.space(4.0);
        self.text(Role::Heading(3), LABEL, &item.label);
        if let Some(differs) = item.differs {
            self.text(Role::Paragraph, NOTE, mark(differs));
        }
        self.space(2.0);
        let grid = Grid {
            widths: self.widths(header, rows),
            header,
        };
        let mut table = Element::new(Role::Table);
        let mut headings = Element::new(Role::Row);
        self.line(&mut headings, &grid, header, HEADING);
        table.within.push(Within::Element(headings));
        for cells in rows {
            let mut row = Element::new(Role::Row);
            self.line(&mut row, &grid, cells, CELL);
            table.within.push(Within::Element(row));
        }
        self.sheets.rule(LEFT, TEXT);
        self.space(10.0);
        self.structure.push(table);
    }

    fn lines(&self, grid: &Grid<'_>, cells: &[String], set: Type) -> Vec<Vec<String>> {
        let cells = cells.iter().zip(&grid.widths);
        cells
            .map(|(cell, width)| self.sheets.cut(cell, set, width - GAP))
            .collect()
    }

    /// A row of a table, on the next page where it does not fit on the rest of this one, and over
    /// more than one where it is higher than a page. Each page begins with the headings.
    fn line(&mut self, row: &mut Element, grid: &Grid<'_>, cells: &[String], set: Type) {
        let lines = self.lines(grid, cells, set);
        let deepest = lines.iter().map(Vec::len).max().unwrap_or_default();
        let is_head = set == HEADING;
        let role = match is_head {
            true => Role::ColumnHeading,
            false => Role::Data,
        };
        let fits = deepest < self.sheets.room(set);
        if !fits && !self.sheets.is_fresh() {
            match is_head {
                true => self.sheets.turn(),
                false => self.turn(grid),
            }
        }
        self.sheets.rule(LEFT, TEXT);
        self.space(3.0);
        let mut elements: Vec<Element> = lines.iter().map(|_| Element::new(role)).collect();
        for n in 0..deepest {
            if self.sheets.room(set) == 0 {
                self.turn(grid);
            }
            let at = lines.iter().zip(&mut elements);
            let at =
                at.map(|(cell, element)| (cell.get(n).map_or("", String::as_str), Some(element)));
            self.across(grid, at, set);
        }
        self.space(3.0);
        row.within.extend(elements.into_iter().map(Within::Element));
    }

    /// Goes on with a table on the next page: its headings stand there again, and are not read
    /// aloud again.
    fn turn(&mut self, grid: &Grid<'_>) {
        self.sheets.turn();
        let lines = self.lines(grid, grid.header, HEADING);
        let deepest = lines.iter().map(Vec::len).max().unwrap_or_default();
        self.sheets.rule(LEFT, TEXT);
        self.space(3.0);
        for n in 0..deepest.min(HEADING_LINES) {
            let at = lines.iter();
            let at = at.map(|cell| (cell.get(n).map_or("", String::as_str), None));
            self.across(grid, at, HEADING);
        }
        self.space(3.0);
    }

    /// One line across the columns.
    fn across<'c, 'e>(
        &mut self,
        grid: &Grid<'_>,
        cells: impl Iterator<Item = (&'c str, Option<&'e mut Element>)>,
        set: Type,
    ) {
        let mut x = LEFT;
        for ((text, element), width) in cells.zip(&grid.widths) {
            if !text.trim().is_empty() {
                self.sheets.set(element, (x, 0.0), set, text);
            }
            x += width;
        }
        self.space(set.leading());
    }

    /// The columns' widths: by what is in them, none so narrow that its longest word is cut if
    /// that can be helped.
    fn widths(&self, header: &[String], rows: &[Vec<String>]) -> Vec<f32> {
        let wish = |n: usize| {
            let cells = rows.iter().filter_map(|row| row.get(n));
            let cells = cells.map(|cell| self.sheets.width(cell, CELL));
            let widest = cells.fold(0.0, f32::max).min(150.0);
            let words = header[n].split(' ').chain(
                rows.iter()
                    .filter_map(|row| row.get(n))
                    .flat_map(|cell| cell.split(' ')),
            );
            let word = words
                .map(|word| self.sheets.width(word, HEADING))
                .fold(0.0, f32::max);
            widest.max(word.min(110.0)).max(24.0) + GAP + 2.0
        };
        let wishes: Vec<f32> = (0..header.len()).map(wish).collect();
        let all: f32 = wishes.iter().sum();
        wishes.iter().map(|wish| wish * TEXT / all).collect()
    }
}

/// A table's columns.
struct Grid<'t> {
    widths: Vec<f32>,
    header: &'t [String],
}

/// A label and what is said beside it.
struct Pair {
    label: String,
    marked: Option<&'static str>,
    said: String,
}
