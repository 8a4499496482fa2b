//! A row type, declared once: its columns, how it is read and written, and its digest.

use std::fmt::Write as _;

use gateway_ledger::rows::CoveredRow;

use crate::db::Row;
use crate::error::StoreError;

/// A value of a column.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// `text`
    Text(Option<String>),
    /// `bigint`
    Int(Option<i64>),
    /// `bytea`
    Bytes(Option<Vec<u8>>),
}

macro_rules! into_value {
    ($($from:ty => $variant:ident($value:ident) $body:expr;)+) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$variant($body)
            }
        })+
    };
}

into_value! {
    String => Text(v) Some(v);
    &String => Text(v) Some(v.clone());
    &str => Text(v) Some(v.to_owned());
    Option<String> => Text(v) v;
    &Option<String> => Text(v) v.clone();
    Option<&str> => Text(v) v.map(str::to_owned);
    i64 => Int(v) Some(v);
    &i64 => Int(v) Some(*v);
    Option<i64> => Int(v) v;
    &Option<i64> => Int(v) *v;
    Vec<u8> => Bytes(v) Some(v);
    &Vec<u8> => Bytes(v) Some(v.clone());
    &[u8] => Bytes(v) Some(v.to_vec());
    Option<Vec<u8>> => Bytes(v) v;
    &Option<Vec<u8>> => Bytes(v) v.clone();
}

impl Value {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_deref(),
            Self::Int(_) | Self::Bytes(_) => None,
        }
    }

    /// The number, where it is one.
    pub(crate) const fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => *number,
            Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    /// The bytes, where they are that.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => bytes.as_deref(),
            Self::Text(_) | Self::Int(_) => None,
        }
    }

    /// What PostgreSQL calls its type.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Int(_) => "bigint",
            Self::Bytes(_) => "bytea",
        }
    }

    /// The value as it goes into a row's digest: JSON, bytes as hexadecimal behind `x`.
    fn canonical(&self, out: &mut String) {
        match self {
            Self::Text(None) | Self::Int(None) | Self::Bytes(None) => out.push_str("null"),
            Self::Text(Some(text)) => {
                // A string has a JSON form always.
                out.push_str(&serde_json::to_string(text).unwrap_or_default());
            }
            Self::Int(Some(number)) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "{number}");
            }
            Self::Bytes(Some(bytes)) => {
                out.push_str("\"x");
                push_hex(out, bytes);
                out.push('"');
            }
        }
    }
}

/// Bodies are long: by pieces, and not letter by letter.
fn push_hex(out: &mut String, bytes: &[u8]) {
    let mut letters = [0; 512];
    for piece in bytes.chunks(letters.len() / 2) {
        let room = &mut letters[..piece.len() * 2];
        if hex::encode_to_slice(piece, room).is_ok() {
            out.push_str(std::str::from_utf8(room).unwrap_or_default());
        }
    }
}

/// A row of a table with an `id` column.
pub trait Record: Sized + Send + Sync {
    /// The table.
    const TABLE: &'static str;
    /// Whether the log commits to its rows.
    const COVERED: bool;
    /// The columns, in order.
    const COLUMNS: &'static [&'static str];

    /// The row's id.
    fn id(&self) -> &str;
    /// The values, in the order of the columns.
    fn values(&self) -> Vec<Value>;
    /// Puts the writing transaction's name into the row, where the table has the column.
    fn set_updated_by(&mut self, name: &str);
    /// Reads a row.
    #[doc(hidden)]
    fn from_row(row: &RowRef<'_>) -> Result<Self, StoreError>;

    /// Table, id and digest.
    fn covered(&self) -> CoveredRow {
        self.covered_by(&self.values())
    }

    /// Table, id and digest of the row whose values these are: the log commits to every column,
    /// in order.
    #[doc(hidden)]
    fn covered_by(&self, values: &[Value]) -> CoveredRow {
        CoveredRow {
            table: Self::TABLE.to_owned(),
            id: self.id().to_owned(),
            digest: gateway_ledger::rows::row_digest(&canonical(Self::COLUMNS, values)),
        }
    }

    /// The beginning of every query: `select … from table`.
    fn selected() -> &'static str;

    /// The statement that adds a row or replaces the one with its id.
    fn upsert() -> &'static str;
}

/// The row as the log commits to it: a JSON object of its columns, in order.
fn canonical(columns: &[&str], values: &[Value]) -> String {
    let bytes = values.iter().map(|value| match value {
        Value::Bytes(Some(bytes)) => bytes.len() * 2,
        Value::Text(Some(text)) => text.len(),
        Value::Bytes(None) | Value::Text(None) | Value::Int(_) => 0,
    });
    let mut out = String::with_capacity(bytes.sum::<usize>() + 32 * columns.len());
    out.push('{');
    for (n, (column, value)) in columns.iter().zip(values).enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(column);
        out.push_str("\":");
        value.canonical(&mut out);
    }
    out.push('}');
    out
}

/// `select … from table`.
pub(crate) fn selected(table: &str, columns: &[&str]) -> String {
    format!("select {} from {table}", columns.join(", "))
}

/// `insert into table (…) values (…)`.
pub(crate) fn insert(table: &str, columns: &[&str]) -> String {
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    format!(
        "insert into {table} ({}) values ({})",
        columns.join(", "),
        places.join(", ")
    )
}

/// The same for any number of rows on PostgreSQL, an argument a column, from the argument `from` on;
/// `row` is one of them.
pub(crate) fn insert_all(table: &str, columns: &[&str], row: &[Value], from: usize) -> String {
    let places = (from..).zip(row);
    let places: Vec<String> = places
        .map(|(n, value)| format!("${n}::{}[]", value.kind()))
        .collect();
    format!(
        "insert into {table} ({}) select * from unnest({})",
        columns.join(", "),
        places.join(", ")
    )
}

/// What makes an insertion replace the row with its id: ` on conflict (id) do update …`.
pub(crate) fn replacing(columns: &[&str]) -> String {
    let sets: Vec<String> = columns
        .iter()
        .filter(|c| **c != "id")
        .map(|c| format!("{c} = excluded.{c}"))
        .collect();
    format!(" on conflict (id) do update set {}", sets.join(", "))
}

/// `insert into table … on conflict (id) do update …`.
pub(crate) fn upsert(table: &str, columns: &[&str]) -> String {
    insert(table, columns) + &replacing(columns)
}

/// A row as the database returned it, or one of several that stand side by side in it: a table's
/// columns, in order.
pub struct RowRef<'r> {
    row: &'r Row,
    first: usize,
}

impl<'r> RowRef<'r> {
    pub(crate) const fn whole(row: &'r Row) -> Self {
        Self { row, first: 0 }
    }

    pub(crate) const fn from(row: &'r Row, first: usize) -> Self {
        Self { row, first }
    }

    /// The value of the table's n-th column.
    pub(crate) fn at<T>(&self, n: usize) -> Result<T, StoreError>
    where
        T: rusqlite::types::FromSql + sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.row.at(self.first + n)
    }
}

/// A table's columns under its alias, in order.
pub(crate) fn columns_of<R: Record>(alias: &str) -> String {
    let each: Vec<String> = R::COLUMNS
        .iter()
        .map(|column| format!("{alias}.{column}"))
        .collect();
    each.join(", ")
}

/// Declares a row type: `table! { /// doc covered Name "table" { column: Type, … } }`.
macro_rules! table {
    ($(#[$doc:meta])* $covered:ident $name:ident $table:literal { $($column:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name { $(#[doc = concat!("Column `", stringify!($column), "`.")] pub $column: $type,)+ }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} {}", $table, self.id)
            }
        }

        impl $crate::row::Record for $name {
            const TABLE: &'static str = $table;
            const COVERED: bool = $crate::row::table!(@covered $covered);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];

            fn id(&self) -> &str {
                &self.id
            }

            fn values(&self) -> Vec<$crate::row::Value> {
                vec![$((&self.$column).into()),+]
            }

            fn set_updated_by(&mut self, name: &str) {
                $crate::row::table!(@updated self name $($column)+);
            }

            fn selected() -> &'static str {
                static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::row::selected($table, <$name as $crate::row::Record>::COLUMNS)
                });
                &SQL
            }

            fn upsert() -> &'static str {
                static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::row::upsert($table, <$name as $crate::row::Record>::COLUMNS)
                });
                &SQL
            }

            fn from_row(row: &$crate::row::RowRef<'_>) -> Result<Self, $crate::error::StoreError> {
                let mut places = 0..;
                let mut next = || places.next().unwrap_or_default();
                Ok(Self { $($column: row.at(next())?,)+ })
            }
        }
    };
    (@covered covered) => { true };
    (@covered plain) => { false };
    (@updated $self:ident $name:ident updated_by) => { $self.updated_by = $name.to_owned() };
    (@updated $self:ident $name:ident $last:ident) => { { let _ = $name; } };
    (@updated $self:ident $name:ident $head:ident $($rest:ident)+) => {
        $crate::row::table!(@updated $self $name $($rest)+)
    };
}
pub(crate) use table;
