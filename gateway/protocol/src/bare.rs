//! The engine with nothing around it, for measurements.

use cedar_policy::{Decision, PolicySet, Request};
use gateway_core::Question;

use crate::Protocols;
use crate::engine::{Between, Engine};
use crate::facts::Facts;
use crate::rule::Ask;

/// For measurements: one question in the engine's own terms, with the rules that count for it,
/// all made beforehand. What [`Protocols::decide`] adds to it (facts put into those terms, the
/// second ask, for terms, rules in words, errors refused) is not in it, and nothing may be released
/// on its word.
pub struct Bare<'a> {
    engine: &'a Engine,
    set: &'a PolicySet,
    facts: Facts,
    request: Request,
}

impl Protocols {
    /// For measurements: a question made ready for bare authorizations. None where it cannot be
    /// put at all.
    pub fn bare(&self, question: &Question) -> Option<Bare<'_>> {
        let engine = &self.engine;
        let sets = engine.sets(Between::sharing(question)).ok()?;
        let facts = Facts::sharing(&engine.names, question).ok()?;
        let request = facts.request(&engine.names, Ask::Receive, None).ok()?;
        Some(Bare {
            engine,
            set: sets.get(&Ask::Receive)?,
            facts,
            request,
        })
    }
}

impl Bare<'_> {
    /// One authorization: whether the engine allows it.
    pub fn ask(&self) -> bool {
        let answer =
            self.engine
                .authorizer
                .is_authorized(&self.request, self.set, self.facts.entities());
        answer.decision() == Decision::Allow
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::{AgencyKind, Category, Outcome};

    use super::*;
    use crate::cases::default_question;

    #[test]
    fn what_is_permitted_is_allowed_and_nothing_else_is() {
        let protocols = Protocols::embedded().unwrap();
        for kind in AgencyKind::ALL {
            for category in [Category::Risk, Category::HealthClin] {
                let mut question = default_question(*kind).unwrap();
                question.item.category = category;
                let permitted = protocols.decide(&question).outcome == Outcome::Permit;
                assert_eq!(protocols.bare(&question).unwrap().ask(), permitted);
            }
        }
    }
}
