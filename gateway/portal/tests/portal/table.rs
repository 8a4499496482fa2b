//! What is expected of each route: whom it is for, what its parameters are the ids of, what a
//! form for it brings, and who may have what London has. A route that is not here fails.

use gateway_core::Role;

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Whoever is signed in.
    Anyone,
    /// Those with a role at a coordination unit; for other agencies there is no such page.
    Unit(Role),
    /// Whoever manages the people of their agency.
    Manages,
    /// A single point of contact, and no deputy.
    Spoc,
}

/// Somebody of London who may have it: agency and name.
pub type Owner = Option<(&'static str, &'static str)>;

/// A route, whom it is for, its parameters (`=` before a word that is no id), the form, and who
/// may have London's.
pub type Row = (
    &'static str,
    Gate,
    &'static [&'static str],
    &'static str,
    Owner,
);

use Gate::{Anyone, Manages, Spoc, Unit};
use Role::{Auditor, Coordinator};

const READER: Owner = Some(("london-probation", "officer"));
const WRITER: Owner = Some(("met-police", "officer"));
const FILLS: Owner = Some(("london-prison", "officer"));
const GUARDIAN: Owner = Some(("london-trust", "guardian"));
const CONTACT: Owner = Some(("met-police", "spoc"));
const UNIT: Owner = Some(("london-coordination", "coordinator"));
const AUDIT: Owner = Some(("london-coordination", "auditor"));
const LATER: &str = "person=x&from-day=3&from-month=3&from-year=2026&until-day=4&until-month=3";
const PARTNER: &str = "agency=kent-police&from-day=2&from-month=3&from-year=2026&reasons=because";

/// Every route that needs somebody signed in, in the router's order.
pub const ROUTES: &[Row] = &[
    ("GET /", Anyone, &[], "", None),
    ("GET /inbox", Anyone, &[], "", None),
    ("GET /sent", Anyone, &[], "", None),
    ("GET /messages/{id}", Anyone, &["message"], "", READER),
    (
        "POST /messages/{id}/acknowledge",
        Anyone,
        &["message"],
        "",
        READER,
    ),
    (
        "GET /messages/{id}/documents/{n}",
        Anyone,
        &["message", "=1"],
        "",
        READER,
    ),
    // Of those who hold their own key alone.
    (
        "GET /messages/{id}/documents/{n}/key",
        Anyone,
        &["message", "=1"],
        "",
        None,
    ),
    (
        "GET /messages/{id}/receipt",
        Anyone,
        &["message"],
        "",
        READER,
    ),
    ("GET /sessions", Anyone, &[], "", None),
    ("POST /sessions/{id}", Anyone, &["session"], "", WRITER),
    ("GET /sign-in/again", Anyone, &[], "", None),
    ("POST /sign-in/again", Anyone, &[], "", None),
    ("GET /sign-in/moved", Anyone, &[], "", None),
    ("POST /sign-in/moved", Anyone, &[], "", None),
    ("POST /sign-out", Anyone, &[], "", None),
    ("GET /messages/new", Anyone, &[], "", None),
    ("POST /messages/new", Anyone, &[], "do=save", None),
    ("GET /messages/{id}/reply", Anyone, &["message"], "", READER),
    (
        "POST /messages/{id}/reply",
        Anyone,
        &["message"],
        "",
        READER,
    ),
    ("GET /drafts", Anyone, &[], "", None),
    ("GET /drafts/{id}", Anyone, &["draft"], "", WRITER),
    (
        "POST /drafts/{id}",
        Anyone,
        &["draft"],
        "revision=1&do=save&title=Other",
        WRITER,
    ),
    ("POST /drafts/{id}/delete", Anyone, &["draft"], "", WRITER),
    ("GET /drafts/{id}/check", Anyone, &["draft"], "", WRITER),
    (
        "POST /drafts/{id}/send",
        Anyone,
        &["draft"],
        "revision=1",
        WRITER,
    ),
    (
        "POST /drafts/{id}/files",
        Anyone,
        &["draft"],
        "name=a&type=text/plain&size=1",
        WRITER,
    ),
    (
        "GET /drafts/{id}/files/{n}",
        Anyone,
        &["draft", "file"],
        "",
        WRITER,
    ),
    (
        "POST /drafts/{id}/files/{n}",
        Anyone,
        &["draft", "file"],
        "",
        WRITER,
    ),
    ("GET /forms", Anyone, &[], "", None),
    ("GET /forms/{form}/new", Anyone, &["=annex-f"], "", None),
    ("POST /forms/{form}/new", Anyone, &["=annex-f"], "", None),
    ("GET /forms/draft/{id}", Anyone, &["paper"], "", FILLS),
    ("GET /forms/draft/{id}/check", Anyone, &["paper"], "", FILLS),
    (
        "POST /forms/draft/{id}/check",
        Anyone,
        &["paper"],
        "do=update",
        FILLS,
    ),
    (
        "GET /forms/draft/{id}/{section}",
        Anyone,
        &["paper", "=custody"],
        "",
        FILLS,
    ),
    (
        "POST /forms/draft/{id}/{section}",
        Anyone,
        &["paper", "=custody"],
        "asked=wing&in-wing=B",
        FILLS,
    ),
    (
        "GET /forms/draft/{id}/{section}/{field}",
        Anyone,
        &["paper", "=custody", "=previous"],
        "",
        FILLS,
    ),
    (
        "POST /forms/draft/{id}/{section}/{field}",
        Anyone,
        &["paper", "=custody", "=previous"],
        "none=yes",
        FILLS,
    ),
    (
        "GET /forms/draft/{id}/{section}/{field}/{row}",
        Anyone,
        &["paper", "=custody", "=previous", "=new"],
        "",
        FILLS,
    ),
    (
        "POST /forms/draft/{id}/{section}/{field}/{row}",
        Anyone,
        &["paper", "=custody", "=previous", "=new"],
        "in-code=LEI",
        FILLS,
    ),
    ("GET /messages/{id}/form", Anyone, &["message"], "", READER),
    ("GET /sent/{id}", Anyone, &["message"], "", WRITER),
    (
        "GET /messages/{id}/form.pdf",
        Anyone,
        &["message"],
        "",
        READER,
    ),
    ("GET /sent/{id}/form.pdf", Anyone, &["message"], "", WRITER),
    (
        "GET /forms/draft/{id}/form.pdf",
        Anyone,
        &["paper"],
        "",
        FILLS,
    ),
    ("GET /kept/{id}", Anyone, &["kept"], "", WRITER),
    ("POST /kept/{id}/delete", Anyone, &["kept"], "", WRITER),
    ("GET /holds", Anyone, &[], "", None),
    ("GET /holds/{id}", Anyone, &["held"], "", GUARDIAN),
    (
        "POST /holds/{id}",
        Anyone,
        &["held"],
        "decision=refuse&reasons=because",
        GUARDIAN,
    ),
    (
        "GET /holds/{id}/documents/{n}",
        Anyone,
        &["held", "=1"],
        "",
        GUARDIAN,
    ),
    (
        "POST /messages/{id}/answer",
        Anyone,
        &["held"],
        "question={question}&answer=Him",
        WRITER,
    ),
    ("GET /coordination", Unit(Coordinator), &[], "", None),
    (
        "POST /coordination/reason",
        Unit(Coordinator),
        &[],
        "reason=because&next=/unmatched",
        None,
    ),
    ("GET /quarantine", Unit(Coordinator), &[], "", None),
    (
        "GET /quarantine/{id}",
        Unit(Coordinator),
        &["apart"],
        "",
        UNIT,
    ),
    (
        "POST /quarantine/{id}",
        Unit(Coordinator),
        &["apart"],
        "reason=because",
        UNIT,
    ),
    ("GET /unmatched", Unit(Coordinator), &[], "", None),
    (
        "POST /unmatched/{id}",
        Unit(Coordinator),
        &["unmatched"],
        "nominal={nominal}&reasons=because",
        UNIT,
    ),
    ("GET /incomplete", Unit(Coordinator), &[], "", None),
    ("GET /overdue", Unit(Coordinator), &[], "", None),
    ("GET /undelivered", Unit(Coordinator), &[], "", None),
    ("GET /notices", Anyone, &[], "", None),
    ("GET /agency/people", Manages, &[], "", None),
    ("GET /agency/people/invite", Manages, &[], "", None),
    ("POST /agency/people/invite", Manages, &[], "name=x", None),
    (
        "POST /agency/people/invitations/{id}/withdraw",
        Manages,
        &["invitation"],
        "",
        CONTACT,
    ),
    ("GET /agency/people/deputy", Spoc, &[], "", None),
    ("POST /agency/people/deputy", Spoc, &[], LATER, None),
    (
        "POST /agency/people/deputies/{id}/end",
        Spoc,
        &["deputy"],
        "",
        CONTACT,
    ),
    ("GET /agency/people/{id}", Manages, &["person"], "", CONTACT),
    (
        "GET /agency/people/{id}/reset",
        Manages,
        &["person"],
        "",
        CONTACT,
    ),
    (
        "POST /agency/people/{id}/reset",
        Manages,
        &["person"],
        "lost=factor&checked=by+sight",
        CONTACT,
    ),
    (
        "GET /agency/people/{id}/suspend",
        Manages,
        &["person"],
        "",
        CONTACT,
    ),
    (
        "POST /agency/people/{id}/suspend",
        Manages,
        &["person"],
        "",
        CONTACT,
    ),
    (
        "POST /agency/people/{id}/restore",
        Manages,
        &["person"],
        "",
        CONTACT,
    ),
    ("GET /nominals", Anyone, &[], "", None),
    ("GET /nominals/list", Unit(Coordinator), &[], "", None),
    (
        "POST /nominals/list",
        Unit(Coordinator),
        &[],
        "why=meeting",
        None,
    ),
    ("GET /nominals/{ref}", Anyone, &["nominal"], "", UNIT),
    (
        "POST /nominals/{ref}",
        Anyone,
        &["nominal"],
        "why=meeting",
        UNIT,
    ),
    (
        "GET /nominals/{ref}/events/{event}/proof",
        Anyone,
        &["nominal", "event"],
        "",
        UNIT,
    ),
    (
        "GET /nominals/{ref}/change/{what}",
        Anyone,
        &["nominal", "=partner"],
        "",
        UNIT,
    ),
    (
        "POST /nominals/{ref}/change/{what}",
        Anyone,
        &["nominal", "=partner"],
        PARTNER,
        UNIT,
    ),
    (
        "GET /nominals/{ref}/messages/{id}/move",
        Anyone,
        &["nominal", "message"],
        "",
        UNIT,
    ),
    (
        "POST /nominals/{ref}/messages/{id}/move",
        Anyone,
        &["nominal", "message"],
        "reasons=because",
        UNIT,
    ),
    ("GET /may-i-share", Anyone, &[], "", None),
    ("POST /may-i-share", Anyone, &[], "", None),
    ("GET /audit", Unit(Auditor), &[], "", None),
    ("GET /audit/events.csv", Unit(Auditor), &[], "", None),
    (
        "GET /audit/events/{id}",
        Unit(Auditor),
        &["event"],
        "",
        AUDIT,
    ),
    (
        "GET /audit/events/{id}/proof",
        Unit(Auditor),
        &["event"],
        "",
        AUDIT,
    ),
    ("GET /audit/counts", Unit(Auditor), &[], "", None),
    ("GET /audit/counts.csv", Unit(Auditor), &[], "", None),
    ("GET /inbox/download", Anyone, &[], "", None),
    ("POST /inbox/download", Anyone, &[], "", None),
    ("GET /sign-in/again/key", Anyone, &[], "", None),
    ("POST /sign-in/again/key", Anyone, &[], "", None),
    ("GET /security", Anyone, &[], "", None),
    ("GET /security/app/new", Anyone, &[], "", None),
    ("POST /security/app/new", Anyone, &[], "", None),
    ("GET /security/keys/new", Anyone, &[], "", None),
    ("POST /security/keys/new", Anyone, &[], "", None),
    (
        "GET /security/keys/{id}/remove",
        Anyone,
        &["key"],
        "",
        WRITER,
    ),
    (
        "POST /security/keys/{id}/remove",
        Anyone,
        &["key"],
        "",
        WRITER,
    ),
];
