//! An answer: `Communication`, `DocumentReference` and `Provenance`, and what they refer to.

mod documents;
mod read;
mod write;
