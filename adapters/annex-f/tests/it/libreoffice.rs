//! `LibreOffice` opens a filled-in form, saves it, and the same is read from it.

use std::path::Path;
use std::process::Command;

use gateway_annex_f::{read, write};

use crate::common::{annex_f, body, filled, forms};

/// Converts a file as a person would by opening and saving it; in a profile of its own.
fn save_as(kind: &str, file: &Path, into: &Path) {
    let profile = into.join("profile");
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", "--convert-to", kind, "--outdir"])
        .arg(into)
        .arg(file)
        .output()
        .expect("this test opens forms in LibreOffice: apt-get install --no-install-recommends libreoffice-writer");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_form_that_libreoffice_saved_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let saved = dir.path().join("saved");
    let annex_f = annex_f();
    let mut all: Vec<_> = forms()
        .into_iter()
        .map(|form| (form.id.clone(), form.example(), form))
        .collect();
    all.push(("an-officers".to_owned(), filled(), annex_f));
    for (name, given, form) in all {
        let file = dir.path().join(format!("{name}.docx"));
        let body_of = body(&form, &given);
        std::fs::write(&file, write(&form, &body_of).unwrap()).unwrap();
        save_as("docx", &file, &saved);
        let bytes = std::fs::read(saved.join(format!("{name}.docx"))).unwrap();
        let again = body(&form, &read(&form, &bytes).unwrap());
        assert_eq!(again, body_of, "{name}");
    }
}
