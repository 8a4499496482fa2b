//! For measurements: an exchange's way in two halves, so that each step can be timed. The
//! steps are those of [`Flow::submit`], and their types keep their order here as well.

use crate::Flow;
use crate::error::FlowError;
use crate::record::Answer;
use crate::seal::Sealed;
use crate::submission::Submission;

/// An exchange that is sealed and not recorded yet.
#[derive(Debug)]
pub struct Prepared(Sealed);

impl Flow {
    /// For measurements: all that comes before the record. `done` hears each step's name when
    /// the step has ended. Nothing is released or kept.
    pub async fn prepare(
        &self,
        submission: Submission,
        mut done: impl FnMut(&'static str) + Send,
    ) -> Result<Prepared, FlowError> {
        let received = self.receive(submission).await?;
        done("receive");
        let identified = self.identify(received).await?;
        done("identify");
        let decided = self.decide(identified).await?;
        done("decide");
        let sealed = self.seal(decided).await?;
        done("seal");
        Ok(Prepared(sealed))
    }

    /// For measurements: the record alone, and the answer.
    pub async fn record_prepared(&self, prepared: Prepared) -> Result<Answer, FlowError> {
        Ok(Self::deliver(self.record(prepared.0).await?))
    }
}
