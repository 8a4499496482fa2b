//! Beside OpenSSL's own command line: what it makes we read, and what we make it reads.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod opens_what_openssl_encrypts;
mod openssl_reads_what_we_write;
mod proves_who_signed;
mod remembers_certificates;
mod support;
