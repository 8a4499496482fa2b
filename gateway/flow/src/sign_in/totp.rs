//! Time-based one-time codes: RFC 6238 with SHA-1, six digits, steps of 30 seconds, as every
//! authenticator takes them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use jiff::Timestamp;
use zeroize::Zeroizing;

/// Seconds a step.
const STEP: i64 = 30;

/// The step whose code this is: that of `now`, the one before, or the one after (RFC 6238
/// section 5.2).
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.as_second().div_euclid(STEP);
    let mut found = None;
    for step in [current, current - 1, current + 1] {
        let right = self::code(secret, step)?;
        // All three are computed, whichever it is.
        if verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok() {
            found = found.or(Some(step));
        }
    }
    found
}

/// The code that a secret (base32) has at a time: for programs that sign in as a person whose
/// secret they were given, as the measurements do.
#[must_use]
pub fn code_at(secret: &str, at: Timestamp) -> Option<String> {
    let secret = base32(secret.as_bytes())?;
    code(&secret, at.as_second().div_euclid(STEP))
}

/// The code of a step (RFC 4226 section 5.3).
fn code(secret: &[u8], step: i64) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(mac.as_ref().last()? & 15);
    let four = mac.as_ref().get(offset..offset + 4)?;
    let number = u32::from_be_bytes(four.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// Reads base32 (RFC 4648, with or without padding); none where it is something else.
pub(crate) fn base32(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8));
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim_ascii_end().iter().filter(|b| **b != b'=') {
        let five = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        held = (held << 5 | u32::from(five)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Bytes as base32 (RFC 4648), without padding.
pub(crate) fn spell(bytes: &[u8]) -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 8 / 5 + 1));
    let (mut held, mut bits) = (0_u32, 0);
    let mut push = |five: u32| {
        let letter = usize::try_from(five & 31).ok();
        let letter = letter.and_then(|five| LETTERS.get(five));
        text.extend(letter.map(|letter| char::from(*letter)));
    };
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B: the secret of its table for SHA-1.
    const SECRET: &[u8] = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (second, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let six = &eight[2..];
            assert_eq!(code(SECRET, second / 30).as_deref(), Some(six), "{second}");
            assert_eq!(step_of(SECRET, six, at(second)), Some(second / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_to_either_side_and_no_further() {
        let now = 1_234_567_890;
        let (code, step) = (code(SECRET, now / 30).unwrap(), now / 30);
        for (seconds, good) in [(-60, false), (-30, true), (30, true), (60, false)] {
            let found = step_of(SECRET, &code, at(now + seconds));
            assert_eq!(found, good.then_some(step), "{seconds}");
        }
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert_eq!(step_of(SECRET, &spaced, at(now)), Some(step));
        for wrong in ["", "00592", &format!("0{code}"), "００５９２４"] {
            assert_eq!(step_of(SECRET, wrong, at(now)), None, "{wrong}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (text, plain) in [
            ("", ""),
            ("MY======", "f"),
            ("MZXQ====", "fo"),
            ("MZXW6===", "foo"),
            ("MZXW6YQ=", "foob"),
            ("MZXW6YTB", "fooba"),
            ("mzxw6ytboi", "foobar"),
        ] {
            let read = base32(text.as_bytes()).unwrap();
            assert_eq!(read.as_slice(), plain.as_bytes(), "{text}");
        }
        assert!(base32(b"MZXW6YT1").is_none());
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
        ] {
            assert_eq!(spell(plain.as_bytes()).as_str(), text, "{plain}");
        }
        let secret: Vec<u8> = (0..20).map(|n| n * 13).collect();
        assert_eq!(
            base32(spell(&secret).as_bytes()).unwrap().as_slice(),
            secret
        );
    }
}
