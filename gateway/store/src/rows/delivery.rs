//! What goes to whom.

use crate::row::table;

table! {
    /// What goes to one agency at one time.
    covered DeliveryRow "delivery" {
        id: String,
        exchange: String,
        agency: String,
        person: Option<String>,
        channel: String,
        state: String,
        obligations: String,
        created_at: i64,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// A state that a delivery passed through.
    covered DeliveryStepRow "delivery_step" {
        id: String,
        delivery: String,
        state: String,
        channel: String,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// An item's key, sealed to one reader: the permit itself.
    covered WrapRow "wrap" {
        id: String,
        exchange: String,
        item: String,
        agency: String,
        person: Option<String>,
        delivery: String,
        n: i64,
        wrap: Vec<u8>,
        key_id: String,
        obligations: String,
        expires_at: Option<i64>,
        state: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// A role at an agency is told, or has something to consider.
    covered NoticeRow "notice" {
        id: String,
        exchange: Option<String>,
        nominal: Option<String>,
        agency: String,
        role: String,
        kind: String,
        created_at: i64,
        due_at: Option<i64>,
        done_at: Option<i64>,
        updated_by: String,
    }
}
