//! Writes a form of the gateway as a Word file: empty, or with its example in it.
//!
//! `cargo run -p gateway-annex-f --example form -- annex-f [example] > annex-f.docx`

use std::error::Error;
use std::io::Write as _;

use gateway_forms::{Body, Library};
use jiff::civil::Date;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let id = arguments.next().ok_or("name a form, such as annex-f")?;
    let library = Library::embedded()?;
    let form = library.form(&id).ok_or("there is no such form")?;
    let body = match arguments.next() {
        Some(_) => Body::gather(form, &form.example(), Date::constant(2026, 3, 2)).0,
        None => Body::default(),
    };
    std::io::stdout().write_all(&gateway_annex_f::write(form, &body)?)?;
    Ok(())
}
