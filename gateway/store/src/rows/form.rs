//! Forms: asked for, sent, used.

use crate::row::table;

table! {
    /// An exchange that is a form.
    covered FormSentRow "form_sent" {
        id: String,
        form: String,
        version: String,
        agency: String,
        person: Option<String>,
        after: Option<String>,
        corrects: Option<String>,
        sent_at: i64,
        updated_by: String,
    }
}

table! {
    /// A form that an agency is asked for.
    covered FormRequestRow "form_request" {
        id: String,
        area: String,
        nominal: String,
        form: String,
        agency: String,
        unit: String,
        person: String,
        meeting_on: String,
        asked_at: i64,
        remind_at: i64,
        due_at: i64,
        reminded_at: Option<i64>,
        late_at: Option<i64>,
        exchange: Option<String>,
        answered_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// How a meeting used a form.
    covered FormUseRow "form_use" {
        id: String,
        area: String,
        nominal: String,
        meeting_on: String,
        effect: Vec<u8>,
        person: String,
        at: i64,
        updated_by: String,
    }
}
