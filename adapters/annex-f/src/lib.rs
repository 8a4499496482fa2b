//! A form outside the gateway: as a Word file to fill in ([`write()`]), and read back from one
//! ([`read()`], or [`Filled`] where it is not known which form it is); and as a PDF to print
//! ([`print()`]). Many of them come as lines of a file ([`Batch`]). Any form goes, not only the prison's Annex F.
//!
//! What it will not do: read files, look for viruses, or say whether the answers are right, which
//! [`gateway_forms::Body`] does. What it reads is bounded in bytes, in parts and in time, and
//! nothing in a document is followed, run or fetched.

mod archive;
mod batch;
mod cells;
mod docx;
mod error;
mod ink;
mod names;
mod package;
mod pdf;
mod read;
mod sheet;
mod xml;

pub use archive::FILE_BYTES;
pub use batch::{Batch, BatchLine, LINE_BYTES, LineError};
pub use docx::write;
pub use error::ReadError;
pub use pdf::{Cover, print};
pub use read::{Filled, read};
