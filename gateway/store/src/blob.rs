//! Sealed bodies too large for a row: files in a folder, written whole before anything refers
//! to them. Only ciphertext is ever written here.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::db::{StoreError, Tx};
use crate::row::Value;
use crate::rows::BlobRow;

/// The folder of sealed bodies.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

/// A blob being written. Dropped before [`BlobWriter::finish`], it leaves at most a file that
/// the sweeper removes.
#[derive(Debug)]
pub struct BlobWriter {
    file: BufWriter<File>,
    path: PathBuf,
    digest: Sha256,
}

impl Blobs {
    /// Uses a folder, made where absent.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    fn path(&self, id: &str) -> PathBuf {
        // Ids are UUIDs of ours; the last two digits spread evenly, the first do not.
        let last = id.get(id.len().saturating_sub(2)..).unwrap_or("00");
        self.folder.join(last).join(format!("{id}.age"))
    }

    /// Begins a blob. Blocking.
    pub fn create(&self, id: &str) -> io::Result<BlobWriter> {
        let path = self.path(id);
        if let Some(shelf) = path.parent() {
            fs::create_dir_all(shelf)?;
        }
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(BlobWriter {
            file: BufWriter::with_capacity(1 << 17, file),
            path,
            digest: Sha256::new(),
        })
    }

    /// Opens a blob to read. Blocking.
    pub fn open_blob(&self, id: &str) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Removes a blob; one that is not there is no error. Blocking.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// SHA-256 of the stored file, hexadecimal; none where it is missing. Blocking.
    pub fn digest(&self, id: &str) -> io::Result<Option<String>> {
        let mut file = match self.open_blob(id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut digest = Sha256::new();
        io::copy(&mut file, &mut digest)?;
        Ok(Some(hex::encode(digest.finalize())))
    }
}

impl BlobWriter {
    /// Makes the blob durable, file and folder; the SHA-256 of what was written, hexadecimal.
    pub fn finish(mut self) -> io::Result<String> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        if let Some(shelf) = self.path.parent() {
            File::open(shelf)?.sync_all()?;
            if let Some(folder) = shelf.parent() {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(hex::encode(self.digest.finalize()))
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Tx {
    /// Notes a blob that is about to be written.
    pub async fn stage_blob(&mut self, id: &str, now: i64) -> Result<(), StoreError> {
        let mut row = BlobRow {
            id: id.to_owned(),
            state: "staging".to_owned(),
            created_at: now,
        };
        self.put(&mut row).await
    }

    /// Makes a staged blob live; false where the sweeper was there first.
    pub async fn enliven_blob(&mut self, id: &str) -> Result<bool, StoreError> {
        let touched = self
            .execute(
                "update blob set state = 'live' where id = $1 and state = 'staging'".to_owned(),
                &[id.into()],
            )
            .await?;
        Ok(touched == 1)
    }

    /// Staged blobs older than a time, to be swept.
    pub async fn stale_blobs(&mut self, before: i64) -> Result<Vec<BlobRow>, StoreError> {
        self.select(
            "where state = 'staging' and created_at < $1 order by created_at limit 100",
            &[before.into()],
        )
        .await
    }

    /// Forgets a staged blob; false where it has become live meanwhile.
    pub async fn forget_blob(&mut self, id: &str) -> Result<bool, StoreError> {
        let args: [Value; 1] = [id.into()];
        let touched = self
            .execute(
                "delete from blob where id = $1 and state = 'staging'".to_owned(),
                &args,
            )
            .await?;
        Ok(touched == 1)
    }
}
