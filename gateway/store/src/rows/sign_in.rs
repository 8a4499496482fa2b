//! Who is signed in, and how people join.

use crate::row::table;

table! {
    /// Somebody is signed in. `token` is the SHA-256 of the cookie's token, hexadecimal; `browser`
    /// and `network` are digests of where it was begun, keyed by the token.
    plain SessionRow "session" {
        id: String,
        token: String,
        person: String,
        agency: String,
        started_at: i64,
        proved_at: i64,
        seen_at: i64,
        ends_at: i64,
        browser: String,
        network: String,
        proof: String,
    }
}

table! {
    /// A session that was used from elsewhere, and of which its person has not been told.
    plain SessionMovedRow "session_moved" {
        id: String,
        person: String,
        differs: String,
        at: i64,
    }
}

table! {
    /// A security key or passkey. `credential` is the SHA-256 of its credential's id, `data` its
    /// public key and counter; the name is sealed.
    covered SecurityKeyRow "security_key" {
        id: String,
        person: String,
        credential: String,
        handle: String,
        data: String,
        name: Option<Vec<u8>>,
        added_at: i64,
        used_at: Option<i64>,
        state: String,
        updated_by: String,
    }
}

table! {
    /// A challenge that waits for a key's answer. `browser` is the SHA-256 of what the browser
    /// holds; `held` is sealed.
    plain CeremonyRow "key_ceremony" {
        id: String,
        browser: String,
        held: Vec<u8>,
        until_at: i64,
    }
}

table! {
    /// Failed attempts to sign in with an address, whose blind index the id is. `failures` is a
    /// JSON array of times.
    plain SignInFailureRow "sign_in_failure" {
        id: String,
        failures: String,
        locked_until: i64,
        at: i64,
    }
}

table! {
    /// A link that is good once: to join an agency, or to set a second factor anew. Name, address
    /// and how the person was checked are sealed; `token` is the SHA-256 of the link's token.
    covered InvitationRow "invitation" {
        id: String,
        agency: String,
        kind: String,
        person: Option<String>,
        name: Option<Vec<u8>>,
        email: Option<Vec<u8>>,
        email_index: String,
        role: Option<String>,
        token: String,
        by_person: String,
        checked: Option<Vec<u8>>,
        made_at: i64,
        until_at: i64,
        state: String,
        updated_by: String,
    }
}
