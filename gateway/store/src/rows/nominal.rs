//! The persons managed, and meetings about them.

use crate::row::table;

table! {
    /// One person managed under the arrangements.
    covered NominalRow "nominal" {
        id: String,
        area: String,
        state: String,
        merged_into: Option<String>,
        level: i64,
        category: i64,
        lead_agency: Option<String>,
        trust: Option<String>,
        gp: Option<Vec<u8>>,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// An identifier of a nominal: sealed, and blind-indexed where unique.
    covered NominalIdentifierRow "nominal_identifier" {
        id: String,
        nominal: String,
        kind: String,
        value: Vec<u8>,
        blind: Option<String>,
        created_at: i64,
        until_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// An agency's dated part in a nominal: partner, associate, or custody.
    covered PartRow "part" {
        id: String,
        nominal: String,
        agency: String,
        kind: String,
        from_at: i64,
        until_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// A meeting about a nominal.
    covered MeetingRow "meeting" {
        id: String,
        nominal: String,
        held_on: String,
        level: i64,
        kind: String,
        updated_by: String,
    }
}

table! {
    /// An agency on the attendance list of a meeting.
    covered AttendanceRow "attendance" {
        id: String,
        meeting: String,
        nominal: String,
        agency: String,
        manner: String,
        updated_by: String,
    }
}

table! {
    /// Why a nominal's level was changed.
    covered LevelChangeRow "level_change" {
        id: String,
        nominal: String,
        level: i64,
        rationale: Vec<u8>,
        at: i64,
        updated_by: String,
    }
}

table! {
    /// What a coordinator did to a nominal, and why, in words, sealed.
    covered NominalActRow "nominal_act" {
        id: String,
        area: String,
        nominal: String,
        exchange: Option<String>,
        person: String,
        what: String,
        reasons: Vec<u8>,
        at: i64,
        updated_by: String,
    }
}
