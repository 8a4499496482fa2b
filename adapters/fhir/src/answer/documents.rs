//! Reads the documents of an answer: `DocumentReference`, or an attachment in the payload.

use crate::codes::HealthCategory;
use crate::issue::Cause;
use crate::json::{Attachment, Json};
use crate::model::Document;
use crate::node::Node;
use crate::party::LINE;
use crate::reading::Reading;
use crate::systems::{CONFIDENTIALITY, name};

const MEDIA_TYPE: usize = 100;
/// R4, unsignedInt.
const MOST_BYTES: u64 = 2_147_483_647;

impl<'a> Reading<'a> {
    /// Every document that the payload names. All that went to the sink must be among them.
    pub(super) fn documents(
        &mut self,
        node: &Node<'a>,
        streamed: &[Attachment],
    ) -> Option<Vec<Document>> {
        let mut documents = Vec::new();
        let mut wrong = false;
        for payload in node.children("payload") {
            let read = if let Some(reference) = payload.child("contentReference") {
                self.referred(&reference)
            } else if let Some(attachment) = payload.child("contentAttachment") {
                let category = self.category(&payload);
                let document = self.attachment(&attachment);
                document.and_then(|document| Some(document.with(category?)))
            } else {
                continue;
            };
            wrong |= read.is_none();
            documents.extend(read);
        }
        if wrong {
            return None;
        }
        self.all_named(node, &documents, streamed)?;
        Some(documents)
    }

    fn all_named(
        &mut self,
        node: &Node<'a>,
        documents: &[Document],
        streamed: &[Attachment],
    ) -> Option<()> {
        let named = |index| documents.iter().filter(|d| d.index == index).count();
        if streamed
            .iter()
            .all(|attachment| named(attachment.index) == 1)
        {
            return Some(());
        }
        let words =
            "does not name each document that was sent once: name all, and leave out others";
        self.issues
            .add(Cause::Contradiction, node.path_of("payload"), words);
        None
    }

    fn referred(&mut self, reference: &Node<'a>) -> Option<Document> {
        let node = self.resolve(reference, &["DocumentReference"])?;
        if node.text_of("status") != Some("current") {
            let words = "is not `current`: send documents that hold";
            self.issues
                .add(Cause::Contradiction, node.path_of("status"), words);
            return None;
        }
        if let Some(relation) = node.child("relatesTo") {
            let words = "is not read here: send what was corrected as a new answer";
            self.bad(Cause::Modifier, &relation, words);
            return None;
        }
        let system = self.systems.code_system(name::CATEGORY);
        let category = self.must_one(&node, "category", "say what information it is");
        let category = category.and_then(|category| self.coded(&category, &system));
        let category = category.and_then(|category| self.labelled(&node, category));
        let content = self.must_one(&node, "content", "give the document")?;
        let attachment = self.must(&content, "attachment", "give the document")?;
        let document = self.attachment(&attachment)?;
        Some(document.with(category?))
    }

    /// The label may say more than the category, and never less.
    fn labelled(&mut self, node: &Node<'a>, category: HealthCategory) -> Option<HealthCategory> {
        let labels = node.children("securityLabel");
        let codings = labels.iter().flat_map(|label| label.children("coding"));
        for coding in codings {
            if coding.text_of("system") != Some(CONFIDENTIALITY) {
                continue;
            }
            let less = match coding.text_of("code") {
                Some("V") => false,
                Some("R") => category == HealthCategory::Clinical,
                _ => true,
            };
            if less {
                let words = format!(
                    "is not how confidential such information is: give `{}`",
                    category.confidentiality()
                );
                self.issues
                    .add(Cause::Contradiction, coding.path_of("code"), words);
                return None;
            }
        }
        Some(category)
    }

    fn attachment(&mut self, node: &Node<'a>) -> Option<Sent> {
        if let Some(url) = node.child("url") {
            let words = "leads elsewhere, where nothing is fetched: send the bytes in `data`";
            self.bad(Cause::ForeignReference, &url, words);
            return None;
        }
        let title = self.must(node, "title", "give the document a title");
        let title = title.and_then(|title| self.line(&title, LINE));
        let words = "give the media type, such as application/pdf";
        let media_type = self.must(node, "contentType", words);
        let media_type = media_type.and_then(|found| self.media_type(&found));
        let data = self.must(node, "data", "send the document's bytes as base64")?;
        let Json::Attachment(bytes) = data.json() else {
            return None;
        };
        self.as_said(node, bytes)?;
        Some(Sent {
            title: title?,
            media_type: media_type?,
            bytes: bytes.clone(),
        })
    }

    fn media_type(&mut self, node: &Node<'a>) -> Option<String> {
        let text = node.text()?;
        let part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        let plain = text.split(';').next().unwrap_or_default().trim();
        let fits = plain
            .split_once('/')
            .is_some_and(|(a, b)| part(a) && part(b));
        if fits && text.len() <= MEDIA_TYPE && text.is_ascii() {
            return Some(text.to_owned());
        }
        let words = "is not a media type: write such as application/pdf";
        self.bad(Cause::BadValue, node, words);
        None
    }

    /// What the sender says of the bytes must be true of them. `Attachment.hash` is SHA-1, which
    /// proves nothing any more, and is passed over.
    fn as_said(&mut self, node: &Node<'a>, bytes: &Attachment) -> Option<()> {
        let mut right = true;
        if let Some(size) = node.child("size")
            && size.json() != &Json::Number(bytes.size.to_string())
        {
            let words = "is not how many bytes came: send the document again, whole";
            self.bad(Cause::Contradiction, &size, words);
            right = false;
        }
        if bytes.size > MOST_BYTES {
            let words = "is larger than R4 can say: send it in parts";
            self.bad(Cause::TooMuch, node, words);
            right = false;
        }
        let url = self.systems.extension(name::SHA256);
        for extension in node.children("extension") {
            let ours = extension.text_of("url") == Some(url.as_str());
            if ours && extension.text_of("valueString") != Some(bytes.sha256.as_str()) {
                let words = "is not the SHA-256 of the bytes that came: send the document again";
                self.bad(Cause::Contradiction, &extension, words);
                right = false;
            }
        }
        right.then_some(())
    }
}

/// A document whose category is not known yet.
struct Sent {
    title: String,
    media_type: String,
    bytes: Attachment,
}

impl Sent {
    fn with(self, category: HealthCategory) -> Document {
        Document {
            index: self.bytes.index,
            title: self.title.into(),
            media_type: self.media_type,
            size: self.bytes.size,
            sha256: Some(self.bytes.sha256),
            category,
        }
    }
}
