//! Rich text as Outlook packs it ([MS-OXRTFCP]).

use super::cursor::Cursor;

/// `COMPTYPE` ([MS-OXRTFCP], section 2.1.3.1.1).
const COMPRESSED: u32 = 0x7546_5A4C;
const UNCOMPRESSED: u32 = 0x414C_454D;
/// What the dictionary holds at first ([MS-OXRTFCP], section 2.1.2.1).
const BEGINNING: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \
    \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\
    \\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// Size of the dictionary, bytes; a power of two.
const DICTIONARY: usize = 4096;

/// Unpacks to at most `max` bytes. None where the sizes or the checksum are wrong ([MS-OXRTFCP],
/// section 3.1.3.2.1: such content is corrupt), where the end is missing, or where there is more.
pub(crate) fn unpack(packed: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(packed);
    // The rest of the header is counted with the content.
    let length = cursor.count()?.checked_sub(12)?;
    // The size once unpacked is not relied on: it is found out.
    cursor.four()?;
    let kind = cursor.four()?;
    let checksum = cursor.four()?;
    let content = cursor.take(length)?;
    match kind {
        COMPRESSED if crc(content) == checksum => expand(content, max),
        UNCOMPRESSED if content.len() <= max => Some(content.to_vec()),
        _ => None,
    }
}

/// The decompression ([MS-OXRTFCP], section 3.1.3.2): eight tokens to a control byte, each a
/// byte, or where in the dictionary and how many.
fn expand(content: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut out = Output {
        dictionary: [0; DICTIONARY],
        at: 0,
        bytes: Vec::new(),
        max,
    };
    for byte in BEGINNING {
        out.remember(*byte);
    }
    let mut cursor = Cursor::new(content);
    loop {
        let control = cursor.byte()?;
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                out.push(cursor.byte()?)?;
                continue;
            }
            let reference = usize::from(cursor.two()?.swap_bytes());
            let (from, length) = (reference >> 4, (reference & 15) + 2);
            if from == out.at {
                return Some(out.bytes);
            }
            out.repeat(from, length)?;
        }
    }
}

struct Output {
    dictionary: [u8; DICTIONARY],
    at: usize,
    bytes: Vec<u8>,
    max: usize,
}

impl Output {
    fn remember(&mut self, byte: u8) {
        if let Some(place) = self.dictionary.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % DICTIONARY;
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        self.remember(byte);
        self.bytes.push(byte);
        (self.bytes.len() <= self.max).then_some(())
    }

    /// What is repeated may be what is being written.
    fn repeat(&mut self, from: usize, length: usize) -> Option<()> {
        for step in 0..length {
            let byte = *self.dictionary.get((from + step) % DICTIONARY)?;
            self.push(byte)?;
        }
        Some(())
    }
}

/// The checksum ([MS-OXRTFCP], section 2.1.3.2): CRC-32, begun with zero and not inverted.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |crc: u32, byte| {
        let [low, ..] = crc.to_le_bytes();
        let known = TABLE.get(usize::from(low ^ byte)).copied();
        crc >> 8 ^ known.unwrap_or_default()
    })
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut entry: u32 = 0;
    while entry < 256 {
        let mut crc = entry;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[entry as usize] = crc;
        entry += 1;
    }
    table
}

#[cfg(test)]
mod tests;
