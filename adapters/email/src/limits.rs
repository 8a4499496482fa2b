//! How much of a mail is read, and the answer where it is more.

/// What a mail may have. The caller bounds the bytes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most entities of all kinds, nested messages' own counted as well.
    pub parts: usize,
    /// Deepest nesting; more than 64 is taken as 64.
    pub nesting: usize,
    /// Most bytes of one header section.
    pub header_bytes: usize,
    /// Most bytes of all parts together, once decoded.
    pub decoded_bytes: usize,
}

impl Limits {
    /// Nesting that the stack bears, whatever the caller asks for.
    pub(crate) const DEEPEST: usize = 64;
}

impl Default for Limits {
    /// 200 parts, 20 deep, 64 KiB of headers, 64 MiB decoded.
    fn default() -> Self {
        Self {
            parts: 200,
            nesting: 20,
            header_bytes: 64 * 1024,
            decoded_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Why a mail was not taken apart. It is whole in the caller's hands still: quarantine it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing at all.
    #[error("is empty: write something, or attach a document")]
    NotMail,
    /// A header section beyond the limit.
    #[error("has more than {max} bytes of headers: send it again as a new mail")]
    Headers {
        /// The limit, bytes.
        max: usize,
    },
    /// More entities than the limit.
    #[error("has more than {max} parts: send fewer attachments, or put them into one archive")]
    Parts {
        /// The limit.
        max: usize,
    },
    /// Nested deeper than the limit.
    #[error("is nested more than {max} deep: attach the documents themselves")]
    Nesting {
        /// The limit.
        max: usize,
    },
    /// More content than the limit.
    #[error("holds more than {max} bytes: send large documents by the portal or the API")]
    Decoded {
        /// The limit, bytes.
        max: usize,
    },
}
