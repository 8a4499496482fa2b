//! What is shared, and what was decided about it.

use crate::row::table;

table! {
    /// One act of sharing.
    covered ExchangeRow "exchange" {
        id: String,
        area: String,
        nominal: Option<String>,
        sender: String,
        sender_person: Option<String>,
        channel: String,
        proof: String,
        state: String,
        purpose: Option<String>,
        bases: String,
        emergency: i64,
        in_reply_to: Option<String>,
        particulars: Vec<u8>,
        policy: String,
        received_at: i64,
        updated_by: String,
    }
}

table! {
    /// A section or document of an exchange.
    covered ItemRow "item" {
        id: String,
        exchange: String,
        n: i64,
        title: Vec<u8>,
        category: String,
        owner: String,
        regime: String,
        about: String,
        nature: Option<String>,
        as_at: Option<String>,
        facts: String,
        media_type: String,
        size: i64,
        digest: Vec<u8>,
        salt: Vec<u8>,
        commitment: String,
        fingerprint: String,
        body: Option<Vec<u8>>,
        blob: Option<String>,
        blob_sha256: Option<String>,
        hold_wrap: Vec<u8>,
        retention_key: String,
        retention_wrap: Vec<u8>,
        corrects: Option<String>,
        supersedes: Option<String>,
        disputed: i64,
        retention_class: String,
        review_on: Option<String>,
        legal_hold: i64,
        restricted: i64,
        updated_by: String,
    }
}

table! {
    /// One cell of the matrix: what was decided for a recipient and an item, and on what facts.
    covered CellRow "cell" {
        id: String,
        exchange: String,
        item: String,
        recipient: String,
        person: Option<String>,
        outcome: String,
        obligations: String,
        reviewers: String,
        rules: String,
        question: String,
        policy: String,
        revision: i64,
        decided_at: i64,
        updated_by: String,
    }
}

table! {
    /// A cell waits for a role at an agency; or is looked at afterwards (an emergency).
    covered HoldRow "hold" {
        id: String,
        exchange: String,
        item: String,
        recipient: String,
        cell: String,
        role: String,
        agency: String,
        after: i64,
        state: String,
        since: i64,
        remind_at: i64,
        escalate_at: i64,
        reminded_at: Option<i64>,
        escalated_at: Option<i64>,
        decided_at: Option<i64>,
        decided_by: Option<String>,
        reasons: Option<Vec<u8>>,
        updated_by: String,
    }
}

table! {
    /// What a reviewer asks the sender of what is held, and the answer; both sealed.
    covered QuestionRow "question" {
        id: String,
        exchange: String,
        agency: String,
        role: String,
        asked_by: String,
        question: Vec<u8>,
        asked_at: i64,
        answered_by: Option<String>,
        answer: Option<Vec<u8>>,
        answered_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// Why somebody looked at what had not been delivered to them, in words, sealed.
    covered ReadingRow "reading" {
        id: String,
        person: String,
        area: String,
        what: String,
        object: Option<String>,
        reason: Vec<u8>,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// An exchange that its sender took back, and why, in words, sealed.
    covered WithdrawalRow "withdrawal" {
        id: String,
        area: String,
        agency: String,
        person: String,
        reasons: Vec<u8>,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// An idempotency key of an agency, and the exchange it made.
    plain IdempotencyRow "idempotency" {
        id: String,
        request: String,
        exchange: String,
        created_at: i64,
    }
}

table! {
    /// A sealed body in a file: staging until its exchange is recorded.
    plain BlobRow "blob" {
        id: String,
        state: String,
        created_at: i64,
    }
}
