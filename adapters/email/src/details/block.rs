//! Where the block begins and ends, and its lines, unfolded. Mail programs break lines, and
//! some put an empty line after each: both are undone here.

use super::Name;

/// Lines that some programs break are this long, characters.
const BROKEN_AT: std::ops::RangeInclusive<usize> = 58..=80;
/// Most lines of a block.
const MOST: usize = 500;

/// A line, with those that continue it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the text, from 1.
    pub(super) line: usize,
    /// As it came, joined.
    pub(super) text: String,
    /// What it begins with.
    pub(super) head: Head,
}

/// How a line begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// With a known name.
    Known(Name),
    /// With a word and a colon.
    Unknown(String),
    /// Otherwise: the block had ended without an empty line.
    None,
}

/// The block, and what follows it.
pub(super) struct Block<'a> {
    pub(super) entries: Vec<Entry>,
    pub(super) message: &'a str,
}

/// Finds the block; none where the text does not begin with a known name.
pub(super) fn find(text: &str) -> Option<Block<'_>> {
    let lines: Vec<(usize, &str)> = numbered(text);
    let first = lines.iter().position(|(_, line)| !is_blank(line))?;
    if !matches!(head(lines.get(first)?.1), Head::Known(_)) {
        return None;
    }
    let step = usize::from(is_spaced(&lines, first));
    let mut entries: Vec<Entry> = Vec::new();
    let mut last = "";
    let mut n = first;
    while let Some((at, line)) = lines.get(n).copied() {
        let begun = n > first;
        let continues =
            begun && (line.starts_with([' ', '\t', '\u{a0}']) || was_broken(last, line));
        let ended = is_blank(line) || entries.len() >= MOST;
        let head = head(line);
        if ended {
            if step == 0 || !goes_on(&lines, n) {
                return Some(block(entries, text, at));
            }
        } else if continues && let Some(entry) = entries.last_mut() {
            entry.text.push(' ');
            entry.text.push_str(trim(line));
        } else if head == Head::None {
            entries.push(Entry {
                line: n + 1,
                text: String::new(),
                head,
            });
            return Some(Block {
                entries,
                message: text.get(at..).unwrap_or_default(),
            });
        } else {
            entries.push(Entry {
                line: n + 1,
                text: trim(line).to_owned(),
                head,
            });
        }
        last = line;
        n += 1;
    }
    Some(Block {
        entries,
        message: "",
    })
}

/// The block ends at the empty line at `at`; the message begins after it.
fn block(entries: Vec<Entry>, text: &str, at: usize) -> Block<'_> {
    let rest = text.get(at..).unwrap_or_default();
    let message = rest
        .split_inclusive('\n')
        .skip_while(|line| is_blank(line))
        .map(str::len)
        .sum::<usize>();
    Block {
        entries,
        message: rest.get(rest.len() - message..).unwrap_or_default(),
    }
}

/// Lines without their ends, each with the byte at which it begins.
fn numbered(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let here = at;
            at += line.len();
            (here, line.trim_end_matches(['\n', '\r']))
        })
        .collect()
}

/// Every line is followed by an empty one, as Outlook makes plain text of its paragraphs.
fn is_spaced(lines: &[(usize, &str)], first: usize) -> bool {
    let blank = lines.get(first + 1).is_some_and(|(_, line)| is_blank(line));
    blank && goes_on(lines, first + 1)
}

/// After this one empty line the block goes on with a known name.
fn goes_on(lines: &[(usize, &str)], blank: usize) -> bool {
    let next = lines.get(blank + 1);
    next.is_some_and(|(_, line)| matches!(head(line), Head::Known(_)))
}

/// A mail program broke the line here: the next word did not fit.
fn was_broken(last: &str, line: &str) -> bool {
    let length = last.chars().count();
    let word = line.split(' ').next().unwrap_or_default().chars().count();
    BROKEN_AT.contains(&length)
        && length + 1 + word > 72
        && head(line) == Head::None
        && !is_blank(line)
}

fn head(line: &str) -> Head {
    let Some((name, _)) = line.split_once(':') else {
        return Head::None;
    };
    let name = trim(name);
    let shaped = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c))
        && name.split(' ').count() <= 3;
    match Name::find(name) {
        Some(name) if !line.starts_with([' ', '\t']) => Head::Known(name),
        _ if shaped => Head::Unknown(name.to_owned()),
        _ => Head::None,
    }
}

fn is_blank(line: &str) -> bool {
    trim(line).is_empty()
}

/// Without white space and the marks that programs put before a text.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}
