//! Entry bundles (C2SP tlog-tiles, "Log entries"): each entry after its length as a big-endian
//! 16-bit number. In this log every entry is 32 bytes.

/// The bytes are not a bundle of the entries asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// It ends within or before an entry.
    #[error("it ends before its entry {0} does")]
    Truncated(usize),
    /// This log's entries are 32 bytes.
    #[error("its entry {0} is not 32 bytes")]
    Length(usize),
    /// Bytes are left over.
    #[error("it goes on after its last entry, {0}")]
    Trailing(usize),
}

/// The bundle of these entries, each a leaf's data.
pub fn encode_entries(entries: &[[u8; 32]]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|entry| [0, 32].into_iter().chain(*entry))
        .collect()
}

/// Reads a bundle of exactly `width` entries. Entries in errors are counted from 0 within the
/// bundle.
pub fn decode_entries(bundle: &[u8], width: u16) -> Result<Vec<[u8; 32]>, EntriesError> {
    let mut entries = Vec::with_capacity(width.into());
    let mut rest = bundle;
    for n in 0..usize::from(width) {
        let (length, after) = rest.split_first_chunk().ok_or(EntriesError::Truncated(n))?;
        if u16::from_be_bytes(*length) != 32 {
            return Err(EntriesError::Length(n));
        }
        let (entry, after) = after
            .split_first_chunk()
            .ok_or(EntriesError::Truncated(n))?;
        entries.push(*entry);
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(EntriesError::Trailing(usize::from(width).saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_reads_back_and_nothing_else_does() {
        let entries = [[1; 32], [2; 32], [3; 32]];
        let bundle = encode_entries(&entries);
        assert_eq!(bundle.len(), 3 * 34);
        assert_eq!(decode_entries(&bundle, 3).unwrap(), entries);
        assert_eq!(decode_entries(&bundle, 2), Err(EntriesError::Trailing(1)));
        assert_eq!(decode_entries(&bundle, 4), Err(EntriesError::Truncated(3)));
        for end in 0..bundle.len() {
            assert!(decode_entries(&bundle[..end], 3).is_err(), "{end}");
        }
        let mut wrong = bundle;
        wrong[35] = 31;
        assert_eq!(decode_entries(&wrong, 3), Err(EntriesError::Length(1)));
    }
}
