//! What the flow refuses, as what the caller is told.

use axum::response::{IntoResponse, Response};
use gateway_flow::FlowError;
use gateway_http::{Fault, FieldError};

/// A request that was refused.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Fault);

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<FlowError> for Refused {
    fn from(error: FlowError) -> Self {
        Self(match error {
            FlowError::Invalid(faults) => Fault::Unprocessable(
                faults
                    .into_iter()
                    .map(|fault| FieldError::new(fault.pointer, fault.detail))
                    .collect(),
            ),
            FlowError::NotFound => Fault::NotFound,
            FlowError::Forbidden(why) => Fault::Forbidden(why),
            FlowError::Conflict(what) => Fault::Conflict(what),
            FlowError::TooOften { words, seconds } => Fault::TooManyRequests {
                detail: words,
                seconds,
            },
            FlowError::Unavailable(why) => Fault::unavailable(&Away(why)),
            FlowError::Internal(_) => Fault::internal(&error),
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// What is away, in words for the operator's log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Away(String);

#[cfg(test)]
mod tests {
    use gateway_flow::FieldFault;

    use super::*;

    #[test]
    fn each_fault_keeps_its_pointer_and_its_words() {
        let fault = FieldFault::new("/items/0/title", "is empty: write it in words");
        let Refused(fault) = FlowError::Invalid(vec![fault]).into();
        assert_eq!(
            fault,
            Fault::field("/items/0/title", "is empty: write it in words")
        );
    }

    #[test]
    fn what_is_for_the_operator_is_not_told_to_the_caller() {
        for error in [
            FlowError::Internal("secret".to_owned()),
            FlowError::Unavailable("secret".to_owned()),
        ] {
            let Refused(fault) = error.into();
            assert!(!format!("{:?}", fault.problem()).contains("secret"));
        }
    }

    #[test]
    fn not_yours_is_the_constant_not_found() {
        let Refused(fault) = FlowError::NotFound.into();
        assert_eq!(fault, Fault::NotFound);
    }
}
