//! Code lists in the OpenAPI document, from the lists themselves.

use gateway_core::{
    About, Category, DeliveryState, ExchangeState, IdentifierKind, Nature, Outcome, Purpose, Role,
};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// The words of consent (see [`super::read`]).
pub(crate) const CONSENT: &[&str] = &["given", "refused", "not-sought"];

fn one_of(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

/// The same, or null.
fn maybe_one_of(words: impl Iterator<Item = &'static str>) -> Object {
    let values = words
        .map(serde_json::Value::from)
        .chain([serde_json::Value::Null]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(values))
        .build()
}

macro_rules! lists {
    ($($name:ident: $list:ident;)+) => { $(
        pub(crate) fn $name() -> Object {
            one_of($list::ALL.iter().map(|word| word.as_str()))
        }
    )+ };
}

lists! {
    exchange_state: ExchangeState;
    delivery_state: DeliveryState;
    identifier_kind: IdentifierKind;
    outcome: Outcome;
    role: Role;
}

macro_rules! optional_lists {
    ($($name:ident: $list:ident;)+) => { $(
        pub(crate) fn $name() -> Object {
            maybe_one_of($list::ALL.iter().map(|word| word.as_str()))
        }
    )+ };
}

optional_lists! {
    maybe_about: About;
    maybe_category: Category;
    maybe_nature: Nature;
}

/// A purpose; the empty text is none.
pub(crate) fn maybe_purpose() -> Object {
    maybe_one_of(Purpose::ALL.iter().map(|word| word.as_str()).chain([""]))
}

pub(crate) fn maybe_consent() -> Object {
    maybe_one_of(CONSENT.iter().copied())
}
