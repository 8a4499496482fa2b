//! The archive that a Word file is: what of it is read, and how much of it at most.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use crate::error::ReadError;

/// The largest file, bytes.
pub const FILE_BYTES: usize = 25 * 1024 * 1024;
/// The largest part that is read, bytes after inflation; and all parts together, as they claim.
const PART_BYTES: u64 = 32 * 1024 * 1024;
const CLAIMED_BYTES: u64 = 256 * 1024 * 1024;
/// Most parts.
const PARTS: usize = 2_000;
/// A part larger than this is at most so many times as large as what it was packed to: a form of
/// a thousand rows is some forty times.
const SMALL: u64 = 1024 * 1024;
const RATIO: u64 = 200;

/// What encrypted and older Word files begin with: a compound file.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// An archive that may be a Word file.
pub(crate) struct Archive<'a>(ZipSliceArchive<&'a [u8]>);

impl<'a> Archive<'a> {
    /// Opens it, and looks at what it holds without inflating any of it.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        if bytes.len() > FILE_BYTES {
            return Err(ReadError::TooLarge);
        }
        if bytes.starts_with(COMPOUND) {
            let package: Vec<u8> = "EncryptedPackage"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            let mut windows = bytes.windows(package.len());
            return Err(match windows.any(|window| window == package) {
                true => ReadError::Encrypted,
                false => ReadError::OldWord,
            });
        }
        if !bytes.starts_with(b"PK") {
            return Err(ReadError::NoWord);
        }
        let archive = ZipArchive::from_slice(bytes).map_err(|_| ReadError::Truncated)?;
        let opened = Self(archive);
        opened.look()?;
        Ok(opened)
    }

    fn look(&self) -> Result<(), ReadError> {
        let (mut count, mut claimed) = (0_usize, 0_u64);
        let mut entries = self.0.entries();
        while let Some(entry) = entries.next_entry().map_err(|_| ReadError::Truncated)? {
            count += 1;
            claimed = claimed.saturating_add(entry.uncompressed_size_hint());
            if count > PARTS || claimed > CLAIMED_BYTES {
                return Err(ReadError::Bomb);
            }
            let flags = entry.flags();
            if flags.is_encrypted() || flags.has_strong_encryption() {
                return Err(ReadError::Encrypted);
            }
            if name(&entry).to_lowercase().contains("vbaproject") {
                return Err(ReadError::Macros);
            }
        }
        Ok(())
    }

    /// A part as text, by its name; none where there is no such part.
    pub(crate) fn part(&self, wanted: &str) -> Result<Option<String>, ReadError> {
        let mut entries = self.0.entries();
        while let Some(entry) = entries.next_entry().map_err(|_| ReadError::Truncated)? {
            if name(&entry).eq_ignore_ascii_case(wanted) {
                return self.inflate(&entry).map(Some);
            }
        }
        Ok(None)
    }

    fn inflate(&self, entry: &ZipFileHeaderRecord<'_>) -> Result<String, ReadError> {
        let wayfinder = entry.wayfinder();
        let inside = self.0.get_entry(wayfinder);
        let inside = inside.map_err(|_| ReadError::Truncated)?;
        let data = inside.data();
        let packed = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let most = PART_BYTES.min(packed.saturating_mul(RATIO).max(SMALL));
        let mut bytes = Vec::new();
        let read = match entry.compression_method() {
            CompressionMethod::STORE => inside
                .verifying_reader(data)
                .take(most + 1)
                .read_to_end(&mut bytes),
            CompressionMethod::DEFLATE => inside
                .verifying_reader(DeflateDecoder::new(data))
                .take(most + 1)
                .read_to_end(&mut bytes),
            _ => return Err(ReadError::Damaged),
        };
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(ReadError::Bomb);
        }
        read.map_err(|_| ReadError::Damaged)?;
        String::from_utf8(bytes).map_err(|_| ReadError::Damaged)
    }
}

fn name(entry: &ZipFileHeaderRecord<'_>) -> String {
    let path = entry.file_path();
    let name = String::from_utf8_lossy(path.as_ref()).into_owned();
    name.trim_start_matches('/').replace('\\', "/")
}
