//! `format=flowed` (RFC 3676): lines that a mail program broke are joined again.

/// Joins flowed lines. `delsp`: the space before the break was added with it (4.5).
pub(crate) fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let rest = line.get(depth..).unwrap_or_default();
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let signature = rest == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = rest.ends_with(' ') && !signature;
        match rest.strip_suffix(' ') {
            Some(kept) if flows && delsp => out.push_str(kept),
            _ => out.push_str(rest),
        }
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_and_fixed_ones_are_not() {
        assert_eq!(
            unflow("one \r\ntwo\r\nthree\r\n", false),
            "one two\nthree\n"
        );
        assert_eq!(unflow("one \ntwo\n", true), "onetwo\n");
        assert_eq!(unflow("a\n\nb\n", false), "a\n\nb\n");
    }

    #[test]
    fn quotes_signatures_and_stuffed_lines_keep_their_form() {
        assert_eq!(unflow("> a \n> b\nc\n", false), "> a b\nc\n");
        assert_eq!(unflow("> a \nc\n", false), "> a \nc\n");
        assert_eq!(unflow("a \n-- \nme\n", false), "a \n-- \nme\n");
        assert_eq!(
            unflow(" >not a quote\n From x\n", false),
            ">not a quote\nFrom x\n"
        );
    }
}
