//! Exchanges: sent, listed, read, completed, withdrawn.

pub(crate) mod body;
pub(crate) mod document;
pub(crate) mod get;
pub(crate) mod idempotency;
pub(crate) mod list;
pub(crate) mod pair;
pub(crate) mod patch;
pub(crate) mod post;
pub(crate) mod withdraw;
