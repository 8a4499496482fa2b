//! Styles, script and icon: embedded, compressed, named by their content, kept by browsers for
//! good. `build.rs` makes them.

use std::io::Read as _;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use flate2::read::GzDecoder;

use crate::stop::Stop;

/// A file that pages refer to.
pub(crate) struct Asset {
    /// Its name, with a hash of its content.
    pub(crate) name: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
}

mod made {
    use super::Asset;
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

pub(crate) use self::made::{ICON_SVG, PORTAL_CSS, PORTAL_JS};

/// A file by its name. One of an earlier build has another name, and is not there.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Stop> {
    let asset = made::ALL.into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or(Stop::NotFound)?;
    let gzip = takes_gzip(&headers);
    let body = if gzip {
        Body::from(asset.gzip)
    } else {
        let mut plain = Vec::new();
        let read = GzDecoder::new(asset.gzip).read_to_end(&mut plain);
        read.map_err(|error| Stop::fault(&error))?;
        Body::from(plain)
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(ACCEPT_ENCODING).iter();
    given.any(|value| {
        value.to_str().is_ok_and(|value| {
            let mut codings = value.split(',').map(str::trim);
            codings.any(|coding| coding == "gzip" || coding.starts_with("gzip;q=1"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(asset: &Asset) -> String {
        let mut text = String::new();
        GzDecoder::new(asset.gzip)
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn a_first_visit_is_light_and_brings_neither_font_nor_crest() {
        let all: usize = made::ALL.iter().map(|asset| asset.gzip.len()).sum();
        assert!(all < 28_000, "{all}");
        let styles = text(&PORTAL_CSS);
        for word in ["GDS Transport", "@font-face", "crest", "url(", "/assets/"] {
            assert!(!styles.contains(word), "{word}");
        }
        for word in [
            ".portal-text",
            ".govuk-button",
            ".moj-timeline__item",
            ".moj-filter__tag",
            ".govuk-service-navigation__toggle",
            ".govuk-radios__conditional--hidden",
            ".govuk-skip-link-focused-element",
            ".govuk-input--error",
            ".govuk-task-list__item",
            ".govuk-template__body",
            ".govuk-\\!-margin-top-3",
            ":focus",
            "@media print",
        ] {
            assert!(styles.contains(word), "{word}");
        }
        for block in ["accordion", "tabs", "cookie-banner", "footer"] {
            let class = format!(".govuk-{block}");
            assert!(!styles.contains(&class), "{class} is on no page");
        }
        assert!(!styles.contains(".moj-banner") && !styles.contains(".js-enabled .moj"));
        assert!(text(&PORTAL_JS).contains(&format!("/assets/{}", made::GOVUK_JS.name)));
    }

    #[tokio::test]
    async fn a_file_is_kept_for_good_and_one_of_another_build_is_not_there() {
        let mut headers = HeaderMap::new();
        let name = || Path(PORTAL_CSS.name.to_owned());
        let plain = serve(name(), headers.clone()).await.unwrap();
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
        let packed = serve(name(), headers.clone()).await.unwrap();
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert!(
            packed.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let old = Path("portal-0000000000000000.css".to_owned());
        assert!(matches!(serve(old, headers).await, Err(Stop::NotFound)));
    }
}
