//! A health information request and its answer, in plain structs: what the flow fills and what it
//! is given. Nothing here is FHIR's.

use gateway_core::{AgencyId, Id, Personal, Purpose};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::codes::{
    AnswerCode, BasisCode, ConsentCode, HealthCategory, NotSoughtReason, QuestionCode, RefusalCode,
    State, Urgency,
};

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its short name at the gateway.
    pub id: AgencyId,
    /// Its name; one line of at most 200 characters.
    pub name: String,
}

/// The health body that is asked, or that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Its short name and its name.
    pub agency: Agency,
    /// Its code at the Organisation Data Service: up to 12 letters and digits.
    pub ods_code: Option<String>,
}

/// A person at an agency and where to reach that person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// One line of at most 200 characters.
    pub name: Personal<String>,
    /// An electronic mail address of at most 254 characters.
    pub address: Personal<String>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The agency.
    pub agency: Agency,
    /// The person, and the safe address for the answer.
    pub contact: Contact,
    /// The person's role in words; one line of at most 200 characters.
    pub role: String,
}

/// Whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Family name.
    pub family: Personal<String>,
    /// Given names, one line, single spaces between them.
    pub given: Personal<String>,
    /// Other names the person has or had, each as one line; at most 20.
    pub former_names: Vec<Personal<String>>,
    /// Date of birth.
    pub born: Personal<Date>,
    /// NHS number in ten digits, its check digit right.
    pub nhs_number: Option<Personal<String>>,
    /// Where the person lives or stays, as text of at most 500 characters.
    pub address: Option<Personal<String>>,
    /// The practice where the person is registered; one line of at most 200 characters.
    pub gp_practice: Option<Personal<String>>,
}

/// How the person is managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mappa {
    /// Category, one to four.
    pub category: u8,
    /// Level, one to three.
    pub level: u8,
    /// The agency that leads the case.
    pub lead: Agency,
    /// The day of the next meeting.
    pub next_meeting: Option<Date>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id within the request: up to 64 letters, digits, hyphens and full stops.
    pub id: String,
    /// What it asks for.
    pub code: QuestionCode,
    /// The question itself, at most 4,000 characters.
    pub text: Personal<String>,
}

/// What was done about the person's consent to the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Given on that day.
    Given(Date),
    /// Sought, and no answer yet.
    Sought,
    /// Refused.
    Refused,
    /// Not sought, because.
    NotSought(NotSoughtReason),
}

impl Consent {
    /// Its code.
    pub const fn code(&self) -> ConsentCode {
        match self {
            Self::Given(_) => ConsentCode::Given,
            Self::Sought => ConsentCode::Sought,
            Self::Refused => ConsentCode::Refused,
            Self::NotSought(_) => ConsentCode::NotSought,
        }
    }
}

/// Why nothing, or not all, is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: RefusalCode,
    /// More, in words of at most 4,000 characters; needed with [`RefusalCode::Other`].
    pub words: Option<Personal<String>>,
}

/// A request for health information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id, a `UUIDv7`.
    pub id: Id,
    /// When it was sent, UTC.
    pub sent: Timestamp,
    /// When it or its state last changed, UTC.
    pub changed: Timestamp,
    /// Where it is.
    pub state: State,
    /// Why it was refused: there if and only if the state is [`State::Refused`].
    pub refusal: Option<Refusal>,
    /// The MAPPA area; one line of at most 200 characters.
    pub area: String,
    /// Who asks.
    pub requester: Requester,
    /// The coordinator, who gets a copy.
    pub coordinator: Contact,
    /// Whom it is about.
    pub subject: Subject,
    /// How the person is managed.
    pub mappa: Mappa,
    /// Why it is asked.
    pub purpose: Purpose,
    /// Risk of serious harm to whom, why now, which decision it serves; at most 4,000 characters.
    pub necessity: Personal<String>,
    /// Legal bases offered, a line each; one to 20.
    pub bases: Vec<String>,
    /// The questions; one to 50, each with an id of its own.
    pub questions: Vec<Question>,
    /// What was done about consent.
    pub consent: Consent,
    /// More about consent, in words of at most 1,000 characters.
    pub consent_words: Option<Personal<String>>,
    /// When the answer is needed, UTC.
    pub deadline: Timestamp,
    /// How soon.
    pub urgency: Urgency,
    /// Who will see the answer, a line each; one to 50.
    pub readers: Vec<String>,
    /// How long the answer is kept; one line of at most 200 characters.
    pub retention: String,
    /// Whether the person may be told of the request.
    pub may_be_told: bool,
    /// Whom it asks.
    pub trust: Trust,
    /// The trust's single point of contact, who has it now.
    pub owner: Option<Contact>,
}

/// What kind of answer it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// All that was asked for.
    Full,
    /// Some of it; why not all, where that is said.
    Partial(Option<Refusal>),
    /// The person is known, and nothing of it is held.
    NilHeld,
    /// The person is not known.
    NotKnownToService,
    /// Another body holds it: which; one line of at most 200 characters.
    Redirected(String),
    /// Nothing is given.
    Refused(Refusal),
}

impl Kind {
    /// Its code.
    pub const fn code(&self) -> AnswerCode {
        match self {
            Self::Full => AnswerCode::Full,
            Self::Partial(_) => AnswerCode::Partial,
            Self::NilHeld => AnswerCode::NilHeld,
            Self::NotKnownToService => AnswerCode::NotKnown,
            Self::Redirected(_) => AnswerCode::Redirected,
            Self::Refused(_) => AnswerCode::Refused,
        }
    }
}

/// On what basis a health body gives information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The person consented on that day.
    Consent(Date),
    /// The public interest.
    PublicInterest,
}

impl Basis {
    /// Its code.
    pub const fn code(&self) -> BasisCode {
        match self {
            Self::Consent(_) => BasisCode::Consent,
            Self::PublicInterest => BasisCode::PublicInterest,
        }
    }
}

/// One question's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The id of the question, as the request has it.
    pub question: String,
    /// What the question asks for.
    pub code: QuestionCode,
    /// The category of what is said.
    pub category: HealthCategory,
    /// The answer, at most 20,000 characters.
    pub text: Personal<String>,
}

/// A document that comes with an answer. Its bytes are elsewhere: with the source that the writer
/// reads, or the sink that the reader fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The how many-th attachment of the source or the sink it is, from nought.
    pub index: usize,
    /// Its title; one line of at most 200 characters.
    pub title: Personal<String>,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// Its size in bytes, one to 2,147,483,647 (R4, unsignedInt; no value of R4's is empty).
    pub size: u64,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The category of what it says.
    pub category: HealthCategory,
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its id, a `UUIDv7`.
    pub id: Id,
    /// The id of the request that it answers.
    pub request: Id,
    /// When it was given, UTC.
    pub sent: Timestamp,
    /// More is to come. A refusal is never interim.
    pub interim: bool,
    /// What kind it is.
    pub kind: Kind,
    /// Who answers.
    pub trust: Trust,
    /// The clinician who answers; one line of at most 200 characters.
    pub clinician: Option<Personal<String>>,
    /// On what basis it is given.
    pub basis: Option<Basis>,
    /// NHS number of the person, for the reader to compare with the request's.
    pub nhs_number: Option<Personal<String>>,
    /// The answers, at most 50.
    pub answers: Vec<Answered>,
    /// The documents.
    pub documents: Vec<Document>,
}
