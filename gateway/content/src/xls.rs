//! The workbook stream of Excel 97 (MS-XLS), as far as it says what is in the workbook.

use crate::Finding;
use crate::look::Look;

/// End of the substream with the workbook's own records (MS-XLS 2.4.103).
const EOF: u16 = 0x0a;
/// A password (2.4.117).
const FILE_PASS: u16 = 0x2f;
/// A sheet (2.4.28); its sixth byte is its kind, 1 a sheet of Excel 4 macros.
const BOUND_SHEET: u16 = 0x85;
const MACRO_SHEET: u8 = 1;

pub(crate) fn look(look: &mut Look, mut records: &[u8]) {
    while let [k0, k1, l0, l1, rest @ ..] = records {
        let kind = u16::from_le_bytes([*k0, *k1]);
        let (body, rest) = rest
            .split_at_checked(usize::from(u16::from_le_bytes([*l0, *l1])))
            .unwrap_or((rest, &[]));
        match kind {
            EOF => return,
            FILE_PASS => return look.find(Finding::EncryptedDocument),
            BOUND_SHEET if body.get(5) == Some(&MACRO_SHEET) => look.find(Finding::Macros),
            _ => {}
        }
        records = rest;
    }
}
