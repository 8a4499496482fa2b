//! Hospital flags.

use crate::row::table;

table! {
    /// A flag at an acute trust, and its clock.
    covered HospitalFlagRow "hospital_flag" {
        id: String,
        area: String,
        nominal: String,
        agency: String,
        person: Option<String>,
        holder: String,
        unit: String,
        follows: Option<String>,
        decided_on: String,
        review_on: String,
        set_at: i64,
        remind_at: i64,
        review_at: i64,
        reminded_at: Option<i64>,
        ended_at: Option<i64>,
        ended_why: Option<String>,
        clear_due_at: Option<i64>,
        clear_late_at: Option<i64>,
        cleared_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// What happened to a flag; its words are sealed.
    covered HospitalFlagStepRow "hospital_flag_step" {
        id: String,
        flag: String,
        kind: String,
        agency: Option<String>,
        person: Option<String>,
        other: Option<String>,
        words: Option<Vec<u8>>,
        at: i64,
        updated_by: String,
    }
}
