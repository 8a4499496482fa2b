//! A multipart body cut at its boundaries (RFC 2046, section 5.1). What stands before the
//! first and after the last is no part of the mail (5.1.1).

use crate::entity::line_at;
use crate::limits::Refused;

/// A multipart body cut up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut<'x> {
    /// The bodies, each without the line end that belongs to the boundary.
    pub(crate) parts: Vec<&'x [u8]>,
    /// The closing boundary was there.
    pub(crate) closed: bool,
}

/// Cuts `body`, into at most `max` parts.
pub(crate) fn cut<'x>(body: &'x [u8], boundary: &str, max: usize) -> Result<Cut<'x>, Refused> {
    let mut parts = Vec::new();
    let mut from: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let line = line_at(body, at);
        let next = at + line.len();
        if let Some(last) = delimiter(line, boundary.as_bytes()) {
            if let Some(from) = from {
                if parts.len() >= max {
                    return Err(Refused::Parts { max });
                }
                parts.push(without_line_end(body.get(from..at).unwrap_or_default()));
            }
            if last {
                return Ok(Cut {
                    parts,
                    closed: true,
                });
            }
            from = Some(next);
        }
        at = next;
    }
    if let Some(rest) = from.and_then(|from| body.get(from..)) {
        if parts.len() >= max {
            return Err(Refused::Parts { max });
        }
        parts.push(rest);
    }
    Ok(Cut {
        parts,
        closed: false,
    })
}

/// Whether the line is a boundary; `true` in it where it is the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (rest, last) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    rest.iter().all(u8::is_ascii_whitespace).then_some(last)
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_end_before_a_boundary_belongs_to_the_boundary() {
        let body = b"before\r\n--b\r\n\r\none\r\n--b \r\n\r\ntwo\r\n\r\n--b--\r\nafter";
        let cut = cut(body, "b", 9).unwrap();
        assert_eq!(cut.parts, [&b"\r\none"[..], b"\r\ntwo\r\n"]);
        assert!(cut.closed);
    }

    #[test]
    fn a_longer_boundary_is_another_boundary() {
        let cut = cut(b"--bb\nno\n--b\nyes\n--bb\n--b--", "b", 9).unwrap();
        assert_eq!(cut.parts, [&b"yes\n--bb"[..]]);
    }

    #[test]
    fn a_body_that_breaks_off_keeps_what_is_there() {
        let cut = cut(b"--b\none\n--b\ntwo", "b", 9).unwrap();
        assert_eq!((cut.parts.len(), cut.closed), (2, false));
    }

    #[test]
    fn too_many_parts_are_refused() {
        let body = b"--b\n".repeat(10);
        assert_eq!(super::cut(&body, "b", 3), Err(Refused::Parts { max: 3 }));
    }
}
