//! Whether a resource is FHIR R4, as far as the elements go that the gateway knows. What it does
//! not know it passes over (R4, 2.1.0.4), but for what changes the meaning of the rest.

pub(crate) mod primitive;
mod resources;
mod types;

use crate::issue::{Cause, Issues};
use crate::json::Json;
use crate::json::read::is_element;

/// One element that is known.
pub(crate) struct Field {
    name: &'static str,
    kind: Kind,
    /// May be there more than once: an array.
    many: bool,
    /// Must be there.
    required: bool,
}

/// The type of an element.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Boolean,
    /// A whole number that is not negative.
    Unsigned,
    /// Text of any kind.
    Text,
    Uri,
    Code,
    Id,
    Date,
    DateTime,
    Instant,
    /// The data of an attachment.
    Data,
    /// A code of a list that R4 binds as required.
    OneOf(&'static [&'static str]),
    /// An object of these elements.
    Part(fn() -> &'static [Field]),
    /// A resource within.
    Resource,
}

const fn one(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        many: false,
        required: false,
    }
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        many: false,
        required: true,
    }
}

const fn many(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        many: true,
        required: false,
    }
}

const fn some(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        many: true,
        required: true,
    }
}

/// Looks at a resource and all that it holds. Gives its type, where it has one.
pub(crate) fn check<'a>(resource: &'a Json, issues: &mut Issues) -> Option<&'a str> {
    let kind = resource.get("resourceType").and_then(Json::text);
    let Some(kind) = kind.filter(|kind| is_element(kind)) else {
        issues.add(
            Cause::Missing,
            "resourceType",
            "is not there: say which type of resource this is",
        );
        return None;
    };
    let mut path = kind.to_owned();
    modifiers(resource, &mut path, issues);
    self::resource(resource, &mut path, issues);
    Some(kind)
}

/// Whether the gateway knows that type of resource.
pub(crate) fn knows(kind: &str) -> bool {
    resources::table(kind).is_some()
}

fn within(path: &mut String, step: &str, look: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    look(path);
    path.truncate(length);
}

/// Refuses `modifierExtension` and `implicitRules` wherever they are.
fn modifiers(value: &Json, path: &mut String, issues: &mut Issues) {
    for (n, item) in value.items().iter().enumerate() {
        within(path, &format!("[{n}]"), |path| {
            modifiers(item, path, issues);
        });
    }
    for (name, member) in value.members() {
        if !is_element(name) {
            // No element has such a name, and no path can say where it is.
            modifiers(member, &mut path.clone(), issues);
            continue;
        }
        within(path, &format!(".{name}"), |path| {
            if name == "modifierExtension" || name == "implicitRules" {
                issues.add(
                    Cause::Modifier,
                    path.as_str(),
                    "changes what the rest means in a way that is not known here: leave it out",
                );
            }
            modifiers(member, path, issues);
        });
    }
}

fn resource(value: &Json, path: &mut String, issues: &mut Issues) {
    let Json::Object(_) = value else {
        wrong_type(value, "a resource, an object", path, issues);
        return;
    };
    match value.get("resourceType").and_then(Json::text) {
        Some(kind) => {
            choices(value, path, issues);
            part(value, types::resource(), path, issues);
            part(
                value,
                resources::table(kind).unwrap_or_default(),
                path,
                issues,
            );
        }
        None => issues.add(
            Cause::Missing,
            path.as_str(),
            "has no `resourceType`: say which type of resource this is",
        ),
    }
}

/// Elements that have a type of many, the type being the end of their name (`valueString`): one of
/// each may be there (R4, formats 2.1.0.5).
const CHOICES: [&str; 5] = ["value", "content", "deceased", "event", "occurrence"];

fn choices(value: &Json, path: &str, issues: &mut Issues) {
    for choice in CHOICES {
        let typed = |name: &str| {
            let end = name.strip_prefix(choice).unwrap_or_default();
            end.starts_with(|c: char| c.is_ascii_uppercase())
        };
        let names = value.members().iter().map(|(name, _)| name);
        if names.filter(|name| typed(name)).count() > 1 {
            let words = format!("has `{choice}[x]` more than once: give one");
            issues.add(Cause::Contradiction, path, words);
        }
    }
}

fn part(value: &Json, fields: &[Field], path: &mut String, issues: &mut Issues) {
    for field in fields {
        within(path, &format!(".{}", field.name), |path| {
            match value.get(field.name) {
                Some(found) if field.many => repeated(found, field.kind, path, issues),
                Some(found) => single(found, field.kind, path, issues),
                None if field.required => {
                    issues.add(
                        Cause::Missing,
                        path.as_str(),
                        "is not there: R4 requires it",
                    );
                }
                None => {}
            }
        });
    }
}

fn repeated(value: &Json, kind: Kind, path: &mut String, issues: &mut Issues) {
    let Json::List(items) = value else {
        return wrong_type(
            value,
            "an array: it may be there more than once",
            path,
            issues,
        );
    };
    for (n, item) in items.iter().enumerate() {
        let gap = matches!(item, Json::Null) && !matches!(kind, Kind::Part(_) | Kind::Resource);
        // A null stands where a primitive has an extension and no value (R4, JSON 2.6.2.3).
        if !gap {
            within(path, &format!("[{n}]"), |path| {
                single(item, kind, path, issues);
            });
        }
    }
}

fn single(value: &Json, kind: Kind, path: &mut String, issues: &mut Issues) {
    match (kind, value) {
        (Kind::Part(fields), Json::Object(_)) => {
            choices(value, path, issues);
            part(value, fields(), path, issues);
        }
        (Kind::Part(_), _) => wrong_type(value, "an object", path, issues),
        (Kind::Resource, _) => resource(value, path, issues),
        (Kind::Boolean, Json::Bool(_)) | (Kind::Data, Json::Attachment(_)) => {}
        (Kind::Boolean, _) => wrong_type(value, "true or false", path, issues),
        (Kind::Unsigned, Json::Number(text)) => {
            if text.parse::<u32>().is_err() {
                issues.add(
                    Cause::BadValue,
                    path.as_str(),
                    "is not a whole number from nought to 4,294,967,295",
                );
            }
        }
        (Kind::Unsigned, _) => wrong_type(value, "a number", path, issues),
        (Kind::OneOf(list), Json::Text(text)) => {
            if !list.contains(&text.as_str()) {
                let words = format!(
                    "is not a code that R4 has here: give one of {}",
                    list.join(", ")
                );
                issues.add(Cause::UnknownCode, path.as_str(), words);
            }
        }
        (_, Json::Text(text)) => {
            if let Some(words) = primitive::fault(kind, text) {
                issues.add(Cause::BadValue, path.as_str(), words);
            }
        }
        _ => wrong_type(value, "a string", path, issues),
    }
}

fn wrong_type(value: &Json, right: &str, path: &str, issues: &mut Issues) {
    let words = format!("is {}: give {right}", value.kind());
    issues.add(Cause::WrongType, path, words);
}
