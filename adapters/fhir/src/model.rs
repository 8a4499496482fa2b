//! A health information request and its answer, in plain structs: what the flow fills and what it
//! is given. Nothing here is FHIR's.
//!
//! What is optional here is so for a writer, who may not have been given it. A reader asks for all
//! that a request cannot do without.

use gateway_core::{AgencyId, Id, Personal, Purpose};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::codes::{
    AnswerCode, BasisCode, ConsentCode, HealthCategory, LegalBasis, NotSoughtReason, QuestionCode,
    RefusalCode, State, Urgency,
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
    /// An electronic mail address of at most 254 characters. One of the two is there.
    pub address: Option<Personal<String>>,
    /// A telephone number; one line of at most 200 characters.
    pub phone: Option<Personal<String>>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The agency.
    pub agency: Agency,
    /// The person, and how to reach that person.
    pub contact: Option<Contact>,
    /// The person's role in words; one line of at most 200 characters.
    pub role: Option<String>,
}

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Family name.
    pub family: Personal<String>,
    /// Given names, one line, single spaces between them; empty where there is none.
    pub given: Personal<String>,
}

impl Name {
    /// A name in one line: its last word is taken for the family name.
    pub fn of(whole: &str) -> Self {
        let words: Vec<&str> = whole.split_whitespace().collect();
        let (family, given) = match words.split_last() {
            Some((family, given)) => (*family, given.join(" ")),
            None => ("", String::new()),
        };
        Self {
            family: family.to_owned().into(),
            given: given.into(),
        }
    }

    /// The name in one line.
    pub fn whole(&self) -> String {
        let whole = format!("{} {}", self.given.reveal(), self.family.reveal());
        whole.trim().to_owned()
    }
}

/// Whom it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The gateway's own reference of the person. With it, a reader does without name and birth.
    pub reference: Option<String>,
    /// The name.
    pub name: Option<Name>,
    /// Other names the person has or had, each as one line; at most 50.
    pub former_names: Vec<Personal<String>>,
    /// Date of birth.
    pub born: Option<Personal<Date>>,
    /// NHS number in ten digits, its check digit right.
    pub nhs_number: Option<Personal<String>>,
    /// Where the person lives or stays, as text of at most 500 characters.
    pub address: Option<Personal<String>>,
    /// The practice where the person is registered; one line of at most 200 characters.
    pub gp_practice: Option<Personal<String>>,
}

/// How the person is managed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappa {
    /// Category, one to four.
    pub category: Option<u8>,
    /// Level, one to three.
    pub level: Option<u8>,
    /// Why it is asked at level 1, at most 4,000 characters.
    pub level_reason: Option<Personal<String>>,
    /// The agency that leads the case.
    pub lead: Option<Agency>,
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
    /// Given; on that day, where it is known.
    Given(Option<Date>),
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

/// Why it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// Who is at risk of serious harm, and of what: a line each, one to 50.
    pub at_risk: Vec<Personal<String>>,
    /// Why health information is needed now, at most 4,000 characters.
    pub why_now: Option<Personal<String>>,
    /// What it serves.
    pub purpose: Option<Purpose>,
    /// The decision that waits for it, at most 4,000 characters.
    pub decision: Option<Personal<String>>,
    /// Legal bases offered; one at least.
    pub bases: Vec<LegalBasis>,
}

/// How the answer is kept, and who may know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Who will see the answer, a line each; one to 50.
    pub readers: Vec<String>,
    /// How long the answer is kept; one line of at most 200 characters.
    pub retention: Option<String>,
    /// Whether the person may be told of the request.
    pub may_be_told: Option<bool>,
    /// Why the person may not be told, at most 4,000 characters.
    pub why_not_told: Option<Personal<String>>,
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
    /// The answer that stands. Written, and not read.
    pub answer: Option<Id>,
    /// Something of it is left out. Written, and not read.
    pub partly: bool,
    /// The MAPPA area; one line of at most 200 characters.
    pub area: Option<String>,
    /// Who asks.
    pub requester: Requester,
    /// The coordinator, who gets a copy.
    pub coordinator: Option<Contact>,
    /// Whom it is about.
    pub subject: Subject,
    /// How the person is managed.
    pub mappa: Mappa,
    /// Why it is asked.
    pub need: Need,
    /// The questions; one to 50, each with an id of its own.
    pub questions: Vec<Question>,
    /// More about what is asked, at most 4,000 characters.
    pub detail: Option<Personal<String>>,
    /// What was done about consent.
    pub consent: Option<Consent>,
    /// More about consent, in words of at most 1,000 characters.
    pub consent_words: Option<Personal<String>>,
    /// The day by which whoever asks needs it.
    pub needed_by: Option<Date>,
    /// When the answer is due, UTC.
    pub deadline: Option<Timestamp>,
    /// How soon.
    pub urgency: Urgency,
    /// How the answer is kept.
    pub keeping: Keeping,
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
pub struct Basis {
    /// What was done about the person's consent: with [`ConsentCode::Given`] that is the basis,
    /// else the public interest is.
    pub consent: Option<ConsentCode>,
    /// The day of the consent, where it was given and that is known.
    pub given: Option<Date>,
    /// Why the public interest outweighs confidence, at most 4,000 characters.
    pub public_interest: Option<Personal<String>>,
}

impl Basis {
    /// Its code.
    pub fn code(&self) -> BasisCode {
        match self.consent {
            Some(ConsentCode::Given) => BasisCode::Consent,
            Some(ConsentCode::Sought | ConsentCode::Refused | ConsentCode::NotSought) | None => {
                BasisCode::PublicInterest
            }
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
    /// SHA-256 of its bytes, in lower-case hexadecimal, where it is known.
    pub sha256: Option<String>,
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
    /// It was called back: made in error. Written, and not read.
    pub called_back: bool,
    /// Something of it is left out. Written, and not read.
    pub partly: bool,
    /// What kind it is.
    pub kind: Kind,
    /// Who answers.
    pub trust: Trust,
    /// The clinician whose information it is; one line of at most 200 characters.
    pub clinician: Option<Personal<String>>,
    /// Who sends the answer, name and role; one line of at most 200 characters.
    pub answered_by: Option<Personal<String>>,
    /// On what basis it is given.
    pub basis: Option<Basis>,
    /// NHS number of the person, for the reader to compare with the request's.
    pub nhs_number: Option<Personal<String>>,
    /// The answers, at most 50.
    pub answers: Vec<Answered>,
    /// What is more than a summary and answers no one question, at most 20,000 characters.
    pub clinical: Option<Personal<String>>,
    /// The documents.
    pub documents: Vec<Document>,
}
