//! How far a document is looked into.

/// What may be spent on one document. Beyond it the finding is [`crate::Finding::TooDeep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep documents may lie within each other; more than 8 is taken as 8.
    pub depth: usize,
    /// Most members, streams and objects read, of all archives and documents together.
    pub members: usize,
    /// Most bytes of one member or stream once decompressed.
    pub member_bytes: usize,
    /// Most bytes decompressed of all together.
    pub total_bytes: usize,
}

impl Limits {
    /// Nesting that the stack bears, whatever the caller asks for.
    pub(crate) const DEEPEST: usize = 8;
}

impl Default for Limits {
    /// 4 deep, 2,000 members, 8 MiB a member, 64 MiB together.
    fn default() -> Self {
        Self {
            depth: 4,
            members: 2000,
            member_bytes: 8 * 1024 * 1024,
            total_bytes: 64 * 1024 * 1024,
        }
    }
}
