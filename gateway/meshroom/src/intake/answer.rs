//! An answer to a health information request: handed to the flow as any answer, and the trust told
//! that it was taken, or why it was not.

use gateway_fhir::{Cause, Issue};
use gateway_flow::FlowError;
use gateway_flow::body::StagedBody;
use gateway_flow::submission::Caller;
use gateway_health::NotSubmitted;
use gateway_store::failpoint;

use super::apart::Apart;
use super::read::Answered;
use super::take::From;
use crate::error::Trouble;
use crate::room::Meshroom;

/// What is told of a document with malware in it.
const INFECTED: &str = "holds a document with malware in it: send it again without";

impl Meshroom {
    pub(super) async fn take_answer(
        &self,
        from: &From,
        caller: Caller,
        whole: StagedBody,
        answered: Answered,
    ) -> Result<(), Trouble> {
        let Answered {
            header,
            answer,
            documents,
        } = answered;
        let flow = &self.0.flow;
        // By its own id, and whose it is: whichever message brings it, it is one answer.
        let key = Some(format!("mesh/{}", answer.id));
        let submitted = gateway_health::submit_answer(flow, caller, &answer, documents, key).await;
        match submitted {
            Ok(recorded) => {
                failpoint::reached("mesh-handed-over");
                self.answer(from, header.as_deref(), &[]).await?;
                let row = self.in_row(from, "answer", recorded.id);
                self.note_taken(&row).await?;
                Ok(flow.discard_staged(whole).await?)
            }
            Err(NotSubmitted::Malware(_)) => {
                // The document is kept apart already, by itself: not another time within the whole.
                let issues = [Issue::error(
                    Cause::BadValue,
                    "Communication.payload",
                    INFECTED,
                )];
                self.answer(from, header.as_deref(), &issues).await?;
                self.note_taken(&self.in_row(from, super::apart::APART, None))
                    .await?;
                Ok(flow.discard_staged(whole).await?)
            }
            Err(NotSubmitted::Refused(outcome)) => {
                let apart = refused(header).with(outcome.issues());
                self.keep_apart(from, whole, apart).await
            }
            Err(NotSubmitted::Flow(error)) => match words(&error) {
                Some(words) => {
                    self.keep_apart(from, whole, refused(header).because(&words))
                        .await
                }
                None => Err(error.into()),
            },
        }
    }
}

fn refused(header: Option<String>) -> Apart {
    Apart::of("mesh-answer-refused").answering(header)
}

/// What is wrong, where it is the sender's to put right; none where it may go well another time.
fn words(error: &FlowError) -> Option<String> {
    match error {
        FlowError::Invalid(faults) => {
            let said = faults.iter().map(|fault| fault.detail.clone());
            Some(said.collect::<Vec<_>>().join("; "))
        }
        FlowError::Forbidden(why) | FlowError::Conflict(why) => Some(why.clone()),
        FlowError::NotFound => Some("names nothing that your agency is asked".to_owned()),
        FlowError::TooOften { .. } | FlowError::Unavailable(_) | FlowError::Internal(_) => None,
    }
}
