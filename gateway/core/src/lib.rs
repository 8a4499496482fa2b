//! The words of the exchange: ids, codes, identifiers of persons, dates, the question that
//! the protocols answer. Every other crate speaks in these types.
//!
//! What it will not do: read a clock by itself (see [`Clock`]), touch a disk, a database or a
//! network, or know how anything is sealed. To add a code, add one line in [`code`]; to add a
//! kind of identifier, add its rule in [`identifier`].

pub mod calendar;
pub mod clock;
pub mod code;
pub mod event;
pub mod id;
pub mod identifier;
pub mod json;
pub mod name;
pub mod obligation;
pub mod personal;
pub mod question;
pub mod text;

pub use clock::Clock;
pub use code::{
    About, AgencyKind, Category, Channel, Custody, DeliveryState, ExchangeState, Nature, Outcome,
    Purpose, Regime, Role,
};
pub use id::{AgencyId, Id};
pub use identifier::{BadIdentifier, Identifier, IdentifierKind};
pub use obligation::Obligation;
pub use personal::Personal;
pub use question::{Question, ReadQuestion, Reviewer, RuleHit, Ruling};
