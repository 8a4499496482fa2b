//! The one place that knows the library: what a key is asked, and whether its answer holds.
//! What is kept in between goes in and out as JSON.

use std::sync::Arc;

use gateway_store::rows::SecurityKeyRow;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::error::FlowError;

/// What keys show beside the name of their person.
const SERVICE: &str = "MAPPA information exchange";

/// What an installation's keys are bound to. Clones are the same.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    webauthn: Webauthn,
    origin: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.origin)
    }
}

/// What is asked of a key.
pub(super) struct Asked {
    /// For the browser, JSON.
    pub(super) options: String,
    /// To judge the answer by, JSON.
    pub(super) state: String,
}

/// A key that was made.
pub(crate) struct Made {
    /// The SHA-256 of its credential's id, hexadecimal.
    pub(super) credential: String,
    /// Its public key and counter, JSON.
    pub(super) data: String,
}

/// An answer by which somebody is to be known.
pub(super) struct Claim {
    answer: PublicKeyCredential,
    /// The SHA-256 of the credential's id, hexadecimal.
    pub(super) credential: String,
    /// Whose it is, by what the key says.
    pub(super) handle: Option<String>,
}

/// Whether an answer holds.
pub(crate) enum Verdict {
    /// It does; the public key with its new counter.
    Holds(String),
    /// All but the counter, which was as high before: there may be two of this key.
    Copied,
    /// It does not.
    Fails,
}

impl Keys {
    /// Keys for the pages of an origin. None where its host has no name: a key is bound to one
    /// (`WebAuthn` section 5.1.3).
    pub fn at(origin: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let host = url.domain().filter(|_| url.scheme() == "https")?;
        let builder = WebauthnBuilder::new(host, &url).ok()?;
        let webauthn = builder.rp_name(SERVICE).build().ok()?;
        let origin = url.origin().ascii_serialization();
        Some(Self(Arc::new(Inner { webauthn, origin })))
    }

    pub(super) fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Asks for a new key, which is none of those that are there.
    pub(super) fn ask_new(
        &self,
        handle: &str,
        [address, name]: [&str; 2],
        there: &[SecurityKeyRow],
    ) -> Result<Asked, FlowError> {
        let handle = Uuid::parse_str(handle).map_err(internal)?;
        let mut ids = Vec::new();
        for row in there {
            ids.push(
                serde_json::from_str::<Passkey>(&row.data)?
                    .cred_id()
                    .clone(),
            );
        }
        let webauthn = &self.0.webauthn;
        let asked = webauthn.start_passkey_registration(handle, address, name, Some(ids));
        let (options, state) = asked.map_err(internal)?;
        let mut options = serde_json::to_value(options)?;
        // A key that signs in by itself has to know whose it is.
        let selection = options.pointer_mut("/publicKey/authenticatorSelection");
        let selection = selection.and_then(Value::as_object_mut);
        let selection = selection.ok_or_else(|| internal("no selection of authenticators"))?;
        selection.insert("residentKey".to_owned(), "required".into());
        selection.insert("requireResidentKey".to_owned(), true.into());
        Ok(Asked {
            options: options.to_string(),
            state: serde_json::to_string(&state)?,
        })
    }

    /// The key that was made; none where the answer does not hold.
    pub(super) fn made(&self, answer: &str, state: &str) -> Result<Option<Made>, FlowError> {
        let state: PasskeyRegistration = serde_json::from_str(state)?;
        let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else {
            return Ok(None);
        };
        match self.0.webauthn.finish_passkey_registration(&answer, &state) {
            Ok(key) => Ok(Some(Made {
                credential: print(key.cred_id()),
                data: serde_json::to_string(&key)?,
            })),
            Err(error) => {
                tracing::info!(%error, "a security key was not taken");
                Ok(None)
            }
        }
    }

    /// Asks any key of this service whose it is.
    pub(super) fn ask_whose(&self) -> Result<Asked, FlowError> {
        let asked = self.0.webauthn.start_discoverable_authentication();
        let (mut options, state) = asked.map_err(internal)?;
        // Asked for by a button and not in passing.
        options.mediation = None;
        Ok(Asked {
            options: serde_json::to_string(&options)?,
            state: serde_json::to_string(&state)?,
        })
    }

    /// Reads an answer; none where it is not one.
    pub(super) fn claimed(&self, answer: &str) -> Option<Claim> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
        let webauthn = &self.0.webauthn;
        let whose = webauthn.identify_discoverable_authentication(&answer).ok();
        Some(Claim {
            credential: print(answer.get_credential_id()),
            handle: whose.map(|(handle, _)| handle.to_string()),
            answer,
        })
    }

    /// Whether an answer is that of a key to what was asked.
    pub(super) fn judge(
        &self,
        claim: &Claim,
        state: &str,
        data: &str,
    ) -> Result<Verdict, FlowError> {
        let state: DiscoverableAuthentication = serde_json::from_str(state)?;
        let mut key: Passkey = serde_json::from_str(data)?;
        let webauthn = &self.0.webauthn;
        match webauthn.finish_discoverable_authentication_v2(&claim.answer, state, &key) {
            Ok(answered) => {
                key.update_credential(&answered);
                Ok(Verdict::Holds(serde_json::to_string(&key)?))
            }
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Verdict::Copied),
            Err(error) => {
                tracing::info!(%error, "a security key's answer does not hold");
                Ok(Verdict::Fails)
            }
        }
    }
}

/// What a key is to know its person by: 16 bytes that say nothing of anybody.
pub(super) fn handle(keyed: &str) -> String {
    let digest = <[u8; 32]>::from(Sha256::digest(keyed));
    let mut bytes = [0; 16];
    for (byte, digested) in bytes.iter_mut().zip(digest) {
        *byte = digested;
    }
    Uuid::from_bytes(bytes).to_string()
}

fn print(credential: &[u8]) -> String {
    hex::encode(Sha256::digest(credential))
}

fn internal(error: impl std::fmt::Display) -> FlowError {
    FlowError::Internal(format!("security keys: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bound_to_a_name_over_tls() {
        let keys = Keys::at("https://localhost:8443").unwrap();
        assert_eq!(keys.origin(), "https://localhost:8443");
        let named = Keys::at("https://portal.example/").unwrap();
        assert_eq!(named.origin(), "https://portal.example");
        for bad in [
            "https://127.0.0.1:8443",
            "http://portal.example",
            "portal",
            "https://[::1]",
        ] {
            assert!(Keys::at(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_new_key_has_to_keep_whose_it_is_and_to_check_its_person() {
        let keys = Keys::at("https://portal.example").unwrap();
        let asked = keys
            .ask_new(&handle("x"), ["a@b.example", "Ann"], &[])
            .unwrap();
        let options: Value = serde_json::from_str(&asked.options).unwrap();
        let selection = &options["publicKey"]["authenticatorSelection"];
        assert_eq!(selection["residentKey"], "required");
        assert_eq!(selection["requireResidentKey"], true);
        assert_eq!(selection["userVerification"], "required");
        assert_eq!(options["publicKey"]["rp"]["id"], "portal.example");
        let asked: Value = serde_json::from_str(&keys.ask_whose().unwrap().options).unwrap();
        assert_eq!(asked["publicKey"]["userVerification"], "required");
        assert!(asked.get("mediation").is_none());
    }
}
