//! Pages that are being filled, before anything is drawn: what stands where, and what it is of the
//! form's structure, which a screen reader reads.

use std::io;

use ttf_parser::Face;

/// The page, points: A4, and what is left free around.
pub(crate) const WIDTH: f32 = 595.0;
pub(crate) const HEIGHT: f32 = 842.0;
pub(crate) const LEFT: f32 = 50.0;
pub(crate) const TEXT: f32 = WIDTH - 2.0 * LEFT;
const TOP: f32 = 62.0;
pub(crate) const BOTTOM: f32 = 780.0;

/// The fonts that are drawn with (SIL Open Font License 1.1).
pub(crate) const REGULAR: &[u8] = include_bytes!("../fonts/LiberationSans-Regular.ttf");
pub(crate) const BOLD: &[u8] = include_bytes!("../fonts/LiberationSans-Bold.ttf");
/// What stands for a letter that they do not have.
pub(crate) const UNKNOWN: char = '□';

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type {
    pub(crate) size: f32,
    pub(crate) bold: bool,
}

impl Type {
    pub(crate) const fn new(size: f32, bold: bool) -> Self {
        Self { size, bold }
    }

    /// From a line to the next.
    pub(crate) fn leading(self) -> f32 {
        self.size * 1.35
    }
}

/// What an element of the structure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Heading(u16),
    Paragraph,
    List,
    ListItem,
    Bullet,
    ListBody,
    Table,
    Row,
    ColumnHeading,
    RowHeading,
    Data,
}

/// An element, and what is in it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) role: Role,
    /// Of a heading: its words, which PDF/UA asks for.
    pub(crate) title: Option<String>,
    pub(crate) within: Vec<Within>,
}

/// An element, or a line that was set.
#[derive(Debug)]
pub(crate) enum Within {
    Element(Element),
    Line(usize),
}

impl Element {
    pub(crate) const fn new(role: Role) -> Self {
        Self {
            role,
            title: None,
            within: Vec::new(),
        }
    }
}

/// A line of text on a page; read aloud where it has a number.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: Option<usize>,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) set: Type,
    pub(crate) text: String,
    /// What was written, where not all of it is drawn: what is read aloud, and what is copied.
    pub(crate) meant: Option<String>,
}

/// A page: its lines, and its rules by their left end, height and length.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) lines: Vec<Line>,
    pub(crate) rules: Vec<(f32, f32, f32)>,
}

/// Pages, and the place on the last where the next line goes.
pub(crate) struct Sheets<'f> {
    pub(crate) pages: Vec<Page>,
    pub(crate) y: f32,
    pub(crate) numbers: usize,
    /// A letter was met that the fonts do not have.
    pub(crate) unknown: bool,
    regular: Face<'f>,
    bold: Face<'f>,
}

impl Sheets<'_> {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            pages: vec![Page::default()],
            y: TOP,
            numbers: 0,
            unknown: false,
            regular: Face::parse(REGULAR, 0).map_err(io::Error::other)?,
            bold: Face::parse(BOLD, 0).map_err(io::Error::other)?,
        })
    }

    pub(crate) fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = TOP;
    }

    /// Turns the page where less than so much is left of it.
    pub(crate) fn need(&mut self, height: f32) -> bool {
        let turns = self.y + height > BOTTOM && self.y > TOP;
        if turns {
            self.turn();
        }
        turns
    }

    /// Nothing stands on the page yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.y <= TOP
    }

    /// How many lines go on the rest of the page.
    pub(crate) fn room(&self, set: Type) -> usize {
        let left = (BOTTOM - self.y).max(0.0) / set.leading();
        (1..1_000)
            .take_while(|n: &u16| f32::from(*n) <= left)
            .count()
    }

    fn face(&self, bold: bool) -> &Face<'_> {
        match bold {
            true => &self.bold,
            false => &self.regular,
        }
    }

    fn letter(&self, c: char, set: Type) -> f32 {
        let face = self.face(set.bold);
        let advance = face
            .glyph_index(self.drawn(c))
            .and_then(|glyph| face.glyph_hor_advance(glyph));
        f32::from(advance.unwrap_or(1_024)) * set.size / f32::from(face.units_per_em())
    }

    /// How wide a text is.
    pub(crate) fn width(&self, text: &str, set: Type) -> f32 {
        text.chars().map(|c| self.letter(c, set)).sum()
    }

    /// What is drawn for a letter: itself where the fonts have it. Letters of private use mean
    /// nothing to who reads them, and PDF/UA forbids them.
    fn drawn(&self, c: char) -> char {
        let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{f0000}'..);
        let has = |face: &Face<'_>| face.glyph_index(c).is_some_and(|glyph| glyph.0 != 0);
        match !c.is_control() && !private && has(&self.regular) && has(&self.bold) {
            true => c,
            false => UNKNOWN,
        }
    }

    /// A text as it is drawn.
    pub(crate) fn drawable(&self, text: &str) -> String {
        text.chars().map(|c| self.drawn(c)).collect()
    }

    /// The lines of a text in a width: cut between words, and within one that is longer.
    pub(crate) fn cut(&self, text: &str, set: Type, width: f32) -> Vec<String> {
        let text = text.replace('\t', "    ");
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split_inclusive(' ') {
                let wide = self.width(word.trim_end(), set);
                if used > 0.0 && used + wide > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                for c in word.chars() {
                    let letter = self.letter(c, set);
                    if used > 0.0 && used + letter > width && c != ' ' {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += letter;
                }
            }
            lines.push(line);
        }
        lines
    }

    /// Sets a line at a height below the place, as a part of an element or as decoration.
    pub(crate) fn set(&mut self, of: Option<&mut Element>, at: (f32, f32), set: Type, text: &str) {
        let number = of.map(|element| {
            element.within.push(Within::Line(self.numbers));
            self.numbers += 1;
            self.numbers - 1
        });
        let drawn = self.drawable(text);
        let meant = (drawn != text).then(|| text.to_owned());
        self.unknown |= meant.is_some();
        let y = self.y + at.1 + set.size;
        if let Some(page) = self.pages.last_mut() {
            page.lines.push(Line {
                number,
                x: at.0,
                y,
                set,
                text: drawn,
                meant,
            });
        }
    }

    /// Sets a text in a width, over as many pages as it takes.
    pub(crate) fn flow(
        &mut self,
        element: &mut Element,
        x: f32,
        width: f32,
        set: Type,
        text: &str,
    ) {
        for line in self.cut(text, set, width) {
            self.need(set.leading());
            if !line.trim().is_empty() {
                self.set(Some(&mut *element), (x, 0.0), set, &line);
            }
            self.y += set.leading();
        }
    }

    pub(crate) fn rule(&mut self, x: f32, length: f32) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.rules.push((x, y, length));
        }
    }
}
