//! The forms that there are: embedded, or those of a folder that an area keeps.

use std::collections::BTreeMap;
use std::path::Path;

use rust_embed::Embed;

use crate::definition::{BadDefinition, Definition};

#[derive(Embed)]
#[folder = "../../policies/forms"]
struct Embedded;

/// Forms by their ids.
#[derive(Debug, Clone, Default)]
pub struct Library(BTreeMap<String, Definition>);

/// Why forms do not load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no form.
    #[error("{file}: {source}")]
    Bad {
        /// The file.
        file: String,
        /// Why.
        source: BadDefinition,
    },
    /// A file's form has another id than the file's name.
    #[error("{file}: is the form `{id}`: call the file `{id}.toml`")]
    Misnamed {
        /// The file.
        file: String,
        /// The form's id.
        id: String,
    },
}

impl Library {
    /// The forms that this build carries.
    ///
    /// # Errors
    /// [`LoadError`], with the file.
    pub fn embedded() -> Result<Self, LoadError> {
        let mut library = Self(BTreeMap::new());
        for name in Embedded::iter().filter(|name| is_form(name)) {
            if let Some(file) = Embedded::get(&name) {
                library.add(&name, &String::from_utf8_lossy(&file.data))?;
            }
        }
        Ok(library)
    }

    /// The forms of the folder `forms` of a policies folder; those that this build carries where
    /// it has no such folder.
    ///
    /// # Errors
    /// [`LoadError`], with the file.
    pub fn read(policies: &Path) -> Result<Self, LoadError> {
        let folder = policies.join("forms");
        if !folder.is_dir() {
            return Self::embedded();
        }
        let unreadable = |file: &str| {
            let file = file.to_owned();
            move |source| LoadError::Unreadable { file, source }
        };
        let mut library = Self(BTreeMap::new());
        for entry in std::fs::read_dir(&folder).map_err(unreadable("forms"))? {
            let name = entry.map_err(unreadable("forms"))?.file_name();
            let name = name.to_string_lossy().into_owned();
            if !is_form(&name) {
                continue;
            }
            let text = std::fs::read_to_string(folder.join(&name)).map_err(unreadable(&name))?;
            library.add(&name, &text)?;
        }
        Ok(library)
    }

    /// A form by its id.
    pub fn form(&self, id: &str) -> Option<&Definition> {
        self.0.get(id)
    }

    /// All forms, by their ids.
    pub fn forms(&self) -> impl Iterator<Item = &Definition> {
        self.0.values()
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), LoadError> {
        let file = file.to_owned();
        let form = match Definition::read(text) {
            Ok(form) => form,
            Err(source) => return Err(LoadError::Bad { file, source }),
        };
        if file != format!("{}.toml", form.id) {
            let id = form.id;
            return Err(LoadError::Misnamed { file, id });
        }
        self.0.insert(form.id.clone(), form);
        Ok(())
    }
}

/// Whether a file of the folder is a form's: an editor's copy is not.
fn is_form(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).extension().is_some_and(|ext| ext == "toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_carried_loads() {
        let library = Library::embedded().unwrap();
        assert!(library.form("annex-f").is_some());
        assert!(library.forms().count() >= 1);
    }

    #[test]
    fn an_area_keeps_its_own_forms() {
        let dir = tempfile::tempdir().unwrap();
        let text = include_str!("../../../policies/forms/annex-f.toml");
        assert!(Library::read(dir.path()).unwrap().form("annex-f").is_some());
        std::fs::create_dir(dir.path().join("forms")).unwrap();
        assert_eq!(Library::read(dir.path()).unwrap().forms().count(), 0);
        let file = dir.path().join("forms/prison.toml");
        std::fs::write(&file, text).unwrap();
        let misnamed = Library::read(dir.path()).unwrap_err().to_string();
        assert!(
            misnamed.contains("call the file `annex-f.toml`"),
            "{misnamed}"
        );
        std::fs::write(&file, "id = 3").unwrap();
        let bad = Library::read(dir.path()).unwrap_err().to_string();
        assert!(bad.starts_with("prison.toml: "), "{bad}");
    }
}
