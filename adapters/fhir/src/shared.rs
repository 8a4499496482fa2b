//! What one agency shares with another that is no health information request and no answer to one,
//! as a message: a `Communication` of its texts and documents. It is written, and not read.

use gateway_core::{Category, Id, Personal, Purpose};
use jiff::Timestamp;

use crate::json::{Attachment, Json, Object};
use crate::model::Agency;
use crate::systems::{SHARED_EVENT, name};
use crate::write::{Places, Writer, time};

/// Information that is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The exchange's id, a `UUIDv7`.
    pub id: Id,
    /// When it was sent, UTC.
    pub sent: Timestamp,
    /// Who shares it.
    pub sender: Agency,
    /// With whom.
    pub recipient: Agency,
    /// The exchange that it answers.
    pub in_reply_to: Option<Id>,
    /// Why it is shared.
    pub purpose: Option<Purpose>,
    /// Its items, in the reader's order.
    pub items: Vec<SharedItem>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedItem {
    /// Its title; one line.
    pub title: Personal<String>,
    /// What kind of information it is.
    pub category: Category,
    /// Its protective marking, as it is printed.
    pub marking: String,
    /// What it says.
    pub content: SharedContent,
}

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedContent {
    /// A text.
    Text(Personal<String>),
    /// A document, whose bytes the writer's source gives.
    Document {
        /// The how many-th attachment of the source it is, from nought.
        index: usize,
        /// Its media type.
        media_type: String,
        /// Its size in bytes.
        size: u64,
    },
}

impl Writer {
    /// What is shared, as a message: a `Bundle` that begins with a `MessageHeader`. Nobody is named
    /// outside the items.
    pub fn shared_message(&self, shared: &Shared) -> Json {
        let mut places = Places::bundled(shared.id);
        let sender = self.agency(&mut places, "sender", &shared.sender);
        let recipient = self.agency(&mut places, "recipient", &shared.recipient);
        let mut payload = Vec::new();
        for (n, item) in shared.items.iter().enumerate() {
            payload.push(self.item(&mut places, n, item, shared.sent));
        }
        let id = shared.id.to_string();
        let purpose = shared.purpose.map(|purpose| {
            self.concept(name::PURPOSE, purpose.as_str(), purpose.as_str())
                .into()
        });
        let reply = shared.in_reply_to.map(|to| {
            let identifier = self.identifier(name::EXCHANGE_ID, &to.to_string());
            Object::new()
                .with("type", "Communication")
                .with("identifier", identifier)
                .into()
        });
        let elements = Object::new()
            .with(
                "identifier",
                vec![self.identifier(name::EXCHANGE_ID, &id).into()],
            )
            .with_list("inResponseTo", reply.into_iter().collect())
            .with("status", "completed")
            .with("sent", time(shared.sent))
            .with("recipient", vec![recipient])
            .with("sender", sender.clone())
            .with_list("reasonCode", purpose.into_iter().collect())
            .with_list("payload", payload);
        let focus = places.put("communication", "Communication", elements);
        self.message(
            (shared.id, SHARED_EVENT, shared.sent),
            (focus, sender, &shared.sender.name),
            places,
        )
    }

    fn item(&self, places: &mut Places, n: usize, item: &SharedItem, at: Timestamp) -> Json {
        let category = item.category.as_str();
        let (title, marking) = (item.title.reveal().as_str(), item.marking.as_str());
        match &item.content {
            SharedContent::Text(text) => {
                let extensions = vec![
                    self.extension(name::TITLE, "valueString", title),
                    self.extension(name::CATEGORY, "valueCode", category),
                    self.extension(name::MARKING, "valueString", marking),
                ];
                Object::new()
                    .with("extension", extensions)
                    .with("contentString", text.reveal().as_str())
                    .into()
            }
            SharedContent::Document {
                index,
                media_type,
                size,
            } => {
                let data = Attachment {
                    index: *index,
                    size: *size,
                    sha256: String::new(),
                };
                let attachment = Object::new()
                    .with("contentType", media_type.as_str())
                    .with("data", Json::Attachment(data))
                    .with("size", *size)
                    .with("title", title);
                let elements = self
                    .profiled("DocumentReference")
                    .with(
                        "extension",
                        vec![self.extension(name::MARKING, "valueString", marking)],
                    )
                    .with("status", "current")
                    .with(
                        "category",
                        vec![self.concept(name::CATEGORY, category, category).into()],
                    )
                    .with("date", time(at))
                    .with(
                        "content",
                        vec![Object::new().with("attachment", attachment).into()],
                    );
                let key = format!("document-{n}");
                let reference = places.put(&key, "DocumentReference", elements);
                Object::new().with("contentReference", reference).into()
            }
        }
    }
}
