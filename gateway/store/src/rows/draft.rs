//! What is being written.

use crate::row::table;

table! {
    /// What a person is writing. `content` is sealed under that person's key.
    plain DraftRow "draft" {
        id: String,
        person: String,
        revision: i64,
        content: Vec<u8>,
        created_at: i64,
        saved_at: i64,
    }
}

table! {
    /// A file of a draft. `about` is sealed; `size` is what was announced; `state` is `arriving`
    /// or `whole`.
    plain DraftFileRow "draft_file" {
        id: String,
        draft: String,
        about: Vec<u8>,
        size: i64,
        state: String,
        created_at: i64,
    }
}

table! {
    /// A piece of a draft's file, sealed to a key that is sealed in `body_key`.
    plain DraftPartRow "draft_part" {
        id: String,
        file: String,
        from_byte: i64,
        size: i64,
        body_key: Vec<u8>,
        body: Option<Vec<u8>>,
        blob: Option<String>,
        blob_sha256: Option<String>,
    }
}

table! {
    /// A form that came too late. `content` is sealed under its person's key.
    plain KeptFormRow "kept_form" {
        id: String,
        person: String,
        path: String,
        content: Vec<u8>,
        kept_at: i64,
    }
}
