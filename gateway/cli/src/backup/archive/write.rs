//! Writing an archive: beside its place, fsynced, and then in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Take, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, EntryWriter, Header};

use super::{MANIFEST, Member, SEAL};

/// An archive being written. Dropped before it is placed, it leaves nothing.
pub struct Writer {
    tar: Builder<BufWriter<File>>,
    header: Header,
    beside: Beside,
    members: Vec<Member>,
}

/// The file beside the place that it is for.
pub struct Beside {
    place: PathBuf,
    path: PathBuf,
    placed: bool,
}

/// A member being written.
pub struct Out<'w> {
    entry: EntryWriter<'w>,
    members: &'w mut Vec<Member>,
    name: String,
    size: u64,
    digest: Sha256,
}

impl Writer {
    /// Begins an archive for a place that is free.
    pub fn create(place: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !place.exists(),
            "`{}` is there already: give another name",
            place.display()
        );
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let path = place.with_file_name(name);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let file = opened.with_context(|| {
            format!(
                "cannot make `{}`: where an earlier backup was stopped half-way, remove it",
                path.display()
            )
        })?;
        let beside = Beside {
            place: place.to_owned(),
            path,
            placed: false,
        };
        Ok(Self {
            tar: Builder::new(BufWriter::with_capacity(1 << 17, file)),
            header: Header::new_gnu(),
            beside,
            members: Vec::new(),
        })
    }

    /// Begins a member.
    pub fn begin(&mut self, name: &str) -> io::Result<Out<'_>> {
        self.header = Header::new_gnu();
        self.header.set_entry_type(EntryType::Regular);
        self.header.set_mode(0o600);
        let entry = self.tar.append_writer(&mut self.header, name)?;
        Ok(Out {
            entry,
            members: &mut self.members,
            name: name.to_owned(),
            size: 0,
            digest: Sha256::new(),
        })
    }

    /// A member that was written, to be read again.
    pub fn read_back(&mut self, name: &str) -> anyhow::Result<BufReader<Take<File>>> {
        self.tar.get_mut().flush()?;
        super::Archive::region(&self.beside.path, name)
    }

    /// Writes a sealed body, which is listed already.
    pub fn body(&mut self, member: &Member, from: &mut dyn Read) -> anyhow::Result<()> {
        let mut out = self.begin(&member.name)?;
        io::copy(from, &mut out)?;
        let written = out.close()?;
        anyhow::ensure!(
            written == *member,
            "the sealed body `{}` is not the one that its item names: run `gateway ledger verify`",
            member.name
        );
        Ok(())
    }

    /// The members so far, sealed bodies apart.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Writes the manifest and makes the file durable, beside its place yet.
    pub fn close(mut self, manifest: &impl Serialize) -> anyhow::Result<Beside> {
        let text = serde_json::to_string_pretty(manifest)?;
        let mut out = self.begin(MANIFEST)?;
        out.write_all(text.as_bytes())?;
        let written = out.close()?;
        let mut out = self.begin(SEAL)?;
        out.write_all(format!("{}\n", written.sha256).as_bytes())?;
        out.close()?;
        let file = self.tar.into_inner()?.into_inner()?;
        file.sync_all()?;
        Ok(self.beside)
    }
}

impl<'w> Out<'w> {
    /// Ends the member, and lists it.
    pub fn finish(self) -> io::Result<()> {
        let (members, member) = self.end()?;
        members.push(member);
        Ok(())
    }

    fn close(self) -> io::Result<Member> {
        self.end().map(|(_, member)| member)
    }

    fn end(self) -> io::Result<(&'w mut Vec<Member>, Member)> {
        self.entry.finish()?;
        let member = Member {
            name: self.name,
            size: self.size,
            sha256: hex::encode(self.digest.finalize()),
        };
        Ok((self.members, member))
    }
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.entry.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.entry.flush()
    }
}

impl Beside {
    /// Where it lies yet.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size and digest.
    pub fn member(&self) -> anyhow::Result<Member> {
        let name = self.place.file_name().unwrap_or_default();
        super::read::file_member(&self.path, &name.to_string_lossy())
    }

    /// Puts it in its place.
    pub fn place(mut self) -> anyhow::Result<()> {
        let place = &self.place;
        fs::rename(&self.path, place)
            .with_context(|| format!("cannot write `{}`", place.display()))?;
        self.placed = true;
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        Ok(File::open(folder)?.sync_all()?)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.placed {
            let _ = fs::remove_file(&self.path);
        }
    }
}
