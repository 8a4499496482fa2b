//! Writes a form of the gateway as a Word file: empty, or with its example in it; or that as a PDF.
//!
//! `cargo run -p gateway-annex-f --example form -- annex-f [example|pdf] > annex-f.docx`

use std::error::Error;
use std::io::Write as _;

use gateway_annex_f::Cover;
use gateway_forms::{Body, Library, Names};
use jiff::civil::Date;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let id = arguments.next().ok_or("name a form, such as annex-f")?;
    let library = Library::embedded()?;
    let form = library.form(&id).ok_or("there is no such form")?;
    let what = arguments.next();
    let body = match &what {
        Some(_) => Body::gather(form, &form.example(), Date::constant(2026, 3, 2)).0,
        None => Body::default(),
    };
    let bytes = match what.as_deref() {
        Some("pdf") => {
            let view = form.view(&body, None, &Names::new());
            gateway_annex_f::print(&view, &Cover::default())?
        }
        Some(_) | None => gateway_annex_f::write(form, &body)?,
    };
    std::io::stdout().write_all(&bytes)?;
    Ok(())
}
