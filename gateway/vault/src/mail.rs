//! The gateway's own S/MIME keys: opens what is encrypted to the gateway and signs what it sends.
//!
//! Opening needs no event of the log: what comes in is nobody's record yet, and what it becomes
//! is logged before anything is answered.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use gateway_cms::{Form, KeyPair, Limits};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::{Halves, KeyPurpose, KeyRing, ROTATED_ELSEWHERE};
use crate::request::{MailRequest, Response};
use crate::secret::{Sealed, Secret};
use crate::vault::Inner;

/// Whose S/MIME keys these are: the gateway's, for all its areas.
const SCOPE: &str = "*";

/// The gateway's S/MIME keys: the one in use first, then those that still open older mail.
pub struct MailKeys {
    pairs: Vec<KeyPair>,
    certificate: String,
    read: Instant,
}

/// Messages up to this many bytes are opened where they are.
const AT_ONCE: usize = 64 * 1024;

impl Inner {
    pub(crate) async fn about_mail(&self, asked: MailRequest) -> Result<Response, VaultError> {
        match asked {
            MailRequest::AddKey { certificate, key } => self.add_mail_key(certificate, &key).await,
            MailRequest::Certificate => {
                let keys = self.mail_keys().await?;
                Ok(Response::Text(keys.certificate.clone()))
            }
            MailRequest::Open(message) => self.open_mail(message).await,
            MailRequest::Sign { content, opaque } => self.sign_mail(content, opaque).await,
        }
    }

    async fn add_mail_key(
        &self,
        certificate: String,
        key: &Secret,
    ) -> Result<Response, VaultError> {
        let pair = KeyPair::from_pem(certificate.as_bytes(), key.expose());
        pair.map_err(|error| VaultError::MailKey(error.to_string()))?;
        let mut bundle = Zeroizing::new(certificate.clone().into_bytes());
        bundle.extend_from_slice(key.expose());
        self.ring
            .replace(KeyPurpose::Mail, SCOPE, || {
                Ok(Halves {
                    public: certificate.clone(),
                    secret: Some(bundle.clone()),
                })
            })
            .await?;
        self.ring.read_mail_keys().await?;
        Ok(Response::Done)
    }

    async fn mail_keys(&self) -> Result<Arc<MailKeys>, VaultError> {
        let known = self
            .ring
            .mail
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(keys) if keys.read.elapsed() < ROTATED_ELSEWHERE => Ok(keys),
            Some(_) | None => self.ring.read_mail_keys().await,
        }
    }

    async fn open_mail(&self, message: Sealed) -> Result<Response, VaultError> {
        let keys = self.mail_keys().await?;
        let size = message.0.len();
        let open = move || gateway_cms::decrypt(&message.0, &keys.pairs, &Limits::default());
        // What is small is opened sooner than another thread begins with it.
        let opened = if size <= AT_ONCE {
            open()
        } else {
            let opened = tokio::task::spawn_blocking(open);
            opened.await.map_err(|_| VaultError::Unexpected)?
        };
        match opened {
            Ok(opened) => Ok(Response::Plain(opened.content.into())),
            Err(error) => {
                // The reason stays here: to the outside every failure is one (RFC 3218).
                tracing::info!(reason = ?error.reason(), "a mail was not opened");
                Err(VaultError::Refused)
            }
        }
    }

    async fn sign_mail(&self, content: Secret, opaque: bool) -> Result<Response, VaultError> {
        let keys = self.mail_keys().await?;
        let at = self.clock.now();
        let form = if opaque { Form::Opaque } else { Form::Detached };
        let signed = tokio::task::spawn_blocking(move || {
            let pair = keys.pairs.first();
            pair.map(|pair| gateway_cms::sign(content.expose(), form, pair, at))
        });
        let signed = signed.await.map_err(|_| VaultError::Unexpected)?;
        match signed {
            Some(Ok(der)) => Ok(Response::Sealed(Sealed(der))),
            Some(Err(error)) => Err(VaultError::MailKey(error.to_string())),
            None => Err(VaultError::Unexpected),
        }
    }
}

impl KeyRing {
    async fn read_mail_keys(&self) -> Result<Arc<MailKeys>, VaultError> {
        let rows = self.keys.keys(KeyPurpose::Mail.as_str(), SCOPE).await?;
        let mut certificate = None;
        let mut pairs = Vec::new();
        // The newest, which is the one in use, first.
        for row in rows.iter().filter(|row| row.state != "destroyed") {
            let bundle = self.secret(row)?;
            self.halves_agree(row)?;
            let pair = KeyPair::from_pem(&bundle, &bundle);
            pairs.push(pair.map_err(|error| VaultError::MailKey(error.to_string()))?);
            certificate.get_or_insert_with(|| row.public.clone());
        }
        let keys = Arc::new(MailKeys {
            pairs,
            certificate: certificate.ok_or(VaultError::NoKey {
                purpose: KeyPurpose::Mail.as_str().to_owned(),
                scope: SCOPE.to_owned(),
            })?,
            read: Instant::now(),
        });
        let mut known = self.mail.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(&keys));
        Ok(keys)
    }
}
