//! The messages into the ZIP: a folder each, with its text, its documents and its receipt, and
//! last what is in it and what is not, and why.

use std::fmt::Write as _;
use std::io;

use gateway_core::{Obligation, calendar};
use gateway_flow::read::DocumentBody;
use gateway_flow::view::{ExchangeView, ItemView};
use gateway_flow::{Caller, FlowError};
use jiff::Timestamp;

use crate::bundle::{Bundle, Sink};
use crate::page::item::facts;
use crate::{Portal, words};

const KEPT_HERE: &str = "it can be read on its page, and cannot be downloaded";

/// Somebody's ZIP.
pub(super) struct Pouring {
    portal: Portal,
    caller: Caller,
    bundle: Bundle,
    sink: Sink,
    /// What is in it, in words.
    index: String,
}

impl Pouring {
    pub(super) fn new(portal: Portal, caller: Caller, sink: Sink) -> Self {
        Self {
            portal,
            caller,
            bundle: Bundle::new(sink.clone()),
            sink,
            index: String::new(),
        }
    }

    /// All of it. What cannot be finished breaks off, so that nobody takes a part for the whole.
    pub(super) async fn pour(mut self, there: Vec<ExchangeView>, gone: Vec<String>) {
        let sink = self.sink.clone();
        let done = match self.messages(&there, &gone).await {
            Ok(()) => self.bundle.finish().await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::warn!(%error, "a download of messages broke off");
            }
            let _ = sink.send(Err(error)).await;
        }
    }

    async fn messages(&mut self, there: &[ExchangeView], gone: &[String]) -> io::Result<()> {
        let at = words::time(self.portal.flow.clock.now().as_microsecond());
        self.line(&format!("Downloaded {at}. Keep the marking on all of it."));
        for (n, view) in (1..).zip(there) {
            self.message(n, view).await?;
        }
        for id in gone {
            self.line("");
            self.line(&format!("Not included: message {id}"));
            self.line("  It is not there for your agency, or not any more.");
        }
        let index = std::mem::take(&mut self.index);
        self.bundle.text("", "index.txt", index).await
    }

    async fn message(&mut self, n: usize, view: &ExchangeView) -> io::Result<()> {
        let flow = self.portal.flow.clone();
        let id = &view.row.id;
        let received = Timestamp::from_microsecond(view.row.received_at).unwrap_or_default();
        let day = calendar::local_date(received);
        let folder = format!("{n:02}-{day}-{}", view.row.sender);
        let from = flow.agency_row(&view.row.sender).await;
        let from = from.map_err(io::Error::other)?.name;
        self.line("");
        self.line(&format!("{folder}: from {from}"));
        flow.take(&self.caller, id)
            .await
            .map_err(io::Error::other)?;
        let text = said(view, &from);
        self.bundle.text(&folder, "message.txt", text).await?;
        for item in &view.items {
            if let Some(why) = self.item(&folder, id, item).await? {
                self.line(&format!("  Not included: {}: {why}.", item.title));
            }
        }
        match flow.delivery_receipt(&self.caller, id).await {
            Ok(receipt) => {
                let text = receipt.render().map_err(io::Error::other)?;
                let name = "receipt.tlog-proof";
                self.bundle.text(&folder, name, text).await
            }
            Err(FlowError::NotFound) => {
                self.line("  Not included: the receipt: nothing of it has reached you yet.");
                Ok(())
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Reads an item into the folder; or why it is not there.
    async fn item(
        &mut self,
        folder: &str,
        message: &str,
        item: &ItemView,
    ) -> io::Result<Option<String>> {
        if item.obligations.contains(&Obligation::ViewOnly) {
            return Ok(Some(KEPT_HERE.to_owned()));
        }
        let flow = self.portal.flow.clone();
        let document = match flow.document(&self.caller, message, item.n).await {
            Ok(document) => document,
            Err(FlowError::Forbidden(why)) => {
                return Ok(Some(format!("you cannot open it: {why}")));
            }
            Err(FlowError::NotFound) => return Ok(Some("it is not there any more".to_owned())),
            Err(error) => return Err(io::Error::other(error)),
        };
        let name = named(item);
        self.line(&format!("  {name}: {}", facts(item).join(", ")));
        match document.body {
            DocumentBody::Clear(body) => self.bundle.file(folder, &name, body).await?,
            DocumentBody::Sealed { wrap, body } => {
                let key = gathered(wrap);
                let key_name = format!("{name}.key.age");
                self.bundle
                    .file(folder, &format!("{name}.age"), body)
                    .await?;
                self.bundle.file(folder, &key_name, key).await?;
            }
        }
        Ok(None)
    }

    fn line(&mut self, text: &str) {
        // Programs for Windows want both.
        self.index.push_str(text);
        self.index.push_str("\r\n");
    }
}

/// A short piece, as a stream.
fn gathered(bytes: Vec<u8>) -> tokio::sync::mpsc::Receiver<io::Result<axum::body::Bytes>> {
    let (send, receive) = tokio::sync::mpsc::channel(1);
    // There is room for it.
    let _ = send.try_send(Ok(bytes.into()));
    receive
}

/// An item's file: its number, so that they stand in their order, and its title.
fn named(item: &ItemView) -> String {
    let is_text = item.media_type.starts_with("text/plain");
    let ends = item.title.to_lowercase().ends_with(".txt");
    let end = if is_text && !ends { ".txt" } else { "" };
    format!("{} {}{end}", item.n, item.title)
}

/// What a message's page says of it, between its markings.
fn said(view: &ExchangeView, from: &str) -> String {
    let markings = view.items.iter().map(|item| item.marking);
    let marking = markings.max_by_key(|marking| marking.len());
    let marking = marking.unwrap_or("OFFICIAL-SENSITIVE");
    let mut text = format!("{marking}\r\n\r\n");
    let mut row = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{name}: {value}\r\n");
    };
    row("From", from);
    row("Received", &words::time(view.row.received_at));
    if let Some(emergency) = &view.emergency {
        row("Emergency", emergency);
    }
    if let Some(purpose) = &view.row.purpose {
        row("Purpose", words::purpose(purpose));
    }
    if let Some(necessity) = &view.necessity {
        row("Why it is needed", necessity);
    }
    row("Legal basis", &view.bases.join("; "));
    for item in &view.items {
        row(&format!("Item {}", item.n), &item.title);
        for words in item
            .obligations
            .iter()
            .filter_map(|one| words::obligation(*one))
        {
            row("  You must", &words);
        }
    }
    let _ = write!(text, "\r\n{marking}\r\n");
    text
}
