//! JSON text, read into a type. What is wrong with it is told with its place and with what is
//! expected, and never repeats a value.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is not one JSON value.
    #[error("this is not JSON (line {line}, column {column})")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON of another shape.
    #[error("{pointer}: {detail}")]
    Unfit {
        /// The field, by its JSON Pointer (RFC 6901).
        pointer: String,
        /// What is expected there.
        detail: String,
    },
}

/// Reads a text that is one JSON value.
///
/// # Errors
/// [`Unread`], the first thing that is wrong.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unread> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| refused(error.path(), error.inner()))?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(not_json(&error)),
    }
}

/// What an error of serde's says, without the value it met and without its place in the text.
pub fn without_value(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(said, _)| said);
    let names_value = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ]
    .iter()
    .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if names_value => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

fn refused(path: &Path, error: &serde_json::Error) -> Unread {
    match error.classify() {
        Category::Data => {
            let detail = without_value(&error.to_string());
            Unread::Unfit {
                pointer: pointer(path, &detail),
                detail,
            }
        }
        Category::Io | Category::Syntax | Category::Eof => not_json(error),
    }
}

fn not_json(error: &serde_json::Error) -> Unread {
    Unread::NotJson {
        line: error.line(),
        column: error.column(),
    }
}

/// The path as a JSON Pointer. Serde finds a missing field at its parent: the pointer then
/// goes on to the field.
fn pointer(path: &Path, detail: &str) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            // A variant's name is no place in the text.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if let Some(field) = detail
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        push(&mut pointer, field);
    }
    pointer
}

fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}
