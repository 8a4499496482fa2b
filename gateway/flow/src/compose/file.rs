//! The files of a draft: sealed as they come, piece by piece, so that a broken line costs one
//! piece; and taken up again, sealed anew to the key of the item that each becomes.

use bytes::Bytes;
use gateway_core::{Id, Personal};
use gateway_seal::{ItemKey, open_body};
use gateway_store::Tx;
use gateway_store::rows::{DraftFileRow, DraftPartRow, PersonRow};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::own;
use crate::Flow;
use crate::body::{StagedBody, Stored};
use crate::case::corrupt;
use crate::error::FlowError;
use crate::staged::StagedFile;

/// Most files of one draft.
pub const FILES: usize = 50;
/// The largest file, bytes.
pub const LARGEST: i64 = 5 << 30;
/// What is said of a file that is larger.
pub const TOO_LARGE: &str =
    "this file is larger than 5 GB: split it, or ask the coordination unit how to hand it over";
/// Most that the files of one person's drafts may hold together, bytes.
pub const TOGETHER: i64 = 20 << 30;

/// A file that is announced.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// What it is called.
    pub name: Personal<String>,
    /// Its media type, as the browser says.
    pub media_type: String,
    /// Its size, bytes.
    pub size: i64,
}

/// A file of a draft.
#[derive(Debug, Clone)]
pub struct DraftFile {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Personal<String>,
    /// Its media type.
    pub media_type: String,
    /// Its size, bytes.
    pub size: i64,
    /// How much of it has come, bytes.
    pub has: i64,
    /// All of it has come, and it was looked at.
    pub whole: bool,
    /// SHA-256 of the content; of one that is whole.
    pub sha256: [u8; 32],
    /// What was found in it, in words.
    pub notes: Vec<String>,
    /// Whoever gets it has to be decided by a person, for what was found in it.
    pub holds: bool,
}

/// What was found when all of a file had come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Arrived {
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// What was found in it, in words.
    pub notes: Vec<String>,
    /// It has to be seen by a person.
    pub holds: bool,
}

/// What is sealed about a file.
#[derive(Serialize, Deserialize)]
pub(super) struct About {
    pub(super) name: Personal<String>,
    pub(super) media_type: String,
    pub(super) arrived: Arrived,
}

/// Of a file some of which may still come.
const ARRIVING: &str = "arriving";
/// Of a file that has come, and was looked at.
pub(super) const WHOLE: &str = "whole";

impl Flow {
    pub(super) async fn draft_files(
        &self,
        person: &PersonRow,
        draft: &str,
    ) -> Result<Vec<DraftFile>, FlowError> {
        let mut tx = self.store.read().await?;
        let mut files = Vec::new();
        for row in tx.files_of(draft).await? {
            let about = self.about(person, &row).await?;
            files.push(DraftFile {
                has: tx.file_has(&row.id).await?,
                whole: row.state == WHOLE,
                id: row.id,
                name: about.name,
                media_type: about.media_type,
                size: row.size,
                sha256: about.arrived.sha256,
                notes: about.arrived.notes,
                holds: about.arrived.holds,
            });
        }
        Ok(files)
    }

    async fn about(&self, person: &PersonRow, row: &DraftFileRow) -> Result<About, FlowError> {
        let text = self
            .open_own(person, "draft_file", &row.id, "about", &row.about)
            .await?;
        Ok(serde_json::from_str(text.reveal())?)
    }

    pub(super) async fn sealed_about(
        &self,
        person: &PersonRow,
        file: &str,
        about: &About,
    ) -> Result<Vec<u8>, FlowError> {
        let text = serde_json::to_string(about)?;
        self.seal_own(person, "draft_file", file, "about", &text)
            .await
    }

    /// Announces a file of a draft.
    ///
    /// # Errors
    /// [`FlowError::Conflict`], in words for the person, where it is too large or there are too
    /// many; [`FlowError::NotFound`] where the draft is not theirs.
    pub async fn begin_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: NewFile,
    ) -> Result<String, FlowError> {
        self.own_draft(person, draft).await?;
        let id = Id::new(&self.clock).to_string();
        let about = About {
            name: file.name,
            media_type: file.media_type,
            arrived: Arrived::default(),
        };
        let mut row = DraftFileRow {
            about: self.sealed_about(person, &id, &about).await?,
            id: id.clone(),
            draft: draft.to_owned(),
            size: file.size,
            state: ARRIVING.to_owned(),
            created_at: self.now(),
        };
        let _room = self.expected.room(person, file.size);
        let mut tx = self.store.write("begin-file").await?;
        self.may_add(&mut tx, person, draft, file.size).await?;
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Whether a draft may have a file more, of so many bytes, for which there is room.
    pub(super) async fn may_add(
        &self,
        tx: &mut Tx,
        person: &PersonRow,
        draft: &str,
        size: i64,
    ) -> Result<(), FlowError> {
        own(tx, person, draft).await?;
        let words = if !(0..=LARGEST).contains(&size) {
            TOO_LARGE
        } else if tx.files_of(draft).await?.len() >= FILES {
            "a message can have 50 files: send the others in a second message"
        } else if tx.drafted_bytes(&person.id).await? + self.expected.of(person) > TOGETHER {
            "your drafts hold 20 GB of files already: send or delete some of them first"
        } else {
            return Ok(());
        };
        Err(FlowError::Conflict(words.to_owned()))
    }

    /// Takes the next piece of a file, which begins at `from`: sealed as it comes, and kept when
    /// all of the piece has come. Says how much of the file there is now.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where the file goes on at another place, or does not end where it
    /// was said to; [`FlowError::NotFound`] where it is not theirs.
    pub async fn take_part(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &str,
        from: i64,
        chunks: mpsc::Receiver<Result<Bytes, FlowError>>,
    ) -> Result<i64, FlowError> {
        let row = self.own_file(person, draft, file).await?;
        let has = self.store.read().await?.file_has(file).await?;
        may_go_on(&row, has, from, 0)?;
        let body = self.take_body(String::new(), chunks).await?;
        let (mut part, staged) = part_of(self, person, &row.id, from, body).await?;
        let mut tx = self.store.write("take-part").await?;
        may_go_on(&row, tx.file_has(&row.id).await?, from, part.size)?;
        put_part(&mut tx, &mut part).await?;
        tx.commit().await?;
        staged.into_iter().for_each(StagedFile::kept);
        Ok(from + part.size)
    }

    /// Notes that all of a file has come, and what was found in it.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where some of it has not come.
    pub async fn finish_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &str,
        arrived: Arrived,
    ) -> Result<(), FlowError> {
        let mut row = self.own_file(person, draft, file).await?;
        let about = About {
            arrived,
            ..self.about(person, &row).await?
        };
        row.about = self.sealed_about(person, file, &about).await?;
        row.state = WHOLE.to_owned();
        let mut tx = self.store.write("finish-file").await?;
        let has = tx.file_has(file).await?;
        if has != row.size {
            return Err(FlowError::Conflict(format!(
                "this file goes on at byte {has}"
            )));
        }
        tx.put(&mut row).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a file out of a draft; one that is gone already is no fault.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the draft is not theirs.
    pub async fn drop_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &str,
    ) -> Result<(), FlowError> {
        let mut tx = self.store.write("drop-file").await?;
        own(&mut tx, person, draft).await?;
        let row: Option<DraftFileRow> = tx.get(file).await?;
        if row.is_some_and(|row| row.draft == draft) {
            tx.remove_draft_file(file).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A draft's file in clear, in chunks; memory holds a few of them.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it is not theirs.
    pub async fn read_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &str,
    ) -> Result<mpsc::Receiver<Result<Bytes, FlowError>>, FlowError> {
        self.own_file(person, draft, file).await?;
        let mut tx = self.store.read().await?;
        let mut parts = Vec::new();
        for part in tx.parts_of_file(file).await? {
            let key = self
                .open_own(person, "draft_part", &part.id, "body_key", &part.body_key)
                .await?;
            let key: ItemKey = key
                .reveal()
                .parse()
                .map_err(|_| corrupt("draft_part", &part.id))?;
            parts.push((part, key));
        }
        drop(tx);
        let (send, receive) = mpsc::channel(4);
        let flow = self.clone();
        tokio::task::spawn_blocking(move || {
            for (part, key) in parts {
                if let Err(error) = flow.send_part(&part, &key, &send) {
                    let _ = send.blocking_send(Err(error));
                    return;
                }
            }
        });
        Ok(receive)
    }

    fn send_part(
        &self,
        part: &DraftPartRow,
        key: &ItemKey,
        send: &mpsc::Sender<Result<Bytes, FlowError>>,
    ) -> Result<(), FlowError> {
        use std::io::Read as _;
        let sealed: Box<dyn std::io::Read + Send + '_> = match (&part.body, &part.blob) {
            (Some(body), _) => Box::new(body.as_slice()),
            (None, Some(blob)) => Box::new(self.blobs.open_blob(blob)?),
            (None, None) => return Err(corrupt("draft_part", &part.id)),
        };
        let mut clear = open_body(key, sealed)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let n = clear.read(&mut buffer)?;
            let piece = buffer.get(..n).unwrap_or_default();
            if piece.is_empty()
                || send
                    .blocking_send(Ok(Bytes::copy_from_slice(piece)))
                    .is_err()
            {
                return Ok(());
            }
        }
    }

    /// A whole file of a draft, sealed anew for the item that it becomes.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it is not theirs.
    pub async fn take_up_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &DraftFile,
    ) -> Result<StagedBody, FlowError> {
        let chunks = self.read_file(person, draft, &file.id).await?;
        let body = self.take_body(file.media_type.clone(), chunks).await?;
        if body.sha256 != file.sha256 {
            return Err(corrupt("draft_file", &file.id));
        }
        Ok(body)
    }

    /// Stands in for a file where it is only asked what would happen to it: nothing is read.
    pub fn outline_of(&self, file: &DraftFile) -> StagedBody {
        StagedBody {
            key: ItemKey::generate(),
            stored: Stored::Inline(Vec::new()),
            size: u64::try_from(file.size).unwrap_or_default(),
            sha256: file.sha256,
            media_type: file.media_type.clone(),
        }
    }

    async fn own_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: &str,
    ) -> Result<DraftFileRow, FlowError> {
        let mut tx = self.store.read().await?;
        own(&mut tx, person, draft).await?;
        let row: Option<DraftFileRow> = tx.get(file).await?;
        row.filter(|row| row.draft == draft)
            .ok_or(FlowError::NotFound)
    }
}

/// Whether a piece of so many bytes, from `from` on, is the next of a file of which there is `has`.
fn may_go_on(row: &DraftFileRow, has: i64, from: i64, size: i64) -> Result<(), FlowError> {
    if has != from || from + size > row.size || row.state != ARRIVING {
        return Err(FlowError::Conflict(format!(
            "this file goes on at byte {has}"
        )));
    }
    Ok(())
}

/// The row of a piece, which begins at `from` in its file, and the sealed file that it lies in.
pub(super) async fn part_of(
    flow: &Flow,
    person: &PersonRow,
    file: &str,
    from: i64,
    body: StagedBody,
) -> Result<(DraftPartRow, Option<StagedFile>), FlowError> {
    let id = Id::new(&flow.clock).to_string();
    let key = body.key.to_text();
    let body_key = flow
        .seal_own(person, "draft_part", &id, "body_key", key.expose_secret())
        .await?;
    let placed = body.stored.place();
    let part = DraftPartRow {
        id,
        file: file.to_owned(),
        from_byte: from,
        size: i64::try_from(body.size).unwrap_or(i64::MAX),
        body_key,
        body: placed.inline,
        blob: placed.blob,
        blob_sha256: placed.blob_sha256,
    };
    Ok((part, placed.file))
}

pub(super) async fn put_part(tx: &mut Tx, part: &mut DraftPartRow) -> Result<(), FlowError> {
    if let Some(blob) = &part.blob
        && !tx.enliven_blob(blob).await?
    {
        return Err(FlowError::Unavailable(
            "a piece was swept: send it again".to_owned(),
        ));
    }
    Ok(tx.put(part).await?)
}
