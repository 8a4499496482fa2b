//! Requests for health information.

use crate::row::table;

table! {
    /// A request for health information, and its clock.
    covered HealthRequestRow "health_request" {
        id: String,
        area: String,
        nominal: String,
        agency: String,
        person: Option<String>,
        holder: String,
        unit: String,
        level: i64,
        urgency: String,
        asked_at: i64,
        remind_at: i64,
        due_at: i64,
        reminded_at: Option<i64>,
        late_at: Option<i64>,
        accepted_at: Option<i64>,
        outcome: Option<String>,
        reason: Option<String>,
        answer: Option<String>,
        answered_at: Option<i64>,
        stage: Option<String>,
        stage_due_at: Option<i64>,
        closed_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// What happened to a request; its words are sealed.
    covered HealthStepRow "health_step" {
        id: String,
        request: String,
        kind: String,
        agency: String,
        person: Option<String>,
        other: Option<String>,
        words: Option<Vec<u8>>,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// A question of a request, given to a colleague; the answer is sealed.
    covered HealthTaskRow "health_task" {
        id: String,
        request: String,
        agency: String,
        question: String,
        person: String,
        given_by: String,
        given_at: i64,
        answer: Option<Vec<u8>>,
        signed_at: Option<i64>,
        updated_by: String,
    }
}
