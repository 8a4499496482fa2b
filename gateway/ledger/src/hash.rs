//! Merkle tree hashes (RFC 6962 section 2.1), SHA-256.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::b64;

/// A node of the tree: the hash of a leaf or of two nodes below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Reads the standard base 64 form that [`fmt::Display`] writes; none for anything else.
    pub fn from_base64(text: &str) -> Option<Self> {
        b64::decode32(text).map(Self)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of a leaf whose data is 32 bytes: SHA-256(0x00, data).
pub fn leaf_hash(data: &[u8; 32]) -> Hash {
    digest(&[&[0], data])
}

/// The root of a tree with no entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    digest(&[])
}

/// The hash of an inner node: SHA-256(0x01, left, right).
pub(crate) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], &left.0, &right.0])
}

/// SHA-256 over the parts, one after another.
pub(crate) fn digest(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The root over `hashes` as if each were a leaf. Pairing neighbours and carrying an odd last
/// one up gives the same tree as RFC 6962's split at the largest power of two.
pub(crate) fn fold(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(fold_pair).collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

fn fold_pair(pair: &[Hash]) -> Hash {
    match pair {
        [left, right] => node_hash(left, right),
        [odd, ..] => *odd,
        [] => empty_root(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962 section 2.1, word for word.
    fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
            }
        }
    }

    #[test]
    fn folding_gives_the_tree_of_rfc_6962() {
        let leaves: Vec<Hash> = (0..600_u16).map(|n| digest(&[&n.to_be_bytes()])).collect();
        for size in 0..leaves.len() {
            assert_eq!(fold(&leaves[..size]), mth(&leaves[..size]), "{size}");
        }
    }

    #[test]
    fn the_known_vectors_of_certificate_transparency_hold() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> = inputs
            .iter()
            .map(|input| digest(&[&[0], &hex::decode(input).unwrap()]))
            .collect();
        assert_eq!(
            hex::encode(empty_root().0),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (n, root) in roots.iter().enumerate() {
            assert_eq!(hex::encode(fold(&leaves[..=n]).0), *root, "{n}");
        }
    }

    #[test]
    fn a_hash_has_one_text_form() {
        let hash = leaf_hash(&[7; 32]);
        let text = hash.to_string();
        assert_eq!(Hash::from_base64(&text), Some(hash));
        for bad in [
            "",
            "AAAA",
            &text[1..],
            &format!("{text}\n"),
            text.trim_end_matches('='),
        ] {
            assert_eq!(Hash::from_base64(bad), None, "{bad}");
        }
    }
}
