//! The portal in process, on the embedded database: every route for everybody whom it is not for,
//! a session that was carried off, and many messages taken away at once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod bulk;
mod health;
mod moved;
mod strangers;
mod table;
mod world;
