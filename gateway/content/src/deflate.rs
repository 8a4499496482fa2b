//! Decompression that stops at a limit (RFC 1951, RFC 1950).

use miniz_oxide::inflate::{
    TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

/// What came out, and whether it is all.
pub(crate) struct Inflated {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

/// How decompression ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// At the end of the stream.
    Whole,
    /// At the limit.
    Limit,
    /// At an error; what came before it may be what other programs read.
    Damaged,
}

/// Inflates a member of a ZIP archive.
pub(crate) fn raw(data: &[u8], most: usize) -> Inflated {
    done(decompress_to_vec_with_limit(data, most))
}

/// Inflates a `FlateDecode` stream of a PDF.
pub(crate) fn zlib(data: &[u8], most: usize) -> Inflated {
    done(decompress_to_vec_zlib_with_limit(data, most))
}

fn done(result: Result<Vec<u8>, miniz_oxide::inflate::DecompressError>) -> Inflated {
    match result {
        Ok(bytes) => Inflated {
            bytes,
            end: End::Whole,
        },
        Err(error) => Inflated {
            bytes: error.output,
            end: if error.status == TINFLStatus::HasMoreOutput {
                End::Limit
            } else {
                End::Damaged
            },
        },
    }
}
