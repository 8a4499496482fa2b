//! Where the S/MIME layer of a mail lies (RFC 8551, sections 3.2 to 3.5), for whoever holds
//! the keys. Nothing is decrypted or verified here.

use crate::entity::Entity;
use crate::limits::{Limits, Refused};
use crate::{file_name, multipart, transfer};

/// The outermost layer of a mail or of what was in one.
#[derive(Clone, PartialEq, Eq)]
pub enum Layer<'x> {
    /// No cryptography on the outside.
    Clear,
    /// One CMS object: enveloped, signed or compressed; its own content type says which.
    Opaque {
        /// The DER.
        der: Vec<u8>,
        /// The sender's word for it (`enveloped-data`, `signed-data` …); not proved.
        smime_type: Option<String>,
    },
    /// `multipart/signed`: the signature stands beside what it signs.
    Detached {
        /// The signed entity, byte for byte, without the line end of the boundary. Its line
        /// ends must be CRLF to verify.
        content: &'x [u8],
        /// The DER of the signature.
        signature: Vec<u8>,
    },
}

impl std::fmt::Debug for Layer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clear => "Clear",
            Self::Opaque { .. } => "Opaque",
            Self::Detached { .. } => "Detached",
        })
    }
}

/// Finds the outermost layer.
pub fn layer<'x>(bytes: &'x [u8], limits: &Limits) -> Result<Layer<'x>, Refused> {
    let root = Entity::read(bytes, limits.header_bytes)?;
    let media_type = root.media_type("text/plain");
    match media_type.as_str() {
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => Ok(opaque(&root)),
        // Relays and some programs rename the type; the file name is then all there is.
        "application/octet-stream" if named_p7m(&root) => Ok(opaque(&root)),
        "multipart/signed" => Ok(detached(&root, limits)?.unwrap_or(Layer::Clear)),
        _ => Ok(Layer::Clear),
    }
}

fn opaque(root: &Entity<'_>) -> Layer<'static> {
    let smime_type = root
        .parameter("smime-type")
        .map(|word| word.to_ascii_lowercase());
    Layer::Opaque {
        der: transfer::decode(root).bytes,
        smime_type,
    }
}

fn named_p7m(root: &Entity<'_>) -> bool {
    let disposition = root.typed("Content-Disposition");
    let name = disposition
        .as_ref()
        .and_then(|read| read.attribute("filename").map(str::to_owned))
        .or_else(|| root.parameter("name"));
    name.is_some_and(|name| file_name::ends_in(name.trim_end(), "p7m"))
}

fn detached<'x>(root: &Entity<'x>, limits: &Limits) -> Result<Option<Layer<'x>>, Refused> {
    let Some(boundary) = root.parameter("boundary").filter(|b| !b.is_empty()) else {
        return Ok(None);
    };
    let cut = multipart::cut(root.body, &boundary, limits.parts)?;
    let [content, signature] = cut.parts.as_slice() else {
        return Ok(None);
    };
    let signature = Entity::read(signature, limits.header_bytes)?;
    let media_type = signature.media_type("text/plain");
    let fits = matches!(
        media_type.as_str(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature"
    );
    Ok(fits.then(|| Layer::Detached {
        content,
        signature: transfer::decode(&signature).bytes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_entity_is_given_byte_for_byte() {
        let mail = b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nText \r\n\r\n--b\r\n\
            Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nMAA=\r\n--b--\r\n";
        let read = layer(mail, &Limits::default()).unwrap();
        let wanted = Layer::Detached {
            content: b"Content-Type: text/plain\r\n\r\nText \r\n",
            signature: vec![0x30, 0],
        };
        assert!(read == wanted, "{read:?}");
    }

    #[test]
    fn an_opaque_layer_is_found_by_type_or_by_name() {
        for header in [
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            "Content-Type: application/x-pkcs7-mime; smime-type=Enveloped-Data",
            "Content-Type: application/octet-stream; name=\"smime.p7m\"; smime-type=enveloped-data",
        ] {
            let mail = format!("{header}\nContent-Transfer-Encoding: base64\n\nMAA=\n");
            let wanted = Layer::Opaque {
                der: vec![0x30, 0],
                smime_type: Some("enveloped-data".to_owned()),
            };
            assert!(
                layer(mail.as_bytes(), &Limits::default()).unwrap() == wanted,
                "{header}"
            );
        }
    }

    #[test]
    fn anything_else_is_clear() {
        for mail in [
            "Content-Type: text/plain\n\nx",
            "Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n",
            "Content-Type: multipart/signed\n\nx",
            "",
        ] {
            assert!(layer(mail.as_bytes(), &Limits::default()).unwrap() == Layer::Clear);
        }
    }
}
