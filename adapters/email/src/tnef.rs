//! Outlook's own form of a message, `winmail.dat` ([MS-OXTNEF]): what was attached, and the
//! text. Nothing is copied but rich text that was packed; nothing is followed inwards: a
//! message within is for the caller to read, who knows how deep that is.
//!
//! A part with a wrong checksum is given, and the whole is not [`Message::complete`]: few
//! readers look at checksums, so what Outlook shows of it is what stands there. Of a message
//! class it is not looked at ([MS-OXTNEF], section 2.3.3.4: some writers never had it right).

mod attributes;
mod cursor;
mod letter;
mod properties;
mod rtf;
mod words;

use attributes::{ATTACHMENT, Attribute, Attributes, MESSAGE};
use properties::{Object, Properties, Property, id};

pub(crate) use letter::Body;
use letter::Letter;
pub(crate) use rtf::unpack as unpack_rtf;
pub(crate) use words::Pages;
use words::Words;

/// How the sentence begins that Outlook writes as the data of a message or object within, for
/// readers that know nothing of those.
const IN_PLACE: &[u8] = b"This attachment is a";

/// A message, its strings as they stand.
#[derive(Default)]
pub(crate) struct Message<'x> {
    /// The code pages of its strings.
    pub(crate) pages: Pages,
    /// Who said what to whom.
    pub(crate) letter: Letter<'x>,
    /// The body as rich text, packed.
    pub(crate) rtf: Option<&'x [u8]>,
    /// What was attached, in order.
    pub(crate) attached: Vec<Attached<'x>>,
    open: Option<Attached<'x>>,
    class: Option<Words<'x>>,
    complete: bool,
}

/// What was attached.
#[derive(Default)]
pub(crate) struct Attached<'x> {
    /// Its content, where it is in the file.
    pub(crate) content: Option<Content<'x>>,
    /// The checksum of its content is wrong.
    pub(crate) damaged: bool,
    /// The media type that was declared.
    pub(crate) media_type: Option<Words<'x>>,
    /// The id by which HTML shows it.
    pub(crate) content_id: Option<Words<'x>>,
    attribute: Option<Held<'x>>,
    property: Option<Held<'x>>,
    long_name: Option<Words<'x>>,
    short_name: Option<Words<'x>>,
    title: Option<Words<'x>>,
    shown_name: Option<Words<'x>>,
}

/// Content as one attribute holds it.
#[derive(Clone, Copy)]
struct Held<'x> {
    content: Content<'x>,
    sound: bool,
}

/// What an attachment holds.
#[derive(Clone, Copy)]
pub(crate) enum Content<'x> {
    /// A file.
    File(&'x [u8]),
    /// A message, itself in TNEF.
    Message(&'x [u8]),
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is something else.
    NotTnef,
    /// It holds more attachments than the caller takes.
    TooMany,
}

/// Reads a message with at most `most` attachments.
pub(crate) fn read(bytes: &[u8], most: usize) -> Result<Message<'_>, Unread> {
    let attributes = Attributes::of(bytes).ok_or(Unread::NotTnef)?;
    let mut message = Message {
        complete: true,
        ..Message::default()
    };
    for attribute in attributes {
        match attribute {
            Ok(attribute) => message.attribute(&attribute),
            Err(attributes::Broken) => message.complete = false,
        }
        if message.attached.len() > most {
            return Err(Unread::TooMany);
        }
    }
    message.close();
    if message.attached.len() > most {
        return Err(Unread::TooMany);
    }
    Ok(message)
}

impl<'x> Message<'x> {
    /// Everything that it can hold for a reader was read: it is sound, and it is a letter.
    /// Invitations, contacts and reports say what they say in properties of their own.
    pub(crate) fn complete(&self) -> bool {
        let class = self.class.and_then(|class| class.line(&self.pages));
        let class = class.unwrap_or_default().to_ascii_lowercase();
        let class = class.trim_start_matches("microsoft mail v3.0 ");
        let letter = class.is_empty()
            || class == "ipm"
            || class == "ipm.microsoft mail.note"
            || class == "ipm.note"
            || class.starts_with("ipm.note.")
            || class.starts_with("ipm.document.");
        self.complete && letter
    }

    fn attribute(&mut self, attribute: &Attribute<'x>) {
        let data = attribute.data;
        if !attribute.sound && attribute.id != attributes::MESSAGE_CLASS {
            self.complete = false;
        }
        match (attribute.level, attribute.id) {
            (MESSAGE, attributes::OEM_CODEPAGE) => {
                self.pages.oem = cursor::Cursor::new(data).four().unwrap_or_default();
            }
            (MESSAGE, attributes::MESSAGE_CLASS) => {
                self.class.get_or_insert(Words::Narrow(data));
            }
            (MESSAGE, attributes::FROM) => self.letter.from_elsewhere = true,
            (MESSAGE, attributes::RECIP_TABLE) => self.letter.to_elsewhere = true,
            (MESSAGE, attributes::SUBJECT) => {
                self.letter.subject.get_or_insert(Words::Narrow(data));
            }
            (MESSAGE, attributes::BODY) => {
                self.letter.old_plain.get_or_insert(Words::Narrow(data));
            }
            (MESSAGE, attributes::MSG_PROPS) => self.properties(data),
            (ATTACHMENT, attributes::ATTACH_REND_DATA) => {
                self.close();
                self.open = Some(Attached::default());
            }
            (ATTACHMENT, attributes::ATTACH_TITLE) => {
                self.last().title = Some(Words::Narrow(data));
            }
            (ATTACHMENT, attributes::ATTACH_DATA) => {
                let (content, sound) = (Content::File(data), attribute.sound);
                self.complete &= hold(&mut self.last().attribute, Held { content, sound });
            }
            (ATTACHMENT, attributes::ATTACHMENT_PROPS) => {
                self.attachment_properties(data, attribute.sound);
            }
            // At the other level no reader has to look for it, and some do.
            (
                _,
                attributes::BODY
                | attributes::MSG_PROPS
                | attributes::ATTACH_DATA
                | attributes::ATTACH_REND_DATA
                | attributes::ATTACHMENT_PROPS,
            ) => self.complete = false,
            // Dates, priorities, icons (`attAttachMetaFile`): nothing to keep.
            _ => {}
        }
    }

    /// The attachment that was begun last. Each begins with `attAttachRendData` ([MS-OXTNEF],
    /// section 2.1.3): where that is missing, something is.
    fn last(&mut self) -> &mut Attached<'x> {
        if self.open.is_none() {
            self.complete = false;
        }
        self.open.get_or_insert_default()
    }

    /// Puts what was begun last to the others.
    fn close(&mut self) {
        if let Some(mut last) = self.open.take() {
            self.complete &= last.settle();
            self.attached.push(last);
        }
    }

    /// What `attMsgProps` holds; it goes before the attributes of the same meaning
    /// ([MS-OXTNEF], section 2.1.3).
    fn properties(&mut self, data: &'x [u8]) {
        for property in Properties::of(data) {
            let Ok(property) = property else {
                self.complete = false;
                return;
            };
            match property.id {
                id::MESSAGE_CLASS => self.class = property.words().or(self.class),
                id::RTF_COMPRESSED => {
                    self.complete &= self.rtf.is_none() && property.binary().is_some();
                    self.rtf = self.rtf.or(property.binary());
                }
                id::INTERNET_CODEPAGE => {
                    self.pages.internet = property.number().unwrap_or_default();
                }
                id::MESSAGE_CODEPAGE => self.pages.message = property.number().unwrap_or_default(),
                _ => self.complete &= self.letter.property(&property),
            }
        }
    }

    fn attachment_properties(&mut self, data: &'x [u8], sound: bool) {
        for property in Properties::of(data) {
            let Ok(property) = property else {
                self.complete = false;
                return;
            };
            if property.id != id::ATTACH_DATA {
                self.last().property(&property);
                continue;
            }
            let content = match property.object() {
                Some(Object::Message(bytes)) => Content::Message(bytes),
                Some(Object::Other(bytes)) => Content::File(bytes),
                None => {
                    self.complete = false;
                    continue;
                }
            };
            self.complete &= hold(&mut self.last().property, Held { content, sound });
        }
    }
}

/// Keeps the first content that says something; whether it is the only one.
fn hold<'x>(place: &mut Option<Held<'x>>, new: Held<'x>) -> bool {
    let first = place.map(|held| held.content.bytes()).unwrap_or_default();
    if first.is_empty() {
        *place = Some(new);
    }
    let new = new.content.bytes();
    first.is_empty() || new.is_empty() || new == first
}

impl<'x> Content<'x> {
    fn bytes(self) -> &'x [u8] {
        match self {
            Self::File(bytes) | Self::Message(bytes) => bytes,
        }
    }
}

impl<'x> Attached<'x> {
    /// Which content is shown: the property's before the attribute's ([MS-OXTNEF], section
    /// 2.1.3); whether there is no other. Beside a message within stands a sentence in its place.
    fn settle(&mut self) -> bool {
        let says = |held: &Held<'x>| !held.content.bytes().is_empty();
        let shown = self.property.filter(says).or(self.attribute);
        let shown = shown.or(self.property);
        self.content = shown.map(|held| held.content);
        self.damaged = shown.is_some_and(|held| !held.sound);
        let beside = self.attribute.filter(says).map(|held| held.content.bytes());
        beside.is_none_or(|beside| {
            let shown = shown.map(|held| held.content.bytes());
            shown == Some(beside) || beside.starts_with(IN_PLACE)
        })
    }

    fn property(&mut self, property: &Property<'x>) {
        let place = match property.id {
            id::DISPLAY_NAME => &mut self.shown_name,
            id::ATTACH_FILENAME => &mut self.short_name,
            id::ATTACH_LONG_FILENAME => &mut self.long_name,
            id::ATTACH_MIME_TAG => &mut self.media_type,
            id::ATTACH_CONTENT_ID => &mut self.content_id,
            _ => return,
        };
        *place = property.words().or(*place);
    }

    /// Its name as the sender gave it. That of eight letters and three is the last resort, but
    /// for a message, which has none.
    pub(crate) fn name(&self, pages: &Pages) -> Option<String> {
        let names = match self.content {
            Some(Content::Message(_)) => [self.long_name, self.shown_name, self.title, None],
            Some(Content::File(_)) | None => {
                [self.long_name, self.short_name, self.title, self.shown_name]
            }
        };
        let mut names = names.into_iter().flatten();
        names.find_map(|name| name.line(pages))
    }
}

#[cfg(test)]
pub(crate) mod make;
#[cfg(test)]
mod tests;
