//! What the forms of these pages share.

use gateway_flow::FlowError;
use gateway_flow::error::FieldFault;

use crate::component::{ErrorItem, ErrorSummary};
use crate::stop::Stop;

/// What is wrong with a form, by field.
#[derive(Debug, Default)]
pub(in crate::page) struct Faults(Vec<FieldFault>);

impl Faults {
    /// Those of an act that was not done; another reason is a page of its own.
    pub(in crate::page) fn of(error: FlowError) -> Result<Self, Stop> {
        match error {
            FlowError::Invalid(faults) => Ok(Self(faults)),
            other @ (FlowError::NotFound
            | FlowError::Forbidden(_)
            | FlowError::Conflict(_)
            | FlowError::TooOften { .. }
            | FlowError::Unavailable(_)
            | FlowError::Internal(_)) => Err(other.into()),
        }
    }

    /// One that the page itself found.
    pub(in crate::page) fn add(&mut self, pointer: &str, detail: &str) {
        self.0.push(FieldFault::new(pointer, detail));
    }

    pub(in crate::page) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub(in crate::page) fn at(&self, pointer: &str) -> Option<&str> {
        let fault = self.0.iter().find(|fault| fault.pointer == pointer);
        fault.map(|fault| fault.detail.as_str())
    }

    /// All of it, each with the way to its field: pairs of pointer and `#id`.
    pub(in crate::page) fn summary<'a>(
        &'a self,
        fields: &[(&str, &'a str)],
    ) -> Option<ErrorSummary<'a>> {
        let href = |pointer: &str| {
            let field = fields.iter().find(|(name, _)| *name == pointer);
            field.map_or("", |(_, href)| href)
        };
        (!self.0.is_empty()).then(|| ErrorSummary {
            title: "There is a problem",
            errors: self
                .0
                .iter()
                .map(|fault| ErrorItem {
                    text: &fault.detail,
                    href: href(&fault.pointer),
                })
                .collect(),
        })
    }

    /// The title of the page.
    pub(in crate::page) fn title(&self, title: &str) -> String {
        match self.is_empty() {
            true => title.to_owned(),
            false => format!("Error: {title}"),
        }
    }
}
