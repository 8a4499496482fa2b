//! What MESH itself puts in the inbox: that a message of ours did not arrive.

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::error::Error;
use crate::headers::one;
use crate::names::{LocalId, MessageId, WorkflowId};
use crate::text;

/// A report of MESH that a message of ours failed after it had been taken ("Asynchronous error
/// reporting"). It has no content. Acknowledge it like any message once it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// MESH's id of the report itself.
    pub message: MessageId,
    /// MESH's id of the message that failed.
    pub about: Option<MessageId>,
    /// Our own id of the message that failed.
    pub local_id: Option<LocalId>,
    /// The workflow of the message that failed.
    pub workflow: Option<WorkflowId>,
    /// MESH's code, as `14`, cut to 40 characters.
    pub code: Option<String>,
    /// The step that failed, as `SEND`, cut to 40 characters.
    pub event: Option<String>,
    /// What MESH says of it, cut to 300 characters.
    pub description: Option<String>,
    /// When it failed.
    pub at: Option<Timestamp>,
}

impl Report {
    /// True where nobody collected the message in time, which is five days, or its mailbox is
    /// closed (14).
    pub fn undelivered(&self) -> bool {
        self.code.as_deref() == Some("14")
    }

    pub(crate) fn read(map: &HeaderMap, message: MessageId) -> Result<Self, Error> {
        let words = |name: &'static str, longest| -> Result<Option<String>, Error> {
            Ok(one(map, name)?
                .map(|said| text::clean(&said, longest))
                .filter(|said| !said.is_empty()))
        };
        Ok(Self {
            message,
            about: one(map, "Mex-LinkedMsgID")?.and_then(|id| id.parse().ok()),
            local_id: one(map, "Mex-LocalID")?.and_then(|id| id.parse().ok()),
            workflow: one(map, "Mex-WorkflowID")?.and_then(|id| id.parse().ok()),
            code: words("Mex-StatusCode", 40)?,
            event: words("Mex-StatusEvent", 40)?,
            description: words("Mex-StatusDescription", 300)?,
            at: one(map, "Mex-StatusTimestamp")?.and_then(|at| text::time(&at)),
        })
    }
}
