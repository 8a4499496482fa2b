//! Passwords and one-time code secrets of people: made here, kept as a hash.

use rand::RngCore as _;

/// Base32 of RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits that are not taken for one another.
const PLAIN: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A fresh password of 80 bits, in groups of four.
pub fn fresh() -> String {
    let letters = spell::<10>(PLAIN);
    let groups: Vec<&str> = (0..4)
        .filter_map(|n| letters.get(n * 4..n * 4 + 4))
        .collect();
    groups.join("-")
}

/// A fresh secret for time-based codes (RFC 6238): 160 bits, base32.
pub fn fresh_totp() -> String {
    spell::<20>(BASE32)
}

/// Random bytes, five bits a letter. `BYTES` is a multiple of five.
fn spell<const BYTES: usize>(alphabet: &[u8; 32]) -> String {
    let mut bytes = [0; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    encode(&bytes, alphabet)
}

fn encode(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    bytes
        .chunks(5)
        .flat_map(|five| {
            let number = five
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            (0..8).rev().map(move |place| number >> (place * 5) & 31)
        })
        .filter_map(|index| {
            alphabet
                .get(usize::try_from(index).ok()?)
                .map(|b| char::from(*b))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_rfc_4648() {
        assert_eq!(encode(b"fooba", BASE32), "MZXW6YTB");
        assert_eq!(encode(b"foobafooba", BASE32), "MZXW6YTBMZXW6YTB");
    }

    #[test]
    fn passwords_and_secrets_have_their_form_and_are_fresh() {
        assert_eq!(fresh().len(), 19);
        assert_ne!(fresh(), fresh());
        assert_eq!(fresh_totp().len(), 32);
    }
}
