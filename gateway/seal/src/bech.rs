//! Bech32 (BIP-173) as age uses it: no limit of 90 characters, one case throughout, and
//! exactly one text for each key.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Hrp};
use zeroize::Zeroizing;

/// Bech32 long enough for a post-quantum recipient (1,216 bytes, 1,959 characters).
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    const CODE_LENGTH: usize = 4096;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// Whether a key is written in lower case (recipients) or in capitals (secrets).
#[derive(Clone, Copy)]
pub(crate) enum Case {
    /// `age1…`
    Lower,
    /// `AGE-SECRET-KEY-1…`
    Upper,
}

/// `bytes` under the lower-case prefix `hrp`; `None` where they are too long.
pub(crate) fn encode(hrp: &str, case: Case, bytes: &[u8]) -> Option<Zeroizing<String>> {
    let hrp = Hrp::parse(hrp).ok()?;
    let text = match case {
        Case::Lower => bech32::encode_lower::<LongBech32>(hrp, bytes),
        Case::Upper => bech32::encode_upper::<LongBech32>(hrp, bytes),
    };
    text.ok().map(Zeroizing::new)
}

/// The bytes of `text`, if it is exactly what [`encode`] writes for them.
pub(crate) fn decode(hrp: &str, case: Case, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let checked = CheckedHrpstring::new::<LongBech32>(text).ok()?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(checked.byte_iter());
    let canonical = encode(hrp, case, &bytes)?;
    (canonical.as_str() == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_text_only() {
        let text = encode("age1pq", Case::Lower, &[7; 1216]).unwrap();
        assert!(text.starts_with("age1pq1"));
        assert_eq!(
            decode("age1pq", Case::Lower, &text).unwrap().as_slice(),
            [7; 1216]
        );
        assert!(
            decode("age", Case::Lower, &text).is_none(),
            "another prefix"
        );
        assert!(
            decode("age1pq", Case::Lower, &text.to_uppercase()).is_none(),
            "capitals"
        );
        assert!(
            decode("age1pq", Case::Lower, &format!("{}\n", *text)).is_none(),
            "a newline"
        );
    }
}
