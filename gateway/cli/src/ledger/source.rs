//! Where a log is read from, beside a folder: a server, an installation's database.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use gateway_ledger::{SourceError, TileId, TilePath, TileSource, encode_entries, parse_tile_path};
use gateway_store::{LogHead, Store, StoreError};
use reqwest::StatusCode;
use reqwest::blocking::Client;
use reqwest::tls::Certificate;
use tokio::runtime::Runtime;

use crate::{files, usage};

/// More than any tile, bundle or checkpoint of a log is.
const MOST: u64 = 128 * 1024;

/// A log that is served over HTTPS.
pub struct WebSource {
    client: Client,
    folder: String,
}

impl WebSource {
    /// The folder that has `checkpoint` in it; `ca` is the server's authority.
    pub fn new(url: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        if !url.starts_with("https://") {
            return Err(usage(format!("`{url}` is not an https address")));
        }
        let mut builder = Client::builder()
            .https_only(true)
            .timeout(Duration::from_secs(30));
        if let Some(ca) = ca {
            let certificates = Certificate::from_pem_bundle(&files::read(ca)?)
                .with_context(|| format!("`{}` is not PEM of certificates", ca.display()))?;
            builder = builder.tls_certs_only(certificates);
        }
        Ok(Self {
            client: builder.build().context("a client for HTTPS")?,
            folder: url.trim_end_matches('/').to_owned(),
        })
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}/{path}", self.folder);
        let answer = self
            .client
            .get(url)
            .send()
            .map_err(|error| failed(&error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Err(SourceError::NotFound),
            other => return Err(SourceError::Failed(format!("the server answers {other}"))),
        }
        let mut bytes = Vec::new();
        answer
            .take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(&error))?;
        if bytes.len() as u64 > MOST {
            Err(SourceError::TooLarge)
        } else {
            Ok(bytes)
        }
    }
}

impl TileSource for WebSource {
    fn checkpoint(&self) -> Result<String, SourceError> {
        String::from_utf8(self.get("checkpoint")?)
            .map_err(|_| SourceError::Failed("it is not UTF-8 text".to_owned()))
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.get(path)
    }
}

/// An error with the reasons under it: "connection refused" is the last of them.
fn failed(error: &dyn std::error::Error) -> SourceError {
    let mut words = error.to_string();
    let mut under = error.source();
    while let Some(error) = under {
        words = format!("{words}: {error}");
        under = error.source();
    }
    SourceError::Failed(words)
}

/// A log in an installation's database, as it stood when its head was read.
pub struct DatabaseSource<'r> {
    runtime: &'r Runtime,
    store: Store,
    head: LogHead,
}

impl<'r> DatabaseSource<'r> {
    /// A log by its head.
    pub fn new(runtime: &'r Runtime, store: Store, head: LogHead) -> Self {
        Self {
            runtime,
            store,
            head,
        }
    }

    async fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.store.read().await?;
        match path {
            TilePath::Hashes {
                level,
                index,
                width,
            } => {
                let id = TileId { level, index };
                let tiles = tx.tiles(&self.head.id, &[id]).await?;
                // A tile may have grown since.
                let tile = tiles
                    .get(&id)
                    .and_then(|data| data.get(..usize::from(width) * 32));
                Ok(tile.map(<[u8]>::to_vec))
            }
            TilePath::Entries { index, width } => {
                let from = index.saturating_mul(256);
                let leaves = tx.leaves(&self.head.id, from, i64::from(width)).await?;
                let entries: Option<Vec<[u8; 32]>> = leaves
                    .iter()
                    .map(|leaf| leaf.data.as_slice().try_into().ok())
                    .collect();
                Ok(entries.map(|entries| encode_entries(&entries)))
            }
        }
    }
}

impl TileSource for DatabaseSource<'_> {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(self.head.checkpoint.clone())
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let path = parse_tile_path(path).ok_or(SourceError::NotFound)?;
        match self.runtime.block_on(self.read(path)) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(SourceError::NotFound),
            Err(error) => Err(SourceError::Failed(error.to_string())),
        }
    }
}
