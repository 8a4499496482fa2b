//! How a document is named and typed on its way out, whatever its sender called it.

/// A body as its sender called it; anything that is no media type is only bytes.
pub fn media_type(given: &str) -> &str {
    let essence = given.split(';').next().unwrap_or("").trim();
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let shaped = essence
        .split_once('/')
        .is_some_and(|(kind, sub)| token(kind) && token(sub));
    let printable = given.bytes().all(|b| (b' '..=b'~').contains(&b));
    if shaped && printable && given.len() <= 120 {
        given
    } else {
        "application/octet-stream"
    }
}

/// `Content-Disposition` with the title in both spellings (RFC 6266, RFC 8187). What a file
/// system could take for a place is replaced.
pub fn attachment(title: &str) -> String {
    let name: String = title
        .trim_start_matches('.')
        .chars()
        .map(|c| {
            if c.is_control() || "/\\:*?\"<>|".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let name = if name.trim().is_empty() {
        "item".to_owned()
    } else {
        name
    };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() && c != '%' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_encoded_so_that_nothing_of_it_is_taken_for_syntax() {
        assert_eq!(
            attachment("report.pdf"),
            "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"
        );
        assert_eq!(
            attachment("Siân \"1\"\r\nX: y"),
            "attachment; filename=\"Si_n _1___X_ y\"; filename*=UTF-8''Si%C3%A2n%20_1___X_%20y"
        );
        assert_eq!(
            attachment("../../etc/passwd"),
            "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"
        );
        assert!(attachment("...").contains("filename=\"item\""));
    }

    #[test]
    fn what_is_no_media_type_is_only_bytes() {
        assert_eq!(media_type("application/pdf"), "application/pdf");
        assert_eq!(
            media_type("text/plain; charset=utf-8"),
            "text/plain; charset=utf-8"
        );
        for bad in ["", "pdf", "a/", "/b", "a b/c", "a/b\r\nX: y", "é/b"] {
            assert_eq!(media_type(bad), "application/octet-stream", "{bad:?}");
        }
    }
}
