//! The rows: one declaration a table.

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

table! {
    /// Somebody is signed in. `token` is the SHA-256 of the cookie's token, hexadecimal; `browser`
    /// and `network` are digests of where it was begun, keyed by the token.
    plain SessionRow "session" {
        id: String,
        token: String,
        person: String,
        agency: String,
        started_at: i64,
        proved_at: i64,
        seen_at: i64,
        ends_at: i64,
        browser: String,
        network: String,
        proof: String,
    }
}

table! {
    /// A session that was used from elsewhere, and of which its person has not been told.
    plain SessionMovedRow "session_moved" {
        id: String,
        person: String,
        differs: String,
        at: i64,
    }
}

table! {
    /// A security key or passkey. `credential` is the SHA-256 of its credential's id, `data` its
    /// public key and counter; the name is sealed.
    covered SecurityKeyRow "security_key" {
        id: String,
        person: String,
        credential: String,
        handle: String,
        data: String,
        name: Option<Vec<u8>>,
        added_at: i64,
        used_at: Option<i64>,
        state: String,
        updated_by: String,
    }
}

table! {
    /// A challenge that waits for a key's answer. `browser` is the SHA-256 of what the browser
    /// holds; `held` is sealed.
    plain CeremonyRow "key_ceremony" {
        id: String,
        browser: String,
        held: Vec<u8>,
        until_at: i64,
    }
}

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

table! {
    /// Failed attempts to sign in with an address, whose blind index the id is. `failures` is a
    /// JSON array of times.
    plain SignInFailureRow "sign_in_failure" {
        id: String,
        failures: String,
        locked_until: i64,
        at: i64,
    }
}

table! {
    /// A link that is good once: to join an agency, or to set a second factor anew. Name, address
    /// and how the person was checked are sealed; `token` is the SHA-256 of the link's token.
    covered InvitationRow "invitation" {
        id: String,
        agency: String,
        kind: String,
        person: Option<String>,
        name: Option<Vec<u8>>,
        email: Option<Vec<u8>>,
        email_index: String,
        role: Option<String>,
        token: String,
        by_person: String,
        checked: Option<Vec<u8>>,
        made_at: i64,
        until_at: i64,
        state: String,
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

/// The tables that the log covers.
pub const COVERED: &[&str] = &[
    "area",
    "agency",
    "membership",
    "credential",
    "person",
    "appointment",
    "absence",
    "nominal",
    "nominal_identifier",
    "part",
    "meeting",
    "attendance",
    "exchange",
    "item",
    "cell",
    "hold",
    "delivery",
    "delivery_step",
    "wrap",
    "notice",
    "level_change",
    "nominal_act",
    "form_sent",
    "form_request",
    "form_use",
    "custody_claim",
    "hand_over",
    "withdrawal",
    "mail_certificate",
    "quarantine",
    "reading",
    "question",
    "invitation",
    "security_key",
];

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
