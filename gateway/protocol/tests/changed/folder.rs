//! A copy of the policies that a test may change.

use std::fs;
use std::path::Path;

use gateway_protocol::{LoadError, Protocols};
use tempfile::TempDir;

/// The copy.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(Path::new("../../policies"), dir.path());
        Self(dir)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn append(self, file: &str, text: &str) -> Self {
        let path = self.path().join(file);
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, old + text).unwrap();
        self
    }

    pub fn replace(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.path().join(file);
        let old = fs::read_to_string(&path).unwrap();
        assert!(old.contains(from), "{file} does not say {from}");
        fs::write(&path, old.replace(from, to)).unwrap();
        self
    }

    pub fn load(&self) -> Protocols {
        Protocols::load(self.path()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn error(&self) -> LoadError {
        Protocols::load(self.path()).unwrap_err()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
