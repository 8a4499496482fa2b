//! The engine's names for who, what and which question: made once.

use std::collections::BTreeSet;
use std::str::FromStr;

use cedar_policy::{EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use gateway_core::Role;

use crate::error::LoadError;
use crate::facts;
use crate::rule::Ask;

/// Names of entities and actions.
#[derive(Debug)]
pub struct Names {
    pub recipient: EntityUid,
    pub sender: EntityUid,
    pub item: EntityUid,
    pub copy: EntityUid,
    pub nominal: EntityUid,
    pub log: EntityUid,
    pub candidate: EntityUid,
    actions: [EntityUid; Ask::ALL.len()],
    nobody: RestrictedExpression,
}

impl Names {
    pub fn new() -> Result<Self, LoadError> {
        let action =
            EntityTypeName::from_str("Action").map_err(|_| LoadError::Engine { word: "Action" })?;
        Ok(Self {
            recipient: uid("Agency", "recipient")?,
            sender: uid("Agency", "sender")?,
            item: uid("Item", "item")?,
            copy: uid("Copy", "copy")?,
            nominal: uid("Nominal", "nominal")?,
            log: uid("Log", "log")?,
            candidate: uid("Candidate", "candidate")?,
            actions: Ask::ALL.map(|ask| {
                EntityUid::from_type_name_and_id(action.clone(), EntityId::new(ask.as_str()))
            }),
            nobody: facts::approvals(&BTreeSet::new())
                .ok_or(LoadError::Engine { word: "approvals" })?,
        })
    }

    pub const fn action(&self, ask: Ask) -> &EntityUid {
        let [receive, review, terms, read, record, own, log, lead] = &self.actions;
        match ask {
            Ask::Receive => receive,
            Ask::ReceiveAfterReview => review,
            Ask::Terms => terms,
            Ask::Read => read,
            Ask::ReadRecord => record,
            Ask::ReadOwn => own,
            Ask::ReadLog => log,
            Ask::SetLead => lead,
        }
    }

    /// The roles that have approved. Nearly always nobody, so that record is kept.
    pub fn approvals(&self, given: &BTreeSet<Role>) -> (String, RestrictedExpression) {
        let made = if given.is_empty() {
            None
        } else {
            facts::approvals(given)
        };
        // A record that could not be made leaves nobody's approval: the way stays closed.
        (
            "approvals".to_owned(),
            made.unwrap_or_else(|| self.nobody.clone()),
        )
    }
}

fn uid(kind: &'static str, id: &str) -> Result<EntityUid, LoadError> {
    let name = EntityTypeName::from_str(kind).map_err(|_| LoadError::Engine { word: kind })?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}
