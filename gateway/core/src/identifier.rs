//! Identifiers of persons, each with the check rule of its issuer. A parsed one has one
//! spelling, so that two that mean the same are equal.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::code::codes;
use crate::text::{self, BadText};
use crate::{Id, Personal};

codes! {
    /// The words for kinds of identifier, as they stand in mail, in the API and in forms.
    IdentifierKind ("kind of identifier") {
        /// Police National Computer id.
        Pnc = "PNC",
        /// Criminal Records Office number.
        Cro = "CRO",
        /// NHS number.
        Nhs = "NHS",
        /// Prison number, kept across sentences.
        Prison = "PRISON",
        /// Probation case reference number.
        Crn = "CRN",
        /// `ViSOR` reference; opaque, its form is not public.
        Visor = "VISOR",
        /// Date of birth.
        Dob = "DOB",
        /// Name, "Given Family", as free text.
        Name = "NAME",
        /// The gateway's own opaque reference of a nominal.
        Ref = "REF",
    }
}

impl IdentifierKind {
    /// Issued to one person only. A nominal is attached on one of these and one more of any
    /// kind that agrees.
    pub const fn is_unique(self) -> bool {
        match self {
            Self::Pnc | Self::Cro | Self::Nhs | Self::Prison | Self::Crn | Self::Visor => true,
            Self::Dob | Self::Name | Self::Ref => false,
        }
    }

    /// What a right one looks like; the numbers belong to nobody.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Pnc => {
                "year, slash, serial and check letter, such as 99/123456X or 1999/0123456X"
            }
            Self::Cro => {
                "serial, slash, year and check letter, such as 123456/08T, or SF05/482703J"
            }
            Self::Nhs => "ten digits, such as 999 000 0018",
            Self::Prison => "a letter, four digits and two letters, such as A1234BC",
            Self::Crn => "a letter and six digits, such as X123456",
            Self::Visor => "up to 20 letters, digits, slashes and hyphens",
            Self::Dob => "a past date as year-month-day, such as 1980-02-01",
            Self::Name => "given and family name on one line of at most 200 characters",
            Self::Ref => "the reference as the gateway printed it",
        }
    }
}

/// An identifier that has passed its check rule, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Identifier {
    kind: IdentifierKind,
    value: Personal<String>,
}

/// Why a text is not an identifier of its kind. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadIdentifier {
    /// The kind that was claimed.
    pub kind: IdentifierKind,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not of the form that this kind has.
    Form,
    /// The check letter or check digit does not fit the rest.
    Check,
    /// Its year or date is later than today.
    Future,
    /// A number that is used as a filler and issued to nobody.
    Filler,
    /// Not text that the gateway takes.
    Text(BadText),
}

impl fmt::Display for BadIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match self.fault {
            Fault::Form => write!(f, "not a `{kind}`")?,
            Fault::Check => write!(f, "not a `{kind}`: its check character does not fit")?,
            Fault::Future => write!(f, "not a `{kind}`: it lies in the future")?,
            Fault::Filler => write!(f, "not a `{kind}`: all its digits are the same")?,
            Fault::Text(bad) => write!(f, "not a `{kind}`: it {bad}")?,
        }
        write!(f, "; look at it again, and give {}", kind.form())
    }
}

impl std::error::Error for BadIdentifier {}

impl Identifier {
    /// Reads `text` as an identifier of `kind`. `today` gives the century of a short PNC ID
    /// and what a past date is. White space around it, and letter case, do not matter.
    pub fn parse(kind: IdentifierKind, text: &str, today: Date) -> Result<Self, BadIdentifier> {
        let read = match kind {
            IdentifierKind::Pnc => pnc(&plain(text), today),
            IdentifierKind::Cro => cro(&plain(text)),
            IdentifierKind::Nhs => nhs(&plain(text)),
            IdentifierKind::Prison => shaped(&plain(text), "A0000AA"),
            IdentifierKind::Crn => shaped(&plain(text), "A000000"),
            IdentifierKind::Visor => visor(&plain(text)),
            IdentifierKind::Dob => date_of_birth(text.trim(), today),
            IdentifierKind::Name => name(text),
            IdentifierKind::Ref => reference(text.trim()),
        };
        match read {
            Ok(value) => Ok(Self {
                kind,
                value: Personal::new(value),
            }),
            Err(fault) => Err(BadIdentifier { kind, fault }),
        }
    }

    /// What kind it is.
    pub const fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The one spelling: `1999/0123456X`, `9990000018`, `1980-02-01`.
    pub const fn value(&self) -> &Personal<String> {
        &self.value
    }
}

/// An identifier as it was written by [`Identifier`]'s `Serialize`. Reading one back checks
/// it again and takes the one spelling only, so that this is no way round the check rules.
#[derive(Deserialize)]
struct Stored {
    kind: IdentifierKind,
    value: Personal<String>,
}

impl TryFrom<Stored> for Identifier {
    type Error = BadIdentifier;

    fn try_from(stored: Stored) -> Result<Self, BadIdentifier> {
        // The one spelling has its century in it; what lay in the past still does.
        let read = Self::parse(stored.kind, stored.value.reveal(), Date::MAX)?;
        if read.value == stored.value {
            Ok(read)
        } else {
            Err(BadIdentifier {
                kind: stored.kind,
                fault: Fault::Form,
            })
        }
    }
}

/// Upper case, without white space; what people add when they read a number out.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The check letters of police numbers: the number modulo 23. I, O and S are not used.
const LETTERS: &[u8; 23] = b"ZABCDEFGHJKLMNPQRTUVWXY";

fn check_letter(number: &str) -> Option<char> {
    let number: usize = number.parse().ok()?;
    LETTERS.get(number % LETTERS.len()).map(|b| char::from(*b))
}

fn digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Result<&str, Fault> {
    if lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(Fault::Form)
    }
}

/// Splits off the check letter.
fn letter(text: &str) -> Result<(&str, char), Fault> {
    match text.char_indices().next_back() {
        Some((at, c)) if c.is_ascii_uppercase() => Ok((text.get(..at).unwrap_or(""), c)),
        _ => Err(Fault::Form),
    }
}

fn checked(number: &str, letter: char) -> Result<(), Fault> {
    if check_letter(number) == Some(letter) {
        Ok(())
    } else {
        Err(Fault::Check)
    }
}

/// PNC ID: two digits of the year and seven of the serial, modulo 23. The short form drops the
/// century and the serial's leading zeros; a year up to this year's is in this century, else
/// in the last (PNC `PNCID` rules, as the HMPPS person record reads them). Without a slash,
/// fewer than twelve characters are the short form.
fn pnc(text: &str, today: Date) -> Result<String, Fault> {
    let (body, check) = letter(text)?;
    let (year, serial) = match body.split_once('/') {
        Some(parts) => parts,
        None if body.len() == 11 => body.split_at_checked(4).ok_or(Fault::Form)?,
        None if body.len() < 11 => body.split_at_checked(2).ok_or(Fault::Form)?,
        None => return Err(Fault::Form),
    };
    let serial = format!("{:0>7}", digits(serial, 1..=7)?);
    let now = i32::from(today.year());
    let year = match digits(year, 2..=4)?.len() {
        2 => century(year.parse().map_err(|_| Fault::Form)?, now),
        4 => year.parse().map_err(|_| Fault::Form)?,
        _ => return Err(Fault::Form),
    };
    checked(&format!("{:02}{serial}", year % 100), check)?;
    match year {
        ..1900 => Err(Fault::Form),
        _ if year > now => Err(Fault::Future),
        _ => Ok(format!("{year}/{serial}{check}")),
    }
}

fn century(short: i32, now: i32) -> i32 {
    let this = now / 100 * 100;
    if short <= now % 100 {
        this + short
    } else {
        this - 100 + short
    }
}

/// CRO number. Standard: serial, slash, year, letter; the letter is of the year and the serial
/// padded to six digits. File only (no fingerprints): `SF`, year, slash, serial, letter; the
/// letter is of the year and the serial as it is.
fn cro(text: &str) -> Result<String, Fault> {
    let (body, check) = letter(text)?;
    let (left, right) = body.split_once('/').ok_or(Fault::Form)?;
    if let Some(year) = left.strip_prefix("SF") {
        let year = digits(year, 2..=2)?;
        let serial = without_leading_zeros(digits(right, 1..=6)?);
        checked(&format!("{year}{serial}"), check)?;
        Ok(format!("SF{year}/{serial}{check}"))
    } else {
        let serial = format!("{:0>6}", digits(left, 1..=6)?);
        let year = digits(right, 2..=2)?;
        checked(&format!("{year}{serial}"), check)?;
        Ok(format!("{serial}/{year}{check}"))
    }
}

fn without_leading_zeros(number: &str) -> &str {
    match number.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

/// NHS number: weights ten to two on the first nine digits; eleven less the sum modulo eleven,
/// eleven being nought and ten no number at all, is the tenth (NHS Data Dictionary). Spaces
/// and hyphens of the 3-3-4 form do not matter.
fn nhs(text: &str) -> Result<String, Fault> {
    let number = text.replace('-', "");
    let figures: Vec<u32> = digits(&number, 10..=10)?
        .chars()
        .filter_map(|c| c.to_digit(10))
        .collect();
    let sum: u32 = figures
        .iter()
        .zip((2..=10).rev())
        .map(|(figure, weight)| figure * weight)
        .sum();
    let check = (11 - sum % 11) % 11;
    if figures.last() != Some(&check) {
        return Err(Fault::Check);
    }
    // 111 111 1111 passes the rule and is what people type into a field that must be filled.
    if figures.windows(2).all(|pair| pair.first() == pair.last()) {
        return Err(Fault::Filler);
    }
    Ok(number)
}

/// Letters where the shape has `A`, digits where it has `0`, and nothing else.
fn shaped(text: &str, shape: &str) -> Result<String, Fault> {
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(b, s)| match s {
            b'A' => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        });
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Fault::Form)
    }
}

fn visor(text: &str) -> Result<String, Fault> {
    let fits = (1..=20).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"/-".contains(&b))
        && text.bytes().any(|b| b.is_ascii_alphanumeric());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Fault::Form)
    }
}

fn date_of_birth(text: &str, today: Date) -> Result<String, Fault> {
    let iso = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let day: Date = if iso {
        text.parse().map_err(|_| Fault::Form)?
    } else {
        return Err(Fault::Form);
    };
    match day {
        _ if day >= today => Err(Fault::Future),
        _ if day.year() < 1880 => Err(Fault::Form),
        _ => Ok(text.to_owned()),
    }
}

fn name(given: &str) -> Result<String, Fault> {
    let line = text::line(given, 200).map_err(Fault::Text)?;
    if !line.chars().any(char::is_alphabetic) {
        return Err(Fault::Form);
    }
    Ok(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn reference(text: &str) -> Result<String, Fault> {
    text.parse::<Id>()
        .map(|id| id.to_string())
        .map_err(|_| Fault::Form)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(kind: IdentifierKind, text: &str) -> Result<String, Fault> {
        Identifier::parse(kind, text, date(2026, 3, 2))
            .map(|id| id.value().reveal().clone())
            .map_err(|bad| bad.fault)
    }

    #[test]
    fn every_spelling_of_one_identifier_is_one() {
        for (kind, given, canonical) in [
            (IdentifierKind::Pnc, "99/123456X", "1999/0123456X"),
            (IdentifierKind::Pnc, " 99/0123456x ", "1999/0123456X"),
            (IdentifierKind::Pnc, "1999/0123456X", "1999/0123456X"),
            (IdentifierKind::Pnc, "1999/123456X", "1999/0123456X"),
            (IdentifierKind::Pnc, "19990123456X", "1999/0123456X"),
            (IdentifierKind::Pnc, "99123456X", "1999/0123456X"),
            (IdentifierKind::Pnc, "1999/1234567B", "1999/1234567B"),
            (IdentifierKind::Pnc, "20/9N", "2020/0000009N"),
            (IdentifierKind::Cro, "123456/08T", "123456/08T"),
            (IdentifierKind::Cro, "265416/21g", "265416/21G"),
            (IdentifierKind::Cro, "SF05/482703J", "SF05/482703J"),
            (IdentifierKind::Cro, "SF39/5D", "SF39/5D"),
            (IdentifierKind::Cro, "sf39/000005D", "SF39/5D"),
            (IdentifierKind::Nhs, "943 476 5919", "9434765919"),
            (IdentifierKind::Nhs, "999-000-0018", "9990000018"),
            (IdentifierKind::Prison, "a1234bc", "A1234BC"),
            (IdentifierKind::Crn, "x123456", "X123456"),
            (IdentifierKind::Visor, "ab-12/3", "AB-12/3"),
            (IdentifierKind::Dob, "1980-02-01", "1980-02-01"),
            (IdentifierKind::Name, "  Siân   O'Brien ", "Siân O'Brien"),
        ] {
            assert_eq!(
                read(kind, given),
                Ok(canonical.to_owned()),
                "{kind} {given}"
            );
            assert_eq!(
                read(kind, canonical),
                Ok(canonical.to_owned()),
                "{kind} {canonical}"
            );
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_caught_by_the_check_rule() {
        for (kind, given) in [
            (IdentifierKind::Pnc, "99/123456Y"),
            (IdentifierKind::Pnc, "99/123465X"),
            (IdentifierKind::Pnc, "1999/0123456S"),
            (IdentifierKind::Cro, "123456/08A"),
            (IdentifierKind::Cro, "SF39/5E"),
            (IdentifierKind::Nhs, "9434765918"),
            (IdentifierKind::Nhs, "9434756919"),
            (IdentifierKind::Nhs, "9990000000"), // would need a ten: no such number
        ] {
            assert_eq!(read(kind, given), Err(Fault::Check), "{kind} {given}");
        }
    }

    #[test]
    fn what_has_another_form_is_not_guessed_at() {
        for (kind, given) in [
            (IdentifierKind::Pnc, ""),
            (IdentifierKind::Pnc, "/X"),
            (IdentifierKind::Pnc, "199/123456X"),
            (IdentifierKind::Pnc, "99/12345678X"),
            (IdentifierKind::Pnc, "99/123456"),
            (IdentifierKind::Pnc, "９９/123456X"),
            (IdentifierKind::Pnc, "1899/0123456X"),
            (IdentifierKind::Pnc, "99/+123456X"),
            (IdentifierKind::Cro, "12345608T"),
            (IdentifierKind::Cro, "1234567/08T"),
            (IdentifierKind::Nhs, "943476591"),
            (IdentifierKind::Nhs, "94347659190"),
            (IdentifierKind::Prison, "A1234B"),
            (IdentifierKind::Prison, "A12345C"),
            (IdentifierKind::Crn, "XX12345"),
            (IdentifierKind::Visor, "AB_12"),
            (IdentifierKind::Visor, "--"),
            (IdentifierKind::Visor, "123456789012345678901"),
            (IdentifierKind::Dob, "01/02/1980"),
            (IdentifierKind::Dob, "1980-2-1"),
            (IdentifierKind::Dob, "1981-02-29"),
            (IdentifierKind::Dob, "1980-02-01T00:00"),
            (IdentifierKind::Dob, "0001-01-01"),
            (IdentifierKind::Name, "12/34"),
            (IdentifierKind::Ref, "99/123456X"),
        ] {
            assert_eq!(read(kind, given), Err(Fault::Form), "{kind} {given}");
        }
        assert_eq!(
            read(IdentifierKind::Name, "a\0b"),
            Err(Fault::Text(BadText::Control))
        );
    }

    #[test]
    fn the_future_and_the_filler_are_refused() {
        assert_eq!(read(IdentifierKind::Dob, "2026-03-02"), Err(Fault::Future));
        assert_eq!(
            read(IdentifierKind::Pnc, "2099/0123456X"),
            Err(Fault::Future)
        );
        assert_eq!(read(IdentifierKind::Nhs, "1111111111"), Err(Fault::Filler));
        assert_eq!(read(IdentifierKind::Nhs, "0000000000"), Err(Fault::Filler));
    }

    #[test]
    fn a_short_pnc_id_belongs_to_the_last_year_that_ends_so() {
        let year = |today| {
            Identifier::parse(IdentifierKind::Pnc, "20/9N", today)
                .unwrap()
                .value()
                .reveal()[..4]
                .to_owned()
        };
        assert_eq!(year(date(2020, 1, 1)), "2020");
        assert_eq!(year(date(2019, 12, 31)), "1920");
        assert_eq!(year(date(2101, 1, 1)), "2020");
    }

    #[test]
    fn every_check_letter_is_one_of_the_twenty_three() {
        let letters: String = (0..23)
            .filter_map(|n: u32| check_letter(&n.to_string()))
            .collect();
        assert_eq!(letters, "ZABCDEFGHJKLMNPQRTUVWXY");
    }

    #[test]
    fn an_error_says_what_would_be_right_and_never_repeats_the_value() {
        let bad =
            Identifier::parse(IdentifierKind::Pnc, "99/123457X", date(2026, 3, 2)).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "not a `PNC`: its check character does not fit; look at it again, and give year, \
             slash, serial and check letter, such as 99/123456X or 1999/0123456X"
        );
        for kind in IdentifierKind::ALL {
            let bad = Identifier::parse(*kind, "\u{202e}secret", date(2026, 3, 2)).unwrap_err();
            assert!(!format!("{bad} {bad:?}").contains("secret"), "{kind}");
        }
    }

    #[test]
    fn an_identifier_is_not_shown_by_debug() {
        let id = Identifier::parse(IdentifierKind::Crn, "X123456", date(2026, 3, 2)).unwrap();
        assert!(!format!("{id:?}").contains("123456"));
    }

    #[test]
    fn what_was_written_reads_back_and_nothing_else_does() {
        let id = Identifier::parse(IdentifierKind::Pnc, "99/123456X", date(2026, 3, 2)).unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, r#"{"kind":"PNC","value":"1999/0123456X"}"#);
        assert_eq!(serde_json::from_str::<Identifier>(&json).unwrap(), id);
        for bad in [
            r#"{"kind":"PNC","value":"99/123456X"}"#,
            r#"{"kind":"PNC","value":"1999/0123456Y"}"#,
            r#"{"kind":"CRN","value":"x123456"}"#,
        ] {
            let error = serde_json::from_str::<Identifier>(bad)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("not a `"), "{error}");
        }
    }

    #[test]
    fn only_what_is_issued_to_one_person_is_unique() {
        let unique: Vec<_> = IdentifierKind::ALL
            .iter()
            .filter(|k| k.is_unique())
            .map(|k| k.as_str())
            .collect();
        assert_eq!(unique, ["PNC", "CRO", "NHS", "PRISON", "CRN", "VISOR"]);
    }
}
