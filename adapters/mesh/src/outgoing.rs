//! A message on its way out, chunk by chunk, so that it can go on where it stopped.

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::client::{Client, body, checked, json};
use crate::config::{LARGEST_CHUNK, LARGEST_MESSAGE};
use crate::error::Error;
use crate::headers::MOST_CHUNKS;
use crate::names::{LocalId, MailboxId, MessageId, WorkflowId};
use crate::source::{Gauge, Part, Source};
use crate::tracking::Stage;

/// A message to send. It has no subject and no file name: those travel in clear, and are read by
/// more people than the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The mailbox that it is for.
    pub to: MailboxId,
    /// What kind of message it is.
    pub workflow: WorkflowId,
    /// What we call it, to find it again by: a new one for each message.
    pub local_id: LocalId,
    /// How long it is, in bytes before compression: 1 byte to 100 GB.
    pub length: u64,
    /// True to have each chunk compressed by gzip on its way; MESH undoes it for the receiver.
    pub compress: bool,
}

/// A message of which MESH has the first chunk and perhaps more. Keep it (it is made to be
/// serialised) until [`Upload::is_whole`]: with it a message goes on where it stopped, also in
/// another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    message: MessageId,
    sent: u32,
    plan: Plan,
}

/// How a message is cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    length: u64,
    chunk: u64,
    compress: bool,
}

/// A message that was begun and is not whole, and why.
#[derive(Debug, thiserror::Error)]
#[error("the message is not sent: {error}")]
pub struct Interrupted {
    /// Why.
    #[source]
    pub error: Error,
    /// What to [`Client::resume`], where MESH has a part of it.
    pub upload: Option<Upload>,
}

impl Upload {
    /// MESH's id of the message, known from the first chunk on.
    pub fn message(&self) -> &MessageId {
        &self.message
    }

    /// How many chunks MESH has.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> u32 {
        self.plan.chunks()
    }

    /// True once MESH has all of it, and the recipient can collect it.
    pub fn is_whole(&self) -> bool {
        self.sent >= self.chunks()
    }
}

impl Plan {
    fn new(length: u64, chunk: u64, compress: bool) -> Result<Self, Error> {
        let plan = Self {
            length,
            chunk,
            compress,
        };
        plan.checked()
    }

    /// The same where it can be carried out: one that was kept may have been changed.
    fn checked(self) -> Result<Self, Error> {
        let fits = (1..=LARGEST_MESSAGE).contains(&self.length)
            && (1..=LARGEST_CHUNK).contains(&self.chunk)
            && self.chunks() <= MOST_CHUNKS;
        if fits {
            Ok(self)
        } else {
            Err(Error::Size(self.length))
        }
    }

    fn chunks(&self) -> u32 {
        u32::try_from(self.length.div_ceil(self.chunk.max(1))).unwrap_or(u32::MAX)
    }

    /// Where a chunk begins, and what it is.
    fn part(&self, chunk: u32) -> (u64, Part) {
        let from = u64::from(chunk.saturating_sub(1)).saturating_mul(self.chunk);
        let part = Part {
            length: self.length.saturating_sub(from).min(self.chunk),
            last: chunk >= self.chunks(),
            compress: self.compress,
        };
        (from, part)
    }
}

#[derive(Deserialize)]
struct Taken {
    #[serde(alias = "messageID")]
    message_id: MessageId,
}

impl Client {
    /// Sends the first chunk, which is all of a short message ("Send message"). MESH takes the
    /// same message, with the same local id, twice: after an error with
    /// [`crate::Retry::AskFirst`], ask by [`Client::track_local`], and where MESH has it, go on by
    /// [`Client::adopt`].
    pub async fn begin(&self, outgoing: &Outgoing, source: &dyn Source) -> Result<Upload, Error> {
        let plan = Plan::new(outgoing.length, self.chunk(), outgoing.compress)?;
        let request = self
            .request(Method::POST, self.mailbox_url(&["outbox"])?)?
            .header("Mex-To", outgoing.to.as_str())
            .header("Mex-WorkflowID", outgoing.workflow.as_str())
            .header("Mex-LocalID", outgoing.local_id.as_str());
        let answer = self
            .pour(request, plan, 1, source)
            .await
            .and_then(|answer| json::<Taken>(&answer))
            .map_err(Error::of_send)?;
        Ok(Upload {
            message: answer.message_id,
            sent: 1,
            plan,
        })
    }

    /// The upload of a message whose first chunk MESH has taken although no answer to it came: by
    /// the id that [`Client::track_local`] found. Content, length and chunks must be the same.
    pub fn adopt(&self, outgoing: &Outgoing, message: MessageId) -> Result<Upload, Error> {
        Ok(Upload {
            message,
            sent: 1,
            plan: Plan::new(outgoing.length, self.chunk(), outgoing.compress)?,
        })
    }

    /// Sends the chunks that MESH does not have, in their order ("Send chunked message"), and
    /// counts each in `upload` once MESH has it. A chunk may be sent twice; a message that MESH
    /// has whole is not sent again.
    pub async fn resume(&self, upload: &mut Upload, source: &dyn Source) -> Result<(), Error> {
        let plan = upload.plan.checked()?;
        while !upload.is_whole() {
            let chunk = upload.sent + 1;
            let parts = ["outbox", upload.message.as_str(), &chunk.to_string()];
            let request = self.request(Method::POST, self.mailbox_url(&parts)?)?;
            match self.pour(request, plan, chunk, source).await {
                Ok(_) => upload.sent = chunk,
                Err(Error::NotFound) => return Err(Error::UploadLost),
                Err(Error::Refused(fault)) if fault.status == 423 => self.settle(upload).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// MESH takes no more chunks: either it has all of them, because the answer to the last was
    /// lost, or the message failed.
    async fn settle(&self, upload: &mut Upload) -> Result<(), Error> {
        match self.track(&upload.message).await? {
            Some(tracking) if matches!(tracking.stage, Stage::Accepted | Stage::Acknowledged) => {
                upload.sent = upload.chunks();
                Ok(())
            }
            Some(_) | None => Err(Error::UploadLost),
        }
    }

    /// Sends a message whole: [`Client::begin`] and [`Client::resume`], each tried once.
    pub async fn send(
        &self,
        outgoing: &Outgoing,
        source: &dyn Source,
    ) -> Result<MessageId, Interrupted> {
        let begun = self.begin(outgoing, source).await;
        let mut upload = begun.map_err(|error| Interrupted {
            error,
            upload: None,
        })?;
        match self.resume(&mut upload, source).await {
            Ok(()) => Ok(upload.message),
            Err(error) => Err(Interrupted {
                error,
                upload: Some(upload),
            }),
        }
    }

    /// Sends one chunk and reads the answer.
    async fn pour(
        &self,
        request: RequestBuilder,
        plan: Plan,
        chunk: u32,
        source: &dyn Source,
    ) -> Result<Vec<u8>, Error> {
        let (from, part) = plan.part(chunk);
        let request = request
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("Mex-Chunk-Range", format!("{chunk}:{}", plan.chunks()));
        let request = if part.compress {
            request.header(CONTENT_ENCODING, "gzip")
        } else {
            request.header(CONTENT_LENGTH, part.length)
        };
        let gauge = Gauge::default();
        let reader = source.open(from).await.map_err(Error::Source)?;
        let request = request.body(part.body(reader, &gauge));
        let sent = async {
            let response = request
                .send()
                .await
                .map_err(|error| Error::transport(&error))?;
            body(checked(response).await?).await
        };
        let answer = tokio::select! {
            answer = sent => answer,
            () = self.stalled(&gauge) => Err(Error::Timeout),
        };
        match gauge.fault() {
            Some(fault) if answer.is_err() => Err(fault),
            _ => answer,
        }
    }

    /// Ends once nothing has moved for the time that is allowed.
    async fn stalled(&self, gauge: &Gauge) {
        let mut seen = gauge.pieces();
        loop {
            tokio::time::sleep(self.idle()).await;
            let now = gauge.pieces();
            if now == seen {
                return;
            }
            seen = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_into_chunks_that_make_it_whole() {
        for (length, chunk, chunks) in [(1, 10, 1), (10, 10, 1), (11, 10, 2), (25, 10, 3)] {
            let plan = Plan::new(length, chunk, false).unwrap();
            assert_eq!(plan.chunks(), chunks);
            let mut next = 0;
            for number in 1..=chunks {
                let (from, part) = plan.part(number);
                assert_eq!(from, next);
                assert!(part.length > 0 && part.length <= chunk);
                assert_eq!(part.last, number == chunks);
                next += part.length;
            }
            assert_eq!(next, length);
        }
    }

    #[test]
    fn nothing_and_more_than_mesh_takes_cannot_be_sent() {
        for length in [0, LARGEST_MESSAGE + 1] {
            let error = Plan::new(length, 1_000_000, false).unwrap_err();
            assert!(matches!(error, Error::Size(_)));
        }
        for chunk in [0, 1, LARGEST_CHUNK + 1] {
            assert!(Plan::new(LARGEST_MESSAGE, chunk, false).is_err(), "{chunk}");
        }
        assert!(Plan::new(LARGEST_MESSAGE, LARGEST_CHUNK, false).is_ok());
    }

    #[test]
    fn an_upload_can_be_kept_and_goes_on_the_same() {
        let upload = Upload {
            message: MessageId::parse("20210311101813838554_1B8F53").unwrap(),
            sent: 1,
            plan: Plan::new(25, 10, true).unwrap(),
        };
        let kept = serde_json::to_string(&upload).unwrap();
        assert_eq!(serde_json::from_str::<Upload>(&kept).unwrap(), upload);
        assert!(!upload.is_whole());
    }
}
