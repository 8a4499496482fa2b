//! Makes the files that pages refer to out of what is used of GOV.UK Frontend and MOJ Frontend,
//! as npm installed them: without the font and the crest, whose licence is for gov.uk alone;
//! named by their content; compressed.

#[path = "build/styles.rs"]
mod styles;

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

const PACKAGE: &str = "node_modules/govuk-frontend/dist/govuk";
const MOJ: &str = "node_modules/@ministryofjustice/frontend/moj";
/// What of MOJ Frontend the pages use.
const MOJ_USED: [&str; 2] = [".moj-filter", ".moj-timeline"];
/// What the pages are set in: whatever the reader's system has.
const FONTS: &str =
    "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif";
/// The package's own font, and its name in the package's styles.
const FONT: &str = "GDS Transport";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PACKAGE}/govuk-frontend.min.css");
    println!("cargo:rerun-if-changed={PACKAGE}/govuk-frontend.min.js");
    println!("cargo:rerun-if-changed={MOJ}/moj-frontend.min.css");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let blocks = styles::blocks()?;
    let used = |selector: &str| styles::is_used(selector, &blocks);
    // Of MOJ Frontend not what its own script shows and hides.
    let used_of_moj = |selector: &str| {
        let mut ours = MOJ_USED.iter();
        ours.any(|class| selector.contains(class)) && !selector.contains(".js-enabled")
    };
    let styles = [
        styles::cut(
            &plain_styles(&package(PACKAGE, "govuk-frontend.min.css")?),
            &used,
        ),
        styles::cut(
            &plain_styles(&package(MOJ, "moj-frontend.min.css")?),
            &used_of_moj,
        ),
        own("portal.css")?,
    ]
    .concat();
    let library = file(
        &out,
        "govuk",
        "js",
        &package(PACKAGE, "govuk-frontend.min.js")?,
    )?;
    let script = [own("portal.js")?, own("draft.js")?, own("key.js")?]
        .concat()
        .replace("GOVUK_FRONTEND", &format!("/assets/{}", library.name));
    let files = [
        file(&out, "portal", "css", &styles)?,
        file(&out, "portal", "js", &script)?,
        file(&out, "icon", "svg", &own("icon.svg")?)?,
        library,
    ];
    let mut code = String::new();
    for one in &files {
        code.push_str(&one.declared());
    }
    let names: Vec<&str> = files.iter().map(|one| one.constant.as_str()).collect();
    writeln!(
        code,
        "/// Every file.\npub(crate) const ALL: [&Asset; {}] = [&{}];",
        names.len(),
        names.join(", &")
    )?;
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// A file of ours.
fn own(name: &str) -> Result<String, Box<dyn Error>> {
    Ok(fs::read_to_string(Path::new("assets").join(name))?)
}

/// A file of a package.
fn package(package: &str, name: &str) -> Result<String, Box<dyn Error>> {
    let path = Path::new(package).join(name);
    fs::read_to_string(&path).map_err(|_| {
        format!(
            "the portal's styles are not there ({}): run `npm ci --prefix gateway/portal`, as scripts/demo and scripts/test do",
            path.display()
        )
        .into()
    })
}

/// The package's styles without its font, its crest, and the addresses of both.
fn plain_styles(styles: &str) -> String {
    let mut plain = String::with_capacity(styles.len());
    let mut rest = styles;
    while let Some((before, face)) = rest.split_once("@font-face{") {
        plain.push_str(before);
        rest = face.split_once('}').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
        .replace(&format!("{FONT},arial,sans-serif"), FONTS)
        .replace("url(/assets/images/govuk-crest.svg)", "none")
        .replace("sourceMappingURL", "")
}

struct Made {
    constant: String,
    name: String,
    kind: &'static str,
    path: String,
}

impl Made {
    fn declared(&self) -> String {
        format!(
            "/// `{0}`\npub(crate) const {1}: Asset = Asset {{ name: {0:?}, kind: {2:?}, gzip: include_bytes!({3:?}) }};\n",
            self.name, self.constant, self.kind, self.path
        )
    }
}

fn file(out: &Path, stem: &str, kind: &str, text: &str) -> Result<Made, Box<dyn Error>> {
    let hash = hex::encode(Sha256::digest(text));
    let name = format!("{stem}-{}.{kind}", &hash[..16]);
    let path = out.join(format!("{stem}.{kind}.gz"));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    fs::write(&path, gzip.finish()?)?;
    Ok(Made {
        constant: format!("{stem}_{kind}").to_uppercase(),
        name,
        kind: match kind {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        },
        path: path.display().to_string(),
    })
}
