//! What a message says: read as a stream, its documents sealed and scanned as they come.

use gateway_core::calendar::local_date;
use gateway_fhir::{Answer, Limits, Message, Outcome, ReadError, Reader, Received, Reply};
use gateway_flow::body::StagedBody;
use gateway_health::{Chunks, StageError, Staged, Staging};

use crate::error::Trouble;
use crate::room::Meshroom;

/// What a message is.
pub(super) enum Came {
    /// The word on a message of ours.
    Reply(Reply),
    /// An answer.
    Answer(Box<Answered>),
    /// A request; the id of its header.
    Request(Option<String>),
}

/// An answer and its documents.
pub(super) struct Answered {
    /// The id of the message's header.
    pub header: Option<String>,
    pub answer: Answer,
    pub documents: Vec<Staged>,
}

/// Why a message is not understood.
pub(super) struct Unread {
    /// The id of its header, where that much could be read.
    pub header: Option<String>,
    pub outcome: Outcome,
}

impl Meshroom {
    /// Reads a message that is staged.
    pub(super) async fn read(&self, whole: &StagedBody) -> Result<Result<Came, Unread>, Trouble> {
        let flow = self.0.flow.clone();
        let chunks = Chunks::new(flow.staged_stream(whole)?);
        let reader = self.reader();
        let mut staging = Staging::new(flow, self.0.settings.scanner.clone());
        let work = move || {
            let received = reader.resource(chunks, &mut staging);
            let read = received.map(|received| understood(&reader, &received));
            (read, staging)
        };
        let read = tokio::task::spawn_blocking(work).await;
        let (read, mut staging) =
            read.map_err(|_| Trouble::Stopped("reading a message was stopped"))?;
        let failed = staging.take_error();
        let Ok((header, Ok(Message::Answer(answer)), None)) = read else {
            return match read {
                Ok((_, _, Some(reply))) => Ok(Ok(Came::Reply(reply))),
                Ok((header, Ok(_), None)) => Ok(Ok(Came::Request(header))),
                Ok((header, Err(outcome), None)) => Ok(Err(Unread { header, outcome })),
                Err(error) => unread(error, failed),
            };
        };
        Ok(Ok(Came::Answer(Box::new(Answered {
            header,
            answer: *answer,
            documents: staging.into_staged(),
        }))))
    }

    fn reader(&self) -> Reader {
        let settings = &self.0.settings;
        let limits = Limits {
            whole: settings.largest,
            attachment: settings.largest,
            ..Limits::default()
        };
        let today = local_date(self.0.flow.clock.now());
        Reader::new(settings.systems.clone(), limits, today)
    }
}

type Understood = (Option<String>, Result<Message, Outcome>, Option<Reply>);

fn understood(reader: &Reader, received: &Received) -> Understood {
    let header = received.header_id().map(str::to_owned);
    (header, reader.understand(received), received.reply())
}

fn unread(error: ReadError, failed: Option<StageError>) -> Result<Result<Came, Unread>, Trouble> {
    match (error, failed) {
        (ReadError::Refused(outcome), _) => Ok(Err(Unread {
            header: None,
            outcome,
        })),
        (ReadError::Io(_), Some(StageError::Scan(error))) => Err(error.into()),
        (ReadError::Io(_), Some(StageError::Flow(error))) => Err(error.into()),
        (ReadError::Io(error), None) => Err(error.into()),
    }
}
