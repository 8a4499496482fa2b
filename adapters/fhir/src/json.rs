//! JSON as FHIR has it: kept in order, numbers as they were written, and one thing more, an
//! attachment whose bytes are elsewhere.

pub(crate) mod base64;
pub(crate) mod bytes;
pub(crate) mod object;
pub(crate) mod read;
pub(crate) mod write;

pub(crate) use object::Object;

/// A JSON value.
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written: FHIR counts a decimal's trailing noughts.
    Number(String),
    /// A string.
    Text(String),
    /// The base64 of an attachment, which a source gives or a sink has taken.
    Attachment(Attachment),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order in which it was written.
    Object(Vec<(String, Json)>),
}

/// What is known of an attachment's bytes without holding them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The how many-th it is, from nought, of those that the sink was given or the source gives.
    pub index: usize,
    /// Its size in bytes, where it was read.
    pub size: u64,
    /// SHA-256 of its bytes, in lower-case hexadecimal, where it was read.
    pub sha256: String,
}

/// Shows the kind of a value and nothing of what it says, which may be about a person.
impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

impl Json {
    /// The member of that name, of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Attachment(_)
            | Self::List(_) => None,
        }
    }

    /// The text, of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Attachment(_)
            | Self::List(_)
            | Self::Object(_) => None,
        }
    }

    /// The values of an array; none of anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Attachment(_)
            | Self::Object(_) => &[],
        }
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Attachment(_)
            | Self::List(_) => &[],
        }
    }

    /// What kind of value it is, in a word or two.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Attachment(_) => "an attachment",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<Vec<Self>> for Json {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}
