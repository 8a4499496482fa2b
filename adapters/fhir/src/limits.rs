//! How much is read of what comes from outside.

/// Bounds on one message. What goes beyond one is refused; nothing is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole message, attachments and all.
    pub whole: u64,
    /// Bytes of it that are not the base64 of attachments: what is held in memory.
    pub structure: u64,
    /// Objects and arrays within each other.
    pub depth: usize,
    /// Values of any kind.
    pub values: usize,
    /// Bytes of one string or name that is not an attachment's data.
    pub string: usize,
    /// Entries of a bundle, and contained resources.
    pub entries: usize,
    /// Attachments.
    pub attachments: usize,
    /// Characters of base64 of one attachment.
    pub attachment: u64,
}

/// 200 MiB of base64 an attachment, 256 MiB in all, 2 MiB of it in memory.
impl Default for Limits {
    fn default() -> Self {
        Self {
            whole: 256 * 1024 * 1024,
            structure: 2 * 1024 * 1024,
            depth: 32,
            values: 50_000,
            string: 128 * 1024,
            entries: 100,
            attachments: 50,
            attachment: 200 * 1024 * 1024,
        }
    }
}
