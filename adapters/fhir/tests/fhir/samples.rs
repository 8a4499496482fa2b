//! A request and an answer with everything in them, and what reads and writes them.

use std::io::{self, Read};

use gateway_core::{Personal, Purpose};
use gateway_fhir::codes::{
    ConsentCode, HealthCategory, LegalBasis, NotSoughtReason, QuestionCode, RefusalCode, State,
    Urgency,
};
use gateway_fhir::model::{
    Agency, Answer, Answered, Basis, Consent, Contact, Document, Keeping, Kind, Mappa, Name, Need,
    Question, Refusal, Request, Requester, Subject, Trust,
};
use gateway_fhir::{
    Json, Limits, Message, Outcome, ReadError, Reader, Sink, Source, Systems, Writer,
};
use jiff::civil::{Date, date};
use sha2::{Digest as _, Sha256};

pub const BASE: &str = "https://gateway.example/fhir";
pub const PDF: &[u8] = b"%PDF-1.7 a report that is no report";

pub fn systems() -> Systems {
    Systems::new(BASE).unwrap()
}

pub fn writer() -> Writer {
    Writer::new(systems())
}

pub const fn today() -> Date {
    date(2026, 3, 2)
}

pub fn reader() -> Reader {
    Reader::new(systems(), Limits::default(), today())
}

/// Keeps attachments in memory; a test's are small.
#[derive(Default)]
pub struct Kept(pub Vec<Vec<u8>>);

impl Sink for Kept {
    fn begin(&mut self, index: usize) -> io::Result<()> {
        assert_eq!(index, self.0.len());
        self.0.push(Vec::new());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.last_mut().unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for Kept {
    fn open(&mut self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0[index].as_slice()))
    }
}

pub fn written(resource: &Json, documents: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut source = Kept(documents.to_vec());
    resource.write_to(&mut out, &mut source).unwrap();
    out
}

/// Reads, and says what is wrong where something is.
pub fn read(bytes: &[u8]) -> Result<(Message, Vec<Vec<u8>>), Outcome> {
    let mut sink = Kept::default();
    match reader().message(bytes, &mut sink) {
        Ok(message) => Ok((message, sink.0)),
        Err(ReadError::Refused(outcome)) => Err(outcome),
        Err(ReadError::Io(error)) => panic!("{error}"),
    }
}

fn agency(id: &str, name: &str) -> Agency {
    Agency {
        id: id.parse().unwrap(),
        name: name.to_owned(),
    }
}

fn contact(name: &str, address: &str) -> Contact {
    Contact {
        name: Personal::new(name.to_owned()),
        address: Some(Personal::new(address.to_owned())),
        phone: Some(personal("01632 960001")),
    }
}

fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

pub fn trust() -> Trust {
    Trust {
        agency: agency("london-mental-health", "London Mental Health NHS Trust"),
        ods_code: Some("RX9Z9".to_owned()),
    }
}

pub fn subject() -> Subject {
    Subject {
        reference: None,
        name: Some(Name {
            family: personal("O'Example"),
            given: personal("Siân Alex"),
        }),
        former_names: vec![personal("Alex Sample"), personal("Lex")],
        born: Some(Personal::new(date(1980, 2, 1))),
        nhs_number: Some(personal("9990000018")),
        address: Some(personal("1 No Street\nNowhere")),
        gp_practice: Some(personal("The Nowhere Practice")),
    }
}

fn question(id: &str, code: QuestionCode, text: &str) -> Question {
    Question {
        id: id.to_owned(),
        code,
        text: personal(text),
    }
}

pub fn request() -> Request {
    Request {
        id: "01953f6a-0000-7000-8000-000000000001".parse().unwrap(),
        sent: "2026-03-02T09:00:00Z".parse().unwrap(),
        changed: "2026-03-02T09:30:00.123456Z".parse().unwrap(),
        state: State::Sent,
        refusal: None,
        answer: None,
        partly: false,
        area: Some("Southwark".to_owned()),
        requester: Requester {
            agency: agency("london-probation", "London Probation"),
            contact: Some(contact("S. Ali", "s.ali@probation.example")),
            role: Some("Probation practitioner".to_owned()),
        },
        coordinator: Some(contact("C. Ordinator", "mappa@coordination.example")),
        subject: subject(),
        mappa: Mappa {
            category: Some(2),
            level: Some(1),
            level_reason: Some(personal("Nobody else knows him.")),
            lead: Some(agency("london-probation", "London Probation")),
            next_meeting: Some(date(2026, 3, 20)),
        },
        need: Need {
            at_risk: vec![personal("His former partner: assault")],
            why_now: Some(personal("He has missed his appointments.")),
            purpose: Some(Purpose::Meeting),
            decision: Some(personal("The meeting sets the plan.")),
            bases: vec![LegalBasis::Cooperation, LegalBasis::PublicInterest],
        },
        questions: vec![
            question("q1", QuestionCode::KnownToService, "Is he known to you?"),
            question(
                "q2",
                QuestionCode::WarningSigns,
                "What shows a relapse?\nTo whom?",
            ),
        ],
        detail: Some(personal("Since his last admission.")),
        consent: Some(Consent::NotSought(NotSoughtReason::Danger)),
        consent_words: Some(personal("He has said that he would act on it.")),
        needed_by: Some(date(2026, 3, 17)),
        deadline: Some("2026-03-18T17:00:00Z".parse().unwrap()),
        urgency: Urgency::Urgent,
        keeping: Keeping {
            readers: vec!["The chair".to_owned(), "Members of the meeting".to_owned()],
            retention: Some("Six years after the last meeting".to_owned()),
            may_be_told: Some(false),
            why_not_told: Some(personal("He would go looking for her.")),
        },
        trust: trust(),
        owner: Some(contact("P. Oint", "mappa.spoc@trust.example")),
    }
}

pub fn document(index: usize, bytes: &[u8], category: HealthCategory) -> Document {
    Document {
        index,
        title: personal("Risk summary.pdf"),
        media_type: "application/pdf".to_owned(),
        size: bytes.len() as u64,
        sha256: Some(hex::encode(Sha256::digest(bytes))),
        category,
    }
}

fn answered(question: &str, code: QuestionCode, category: HealthCategory) -> Answered {
    Answered {
        question: question.to_owned(),
        code,
        category,
        text: personal("Yes: since 2024.\nSeen each week."),
    }
}

pub fn answer() -> Answer {
    Answer {
        id: "01953f6a-0000-7000-8000-000000000002".parse().unwrap(),
        request: request().id,
        sent: "2026-03-05T11:00:00Z".parse().unwrap(),
        interim: false,
        called_back: false,
        partly: false,
        kind: Kind::Full,
        trust: trust(),
        clinician: Some(personal("Dr C. Linician")),
        answered_by: Some(personal("P. Oint, single point of contact")),
        basis: Some(Basis {
            consent: Some(ConsentCode::NotSought),
            given: None,
            public_interest: Some(personal("Serious harm to her is likely.")),
        }),
        nhs_number: Some(personal("9990000018")),
        answers: vec![
            answered("q1", QuestionCode::KnownToService, HealthCategory::Risk),
            answered("q2", QuestionCode::WarningSigns, HealthCategory::Clinical),
        ],
        clinical: Some(personal("A history of relapse in winter.")),
        documents: vec![document(0, PDF, HealthCategory::Risk)],
    }
}

pub fn refusal() -> Refusal {
    Refusal {
        code: RefusalCode::Other,
        words: Some(personal("The record is with the coroner.")),
    }
}

/// The request in every state.
pub fn requests() -> Vec<Request> {
    let in_state = |state: &State| Request {
        state: *state,
        refusal: (*state == State::Refused).then(refusal),
        ..request()
    };
    let mut all: Vec<_> = State::ALL.iter().map(in_state).collect();
    all.push(Request {
        consent: Some(Consent::Given(Some(date(2026, 2, 27)))),
        consent_words: None,
        owner: None,
        ..request()
    });
    all.push(Request {
        subject: Subject {
            reference: Some("01953f6a-0000-7000-8000-00000000000a".to_owned()),
            name: None,
            born: None,
            ..subject()
        },
        ..request()
    });
    all.push(Request {
        consent: Some(Consent::Sought),
        keeping: Keeping {
            may_be_told: Some(true),
            ..request().keeping
        },
        deadline: None,
        ..request()
    });
    all
}

/// An answer of every kind.
pub fn answers() -> Vec<Answer> {
    let bare = |kind: Kind| Answer {
        kind,
        clinician: None,
        basis: None,
        nhs_number: None,
        clinical: None,
        answered_by: None,
        answers: Vec::new(),
        documents: Vec::new(),
        ..answer()
    };
    vec![
        answer(),
        Answer {
            kind: Kind::Partial(Some(refusal())),
            interim: true,
            basis: Some(Basis {
                consent: Some(ConsentCode::Given),
                given: Some(date(2026, 3, 1)),
                public_interest: None,
            }),
            ..answer()
        },
        Answer {
            kind: Kind::Partial(None),
            documents: Vec::new(),
            ..answer()
        },
        bare(Kind::NilHeld),
        bare(Kind::NotKnownToService),
        bare(Kind::Redirected("Another NHS Trust".to_owned())),
        bare(Kind::Refused(refusal())),
    ]
}
