//! The headers of a message in the inbox, read strictly: each once, each bounded; those that are
//! not named here (subject, file name, partner id) are left out.

use gateway_core::Personal;
use reqwest::StatusCode;
use reqwest::header::{
    AsHeaderName, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING,
};

use crate::error::Error;
use crate::names::{MailboxId, MessageId, WorkflowId};
use crate::report::Report;
use crate::text;

/// The most chunks that a message may have.
pub(crate) const MOST_CHUNKS: u32 = 65_536;

/// What MESH and the sender say of a message of data. Who sent it is sure: MESH checked the
/// sender's certificate and token. The rest is the sender's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// MESH's id of it.
    pub message: MessageId,
    /// The mailbox that sent it.
    pub from: MailboxId,
    /// The mailbox that it is for: this one.
    pub to: MailboxId,
    /// What kind of message it is.
    pub workflow: WorkflowId,
    /// The sender's own id of it, at most 300 characters. Others may write anything there: use it
    /// to answer with, and show it to nobody.
    pub local_id: Option<Personal<String>>,
    /// What the content is, as a media type, in the sender's words.
    pub content_type: Option<String>,
    /// True where the sender, or MESH on the way, compressed it. What MESH's transport compressed
    /// is given out decompressed, so this says nothing sure of the content.
    pub compressed: bool,
    /// In how many chunks it comes.
    pub chunks: u32,
}

/// What a first answer brings.
pub(crate) enum Kind {
    Data(Headers),
    Report(Report),
}

/// The headers of a message, by the answer to the request for its first chunk.
pub(crate) fn read(
    status: StatusCode,
    map: &HeaderMap,
    asked: &MessageId,
    own: &MailboxId,
) -> Result<Kind, Error> {
    let message: MessageId = required(map, "Mex-MessageID")?;
    if !message.as_str().eq_ignore_ascii_case(asked.as_str()) {
        return Err(Error::Message("it is another message than was asked for"));
    }
    match one(map, "Mex-MessageType")?.as_deref() {
        Some("DATA") => {}
        Some("REPORT") => return Report::read(map, message).map(Kind::Report),
        _ => return Err(Error::Message("it is neither data nor a report")),
    }
    let to: MailboxId = required(map, "Mex-To")?;
    if to != *own {
        return Err(Error::Message("it is addressed to another mailbox"));
    }
    let chunks = chunks(status, map)?;
    Ok(Kind::Data(Headers {
        message,
        from: required(map, "Mex-From")?,
        to,
        workflow: required(map, "Mex-WorkflowID")?,
        local_id: one(map, "Mex-LocalID")?.map(Personal::new),
        content_type: match one(map, "Mex-Content-Type")? {
            Some(said) => Some(said),
            None => one(map, CONTENT_TYPE)?,
        }
        .map(|said| text::clean(&said, 100)),
        compressed: one(map, "Mex-Content-Compressed")?
            .is_some_and(|said| matches!(said.to_ascii_uppercase().as_str(), "Y" | "TRUE")),
        chunks,
    }))
}

/// How many chunks the message has, from the answer to the request for its first.
fn chunks(status: StatusCode, map: &HeaderMap) -> Result<u32, Error> {
    let chunks = match range(map)? {
        None => 1,
        Some((1, chunks)) => chunks,
        Some(_) => return Err(Error::Message("its first chunk is not the first")),
    };
    position(status, 1, chunks)?;
    Ok(chunks)
}

/// That the answer to the request for a later chunk is that chunk, and whole in number.
pub(crate) fn later_chunk(
    status: StatusCode,
    map: &HeaderMap,
    chunk: u32,
    chunks: u32,
    asked: &MessageId,
) -> Result<(), Error> {
    let same = match one(map, "Mex-MessageID")? {
        Some(message) => message.eq_ignore_ascii_case(asked.as_str()),
        None => true,
    };
    if !same || range(map)? != Some((chunk, chunks)) {
        return Err(Error::Message(
            "a chunk of it is another than was asked for",
        ));
    }
    position(status, chunk, chunks)
}

/// 206 says that more chunks follow, 200 that none does ("Get Message chunk").
fn position(status: StatusCode, chunk: u32, chunks: u32) -> Result<(), Error> {
    let more = match status.as_u16() {
        200 => false,
        206 => true,
        _ => return Err(Error::Message("its status is neither 200 nor 206")),
    };
    if more == (chunk < chunks) {
        Ok(())
    } else {
        Err(Error::Message("its status and its chunks do not agree"))
    }
}

fn range(map: &HeaderMap) -> Result<Option<(u32, u32)>, Error> {
    let Some(said) = one(map, "Mex-Chunk-Range")? else {
        return Ok(None);
    };
    let number = |text: &str| {
        let digits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    said.split_once(':')
        .and_then(|(chunk, chunks)| Some((number(chunk)?, number(chunks)?)))
        .filter(|(chunk, chunks)| (1..=*chunks).contains(chunk) && *chunks <= MOST_CHUNKS)
        .map(Some)
        .ok_or(Error::Message("its chunks are not numbered as MESH does"))
}

/// True where the body is compressed by gzip. Any other coding is refused, and so is a body of
/// which nobody could tell that it was cut short.
pub(crate) fn is_gzip(map: &HeaderMap) -> Result<bool, Error> {
    let framed = map.contains_key(CONTENT_LENGTH)
        || one(map, TRANSFER_ENCODING)?.is_some_and(|said| said.eq_ignore_ascii_case("chunked"));
    if !framed {
        return Err(Error::Message("its length is not said"));
    }
    match one(map, CONTENT_ENCODING)?.as_deref() {
        None | Some("identity") => Ok(false),
        Some("gzip") => Ok(true),
        Some(_) => Err(Error::Message("its coding is not known")),
    }
}

/// A header as text, at most 300 characters; none where it is absent or empty, an error where it
/// is there twice.
pub(crate) fn one(map: &HeaderMap, name: impl AsHeaderName) -> Result<Option<String>, Error> {
    let mut all = map.get_all(name).iter();
    let value = match (all.next(), all.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(Error::Message("one of its headers is there twice")),
    };
    let said = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    if said.chars().count() > 300 {
        return Err(Error::Message("one of its headers is too long"));
    }
    Ok((!said.is_empty()).then_some(said))
}

fn required<T: std::str::FromStr>(map: &HeaderMap, name: &'static str) -> Result<T, Error> {
    one(map, name)?
        .and_then(|said| said.parse().ok())
        .ok_or(Error::Message("one of its headers is missing or broken"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NAMES: [&str; 12] = [
        "mex-messageid",
        "mex-messagetype",
        "mex-from",
        "mex-to",
        "mex-workflowid",
        "mex-localid",
        "mex-chunk-range",
        "mex-statuscode",
        "mex-statusdescription",
        "mex-linkedmsgid",
        "mex-statustimestamp",
        "content-encoding",
    ];

    fn read_these(status: u16, headers: &[(usize, Vec<u8>)]) -> Result<Kind, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                map.append(HeaderName::from_static(NAMES[name % NAMES.len()]), value);
            }
        }
        let (asked, own) = ("A_1".parse().unwrap(), "X26ABC1".parse().unwrap());
        let _ = is_gzip(&map);
        read(StatusCode::from_u16(status).unwrap(), &map, &asked, &own)
    }

    fn whole(kind: &str, rest: &[(usize, Vec<u8>)]) -> Vec<(usize, Vec<u8>)> {
        let first = [
            (0, "A_1"),
            (1, kind),
            (2, "X26ABC2"),
            (3, "X26ABC1"),
            (4, "W"),
        ];
        let first = first.map(|(name, value)| (name, value.as_bytes().to_vec()));
        [&first[..], rest].concat()
    }

    #[test]
    fn a_report_needs_no_sender_and_no_chunks_and_keeps_to_its_bounds() {
        let long = "x".repeat(300).into_bytes();
        let headers = whole(
            "REPORT",
            &[(6, b"1:0".to_vec()), (7, long.clone()), (8, long)],
        );
        let Kind::Report(report) = read_these(200, &headers).unwrap() else {
            panic!("data")
        };
        assert_eq!(report.code.unwrap().len(), 40);
        assert_eq!(report.description.unwrap().len(), 300);
        assert_eq!(
            (report.about, report.local_id, report.at),
            (None, None, None)
        );
    }

    proptest! {
        #[test]
        fn no_headers_make_it_panic(
            status in prop::sample::select(vec![200_u16, 206]),
            report: bool,
            headers in prop::collection::vec(
                (5_usize..12, prop::collection::vec(any::<u8>(), 0..400)),
                0..8,
            ),
        ) {
            let kind = if report { "REPORT" } else { "DATA" };
            if let Ok(Kind::Data(read)) = read_these(status, &whole(kind, &headers)) {
                prop_assert!((1..=MOST_CHUNKS).contains(&read.chunks));
                let local = read.local_id.map_or(0, |id| id.reveal().chars().count());
                prop_assert!(local <= 300);
            }
        }
    }
}
