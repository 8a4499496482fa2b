//! Reading an archive: where each member lies, and whether it is what the manifest says.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Take};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{BLOB_FOLDER, BLOBS, MANIFEST, Member, SEAL};

/// The longest manifest and the longest line that is read. A request is at most 16 MiB, and its
/// row has it sealed, in base64, and in part once more.
const MOST: u64 = 64 * 1024 * 1024;

/// An archive whose manifest is whole.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    places: BTreeMap<String, Place>,
    manifest: String,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    at: u64,
    size: u64,
}

impl Archive {
    /// Opens an archive and reads its manifest.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let not_whole = || {
            format!(
                "`{}` is not a whole backup: give another copy of it",
                path.display()
            )
        };
        let mut places = BTreeMap::new();
        let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut tar = tar::Archive::new(file);
        for entry in tar.entries_with_seek().with_context(not_whole)? {
            let (name, place) = entry
                .and_then(|entry| placed(&entry))
                .with_context(not_whole)?;
            if !name.starts_with(BLOB_FOLDER) && places.insert(name.clone(), place).is_some() {
                anyhow::bail!("{}: it has two members `{name}`", not_whole());
            }
        }
        let mut archive = Self {
            path: path.to_owned(),
            places,
            manifest: String::new(),
        };
        let text = archive.text(MANIFEST).with_context(not_whole)?;
        let seal = archive.text(SEAL).with_context(not_whole)?;
        if seal.trim() != hex::encode(Sha256::digest(text.as_bytes())) {
            anyhow::bail!("{}: its manifest was changed", not_whole());
        }
        archive.manifest = text;
        Ok(archive)
    }

    /// Its manifest.
    pub fn manifest<M: DeserializeOwned>(&self) -> anyhow::Result<M> {
        serde_json::from_str(&self.manifest).with_context(|| {
            format!(
                "`{}` has a manifest that this gateway does not know: restore it with the gateway that made it",
                self.path.display()
            )
        })
    }

    /// A member's bytes.
    pub fn member(&self, name: &str) -> anyhow::Result<BufReader<Take<File>>> {
        let place = self.places.get(name);
        let place =
            place.with_context(|| format!("`{}` has no member `{name}`", self.path.display()))?;
        bytes_at(&self.path, *place)
    }

    /// The lines of a member.
    pub fn lines(&self, name: &str) -> anyhow::Result<Lines> {
        Ok(Lines(self.member(name)?))
    }

    /// A member of an archive that is not finished yet.
    pub(super) fn region(path: &Path, wanted: &str) -> anyhow::Result<BufReader<Take<File>>> {
        let mut tar = tar::Archive::new(File::open(path)?);
        for entry in tar.entries_with_seek()? {
            let (name, place) = placed(&entry?)?;
            if name == wanted {
                return bytes_at(path, place);
            }
        }
        anyhow::bail!("`{}` has no member `{wanted}`", path.display())
    }

    /// Sees that the members, sealed bodies apart, are those of the manifest; `progress` hears
    /// how many bytes more were read.
    pub fn check(&self, members: &[Member], progress: &mut dyn FnMut(u64)) -> anyhow::Result<()> {
        let path = self.path.display();
        let listed = members.iter().map(|member| member.name.as_str());
        let mut listed: Vec<&str> = listed.chain([MANIFEST, SEAL]).collect();
        listed.sort_unstable();
        anyhow::ensure!(
            self.places.keys().eq(listed),
            "`{path}` has not the members that its manifest lists: give another copy of it"
        );
        for member in members {
            let mut from = self.member(&member.name)?;
            let found = digest_of(&mut from, &member.name, progress)?;
            anyhow::ensure!(found == *member, changed(&self.path, &member.name));
        }
        Ok(())
    }

    /// Hands each sealed body to `take`, with the member that the list has for it, in order; what
    /// `take` leaves unread is skipped.
    pub fn bodies(
        &self,
        take: &mut dyn FnMut(&Member, &mut dyn Read) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut listed = self.lines(BLOBS)?;
        let mut tar = tar::Archive::new(BufReader::new(File::open(&self.path)?));
        for entry in tar.entries()? {
            let mut entry = entry?;
            let (name, place) = placed(&entry)?;
            if !name.starts_with(BLOB_FOLDER) {
                continue;
            }
            let member: Option<Member> = match listed.next() {
                Some(line) => Some(serde_json::from_str(&line?)?),
                None => None,
            };
            let member = member.filter(|m| m.name == name && m.size == place.size);
            let member = member.with_context(|| changed(&self.path, &name))?;
            take(&member, &mut entry)?;
        }
        match listed.next() {
            None => Ok(()),
            Some(_) => anyhow::bail!("{}", changed(&self.path, BLOB_FOLDER)),
        }
    }

    /// Sees that each sealed body is the one that the list has.
    pub fn check_bodies(&self, progress: &mut dyn FnMut(u64)) -> anyhow::Result<()> {
        self.bodies(&mut |member, from| {
            let found = digest_of(from, &member.name, progress)?;
            anyhow::ensure!(found == *member, changed(&self.path, &member.name));
            Ok(())
        })
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let mut text = String::new();
        self.member(name)?.take(MOST).read_to_string(&mut text)?;
        Ok(text)
    }
}

/// Lines, without their ends.
pub struct Lines(BufReader<Take<File>>);

impl Iterator for Lines {
    type Item = anyhow::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match (&mut self.0).take(MOST).read_line(&mut line) {
            Ok(0) => None,
            Ok(_) if line.ends_with('\n') => {
                line.pop();
                Some(Ok(line))
            }
            Ok(_) => Some(Err(anyhow::anyhow!("a line of the backup has no end"))),
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// A file's size and digest, under a name.
pub fn file_member(path: &Path, name: &str) -> anyhow::Result<Member> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(digest_of(&mut BufReader::new(file), name, &mut |_| {})?)
}

fn placed<R: Read>(entry: &tar::Entry<'_, R>) -> io::Result<(String, Place)> {
    if entry.header().entry_type() != tar::EntryType::Regular {
        return Err(io::Error::other("it has a member that is no file"));
    }
    let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(io::Error::other)?;
    let (at, size) = (entry.raw_file_position(), entry.size());
    Ok((name, Place { at, size }))
}

fn bytes_at(path: &Path, place: Place) -> anyhow::Result<BufReader<Take<File>>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place.at))?;
    Ok(BufReader::with_capacity(1 << 17, file.take(place.size)))
}

fn digest_of(from: &mut dyn Read, name: &str, progress: &mut dyn FnMut(u64)) -> io::Result<Member> {
    let mut digest = Sha256::new();
    let mut size = 0;
    let mut chunk = vec![0; 1 << 17];
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        digest.update(chunk.get(..read).unwrap_or(&chunk));
        size += read as u64;
        progress(read as u64);
    }
    Ok(Member {
        name: name.to_owned(),
        size,
        sha256: hex::encode(digest.finalize()),
    })
}

fn changed(path: &Path, name: &str) -> String {
    format!(
        "`{}`: its member `{name}` is not what the manifest says: give another copy of the backup",
        path.display()
    )
}
