//! Secure email.

use crate::row::table;

table! {
    /// An S/MIME certificate of an agency or of a person there, sealed; its id is the SHA-256 of
    /// its DER form, hexadecimal.
    covered MailCertificateRow "mail_certificate" {
        id: String,
        agency: String,
        person: Option<String>,
        certificate: Vec<u8>,
        profile: String,
        state: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// What could not be taken as an exchange, kept whole and apart. Who it claims to be from is
    /// sealed.
    covered QuarantineRow "quarantine" {
        id: String,
        area: String,
        channel: String,
        reason: String,
        claimed: Vec<u8>,
        agency: Option<String>,
        addressed: String,
        size: i64,
        body: Option<Vec<u8>>,
        blob: Option<String>,
        blob_sha256: Option<String>,
        hold_wrap: Vec<u8>,
        state: String,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// The reference by which an agency's mails about an exchange are known again.
    plain ThreadRow "thread" {
        id: String,
        exchange: String,
        agency: String,
        created_at: i64,
    }
}

table! {
    /// A mail to be sent: its recipient, and its bytes once they are built, are sealed.
    plain MailOutRow "mail_out" {
        id: String,
        kind: String,
        subject: String,
        area: String,
        exchange: Option<String>,
        delivery: Option<String>,
        agency: String,
        recipient: Vec<u8>,
        key: Option<Vec<u8>>,
        body: Option<Vec<u8>>,
        blob: Option<String>,
        details: Option<Vec<u8>>,
        state: String,
        attempts: i64,
        next_at: i64,
        status: Option<String>,
        created_at: i64,
        sent_at: Option<i64>,
    }
}
