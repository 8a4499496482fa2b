//! What became of a message that we sent.

use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::names::{LocalId, MessageId};
use crate::text;

/// How far a message of ours has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// MESH waits for the rest of its chunks.
    Uploading,
    /// It lies in the recipient's inbox.
    Accepted,
    /// The recipient has taken it. That is not to say that somebody has read it.
    Acknowledged,
    /// Nobody collected it in time.
    Undeliverable,
    /// It failed.
    Failed,
    /// MESH has a word for it that this crate does not know.
    Unknown,
}

/// What MESH knows of a message of ours ("Track outbox").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// MESH's id of it.
    pub message: MessageId,
    /// Ours.
    pub local_id: Option<LocalId>,
    /// How far it has come.
    pub stage: Stage,
    /// MESH's code where it failed, as `14`.
    pub code: Option<String>,
    /// MESH's words where it failed, cut to 300 characters.
    pub description: Option<String>,
    /// When MESH had it.
    pub uploaded: Option<Timestamp>,
    /// When the recipient can no longer collect it.
    pub expires: Option<Timestamp>,
}

/// Both versions of the answer: only the older one is given for a local id.
#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "messageId")]
    message_id: MessageId,
    #[serde(alias = "localId")]
    local_id: Option<String>,
    status: Option<String>,
    #[serde(alias = "statusCode")]
    status_code: Option<String>,
    #[serde(alias = "statusDescription")]
    status_description: Option<String>,
    #[serde(rename = "failureDiagnostic")]
    diagnostic: Option<String>,
    #[serde(alias = "uploadTimestamp")]
    upload_timestamp: Option<String>,
    #[serde(alias = "expiryTime")]
    expiry_time: Option<String>,
}

impl Client {
    /// What became of a message, by MESH's id; none where this mailbox sent no such message. MESH
    /// asks not to be asked often: it may be hours before a message is collected.
    pub async fn track(&self, message: &MessageId) -> Result<Option<Tracking>, Error> {
        let mut url = self.mailbox_url(&["outbox", "tracking"])?;
        url.query_pairs_mut()
            .append_pair("messageID", message.as_str());
        self.tracked(url).await
    }

    /// The same by our own id: what to ask after [`crate::Retry::AskFirst`]. Where more than one
    /// message has it, the error is [`Error::Several`]; all of them were sent.
    pub async fn track_local(&self, local: &LocalId) -> Result<Option<Tracking>, Error> {
        let url = self.mailbox_url(&["outbox", "tracking", local.as_str()])?;
        self.tracked(url).await
    }

    async fn tracked(&self, url: Url) -> Result<Option<Tracking>, Error> {
        match self.call_json(self.request(Method::GET, url)?).await {
            Ok(answer) => Ok(Some(read(answer))),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(answer: Answer) -> Tracking {
    let words = |said: Option<String>, longest| {
        let said = text::clean(&said?, longest);
        (!said.is_empty()).then_some(said)
    };
    Tracking {
        message: answer.message_id,
        local_id: answer.local_id.and_then(|id| LocalId::parse(&id).ok()),
        stage: stage(&answer.status.unwrap_or_default()),
        code: words(answer.status_code, 40),
        description: words(answer.status_description.or(answer.diagnostic), 300),
        uploaded: answer.upload_timestamp.and_then(|at| text::time(&at)),
        expires: answer.expiry_time.and_then(|at| text::time(&at)),
    }
}

fn stage(status: &str) -> Stage {
    match status.to_ascii_lowercase().as_str() {
        "uploading" => Stage::Uploading,
        "accepted" => Stage::Accepted,
        "acknowledged" => Stage::Acknowledged,
        "undeliverable" => Stage::Undeliverable,
        "error" => Stage::Failed,
        _ => Stage::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the API's specification.
    #[test]
    fn both_versions_of_the_answer_say_the_same() {
        let newer = r#"{"message_id": "20210311101813838554_1B8F53",
            "local_id": "api-docs-bob-sends-alice", "workflow_id": "API-DOCS-TEST",
            "expiry_time": "20200606122153", "upload_timestamp": "20200601122152",
            "status": "accepted"}"#;
        let older = r#"{"dtsId": "20210311101813838554_1B8F53", "fileSize": 187,
            "messageId": "20210311101813838554_1B8F53", "localId": "api-docs-bob-sends-alice",
            "expiryTime": "20200606122153", "uploadTimestamp": "20200601122152",
            "status": "Accepted", "statusCode": null, "subject": null}"#;
        let newer = read(serde_json::from_str(newer).unwrap());
        assert_eq!(newer, read(serde_json::from_str(older).unwrap()));
        assert_eq!(newer.stage, Stage::Accepted);
        assert_eq!(newer.expires, "2020-06-06T12:21:53Z".parse().ok());
    }

    #[test]
    fn a_word_that_we_do_not_know_is_no_success() {
        for (word, expected) in [
            ("Acknowledged", Stage::Acknowledged),
            ("UPLOADING", Stage::Uploading),
            ("undeliverable", Stage::Undeliverable),
            ("Error", Stage::Failed),
            ("", Stage::Unknown),
            ("acknowledged by a mouse", Stage::Unknown),
        ] {
            assert_eq!(stage(word), expected, "{word}");
        }
    }
}
