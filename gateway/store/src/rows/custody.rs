//! A person on the way from prison to prison.

use crate::row::table;

table! {
    /// A prison's word that a person is with it, and what became of it.
    covered CustodyClaimRow "custody_claim" {
        id: String,
        area: String,
        nominal: String,
        agency: String,
        holder: Option<String>,
        unit: String,
        person: String,
        since_on: String,
        named: Vec<u8>,
        state: String,
        claimed_at: i64,
        due_at: i64,
        overdue_at: Option<i64>,
        left_on: Option<String>,
        dispute: Option<Vec<u8>>,
        answered_by: Option<String>,
        answered_at: Option<i64>,
        reasons: Option<Vec<u8>>,
        closed_by: Option<String>,
        closed_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// What a prison owes that has begun to hold a person.
    covered HandOverRow "hand_over" {
        id: String,
        area: String,
        nominal: String,
        agency: String,
        unit: String,
        opened_at: i64,
        remind_at: i64,
        due_at: i64,
        reminded_at: Option<i64>,
        late_at: Option<i64>,
        exchange: Option<String>,
        ended_at: Option<i64>,
        updated_by: String,
    }
}
