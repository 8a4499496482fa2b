//! HTML as readable text. Nothing is fetched, nothing runs; what a style sheet would hide is
//! shown, so that a reader sees all that was sent.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is no text.
const SILENT: &[&str] = &["script", "style", "head", "title", "template", "noscript"];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];
/// RFC 9788, section 5.2.2: a copy of the header for old programs, no part of the message.
const LEGACY: &str = "header-protection-legacy-display";

/// Turns HTML into text. `legacy`: leave out the copy of the header (RFC 9788, 5.2.2).
pub(crate) fn to_text(html: &str, legacy: bool) -> String {
    let mut out = Writer::default();
    // What follows the last bracket holds no tag: it is not searched for one again and again.
    let tail = html.len() - html.rfind('>').map_or(0, |at| at + 1);
    let mut rest = html;
    while let Some(at) = rest.find('<').filter(|at| rest.len() - at > tail) {
        out.text(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let Some((tag, after)) = tag(rest) else {
            out.text("<");
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        rest = after;
        let name = name_of(tag);
        if SILENT.contains(&name.as_str()) && !tag.ends_with('/') {
            rest = after_close(rest, &name);
        } else if legacy && name == "div" && tag.contains(LEGACY) {
            rest = after_close(rest, "div");
        } else {
            out.tag(&name);
        }
    }
    out.text(rest);
    out.done()
}

/// What stands between the angle brackets, and what follows. A comment is an empty tag.
fn tag(text: &str) -> Option<(&str, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(("", comment.split_once("-->").map_or("", |(_, rest)| rest)));
    }
    let inside = text.strip_prefix('<')?;
    let begins = inside.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    if !begins {
        return None;
    }
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: take the first bracket.
    inside.split_once('>')
}

/// The element's name in lower case, with its slash where it closes.
fn name_of(tag: &str) -> String {
    let end = tag
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_alphanumeric() || *at == 0 && *c == '/'))
        .map_or(tag.len(), |(at, _)| at);
    tag.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// What follows the element's end; nothing where it does not end.
fn after_close<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let fits = rest
            .get(..name.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(name));
        if fits {
            return rest.split_once('>').map_or("", |(_, rest)| rest);
        }
    }
    ""
}

#[derive(Default)]
struct Writer {
    out: String,
    line: String,
    pre: usize,
}

impl Writer {
    fn text(&mut self, raw: &str) {
        let text = entities(raw);
        if self.pre > 0 {
            for (n, part) in text.split('\n').enumerate() {
                if n > 0 {
                    self.break_line();
                }
                self.line.push_str(part.trim_end_matches('\r'));
            }
            return;
        }
        for c in text.chars() {
            // A no-break space is kept: it is what makes an empty paragraph.
            let space = c.is_ascii_whitespace();
            if !space {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    fn tag(&mut self, name: &str) {
        let bare = name.trim_start_matches('/');
        match (name, bare) {
            ("br", _) => self.break_line(),
            ("/p", _) => {
                self.end_block();
                self.blank();
            }
            ("p", _) => self.end_block(),
            ("td" | "th", _) if !self.line.trim().is_empty() => self.line.push('\t'),
            ("pre", _) => {
                self.end_block();
                self.pre += 1;
            }
            ("/pre", _) => {
                self.end_block();
                self.pre = self.pre.saturating_sub(1);
            }
            (_, bare) if BLOCKS.contains(&bare) => {
                self.end_block();
                if name == "li" {
                    self.line.push_str("- ");
                }
            }
            _ => {}
        }
    }

    fn break_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.out.push_str(line.trim_end_matches([' ', '\u{a0}']));
        self.out.push('\n');
    }

    fn end_block(&mut self) {
        if !self.line.is_empty() {
            self.break_line();
        }
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n\n") {
            self.out.push('\n');
        }
    }

    fn done(mut self) -> String {
        self.end_block();
        let text = self.out.trim_matches('\n');
        let mut text = text.to_owned();
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}

/// Character references (`&amp;`, `&#8217;`), each read by `mail-parser`'s table.
fn entities(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let end = rest.bytes().take(32).position(|b| b == b';');
        let Some(reference) = end.and_then(|end| rest.get(..=end)) else {
            out.push('&');
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        add_html_token(&mut out, reference.as_bytes(), false);
        rest = rest.get(reference.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_breaks_lists_and_tables_are_lines() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; two\n\
                    three</p><p>Four<br>five</p><ul><li>a<li>b</ul><table><tr><td>x<td>y</table>";
        assert_eq!(
            to_text(html, false),
            "One & two three\n\nFour\nfive\n\n- a\n- b\nx\ty\n"
        );
    }

    #[test]
    fn an_empty_paragraph_is_an_empty_line() {
        let html = "<div>Purpose: MANAGE</div><div>&nbsp;</div><div>Text</div>";
        assert_eq!(to_text(html, false), "Purpose: MANAGE\n\nText\n");
        assert_eq!(
            to_text("<div>a</div><div><br></div><div>b</div>", false),
            "a\n\nb\n"
        );
    }

    #[test]
    fn scripts_comments_and_broken_tags_do_no_harm() {
        let html = "a<script>if (1 < 2) x('</div>')</script>b<!-- c > d -->e 1 < 2 &notone; <img alt='>'>f";
        let text = to_text(html, false);
        assert!(text.starts_with("abe 1 < 2 "), "{text}");
        assert!(text.ends_with("f\n"));
        assert_eq!(to_text("<script>never ends", false), "");
        assert_eq!(to_text("<a href=\"x>y", false), "y\n");
        assert_eq!(to_text("a > b <c", false), "a > b <c\n");
        let endless = to_text(&"<a'".repeat(200_000), false);
        assert_eq!(endless.len(), 600_001);
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        assert_eq!(to_text("<pre>a\n  b</pre>c", false), "a\n  b\nc\n");
    }

    #[test]
    fn the_copy_of_the_header_for_old_programs_is_left_out_where_it_is_said_to_be_there() {
        let html =
            "<div class=\"header-protection-legacy-display\"><pre>Subject: s</pre></div><p>t</p>";
        assert_eq!(to_text(html, true), "t\n");
        assert!(to_text(html, false).contains("Subject: s"));
    }
}
