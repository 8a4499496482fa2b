//! A security key in software, as far as `WebAuthn` asks of one: made by hand, so that every part
//! of an answer can be made wrong.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Somebody is there.
pub const PRESENT: u8 = 0x01;
/// It is the key's person, by PIN, finger or face.
pub const VERIFIED: u8 = 0x04;
/// The public key is in the data.
const ATTESTED: u8 = 0x40;

pub struct Authenticator {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    pub handle: Vec<u8>,
    pub counter: u32,
    pub flags: u8,
    pub origin: String,
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn asked(options: &str) -> Value {
    let options: Value = serde_json::from_str(options).unwrap();
    options["publicKey"].clone()
}

impl Authenticator {
    /// A key that is not set up yet; `origin` is that of the page its browser shows.
    pub fn new(origin: &str) -> Self {
        let id: [u8; 32] = rand::random();
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: id.to_vec(),
            handle: Vec::new(),
            counter: 1,
            flags: PRESENT | VERIFIED,
            origin: origin.to_owned(),
        }
    }

    fn client_data(&self, kind: &str, asked: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, rp: &Value, flags: u8) -> Vec<u8> {
        let mut data = sha256(rp.as_str().unwrap().as_bytes());
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Answers `navigator.credentials.create`.
    pub fn create(&mut self, options: &str) -> String {
        let asked = asked(options);
        let handle = asked["user"]["id"].as_str().unwrap();
        self.handle = URL_SAFE_NO_PAD.decode(handle).unwrap();
        let mut data = self.data(&asked["rp"]["id"], self.flags | ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.pair.public_key().as_ref();
        // COSE: an elliptic curve key, ES256, P-256, x, y.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": text(&self.client_data("webauthn.create", &asked)),
            "attestationObject": text(&object),
        }))
    }

    /// Answers `navigator.credentials.get`.
    pub fn get(&mut self, options: &str) -> String {
        self.counter += 1;
        let asked = asked(options);
        let client = self.client_data("webauthn.get", &asked);
        let data = self.data(&asked["rpId"], self.flags);
        let signed = [data.clone(), sha256(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(&json!({
            "clientDataJSON": text(&client),
            "authenticatorData": text(&data),
            "signature": text(signature.as_ref()),
            "userHandle": text(&self.handle),
        }))
    }

    fn answer(&self, response: &Value) -> String {
        let id = text(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response}).to_string()
    }
}
