//! Where a log is read from.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

use crate::checkpoint::MAX_NOTE;
use crate::tile::parse_tile_path;

/// The largest tile or bundle of this log is 8,704 bytes; more than this is something else.
const MAX_TILE: usize = 16 * 1024;

/// A log to read: a folder, a server, a database. Reads block.
pub trait TileSource {
    /// The newest checkpoint, a note.
    fn checkpoint(&self) -> Result<String, SourceError>;

    /// The bytes at a path such as `tile/0/000.p/42` or `tile/entries/000`.
    fn fetch(&self, path: &str) -> Result<Vec<u8>, SourceError>;
}

/// The source does not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is nothing by this path.
    #[error("it is not there")]
    NotFound,
    /// It is larger than anything in a log.
    #[error("it is larger than anything in a log")]
    TooLarge,
    /// It cannot be read; in the words of the file system, network or database.
    #[error("it cannot be read: {0}")]
    Failed(String),
}

/// A folder laid out as the log is served: `checkpoint`, `tile/…`.
#[derive(Debug, Clone)]
pub struct FolderSource(PathBuf);

impl FolderSource {
    /// The folder that has `checkpoint` in it.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let file = File::open(self.0.join(path)).map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(&error))?;
        if bytes.len() > limit {
            Err(SourceError::TooLarge)
        } else {
            Ok(bytes)
        }
    }
}

fn failed(error: &std::io::Error) -> SourceError {
    // `NotADirectory`: a file where a folder of partial tiles would be.
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        SourceError::NotFound
    } else {
        SourceError::Failed(error.to_string())
    }
}

impl TileSource for FolderSource {
    fn checkpoint(&self) -> Result<String, SourceError> {
        String::from_utf8(self.read("checkpoint", MAX_NOTE)?)
            .map_err(|_| SourceError::Failed("it is not UTF-8 text".to_owned()))
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        // Only what a log has, so that a path can never lead out of the folder.
        if parse_tile_path(path).is_none() {
            return Err(SourceError::NotFound);
        }
        self.read(path, MAX_TILE)
    }
}
