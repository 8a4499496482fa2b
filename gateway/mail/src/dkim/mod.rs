//! DKIM (RFC 6376, RFC 8463) and DMARC (RFC 7489, RFC 9989), by `mail-auth`: signs what goes
//! out, and says of what comes in whether its From domain is proved.
//!
//! What passes is narrower here than the standards allow: see [`authenticate`].

mod resolver;
mod sign;
mod verify;

pub use resolver::{Resolver, ResolverError};
pub use sign::{DkimKeyError, DkimSigner};
pub use verify::{Authentication, Covered, DmarcPolicy, Unproved, authenticate};
