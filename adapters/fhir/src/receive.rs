//! Reads what comes from outside: a message `Bundle`, a `Task` or a `Communication`.

use std::io::Read;

use gateway_core::Id;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::issue::{Cause, Issues, Outcome, ReadError};
use crate::json::base64::Sink;
use crate::json::{Attachment, Json};
use crate::limits::Limits;
use crate::model::{Answer, Request};
use crate::node::Node;
use crate::reading::Reading;
use crate::shape;
use crate::systems::{ANSWER_EVENT, REQUEST_EVENT, Systems, name};

/// Reads FHIR R4 strictly.
#[derive(Debug, Clone)]
pub struct Reader {
    systems: Systems,
    limits: Limits,
    today: Date,
    created: Option<Created>,
    only: Option<&'static str>,
}

/// What a server sets of a resource that it creates; what the resource says of it is passed over
/// (R4, create: the id is ignored).
#[derive(Debug, Clone, Copy)]
pub struct Created {
    /// Its id.
    pub id: Id,
    /// When it was sent, and last changed.
    pub at: Timestamp,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Box<Request>),
    /// An answer.
    Answer(Box<Answer>),
}

/// A resource that is right as FHIR R4 goes, whatever it is about. Its attachments are with the
/// sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    resource: Json,
    attachments: Vec<Attachment>,
}

impl Received {
    /// The resource.
    pub const fn resource(&self) -> &Json {
        &self.resource
    }

    /// The type of the resource.
    pub fn kind(&self) -> &str {
        let kind = self.resource.get("resourceType");
        kind.and_then(Json::text).unwrap_or_default()
    }

    /// The attachments that the sink was given, in its order.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }
}

impl Reader {
    /// Reads with codes and identifiers of these systems, within limits. `today` is the day against
    /// which a date of birth is looked at.
    pub const fn new(systems: Systems, limits: Limits, today: Date) -> Self {
        Self {
            systems,
            limits,
            today,
            created: None,
            only: None,
        }
    }

    /// The same, for resources of one type.
    #[must_use]
    pub const fn only(mut self, kind: &'static str) -> Self {
        self.only = Some(kind);
        self
    }

    /// The same, for a resource that is to be created: its id, its time and the state of a request
    /// are those of a new one.
    #[must_use]
    pub const fn creating(mut self, created: Created) -> Self {
        self.created = Some(created);
        self
    }

    /// Reads one message. Attachments go to `sink` as they come: where this fails, what the sink
    /// has is to be thrown away.
    ///
    /// Fails with all that is wrong, or as `input` or the sink fails. Nothing is ever fetched.
    pub fn message<S: Sink + ?Sized>(
        &self,
        input: impl Read,
        sink: &mut S,
    ) -> Result<Message, ReadError> {
        let received = self.resource(input, sink)?;
        Ok(self.understand(&received)?)
    }

    /// Reads one resource of any type that the gateway knows, and looks whether it is FHIR R4.
    pub fn resource<S: Sink + ?Sized>(
        &self,
        input: impl Read,
        sink: &mut S,
    ) -> Result<Received, ReadError> {
        let parsed = crate::json::read::read(input, &self.limits, sink)?;
        let mut issues = Issues::default();
        self.sizes(&parsed.value, &mut issues);
        if let Some(kind) = shape::check(&parsed.value, &mut issues)
            && !shape::knows(kind)
        {
            let words = "is a type of resource that is not read here: send a Bundle of the type \
                         message, a Task or a Communication";
            issues.add(Cause::NotSupported, "resourceType", words);
        } else if let Some(only) = self.only
            && parsed.value.get("resourceType").and_then(Json::text) != Some(only)
        {
            let words = format!("is not `{only}`, which is what is taken here");
            issues.add(Cause::NotSupported, "resourceType", words);
        }
        issues.settle()?;
        Ok(Received {
            resource: parsed.value,
            attachments: parsed.attachments,
        })
    }

    fn sizes(&self, resource: &Json, issues: &mut Issues) {
        for name in ["entry", "contained"] {
            let many = resource.get(name).map(Json::items).unwrap_or_default();
            if many.len() > self.limits.entries {
                let words = format!("is too long: send at most {}", self.limits.entries);
                issues.add(Cause::TooMuch, name, words);
            }
        }
    }

    /// The request or the answer in a resource.
    ///
    /// Fails with all that is wrong; with [`Cause::NotOurs`] where it is neither.
    pub fn understand(&self, received: &Received) -> Result<Message, Outcome> {
        let root = Node::resource(&received.resource, received.kind());
        let mut reading = Reading::new(&self.systems, self.today, self.created, &root);
        let read = match received.kind() {
            "Bundle" => reading.bundle(&root, &received.attachments),
            _ => reading.single(&root, &received.attachments),
        };
        reading.issues.finish(read)
    }
}

impl<'a> Reading<'a> {
    fn single(&mut self, node: &Node<'a>, streamed: &[Attachment]) -> Option<Message> {
        match node.kind() {
            "Task" => {
                let request = self.request(node);
                self.no_documents(node, streamed);
                Some(Message::Request(request?.into()))
            }
            "Communication" => Some(Message::Answer(self.answer(node, streamed)?.into())),
            _ => {
                let words = "is no health information request and no answer to one: a request is a \
                             Task, an answer a Communication, by itself or in a message";
                self.issues.add(Cause::NotOurs, "resourceType", words);
                None
            }
        }
    }

    fn no_documents(&mut self, node: &Node<'a>, streamed: &[Attachment]) {
        if !streamed.is_empty() {
            let words = "holds documents, which a request does not take: send its words alone";
            self.bad(Cause::NotSupported, node, words);
        }
    }

    fn bundle(&mut self, root: &Node<'a>, streamed: &[Attachment]) -> Option<Message> {
        if root.text_of("type") != Some("message") {
            let words = "is not `message`: send a message that begins with a MessageHeader";
            self.issues.add(Cause::NotOurs, root.path_of("type"), words);
            return None;
        }
        self.distinct(root);
        let header = self.first().filter(|first| first.kind() == "MessageHeader");
        let Some(header) = header else {
            let words = "does not begin with a MessageHeader: put it first";
            self.issues
                .add(Cause::NotOurs, root.path_of("entry"), words);
            return None;
        };
        let kind = self.event(&header)?;
        let focus = self.must_one(&header, "focus", "refer to the Task or the Communication")?;
        let focus = self.resolve(&focus, &[kind])?;
        self.single(&focus, streamed)
    }

    /// Two entries of one address cannot be told apart (R4, bdl-7).
    fn distinct(&mut self, root: &Node<'a>) {
        let mut seen = std::collections::BTreeSet::new();
        for entry in root.children("entry") {
            let url = entry.text_of("fullUrl");
            if url.is_some_and(|url| !seen.insert(url)) {
                let words = "is that of an earlier entry: give each one of its own";
                self.issues
                    .add(Cause::Contradiction, entry.path_of("fullUrl"), words);
            }
        }
    }

    /// The type of resource that a message of this event is about.
    fn event(&mut self, header: &Node<'a>) -> Option<&'static str> {
        let system = self.systems.code_system(name::EVENT);
        let event = header.child("eventCoding");
        let ours = event.filter(|event| event.text_of("system") == Some(system.as_str()));
        match ours.and_then(|event| event.text_of("code")) {
            Some(REQUEST_EVENT) => Some("Task"),
            Some(ANSWER_EVENT) => Some("Communication"),
            _ => {
                let words = format!(
                    "is no event of a health information request: give {REQUEST_EVENT} or \
                     {ANSWER_EVENT} of the system {system}"
                );
                self.issues
                    .add(Cause::NotOurs, header.path_of("eventCoding"), words);
                None
            }
        }
    }
}
