//! Sealed bodies too large for a row: files in a folder, written whole before anything refers
//! to them. Only ciphertext is ever written here.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::backup::CopyError;
use crate::db::Tx;
use crate::error::StoreError;
use crate::failpoint;
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
        failpoint::reached("blob-begun");
        Ok(BlobWriter {
            file: BufWriter::with_capacity(1 << 17, file),
            path,
            digest: Sha256::new(),
        })
    }

    /// Puts a blob back from a backup, whole or not at all, and durable; false where it is there
    /// already. Blocking.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where what is read has not the digest.
    pub fn put_back(&self, id: &str, sha256: &str, from: &mut dyn Read) -> io::Result<bool> {
        if self.digest(id)?.as_deref() == Some(sha256) {
            io::copy(from, &mut io::sink())?;
            return Ok(false);
        }
        let path = self.path(id);
        let beside = path.with_extension("new");
        if let Some(shelf) = path.parent() {
            fs::create_dir_all(shelf)?;
        }
        let mut writer = BlobWriter {
            file: BufWriter::with_capacity(1 << 17, File::create(&beside)?),
            path: path.clone(),
            digest: Sha256::new(),
        };
        let placed = io::copy(from, &mut writer)
            .and_then(|_| writer.flush())
            .and_then(|()| writer.file.get_ref().sync_all())
            .and_then(|()| match writer.digest.clone().finalize() {
                found if hex::encode(found) == sha256 => {
                    failpoint::reached("blob-beside");
                    fs::rename(&beside, &path)
                }
                _ => Err(io::ErrorKind::InvalidData.into()),
            });
        if let Err(error) = placed {
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        writer.finish()?;
        Ok(true)
    }

    /// Opens a blob to read. Blocking.
    pub fn open_blob(&self, id: &str) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Removes a blob; one that is not there is no error. Blocking.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        let removed = match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        failpoint::reached("blob-removed");
        removed
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
        failpoint::reached("blob-whole");
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
                "update blob set state = 'live' \
                 where id = $1 and state = 'staging' and created_at > 0",
                &[id.into()],
            )
            .await?;
        Ok(touched == 1)
    }

    /// Lets a live blob that is of no more use be swept: in the transaction after which nothing
    /// refers to it, so that none is left whatever happens next.
    pub async fn release_blob(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute(
            "update blob set state = 'staging', created_at = 0 where id = $1",
            &[id.into()],
        )
        .await
        .map(|_| ())
    }

    /// Keeps a staged blob from becoming live, so that its file can go; false where it is live.
    pub async fn condemn_blob(&mut self, id: &str) -> Result<bool, StoreError> {
        let touched = self
            .execute(
                "update blob set created_at = 0 where id = $1 and state = 'staging'",
                &[id.into()],
            )
            .await?;
        Ok(touched == 1)
    }

    /// Hands every blob that an item, a draft's file, or what is kept apart, lies in to `take`, with the SHA-256
    /// of the file. A mail's bytes are not among them: they are dropped when it is sent, and made
    /// again where they are gone.
    pub async fn bodies(
        &mut self,
        take: &mut dyn FnMut(String, String) -> io::Result<()>,
    ) -> Result<(), CopyError> {
        let mut after = String::new();
        loop {
            let sql = "select b.id as id, max(i.sha) as sha from blob b join \
                       (select blob, blob_sha256 as sha from item \
                       union all select blob, blob_sha256 as sha from quarantine \
                       union all select blob, blob_sha256 as sha from draft_part) i \
                       on i.blob = b.id where b.state = 'live' and b.id > $1 \
                       group by b.id order by b.id limit 500";
            let rows = self.fetch(sql.to_owned(), &[(&after).into()]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                after = row.get("id")?;
                take(after.clone(), row.get("sha")?)?;
            }
        }
    }

    /// Staged blobs older than a time, to be swept.
    pub async fn stale_blobs(&mut self, before: i64) -> Result<Vec<BlobRow>, StoreError> {
        self.select(
            "where state = 'staging' and created_at < $1 order by created_at limit 100",
            &[before.into()],
        )
        .await
    }

    /// Forgets a blob that was condemned or released, and whose file is gone.
    pub async fn forget_blob(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute(
            "delete from blob where id = $1 and state = 'staging' and created_at = 0",
            &[id.into()],
        )
        .await
        .map(|_| ())
    }
}
