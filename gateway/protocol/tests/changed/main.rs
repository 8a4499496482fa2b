//! What a changed policies folder does: it holds and decides as said, or it does not load.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod folder;
mod loading;
mod semantics;
