//! What a part is called.

use crate::entity::{Entity, text};
use crate::file_name::clean;

/// The clean name that the sender gave (RFC 2183, 2.3; RFC 2231; and encoded words, which
/// RFC 2047 forbids here and many programs write).
pub(super) fn given(entity: &Entity<'_>) -> Option<String> {
    let disposition = entity.typed("Content-Disposition");
    let name = disposition
        .as_ref()
        .and_then(|read| read.attribute("filename").map(str::to_owned))
        .or_else(|| entity.parameter("name"))?;
    let name = if name.contains("=?") {
        text(name.as_bytes())
    } else {
        name
    };
    clean(&name)
}

/// A name by the media type, where the sender gave none.
pub(super) fn by_type(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" | "message/global" => "message.eml",
        "text/calendar" => "calendar.ics",
        "text/html" => "attachment.html",
        "text/plain" => "attachment.txt",
        "text/csv" => "attachment.csv",
        "text/rfc822-headers" => "headers.txt",
        "message/delivery-status" => "delivery-status.txt",
        "application/pdf" => "attachment.pdf",
        "application/rtf" | "text/rtf" => "attachment.rtf",
        "application/zip" => "attachment.zip",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s",
        "image/png" => "image.png",
        "image/jpeg" => "image.jpg",
        "image/gif" => "image.gif",
        _ => "attachment.bin",
    }
}
