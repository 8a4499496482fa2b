//! Areas, agencies and their people.

use crate::row::table;

table! {
    /// An area: one set of MAPPA arrangements, one log.
    covered AreaRow "area" {
        id: String,
        name: String,
        settings: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// An agency.
    covered AgencyRow "agency" {
        id: String,
        name: String,
        kind: String,
        regime: String,
        channel: String,
        custody: String,
        email: Option<String>,
        overseas: i64,
        state: String,
        signed_on: Option<String>,
        signed_until: Option<String>,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// An agency works in an area.
    covered MembershipRow "membership" {
        id: String,
        agency: String,
        area: String,
        created_at: i64,
        until_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// A client certificate by which a system of the agency calls.
    covered CredentialRow "credential" {
        id: String,
        agency: String,
        fingerprint: String,
        state: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// A person at an agency. Name and address are sealed.
    covered PersonRow "person" {
        id: String,
        agency: String,
        name: Vec<u8>,
        email: Vec<u8>,
        email_index: String,
        state: String,
        password: Option<String>,
        totp: Option<Vec<u8>>,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// A person holds a role, from a date, until another; as a deputy or in full.
    covered AppointmentRow "appointment" {
        id: String,
        person: String,
        agency: String,
        role: String,
        deputy: i64,
        from_at: i64,
        until_at: Option<i64>,
        updated_by: String,
    }
}

table! {
    /// A person is away.
    covered AbsenceRow "absence" {
        id: String,
        person: String,
        from_at: i64,
        until_at: i64,
        updated_by: String,
    }
}
