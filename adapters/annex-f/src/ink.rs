//! Pages drawn as a PDF, each line of them tagged as what it is.

use std::io;
use std::num::NonZeroU16;

use gateway_forms::View;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, TableHeaderScope, Tag,
    TagGroup, TagKind, TagTree,
};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use unicode_bidi::{BidiInfo, Level};

use crate::sheet::{
    BOLD, BOTTOM, Element, HEIGHT, LEFT, REGULAR, Role, Sheets, TEXT, Type, WIDTH, Within,
};

const MARKING: Type = Type::new(10.0, true);
const FOOT: Type = Type::new(8.0, false);
/// Red, green, blue.
type Colour = (u8, u8, u8);
const INK: Colour = (11, 12, 12);
const RULE: Colour = (177, 180, 182);
const RED: Colour = (148, 37, 20);

struct Fonts {
    regular: Font,
    bold: Font,
}

/// Draws the pages.
pub(crate) fn draw(
    view: &View,
    sheets: &Sheets<'_>,
    structure: &[Element],
    headings: &[(String, usize, f32)],
) -> io::Result<Vec<u8>> {
    let wrong = |what: &str| io::Error::other(what.to_owned());
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| wrong("the PDF's profile"))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let font = |bytes: &'static [u8]| Font::new(bytes.into(), 0).ok_or_else(|| wrong("a font"));
    let fonts = Fonts {
        regular: font(REGULAR)?,
        bold: font(BOLD)?,
    };
    let mut drawn: Vec<Option<Identifier>> = vec![None; sheets.numbers];
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| wrong("the page"))?;
    for (n, sheet) in sheets.pages.iter().enumerate() {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        for (x, y, length) in &sheet.rules {
            rule(&mut surface, *x, *y, *length);
        }
        for line in &sheet.lines {
            let tag = match line.number {
                Some(_) => {
                    ContentTag::Span(SpanTag::empty().with_actual_text(line.meant.as_deref()))
                }
                None => ContentTag::Artifact(Artifact::new(ArtifactType::PaginationOther, None)),
            };
            let identifier = surface.start_tagged(tag);
            write(
                &mut surface,
                (sheets, &fonts),
                (line.x, line.y),
                line.set,
                INK,
                &line.text,
            );
            surface.end_tagged();
            if let Some(slot) = line.number.and_then(|number| drawn.get_mut(number)) {
                *slot = Some(identifier);
            }
        }
        let of = format!(
            "{}, version {}. Page {} of {}",
            view.title,
            view.version,
            n + 1,
            sheets.pages.len()
        );
        frame(&mut surface, sheets, &fonts, &view.marking, &of);
        surface.finish();
        page.finish();
    }
    document.set_metadata(
        Metadata::new()
            .title(format!("{}, {}", view.title, view.marking))
            .language("en-GB".to_owned()),
    );
    document.set_outline(outline(headings));
    let mut tree = TagTree::new().with_lang(Some("en-GB".to_owned()));
    for element in structure {
        if let Some(group) = group(element, &mut drawn) {
            tree.push(group);
        }
    }
    document.set_tag_tree(tree);
    document
        .finish()
        .map_err(|error| io::Error::other(format!("{error:?}")))
}

/// The marking at the top and at the foot, and which page it is.
fn frame(surface: &mut Surface<'_>, sheets: &Sheets<'_>, fonts: &Fonts, marking: &str, of: &str) {
    let lines = [
        (ArtifactType::Header, 40.0, MARKING, RED, marking),
        (ArtifactType::Footer, BOTTOM + 22.0, MARKING, RED, marking),
        (ArtifactType::Footer, BOTTOM + 36.0, FOOT, INK, of),
    ];
    for (kind, y, set, colour, text) in lines {
        let text = sheets.drawable(text);
        let x = LEFT + (TEXT - sheets.width(&text, set)) / 2.0;
        surface.start_tagged(ContentTag::Artifact(Artifact::new(kind, None)));
        write(surface, (sheets, fonts), (x, y), set, colour, &text);
        surface.end_tagged();
    }
}

fn write(
    surface: &mut Surface<'_>,
    (sheets, fonts): (&Sheets<'_>, &Fonts),
    at: (f32, f32),
    set: Type,
    colour: Colour,
    text: &str,
) {
    let font = match set.bold {
        true => &fonts.bold,
        false => &fonts.regular,
    };
    surface.set_fill(Some(fill(colour)));
    let mut x = at.0;
    for (run, direction) in runs(text) {
        let place = Point::from_xy(x, at.1);
        surface.draw_text(place, font.clone(), set.size, run, false, direction);
        x += sheets.width(run, set);
    }
}

/// The stretches of a line from left to right, each with the way in which it is read (UAX #9).
fn runs(line: &str) -> Vec<(&str, TextDirection)> {
    if line.is_ascii() {
        return vec![(line, TextDirection::LeftToRight)];
    }
    let bidi = BidiInfo::new(line, Some(Level::ltr()));
    let Some(paragraph) = bidi.paragraphs.first() else {
        return Vec::new();
    };
    let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
    let turns = |at: usize| levels.get(at).is_some_and(Level::is_rtl);
    runs.into_iter()
        .filter_map(|run| {
            let direction = match turns(run.start) {
                true => TextDirection::RightToLeft,
                false => TextDirection::LeftToRight,
            };
            Some((line.get(run)?, direction))
        })
        .collect()
}

fn rule(surface: &mut Surface<'_>, x: f32, y: f32, length: f32) {
    let Some(line) = Rect::from_xywh(x, y, length, 0.6) else {
        return;
    };
    let mut path = PathBuilder::new();
    path.push_rect(line);
    let Some(path) = path.finish() else {
        return;
    };
    surface.start_tagged(ContentTag::Artifact(Artifact::new(
        ArtifactType::Layout,
        None,
    )));
    surface.set_fill(Some(fill(RULE)));
    surface.draw_path(&path);
    surface.end_tagged();
}

fn fill(colour: Colour) -> Fill {
    Fill {
        paint: rgb::Color::new(colour.0, colour.1, colour.2).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

fn outline(headings: &[(String, usize, f32)]) -> Outline {
    let mut outline = Outline::new();
    for (title, page, y) in headings {
        let place = XyzDestination::new(*page, Point::from_xy(LEFT, *y));
        outline.push_child(OutlineNode::new(title.clone(), place));
    }
    outline
}

/// An element with the lines that were drawn for it; none where there are none, but for a cell,
/// which holds its place.
fn group(element: &Element, drawn: &mut [Option<Identifier>]) -> Option<TagGroup> {
    let mut group = TagGroup::new(tag(element));
    let mut is_empty = !matches!(
        element.role,
        Role::Data | Role::ColumnHeading | Role::RowHeading
    );
    for within in &element.within {
        match within {
            Within::Element(element) => {
                if let Some(inner) = self::group(element, drawn) {
                    group.push(inner);
                    is_empty = false;
                }
            }
            Within::Line(number) => {
                if let Some(identifier) = drawn.get_mut(*number).and_then(Option::take) {
                    group.push(identifier);
                    is_empty = false;
                }
            }
        }
    }
    (!is_empty).then_some(group)
}

fn tag(element: &Element) -> TagKind {
    match element.role {
        Role::Heading(level) => {
            let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(level, element.title.clone()).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::List => Tag::L(ListNumbering::Disc).into(),
        Role::ListItem => Tag::LI.into(),
        Role::Bullet => Tag::Lbl.into(),
        Role::ListBody => Tag::LBody.into(),
        Role::Table => Tag::Table.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnHeading => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHeading => Tag::TH(TableHeaderScope::Row).into(),
        Role::Data => Tag::TD.into(),
    }
}
