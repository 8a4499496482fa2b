//! Strings, and the code pages in which those of eight bits are written.

use crate::charset::{self, Text};

/// A string or text as it stands.
#[derive(Clone, Copy)]
pub(crate) enum Words<'x> {
    /// UTF-16.
    Wide(&'x [u8]),
    /// In the code page of the writer (`attOemCodepage`).
    Narrow(&'x [u8]),
    /// Bytes in the code page of the Internet (`PidTagInternetCodepage`), as HTML is.
    Web(&'x [u8]),
}

/// The code pages that a message names, zero where it names none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pages {
    /// `attOemCodepage`, of attributes and properties.
    pub(super) oem: u32,
    /// `PidTagMessageCodepage`, of properties.
    pub(super) message: u32,
    /// `PidTagInternetCodepage`, of the body.
    pub(super) internet: u32,
}

impl<'x> Words<'x> {
    /// The text, without the zero at its end.
    pub(crate) fn read(self, pages: &Pages) -> Text {
        let mut read = match self {
            Self::Wide(bytes) => wide(bytes),
            Self::Narrow(bytes) | Self::Web(bytes) => {
                charset::read(without_end(bytes), self.charset(pages).as_deref())
            }
        };
        if read.text.contains('\0') {
            read.text = read.text.replace('\0', "");
        }
        read
    }

    /// A short text on one line, up to its first zero; none where nothing is in it.
    pub(crate) fn line(self, pages: &Pages) -> Option<String> {
        let cut = match self {
            Self::Wide(bytes) => {
                let end = bytes.chunks(2).position(|two| two == [0, 0]);
                Self::Wide(end.and_then(|end| bytes.get(..end * 2)).unwrap_or(bytes))
            }
            Self::Narrow(bytes) => Self::Narrow(until_zero(bytes)),
            Self::Web(bytes) => Self::Web(until_zero(bytes)),
        };
        let text = cut.read(pages).text;
        let words: Vec<&str> = text.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The bytes as they stand, without a zero at the end of a string.
    pub(crate) fn bytes(self) -> &'x [u8] {
        match self {
            Self::Wide(bytes) => bytes.strip_suffix(&[0, 0]).unwrap_or(bytes),
            Self::Narrow(bytes) | Self::Web(bytes) => without_end(bytes),
        }
    }

    /// The charset, by the name that MIME has for it; none where no page is named or known.
    pub(crate) fn charset(self, pages: &Pages) -> Option<String> {
        let in_order = match self {
            Self::Wide(_) => return Some("utf-16le".to_owned()),
            Self::Narrow(_) => [pages.oem, pages.message, pages.internet],
            Self::Web(_) => [pages.internet, pages.message, pages.oem],
        };
        in_order.into_iter().find_map(name)
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

fn without_end(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(&[0]).unwrap_or(bytes)
}

fn wide(bytes: &[u8]) -> Text {
    let (units, odd) = bytes.as_chunks::<2>();
    let units = units.iter().map(|two| u16::from_le_bytes(*two));
    let mut sure = odd.is_empty();
    let chars = char::decode_utf16(units).map(|read| {
        sure &= read.is_ok();
        read.unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let text: String = chars.collect();
    Text { text, sure }
}

/// A Windows code page by its name in MIME.
fn name(page: u32) -> Option<String> {
    let name = match page {
        850 | 866 => return Some(format!("cp{page}")),
        874 | 949 | 1250..=1258 => return Some(format!("windows-{page}")),
        28_591..=28_606 => return Some(format!("iso-8859-{}", page - 28_590)),
        932 => "shift_jis",
        936 => "gbk",
        950 => "big5",
        1200 => "utf-16le",
        20_127 => "us-ascii",
        20_866 => "koi8-r",
        21_866 => "koi8-u",
        50_220..=50_222 => "iso-2022-jp",
        51_932 => "euc-jp",
        51_949 => "euc-kr",
        54_936 => "gb18030",
        65_001 => "utf-8",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(oem: u32, message: u32, internet: u32) -> Pages {
        Pages {
            oem,
            message,
            internet,
        }
    }

    #[test]
    fn eight_bits_are_read_in_the_page_that_is_named() {
        for (oem, bytes, text) in [
            (1252, &b"caf\xe9\0"[..], "café"),
            (1251, b"\xcf\xe8\xf1\xfc\xec\xee\0", "Письмо"),
            (932, b"\x83\x65\x83\x58\x83\x67\0", "テスト"),
            (65_001, "café\0".as_bytes(), "café"),
            (28_592, b"\xa3\xf3d\xbc", "Łódź"),
            (850, b"\x9c5", "£5"),
        ] {
            let read = Words::Narrow(bytes).read(&pages(oem, 0, 0));
            assert_eq!((read.text.as_str(), read.sure), (text, true), "{oem}");
        }
    }

    #[test]
    fn strings_go_by_the_writers_page_and_html_by_that_of_the_internet() {
        let all = pages(1251, 1250, 1252);
        assert_eq!(Words::Narrow(b"\xe9").read(&all).text, "й");
        assert_eq!(Words::Web(b"\xe9").read(&all).text, "é");
        assert_eq!(Words::Narrow(b"\xe9").read(&pages(0, 0, 1251)).text, "й");
        assert_eq!(Words::Web(b"\xe9").read(&pages(1251, 0, 0)).text, "й");
    }

    #[test]
    fn a_page_that_is_missing_or_unknown_is_a_guess() {
        for page in [0, 37, u32::MAX] {
            let read = Words::Narrow(b"caf\xe9").read(&pages(page, 0, 0));
            assert_eq!((read.text.as_str(), read.sure), ("café", false));
        }
    }

    #[test]
    fn utf_16_is_read_and_what_is_none_is_said() {
        let read = |bytes| Words::Wide(bytes).read(&Pages::default());
        let good = read(b"\xe9\0\x3d\xd8\x00\xde\0\0");
        assert_eq!((good.text.as_str(), good.sure), ("é😀", true));
        for bad in [&b"a\0\x00\xd8"[..], b"a\0b"] {
            assert!(!read(bad).sure && read(bad).text.starts_with('a'));
        }
    }

    #[test]
    fn a_name_ends_at_its_first_zero_as_outlook_has_it() {
        let narrow = Words::Narrow(b"a  b.exe\0.pdf\0").line(&Pages::default());
        assert_eq!(narrow.as_deref(), Some("a b.exe"));
        let wide = Words::Wide(b"a\0\0\0b\0").line(&Pages::default());
        assert_eq!(wide.as_deref(), Some("a"));
        assert_eq!(Words::Wide(b"\0\0").line(&Pages::default()), None);
    }
}
