//! The rows: one declaration a table, by what they are about.

mod agency;
mod custody;
mod delivery;
mod draft;
mod exchange;
mod flag;
mod form;
mod health;
mod mail;
mod mesh;
mod nominal;
mod sign_in;

pub use self::agency::{
    AbsenceRow, AgencyRow, AppointmentRow, AreaRow, CredentialRow, MembershipRow, PersonRow,
};
pub use self::custody::{CustodyClaimRow, HandOverRow};
pub use self::delivery::{DeliveryRow, DeliveryStepRow, NoticeRow, WrapRow};
pub use self::draft::{DraftFileRow, DraftPartRow, DraftRow, KeptFormRow};
pub use self::exchange::{
    BlobRow, CellRow, ExchangeRow, HoldRow, IdempotencyRow, ItemRow, QuestionRow, ReadingRow,
    WithdrawalRow,
};
pub use self::flag::{HospitalFlagRow, HospitalFlagStepRow};
pub use self::form::{FormRequestRow, FormSentRow, FormUseRow};
pub use self::health::{HealthRequestRow, HealthStepRow, HealthTaskRow};
pub use self::mail::{MailCertificateRow, MailOutRow, QuarantineRow, ThreadRow};
pub use self::mesh::{AgencyRouteRow, MeshInRow, MeshMailboxRow, MeshOutRow};
pub use self::nominal::{
    AttendanceRow, LevelChangeRow, MeetingRow, NominalActRow, NominalIdentifierRow, NominalRow,
    PartRow,
};
pub use self::sign_in::{
    CeremonyRow, InvitationRow, SecurityKeyRow, SessionMovedRow, SessionRow, SignInFailureRow,
};

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
    "health_request",
    "health_step",
    "health_task",
    "hospital_flag",
    "hospital_flag_step",
    "withdrawal",
    "mail_certificate",
    "mesh_mailbox",
    "agency_route",
    "quarantine",
    "reading",
    "question",
    "invitation",
    "security_key",
];
