//! One mailbox's way to MESH: requests with their tokens, answers with their bounds.

use std::env::consts::{ARCH, OS};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::Clock;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect, retry};
use serde::de::DeserializeOwned;

use crate::auth::Tokens;
use crate::config::{Config, ConfigError, LARGEST_CHUNK, Timeouts};
use crate::error::Error;
use crate::fault::Fault;
use crate::names::MailboxId;
use crate::tls;

/// The form of the answers that we ask for: the second version of the API.
const FORM: HeaderValue = HeaderValue::from_static("application/vnd.mesh.v2+json");
/// The longest answer in JSON that is read, in bytes: a page of 5,000 message ids fits.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// The longest account of an error that is read, in bytes.
const LONGEST_FAULT: usize = 16 * 1024;
/// A server closes an idle connection after 5 seconds or more: we do it sooner.
const KEEP: Duration = Duration::from_secs(2);
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A mailbox of MESH. Cheap to clone; every clone shares connections and tokens.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base: Url,
    mailbox: MailboxId,
    tokens: Tokens,
    timeouts: Timeouts,
    chunk: u64,
    clock: Clock,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.0.base.as_str())
            .field("mailbox", &self.0.mailbox)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; nothing is sent yet. No proxy of the environment is used, and no answer
    /// that points elsewhere is followed: the token is for this MESH alone.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let base = config.base()?;
        if !(1..=LARGEST_CHUNK).contains(&config.chunk) {
            return Err(ConfigError::Chunk(config.chunk));
        }
        let tls = match config.tls {
            Some(tls) => tls,
            None => tls::none().map_err(|_| ConfigError::System)?,
        };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .no_gzip()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .connect_timeout(config.timeouts.connect)
            .pool_idle_timeout(KEEP)
            .user_agent(format!("gateway-mesh;{VERSION};N/A;{ARCH};{OS};N/A"))
            .build()
            .map_err(|_| ConfigError::System)?;
        let tokens = Tokens::new(config.mailbox.clone(), config.password, &config.shared_key)
            .ok_or(ConfigError::System)?;
        Ok(Self(Arc::new(Inner {
            http,
            base,
            mailbox: config.mailbox,
            tokens,
            timeouts: config.timeouts,
            chunk: config.chunk,
            clock: config.clock,
        })))
    }

    /// The mailbox that this client is.
    pub fn mailbox(&self) -> &MailboxId {
        &self.0.mailbox
    }

    /// Shows that the mailbox is in use and that its credentials are taken. MESH asks for one
    /// every 24 hours ("Validate a mailbox").
    pub async fn handshake(&self) -> Result<(), Error> {
        let request = self
            .request(Method::POST, self.mailbox_url(&[])?)?
            .header("mex-ClientVersion", format!("gateway-mesh=={VERSION}"))
            .header("mex-OSName", OS)
            .header("mex-OSVersion", "N/A")
            .header("mex-OSArchitecture", ARCH);
        self.call(request).await.map(drop)
    }

    pub(crate) fn chunk(&self) -> u64 {
        self.0.chunk
    }

    pub(crate) fn idle(&self) -> Duration {
        self.0.timeouts.idle
    }

    /// `/messageexchange/MAILBOX/…`; each part is escaped.
    pub(crate) fn mailbox_url(&self, parts: &[&str]) -> Result<Url, Error> {
        let own = self.0.mailbox.as_str();
        let all = [own].iter().chain(parts).copied().collect::<Vec<_>>();
        self.url(&all)
    }

    /// `/messageexchange/…`; each part is escaped.
    pub(crate) fn url(&self, parts: &[&str]) -> Result<Url, Error> {
        let mut url = self.0.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Unreachable)?
            .clear()
            .push("messageexchange")
            .extend(parts);
        Ok(url)
    }

    /// A request with a token of its own: send it once.
    pub(crate) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Error> {
        let token = self
            .0
            .tokens
            .next(self.0.clock.now())
            .ok_or(Error::Unreachable)?;
        Ok(self
            .0
            .http
            .request(method, url)
            .header(ACCEPT, FORM)
            .header(AUTHORIZATION, token))
    }

    /// Sends a short request and reads all of its answer, both within the time for one call.
    pub(crate) async fn call(&self, request: RequestBuilder) -> Result<Vec<u8>, Error> {
        let whole = async {
            let response = request
                .send()
                .await
                .map_err(|error| Error::transport(&error))?;
            body(checked(response).await?).await
        };
        match tokio::time::timeout(self.idle(), whole).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout),
        }
    }

    /// The same, of an answer in JSON.
    pub(crate) async fn call_json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        json(&self.call(request).await?)
    }
}

/// An answer in JSON, as it must be.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| Error::Answer("its JSON is of another form"))
}

/// The whole of a short answer.
pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| Error::transport(&error))?
    {
        if all.len() + piece.len() > LONGEST_ANSWER {
            return Err(Error::Answer("it is too long"));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// The answer itself where it is a success, else what it says is wrong.
pub(crate) async fn checked(mut response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let mut account = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = LONGEST_FAULT - account.len();
        account.extend_from_slice(&piece[..piece.len().min(room)]);
        if account.len() == LONGEST_FAULT {
            break;
        }
    }
    Err(refusal(status, after, &account))
}

fn refusal(status: StatusCode, after: Option<Duration>, account: &[u8]) -> Error {
    let fault = Box::new(Fault::read(status.as_u16(), account));
    match status.as_u16() {
        300 => Error::Several,
        401 | 403 => Error::Denied(fault),
        404 => Error::NotFound,
        408 | 425 | 429 => Error::Busy { after },
        410 => Error::Gone,
        500.. => Error::Server(fault),
        400..=499 => Error::Refused(fault),
        _ => Error::Answer("it points elsewhere"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_of_nothing_or_of_more_than_mesh_takes_is_no_configuration() {
        let config = |chunk| {
            let mailbox = MailboxId::parse("X26ABC1").unwrap();
            let (word, key) = ("a secret".into(), "another secret".into());
            let mut config =
                Config::new("http://127.0.0.1:8700", mailbox, word, key, Clock::system());
            config.chunk = chunk;
            config
        };
        for chunk in [0, LARGEST_CHUNK + 1] {
            let error = Client::new(config(chunk)).unwrap_err();
            assert!(matches!(error, ConfigError::Chunk(_)));
            assert!(error.to_string().contains("give 1 to 99900000"), "{error}");
        }
        let client = Client::new(config(LARGEST_CHUNK)).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
    }
}
