//! The pages, a file each.

pub(crate) mod act;
pub(crate) mod again;
pub(crate) mod again_key;
mod asked;
pub(crate) mod audit;
pub(crate) mod bulk;
pub(crate) mod compose;
pub(crate) mod coordination;
pub(crate) mod custody;
pub(crate) mod document;
mod few;
pub(crate) mod flag;
pub(crate) mod form;
pub(crate) mod health;
pub(crate) mod hold;
pub(crate) mod inbox;
mod inert;
pub(crate) mod item;
pub(crate) mod join;
pub(crate) mod join_key;
pub(crate) mod kept;
pub(crate) mod key;
pub(crate) mod message;
pub(crate) mod moved;
pub(crate) mod nominal;
pub(crate) mod nominals;
pub(crate) mod notices;
pub(crate) mod outcome;
pub(crate) mod people;
pub(crate) mod security;
pub(crate) mod sent;
pub(crate) mod sessions;
pub(crate) mod share;
pub(crate) mod sign_in;
pub(crate) mod why;
pub(crate) mod withdraw;

/// Entries on one page of a list.
pub(crate) const ON_A_PAGE: usize = 20;
