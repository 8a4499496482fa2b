//! A file of a draft that comes at once and is looked at before anything of it is written: its
//! row and its content are one transaction, so that what fails on the way was never there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::Id;
use gateway_store::rows::{DraftFileRow, PersonRow};

use super::file::{About, Arrived, LARGEST, NewFile, WHOLE, part_of, put_part};
use crate::Flow;
use crate::body::StagedBody;
use crate::error::FlowError;
use crate::staged::StagedFile;

/// What files without a row may come to be, bytes, by person. It counts as theirs, so that many
/// at once fill no disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expectations(Arc<Mutex<HashMap<String, i64>>>);

impl Expectations {
    /// Counts a file until the room is dropped.
    pub(super) fn room(&self, person: &PersonRow, size: i64) -> Room {
        let room = Room {
            size: size.clamp(0, LARGEST),
            person: person.id.clone(),
            all: self.clone(),
        };
        self.add(&room.person, room.size);
        room
    }

    pub(super) fn of(&self, person: &PersonRow) -> i64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&person.id).copied().unwrap_or_default()
    }

    fn add(&self, person: &str, size: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_them = all.entry(person.to_owned()).or_default();
        *of_them += size;
        if *of_them == 0 {
            all.remove(person);
        }
    }
}

/// Room for one file.
#[derive(Debug)]
pub(super) struct Room {
    size: i64,
    person: String,
    all: Expectations,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.all.add(&self.person, -self.size);
    }
}

/// A file that is on its way and has no row yet.
#[derive(Debug)]
pub struct Expected {
    /// What it is; its size is the most that it may be.
    pub file: NewFile,
    draft: String,
    /// Held until the row is there.
    _room: Room,
}

impl Flow {
    /// Makes room for a file that comes at once.
    ///
    /// # Errors
    /// As [`Flow::begin_file`].
    pub async fn expect_file(
        &self,
        person: &PersonRow,
        draft: &str,
        file: NewFile,
    ) -> Result<Expected, FlowError> {
        let room = self.expected.room(person, file.size);
        let mut tx = self.store.read().await?;
        self.may_add(&mut tx, person, draft, file.size).await?;
        Ok(Expected {
            file,
            draft: draft.to_owned(),
            _room: room,
        })
    }

    /// Keeps a file all of which has come, with what was found in it.
    ///
    /// # Errors
    /// As [`Flow::begin_file`]; nothing of the file is in the draft then.
    pub async fn keep_file(
        &self,
        person: &PersonRow,
        expected: Expected,
        body: StagedBody,
        arrived: Arrived,
    ) -> Result<(), FlowError> {
        let size = i64::try_from(body.size).unwrap_or(i64::MAX);
        let about = About {
            name: expected.file.name,
            media_type: expected.file.media_type,
            arrived,
        };
        let id = Id::new(&self.clock).to_string();
        let mut row = DraftFileRow {
            about: self.sealed_about(person, &id, &about).await?,
            id,
            draft: expected.draft,
            size,
            state: WHOLE.to_owned(),
            created_at: self.now(),
        };
        let (mut part, staged) = part_of(self, person, &row.id, 0, body).await?;
        let mut tx = self.store.write("keep-file").await?;
        self.may_add(&mut tx, person, &row.draft, size).await?;
        tx.put(&mut row).await?;
        put_part(&mut tx, &mut part).await?;
        tx.commit().await?;
        staged.into_iter().for_each(StagedFile::kept);
        Ok(())
    }
}
