//! Forms as data. A [`Definition`] is a file; from it come what a form's page asks, the JSON
//! Schema, the checks, and which kind of information each answer is. A filled-in form is a
//! [`Body`], in one spelling whichever way it came.
//!
//! What it will not do: show, send, seal or decide anything. To add a form, add its file to
//! `policies/forms`.

mod answer;
mod body;
mod check;
mod complete;
mod definition;
mod example;
mod library;
mod part;
mod paste;
mod schema;
mod view;

pub use answer::day;
pub use body::{Answer, Body, Row, Table};
pub use check::Fault;
pub use complete::{Covered, Share};
pub use definition::{
    BadDefinition, Condition, Definition, Field, Kind, List, OUTCOMES, PurposeWhen, Required, Says,
    Section,
};
pub use library::{Library, LoadError};
pub use part::{Carried, MEDIA_TYPE, Part, changed};
pub use paste::{PASTE_BYTES, PasteFault, Pasted, SheetText};
pub use view::{Item, Names, Said, Shown, View, day_in_words, mark};
