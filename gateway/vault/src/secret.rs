//! Bytes that pass through the interface: secret ones and sealed ones.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Bytes in clear: a key's text, a column's value. Wiped when dropped; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes: only to use them, never to log them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Takes the bytes out; they still wipe themselves.
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(BASE64_STANDARD.encode(self.expose()));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = BASE64_STANDARD
            .decode(text.as_bytes())
            .map_err(|_| bad::<D>())?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

/// Sealed bytes: a wrap, a sealed column. `Debug` shows their number only.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} sealed bytes]", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD
            .decode(text)
            .map(Self)
            .map_err(|_| bad::<D>())
    }
}

fn bad<'de, D: Deserializer<'de>>() -> D::Error {
    D::Error::custom("not base64: send it as it was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_and_do_not_show() {
        let secret = Secret::from(b"AGE-SECRET-KEY-1".as_slice());
        let written = serde_json::to_string(&secret).unwrap();
        assert_eq!(serde_json::from_str::<Secret>(&written).unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn sealed_bytes_travel_and_show_only_their_number() {
        let sealed = Sealed(vec![0, 255, 7]);
        let written = serde_json::to_string(&sealed).unwrap();
        assert_eq!(serde_json::from_str::<Sealed>(&written).unwrap(), sealed);
        assert_eq!(format!("{sealed:?}"), "[3 sealed bytes]");
        assert!(serde_json::from_str::<Sealed>("\"!\"").is_err());
    }
}
