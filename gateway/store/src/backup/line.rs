//! A row as a line of JSON: one member a column, bytes as base64 (RFC 4648 section 4).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json};

use super::schema::{Column, ColumnKind, Table};
use crate::row::Value;

/// A line is not a row of its table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not a JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A column is missing, of another kind, or empty where it may not be.
    #[error("its `{0}` is missing or not what the column holds")]
    Column(String),
    /// It has more than the columns.
    #[error("it has members that are no columns of the table")]
    More,
}

impl Table {
    /// A row as one line, without its end.
    pub fn line(&self, values: &[Value]) -> String {
        let row: Map<String, Json> = self
            .columns
            .iter()
            .zip(values)
            .map(|(column, value)| (column.name.clone(), json(value)))
            .collect();
        Json::Object(row).to_string()
    }

    /// Reads [`Table::line`].
    pub fn read(&self, line: &str) -> Result<Vec<Value>, LineError> {
        let Ok(Json::Object(mut row)) = serde_json::from_str(line) else {
            return Err(LineError::NotAnObject);
        };
        let values = self
            .columns
            .iter()
            .map(|column| {
                let wrong = || LineError::Column(column.name.clone());
                let json = row.remove(&column.name).ok_or_else(wrong)?;
                value(column, json).ok_or_else(wrong)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if row.is_empty() {
            Ok(values)
        } else {
            Err(LineError::More)
        }
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(None) | Value::Int(None) | Value::Bytes(None) => Json::Null,
        Value::Text(Some(text)) => Json::from(text.as_str()),
        Value::Int(Some(number)) => Json::from(*number),
        Value::Bytes(Some(bytes)) => Json::from(BASE64_STANDARD.encode(bytes)),
    }
}

fn value(column: &Column, json: Json) -> Option<Value> {
    if json.is_null() {
        return column.optional.then_some(match column.kind {
            ColumnKind::Text => Value::Text(None),
            ColumnKind::Int => Value::Int(None),
            ColumnKind::Bytes => Value::Bytes(None),
        });
    }
    match (column.kind, json) {
        (ColumnKind::Text, Json::String(text)) => Some(Value::Text(Some(text))),
        (ColumnKind::Int, Json::Number(number)) => number.as_i64().map(|n| Value::Int(Some(n))),
        (ColumnKind::Bytes, Json::String(text)) => {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            Some(Value::Bytes(Some(bytes)))
        }
        (ColumnKind::Text | ColumnKind::Int | ColumnKind::Bytes, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Schema;

    #[tokio::test]
    async fn a_row_reads_back_as_it_was_and_nothing_else_reads() {
        let schema = Schema::keys().await.unwrap();
        let table = schema.table("key").unwrap();
        let values: Vec<Value> = vec![
            "id\n\"é".into(),
            "log".into(),
            "s".into(),
            String::new().into(),
            Some(vec![0, 255]).into(),
            "active".into(),
            i64::MIN.into(),
            None::<i64>.into(),
        ];
        let line = table.line(&values);
        assert!(!line.contains('\n'));
        assert!(table.read(&line).unwrap() == values);
        let changed = |from: &str, to: &str| {
            assert!(line.contains(from), "{line}");
            table.read(&line.replace(from, to)).err().unwrap()
        };
        let column = |name: &str| LineError::Column(name.to_owned());
        assert_eq!(changed("\"public\"", "\"publik\""), column("public"));
        assert_eq!(changed("\"active\"", "null"), column("state"));
        assert_eq!(changed("\"AP8=\"", "\"AP8\""), column("secret"));
        assert_eq!(changed("-9223372036854775808", "1.5"), column("created_at"));
        assert_eq!(changed("{", "{\"more\":1,"), LineError::More);
        assert_eq!(changed("}", ""), LineError::NotAnObject);
    }
}
