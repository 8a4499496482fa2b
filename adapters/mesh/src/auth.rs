//! What each request proves itself by: the `Authorization` header of the MESH API ("MESH
//! Authorization header"): HMAC-SHA256 with the environment's shared key over the mailbox, a
//! nonce, how often the nonce was used, the mailbox's password and the minute.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{hmac, rand};
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::{Builder, Uuid};

use crate::names::MailboxId;

/// Makes one token for each request. A pair of nonce and count is never given twice: MESH
/// answers a repeated one with 403.
pub(crate) struct Tokens {
    mailbox: MailboxId,
    password: SecretString,
    key: hmac::Key,
    nonce: Uuid,
    used: AtomicU64,
}

impl Tokens {
    /// Under a nonce of its own; none where the system has no randomness to give.
    pub(crate) fn new(
        mailbox: MailboxId,
        password: SecretString,
        shared_key: &SecretString,
    ) -> Option<Self> {
        let mut random = [0; 16];
        rand::fill(&mut random).ok()?;
        let nonce = Builder::from_random_bytes(random).into_uuid();
        Some(Self::with_nonce(mailbox, password, shared_key, nonce))
    }

    fn with_nonce(
        mailbox: MailboxId,
        password: SecretString,
        shared_key: &SecretString,
        nonce: Uuid,
    ) -> Self {
        Self {
            mailbox,
            password,
            key: hmac::Key::new(hmac::HMAC_SHA256, shared_key.expose_secret().as_bytes()),
            nonce,
            used: AtomicU64::new(0),
        }
    }

    /// The next token, for a request at `now`. MESH refuses one that is two hours off.
    pub(crate) fn next(&self, now: Timestamp) -> Option<HeaderValue> {
        let count = self.used.fetch_add(1, Ordering::Relaxed);
        let (mailbox, nonce) = (&self.mailbox, self.nonce.hyphenated());
        let minute = now.strftime("%Y%m%d%H%M").to_string();
        let mut signed = hmac::Context::with_key(&self.key);
        signed.update(format!("{mailbox}:{nonce}:{count}:").as_bytes());
        signed.update(self.password.expose_secret().as_bytes());
        signed.update(format!(":{minute}").as_bytes());
        let tag = hex::encode(signed.sign());
        let token = format!("NHSMESH {mailbox}:{nonce}:{count}:{minute}:{tag}");
        let mut value = HeaderValue::try_from(token).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn tokens(nonce: Uuid) -> Tokens {
        Tokens::with_nonce(
            MailboxId::parse("X26ABC1").unwrap(),
            "password".into(),
            &"TestKey".into(),
            nonce,
        )
    }

    /// Made by `AuthTokenGenerator` of the NHS's mesh-client 5.0.2, with this nonce and minute.
    #[test]
    fn the_token_is_the_one_that_the_nhs_client_makes() {
        let nonce = "bd0e2bd5-218e-41d0-83a9-73fdec414803".parse().unwrap();
        let tokens = tokens(nonce);
        let now = "2026-03-02T09:05:59Z".parse().unwrap();
        for tag in [
            "1165ddb60400efe67ae4472f1d22a1048e6de29efdde7e8b17feddec8ab96f4a",
            "b31dde046c0c21341350461d0fd5eabcaaf9ae32f571098d7ad328edd4e5f958",
        ] {
            let token = tokens.next(now).unwrap();
            assert!(token.is_sensitive());
            let text = token.to_str().unwrap().to_owned();
            assert!(text.starts_with("NHSMESH X26ABC1:bd0e2bd5-218e-41d0-83a9-73fdec414803:"));
            assert!(text.ends_with(&format!(":202603020905:{tag}")), "{text}");
        }
    }

    #[test]
    fn no_pair_of_nonce_and_count_comes_twice() {
        let at = "2026-03-02T09:05:00Z".parse().unwrap();
        let new = || {
            Tokens::new(
                MailboxId::parse("X26ABC1").unwrap(),
                "password".into(),
                &"TestKey".into(),
            )
            .unwrap()
        };
        let (one, other) = (new(), new());
        let mut seen = HashSet::new();
        for tokens in [&one, &other, &one, &other] {
            assert!(seen.insert(tokens.next(at).unwrap()));
        }
    }
}
