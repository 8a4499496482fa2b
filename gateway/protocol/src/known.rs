//! What was decided before. A ruling turns on its question alone, and the rules of a running
//! gateway do not change: the same question need not be worked out again. A form is some eighty
//! questions, and the next one of the same prison to the same agencies asks the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gateway_core::{Question, Ruling};

/// How many questions are remembered, some two kilobytes each; then it begins anew.
const MOST: usize = 8_192;

/// Questions with their rulings.
#[derive(Default)]
pub(crate) struct Known(Mutex<HashMap<Question, Ruling>>);

impl Known {
    /// The ruling on a question, worked out where it is not known yet. What met an error is
    /// asked again the next time.
    pub fn ruling(&self, question: &Question, decide: impl FnOnce() -> Ruling) -> Ruling {
        if let Some(ruling) = self.lock().get(question) {
            return ruling.clone();
        }
        let ruling = decide();
        if !ruling.fault {
            let mut known = self.lock();
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(question.clone(), ruling.clone());
        }
        ruling
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Question, Ruling>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::{AgencyKind, Category};

    use super::*;
    use crate::Protocols;
    use crate::cases::default_question;

    #[test]
    fn a_question_is_worked_out_once_and_one_that_differs_is_another() {
        let protocols = Protocols::embedded().unwrap();
        let known = Known::default();
        let mut question = default_question(AgencyKind::Housing).unwrap();
        let mut worked_out = 0;
        for category in [Category::Risk, Category::HealthClin, Category::Risk] {
            question.item.category = category;
            let ruling = known.ruling(&question, || {
                worked_out += 1;
                protocols.decide(&question)
            });
            assert_eq!(ruling, protocols.decide(&question));
        }
        assert_eq!(worked_out, 2);
    }

    #[test]
    fn what_met_an_error_is_asked_again_and_no_more_are_kept_than_there_is_room_for() {
        let known = Known::default();
        let mut question = default_question(AgencyKind::Housing).unwrap();
        let ruling = Protocols::embedded().unwrap().decide(&question);
        let fault = Ruling {
            fault: true,
            ..ruling.clone()
        };
        assert!(known.ruling(&question, || fault).fault);
        assert_eq!(known.ruling(&question, || ruling.clone()), ruling);
        for n in 0..=MOST {
            question.item.owner = format!("agency-{n}").parse().unwrap();
            known.ruling(&question, || ruling.clone());
        }
        assert!(known.lock().len() <= MOST);
    }
}
