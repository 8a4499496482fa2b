//! A QR code as markup of the page itself: the policy lets no picture in that is not a file of
//! ours, and this one is nobody's to fetch.

use std::fmt::Write as _;

use askama::Template;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

use crate::component::Html;

/// Light modules around it, which readers need (ISO/IEC 18004).
const QUIET: usize = 4;

#[derive(Template)]
#[template(
    source = "<svg class=\"portal-qr\" viewBox=\"0 0 {{ size }} {{ size }}\" role=\"img\" aria-label=\"QR code for your authenticator app\" shape-rendering=\"crispEdges\"><rect width=\"{{ size }}\" height=\"{{ size }}\" fill=\"#ffffff\"/><path d=\"{{ path }}\" fill=\"#000000\"/></svg>",
    ext = "html"
)]
struct Picture {
    size: usize,
    path: String,
}

/// The picture of a text.
pub(crate) fn picture(text: &str) -> Result<Html, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // Writing to a string cannot fail.
            let _ = write!(
                path,
                "M{} {}h1v1h-1z",
                at % width + QUIET,
                at / width + QUIET
            );
        }
    }
    Ok(Html::of(&Picture {
        size: width + 2 * QUIET,
        path,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_inside_a_quiet_zone() {
        let markup = picture("otpauth://totp/x?secret=AB").unwrap().to_string();
        assert!(markup.starts_with("<svg class=\"portal-qr\" viewBox=\"0 0 "));
        for x in 4..11 {
            assert!(markup.contains(&format!("M{x} 4h1v1h-1z")), "{markup}");
        }
        assert!(!markup.contains("M11 4h") && !markup.contains("style="));
    }
}
