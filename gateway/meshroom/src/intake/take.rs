//! One message.

use gateway_core::{AgencyId, Channel};
use gateway_flow::FlowError;
use gateway_flow::body::StagedBody;
use gateway_flow::submission::Caller;
use gateway_mesh::{Download, Error, Headers, Incoming, MessageId, Retry};
use gateway_store::failpoint;
use tokio::sync::mpsc;

use super::apart::Apart;
use super::read::{Came, Unread};
use crate::error::Trouble;
use crate::room::Meshroom;

/// The media type that a message has until it is known what it is.
const FHIR: &str = "application/fhir+json";

/// Who sent a message, as far as that is known. MESH has checked the mailbox.
pub(super) struct From {
    pub headers: Headers,
    pub agency: Option<AgencyId>,
    /// It may not act now.
    suspended: bool,
}

impl From {
    /// Who calls by it; nobody where its agency is suspended.
    pub fn caller(&self) -> Option<Caller> {
        let agency = self.agency.clone().filter(|_| !self.suspended)?;
        Some(Caller {
            agency,
            person: None,
            channel: Channel::Mesh,
            proof: "mesh-mailbox",
        })
    }
}

impl Meshroom {
    /// Takes a message in, and acknowledges it once it is committed.
    pub(super) async fn take(&self, message: &MessageId) -> Result<(), Trouble> {
        let client = &self.0.settings.client;
        let collected = client.collect(message, self.0.settings.largest).await;
        let download = match collected {
            Ok(Incoming::Report(report)) => {
                self.take_report(&report).await?;
                return Ok(client.acknowledge(message).await?);
            }
            Ok(Incoming::Data(download)) => *download,
            Err(error) => return self.not_collected(message, error).await,
        };
        let from = self.sender(download.headers().clone()).await?;
        let whole = match self.stage(download).await {
            Ok(whole) => whole,
            Err(error) => return self.not_collected(message, error).await,
        };
        failpoint::reached("mesh-staged");
        self.taken_whole(&from, whole).await?;
        failpoint::reached("mesh-to-acknowledge");
        client.acknowledge(message).await?;
        failpoint::reached("mesh-acknowledged");
        Ok(())
    }

    async fn sender(&self, headers: Headers) -> Result<From, Trouble> {
        let row = self.0.flow.agency_of_mailbox(headers.from.as_str()).await?;
        let suspended = row.as_ref().is_some_and(|row| row.state != "active");
        let agency = row.and_then(|row| row.id.parse().ok());
        Ok(From {
            headers,
            agency,
            suspended,
        })
    }

    /// Keeps all of it sealed, as it came.
    async fn stage(&self, mut download: Download) -> Result<StagedBody, Error> {
        let (send, chunks) = mpsc::channel(4);
        let staging = self.0.flow.take_body(FHIR.to_owned(), chunks);
        let pouring = async {
            let failed = loop {
                match download.next().await {
                    Ok(Some(piece)) => {
                        if send.send(Ok(piece)).await.is_err() {
                            break None;
                        }
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            if failed.is_some() {
                let why = FlowError::Unavailable("a message broke off".to_owned());
                let _ = send.send(Err(why)).await;
            }
            drop(send);
            failed
        };
        let (staged, failed) = tokio::join!(staging, pouring);
        match failed {
            Some(error) => Err(error),
            None => staged.map_err(|error| Error::Source(std::io::Error::other(error.to_string()))),
        }
    }

    /// What cannot be collected is tried again where that may help; else it stays at MESH, which
    /// tells its sender, and it is seen here that it came.
    async fn not_collected(&self, message: &MessageId, error: Error) -> Result<(), Trouble> {
        match error.retry() {
            Retry::Later | Retry::AskFirst => Err(error.into()),
            Retry::Afresh if !self.is_hopeless(message) => Err(error.into()),
            Retry::Afresh => self.left(message, "mesh-not-whole").await,
            Retry::Never if matches!(error, Error::Gone | Error::NotFound) => Ok(()),
            Retry::Never if matches!(error, Error::Denied(_) | Error::Untrusted) => {
                Err(error.into())
            }
            Retry::Never if matches!(error, Error::TooLarge { .. }) => {
                self.left(message, "mesh-too-large").await
            }
            Retry::Never => self.left(message, "mesh-not-to-be-read").await,
        }
    }

    /// Does with a message what it is for.
    async fn taken_whole(&self, from: &From, whole: StagedBody) -> Result<(), Trouble> {
        let Some(caller) = from.caller() else {
            let reason = match from.suspended {
                true => "sender-suspended",
                false => "mesh-mailbox-unknown",
            };
            return self.keep_apart(from, whole, Apart::of(reason)).await;
        };
        let workflows = &self.0.settings.workflows;
        let workflow = &from.headers.workflow;
        if workflow != &workflows.answer && workflow != &workflows.acknowledgement {
            return self
                .keep_apart(from, whole, Apart::of("mesh-workflow-unknown"))
                .await;
        }
        match self.read(&whole).await? {
            Ok(Came::Reply(reply)) => self.take_reply(from, whole, reply).await,
            Ok(Came::Answer(answer)) => self.take_answer(from, caller, whole, *answer).await,
            Ok(Came::Request(header)) => {
                let apart = Apart::of("mesh-not-understood")
                    .answering(header)
                    .because("is a request, which is not taken by MESH: send an answer to one");
                self.keep_apart(from, whole, apart).await
            }
            Err(Unread { header, outcome }) => {
                let apart = Apart::of("mesh-not-understood")
                    .answering(header)
                    .with(outcome.issues());
                self.keep_apart(from, whole, apart).await
            }
        }
    }
}
