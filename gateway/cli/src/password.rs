//! Passwords and one-time code secrets of people: made here, kept as a hash.

use anyhow::Context as _;
use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngCore as _;

/// Base32 of RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits that are not taken for one another.
const PLAIN: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How dear a guess at a password is made.
#[derive(Debug, Clone, Copy)]
pub enum Cost {
    /// 19 MiB, two passes.
    Service,
    /// 4 MiB, one pass: for the demo's people, whose passwords lie beside in `demo.json`.
    Demo,
}

/// The Argon2id hash of a password, in PHC form.
pub fn hash(password: &str, cost: Cost) -> anyhow::Result<String> {
    let (memory, passes) = match cost {
        Cost::Service => (19 * 1024, 2),
        Cost::Demo => (4 * 1024, 1),
    };
    let params = Params::new(memory, passes, 1, None)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("the cost of a password hash")?;
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    let hashed: argon2::password_hash::phc::PasswordHash =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|error| anyhow::anyhow!("{error}"))
            .context("a password hash")?;
    Ok(hashed.to_string())
}

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

    #[test]
    fn a_hash_is_argon2id_and_salted() {
        let (one, two) = (
            hash("x", Cost::Demo).unwrap(),
            hash("x", Cost::Demo).unwrap(),
        );
        assert!(one.starts_with("$argon2id$v=19$m=4096,t=1,p=1$"), "{one}");
        assert_ne!(one, two);
    }
}
