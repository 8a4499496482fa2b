//! The policy files as texts: embedded, or from a folder that an area keeps.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gateway_core::AgencyKind;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::error::LoadError;

pub const SCHEMA: &str = "schema.cedarschema";
/// The folder of the permits that serve many kinds of recipient.
pub const COMMON: &str = "common";
const LARGEST: usize = 1024 * 1024;

#[derive(Embed)]
#[folder = "../../policies/floor"]
struct Floor;

#[derive(Embed)]
#[folder = "../../policies/protocols"]
struct Protocols;

/// File names, from the policies folder on and with `/`, to their texts.
#[derive(Debug, Clone)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// The files that this build carries.
    pub fn embedded() -> Result<Self, LoadError> {
        let mut files = Self(BTreeMap::new());
        let schema = include_bytes!("../../../policies/schema.cedarschema");
        files.add(SCHEMA.to_owned(), schema)?;
        for name in Floor::iter() {
            if let Some(file) = Floor::get(&name) {
                files.add(format!("floor/{name}"), &file.data)?;
            }
        }
        for name in Protocols::iter() {
            if let Some(file) = Protocols::get(&name) {
                files.add(format!("protocols/{name}"), &file.data)?;
            }
        }
        files.complete()
    }

    /// The files of a folder.
    pub fn read(dir: &Path) -> Result<Self, LoadError> {
        let mut files = Self(BTreeMap::new());
        files.read_file(dir, SCHEMA.to_owned())?;
        files.read_folder(dir, "floor")?;
        files.read_folder(dir, "protocols")?;
        files.complete()
    }

    fn read_folder(&mut self, dir: &Path, folder: &str) -> Result<(), LoadError> {
        let unreadable = |source| LoadError::Unreadable {
            file: folder.to_owned(),
            source,
        };
        for entry in fs::read_dir(dir.join(folder)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            // Followed, so that a folder of links (a mounted configuration) reads as usual.
            let kind = fs::metadata(entry.path()).map_err(unreadable)?;
            if kind.is_dir() && folder == "protocols" {
                self.read_folder(dir, &name)?;
            } else {
                self.read_file(dir, name)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, dir: &Path, name: String) -> Result<(), LoadError> {
        if ignored(&name) {
            return Ok(());
        }
        let bytes = fs::read(dir.join(&name)).map_err(|source| LoadError::Unreadable {
            file: name.clone(),
            source,
        })?;
        self.add(name, &bytes)
    }

    fn add(&mut self, name: String, bytes: &[u8]) -> Result<(), LoadError> {
        if ignored(&name) {
            return Ok(());
        }
        if !expected(&name) {
            return Err(LoadError::Unexpected { file: name });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= LARGEST => {
                self.0.insert(name, text.to_owned());
                Ok(())
            }
            _ => Err(LoadError::NotText { file: name }),
        }
    }

    /// Every kind of agency has its protocol, and the floor has rules.
    fn complete(self) -> Result<Self, LoadError> {
        let kinds = AgencyKind::ALL.iter().map(|kind| kind.as_str());
        let missing = kinds
            .chain([COMMON])
            .flat_map(|folder| {
                ["protocol.cedar", "protocol.toml"].map(|file| format!("protocols/{folder}/{file}"))
            })
            .find(|file| !self.0.contains_key(file));
        if let Some(file) = missing {
            return Err(LoadError::Missing { file });
        }
        if self.rules().all(|(file, _)| !file.starts_with("floor/")) {
            return Err(LoadError::Missing {
                file: "floor/*.cedar".to_owned(),
            });
        }
        Ok(self)
    }

    /// One file's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The files with rules, in the order of their names.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(".cedar")
    }

    /// The files of one ending, in the order of their names.
    pub fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(name, _)| name.ends_with(end))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Hex SHA-256 over the files in the order of their names: each as the length of the name
    /// (8 bytes, big-endian), the name, the length of the text, the text.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.0.iter().flat_map(|(name, text)| [name, text]) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// Notes for readers, and what editors and file systems leave behind.
fn ignored(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.starts_with('.') || last == "README.md"
}

fn expected(name: &str) -> bool {
    match name.split('/').collect::<Vec<_>>().as_slice() {
        [file] => *file == SCHEMA,
        ["floor", file] => {
            *file == "cases.json" || file.rsplit_once('.').is_some_and(|(_, end)| end == "cedar")
        }
        ["protocols", folder, file] => {
            (*folder == COMMON || folder.parse::<AgencyKind>().is_ok())
                && ["protocol.cedar", "protocol.toml", "cases.json"].contains(file)
        }
        _ => false,
    }
}
