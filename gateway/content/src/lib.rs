//! Safety of content before anything is sealed: what a document really is, what in it could
//! run or hide, and what a virus scanner says of it.
//!
//! [`inspect`] is pure: any bytes are answered, in bounded work and memory. [`clamd`] speaks
//! to the scanner, and where it cannot it says so; it never takes silence for a clean answer.
//! What it will not do: change a document, decide what becomes of it, or judge by trust in
//! who sent it. [`Finding::holds`] is advice to whoever decides.
//!
//! To add a format, write its reader beside `pdf` or `rar`, name it in `kind::Kind`, and call it
//! from `look`. To add a finding, add a variant in [`Finding`], its words, and a fixture.

mod beginning;
pub mod clamd;
mod deflate;
mod finding;
mod gzip;
mod kind;
mod lies;
mod limits;
mod look;
mod names;
mod office;
mod ole;
mod pdf;
mod rar;
mod rtf;
mod seven;
mod tar;
mod text;
mod xls;
mod zip;

pub use beginning::Beginning;
pub use finding::Finding;
pub use limits::Limits;

/// What was seen in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its media type by its content; `application/octet-stream` where that says nothing.
    pub media_type: String,
    /// What a person has to know, each once, the gravest first.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// Whether anything in it is for a person to look at before it goes on.
    pub fn holds(&self) -> bool {
        self.findings.iter().any(Finding::holds)
    }
}

/// Looks into a document that came under a file name and a declared media type; either may be
/// empty, and neither is believed.
///
/// Up to [`Limits::total_bytes`] are decompressed, which can take tenths of a second: call it
/// where blocking is allowed.
pub fn inspect(name: &str, declared: &str, bytes: &[u8], limits: &Limits) -> Inspection {
    let mut looked = look::Look::new(limits);
    let kind = looked.document(name, bytes, 0);
    let mut findings = looked.findings;
    findings.extend(lies::find(name, declared, &kind));
    Inspection {
        media_type: kind.media_type().to_owned(),
        findings: findings.into_iter().collect(),
    }
}
