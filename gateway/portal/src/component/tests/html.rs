//! Markup in a form that can be compared: attributes in order, white space as a browser lays
//! it out, references to characters resolved.

/// The tags and texts of a piece of markup, one a line.
pub(super) fn normal(html: &str) -> String {
    let mut lines = Vec::new();
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        push_text(&mut lines, text);
        let end = tag_end(tag);
        lines.push(format!("<{}>", tag_normal(&tag[..end])));
        rest = &tag[end + 1..];
    }
    push_text(&mut lines, rest);
    lines.join("\n")
}

fn push_text(lines: &mut Vec<String>, text: &str) {
    let text = resolved(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if !text.is_empty() {
        lines.push(text);
    }
}

/// Where a tag ends: a `>` in quotes ends none.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    for (at, c) in tag.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag has no end: {tag}");
}

fn tag_normal(tag: &str) -> String {
    let mut parts = Vec::new();
    let (mut part, mut quoted) = (String::new(), false);
    for c in tag.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let mut attributes: Vec<String> = parts
        .split_off(1)
        .into_iter()
        .filter(|part| !part.is_empty() && part != "/")
        .map(|part| resolved(&part.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    attributes.sort();
    parts.append(&mut attributes);
    parts.join(" ")
}

fn resolved(text: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (reference, c)| {
        text.replace(reference, c)
    })
}
