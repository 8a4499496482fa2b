//! Commitments inside an event: to the database rows that it wrote (`rows`) and to content
//! (`content`). Salted, so that a commitment cannot be guessed from what it commits to, and
//! each with its own prefix, so that none can be taken for another.

use serde_json::Value;

use crate::b64;
use crate::hash::digest;
use crate::opening::Salt;

/// One database row that an event wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoveredRow {
    /// The table's name.
    pub table: String,
    /// The row's primary key.
    pub id: String,
    /// [`row_digest`] of the row.
    pub digest: String,
}

/// The digest of a row's canonical text: hexadecimal SHA-256("mappa-gateway/row/v1" LF, text).
pub fn row_digest(canonical: &str) -> String {
    hex::encode(digest(&[b"mappa-gateway/row/v1\n", canonical.as_bytes()]).0)
}

/// The commitment to a set of rows: base64 SHA-256("mappa-gateway/rows/v1" LF, salt, JCS of the
/// list of [table, id, digest], sorted), JCS being RFC 8785. The order in which the rows are
/// given is without meaning.
pub fn commit_rows(salt: &Salt, rows: &[CoveredRow]) -> String {
    let mut sorted: Vec<&CoveredRow> = rows.iter().collect();
    sorted.sort_unstable();
    let list: Value = sorted
        .into_iter()
        .map(|row| {
            Value::from(vec![
                row.table.as_str(),
                row.id.as_str(),
                row.digest.as_str(),
            ])
        })
        .collect();
    // Lists of strings without spaces: serde_json's compact form is RFC 8785's.
    let canonical = list.to_string();
    b64::encode(
        digest(&[
            b"mappa-gateway/rows/v1\n",
            salt.as_bytes(),
            canonical.as_bytes(),
        ])
        .0,
    )
}

/// The commitment to one item's content: base64 SHA-256("mappa-gateway/content/v1" LF, salt,
/// SHA-256 of the content).
pub fn content_commitment(salt: &Salt, content_sha256: &[u8; 32]) -> String {
    b64::encode(
        digest(&[
            b"mappa-gateway/content/v1\n",
            salt.as_bytes(),
            content_sha256,
        ])
        .0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(table: &str, id: &str, text: &str) -> CoveredRow {
        CoveredRow {
            table: table.to_owned(),
            id: id.to_owned(),
            digest: row_digest(text),
        }
    }

    #[test]
    fn the_formulas_are_those_written_down() {
        let salt = Salt::from_bytes([1; 32]);
        assert_eq!(
            row_digest("x"),
            hex::encode(digest(&[b"mappa-gateway/row/v1\nx"]).0)
        );
        let mut whole = b"mappa-gateway/rows/v1\n".to_vec();
        whole.extend([1; 32]);
        whole.extend(br#"[["a","1","00"],["b","\u0007\n\"\\/"#);
        whole.extend("é\u{7f}\u{1f600}\",\"00\"]]".as_bytes());
        let rows = [
            CoveredRow {
                table: "b".to_owned(),
                id: "\u{7}\n\"\\/é\u{7f}\u{1f600}".to_owned(),
                digest: "00".to_owned(),
            },
            CoveredRow {
                table: "a".to_owned(),
                id: "1".to_owned(),
                digest: "00".to_owned(),
            },
        ];
        assert_eq!(commit_rows(&salt, &rows), b64::encode(digest(&[&whole]).0));
        let mut content = b"mappa-gateway/content/v1\n".to_vec();
        content.extend([1; 32]);
        content.extend([2; 32]);
        assert_eq!(
            content_commitment(&salt, &[2; 32]),
            b64::encode(digest(&[&content]).0)
        );
    }

    #[test]
    fn the_list_of_rows_is_hashed_in_the_form_of_rfc_8785() {
        let text: String = (0..0x500).filter_map(char::from_u32).collect();
        let list = Value::from(vec![Value::from(vec![
            text.as_str(),
            "\u{2028}\u{1f600}",
            "",
        ])]);
        assert_eq!(
            list.to_string(),
            serde_json_canonicalizer::to_string(&list).unwrap()
        );
    }

    #[test]
    fn a_row_changed_missing_added_or_swapped_makes_another_commitment() {
        let salt = Salt::from_bytes([1; 32]);
        let rows = [
            row("delivery", "1", "a"),
            row("delivery", "2", "b"),
            row("wrap", "1", "c"),
        ];
        let commitment = commit_rows(&salt, &rows);
        let mut reversed = rows.clone();
        reversed.reverse();
        assert_eq!(commit_rows(&salt, &reversed), commitment);
        let swapped = [
            row("delivery", "1", "b"),
            row("delivery", "2", "a"),
            row("wrap", "1", "c"),
        ];
        let doubled = [rows.as_slice(), &rows[2..]].concat();
        for other in [&rows[1..], &rows[..2], &[], &swapped, &doubled] {
            assert_ne!(commit_rows(&salt, other), commitment);
        }
        assert_ne!(commit_rows(&Salt::from_bytes([2; 32]), &rows), commitment);
    }

    #[test]
    fn parts_cannot_be_moved_between_a_rows_table_and_id() {
        let salt = Salt::from_bytes([1; 32]);
        let one = [row("a", "b\",\"c", "x")];
        let two = [row("a\",\"b", "c", "x")];
        assert_ne!(commit_rows(&salt, &one), commit_rows(&salt, &two));
    }
}
