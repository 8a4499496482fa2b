//! Any request and any answer, for property tests.

use gateway_core::{Personal, Purpose};
use gateway_fhir::codes::{
    HealthCategory, NotSoughtReason, QuestionCode, RefusalCode, State, Urgency,
};
use gateway_fhir::model::{
    Agency, Answer, Answered, Basis, Consent, Contact, Document, Kind, Mappa, Question, Refusal,
    Request, Requester, Subject, Trust,
};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::samples;

type Of<T> = BoxedStrategy<T>;

/// One line, single spaces within: also what JSON must escape, and what is beyond ASCII.
fn line() -> Of<String> {
    "[A-Za-z0-9é😀'\"\\\\/<&{}|.-]{1,12}( [A-Za-z0-9é😀'\"\\\\/<&{}|.-]{1,12}){0,3}".boxed()
}

fn prose() -> Of<Personal<String>> {
    "[A-Za-z0-9é😀\"\\\\/ \n\t]{0,60}[a-z.][ \n]{0,2}"
        .prop_map(Personal::new)
        .boxed()
}

fn person() -> Of<Personal<String>> {
    line().prop_map(Personal::new).boxed()
}

fn id() -> Of<gateway_core::Id> {
    let text = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    text.prop_map(|id| id.parse().unwrap()).boxed()
}

fn time() -> Of<Timestamp> {
    let range = 0..4_000_000_000_000_000_i64;
    let whole = range.clone().prop_map(|t| t / 1_000_000 * 1_000_000);
    prop_oneof![range, whole]
        .prop_map(|t| Timestamp::from_microsecond(t).unwrap())
        .boxed()
}

fn day() -> Of<Date> {
    (1900_i16..2026, 1_i8..=12, 1_i8..=28)
        .prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
        .boxed()
}

fn nhs_number() -> Of<Personal<String>> {
    let check = |digits: u64| {
        let text = format!("{digits:09}");
        let figures = text.bytes().map(|b| u64::from(b - b'0'));
        let sum: u64 = figures.zip((2..=10).rev()).map(|(f, w)| f * w).sum();
        let check = (11 - sum % 11) % 11;
        (check < 10).then(|| Personal::new(format!("{text}{check}")))
    };
    (100_000_000..999_000_000_u64)
        .prop_filter_map("no such number", check)
        .boxed()
}

fn agency() -> Of<Agency> {
    let id = "[a-z][a-z0-9]{1,10}(-[a-z0-9]{1,10}){0,2}";
    (id, line())
        .prop_map(|(id, name)| Agency {
            id: id.parse().unwrap(),
            name,
        })
        .boxed()
}

fn trust() -> Of<Trust> {
    (agency(), option::of("[A-Z0-9]{1,12}"))
        .prop_map(|(agency, ods_code)| Trust { agency, ods_code })
        .boxed()
}

fn contact() -> Of<Contact> {
    (person(), "[a-z.]{1,20}@[a-z]{1,10}\\.example")
        .prop_map(|(name, address)| Contact {
            name,
            address: address.into(),
        })
        .boxed()
}

fn refusal() -> Of<Refusal> {
    (select(RefusalCode::ALL), option::of(prose()), prose())
        .prop_map(|(code, words, other)| Refusal {
            code,
            words: words.or((code == RefusalCode::Other).then_some(other)),
        })
        .boxed()
}

fn subject() -> Of<Subject> {
    let names = (
        person(),
        person(),
        proptest::collection::vec(person(), 0..4),
    );
    let rest = (
        day(),
        option::of(nhs_number()),
        option::of(prose()),
        option::of(person()),
    );
    (names, rest)
        .prop_map(
            |((family, given, former_names), (born, number, address, gp))| Subject {
                family,
                given,
                former_names,
                born: born.into(),
                nhs_number: number,
                address,
                gp_practice: gp,
            },
        )
        .boxed()
}

fn consent() -> Of<Consent> {
    prop_oneof![
        day().prop_map(Consent::Given),
        Just(Consent::Sought),
        Just(Consent::Refused),
        select(NotSoughtReason::ALL).prop_map(Consent::NotSought),
    ]
    .boxed()
}

fn questions() -> Of<Vec<Question>> {
    let one = (select(QuestionCode::ALL), prose());
    proptest::collection::vec(one, 1..5)
        .prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(|(n, (code, text))| Question {
                    id: format!("q{n}.a-1"),
                    code,
                    text,
                })
                .collect()
        })
        .boxed()
}

fn mappa() -> Of<Mappa> {
    (1_u8..=4, 1_u8..=3, agency(), option::of(day()))
        .prop_map(|(category, level, lead, next_meeting)| Mappa {
            category,
            level,
            lead,
            next_meeting,
        })
        .boxed()
}

pub fn request() -> Of<Request> {
    let when = (id(), time(), time(), time());
    let state = (
        select(State::ALL),
        refusal(),
        select(Urgency::ALL),
        any::<bool>(),
    );
    let who = (agency(), contact(), line(), contact(), subject(), trust());
    let why = (
        select(Purpose::ALL),
        prose(),
        proptest::collection::vec(line(), 1..4),
        questions(),
        consent(),
        option::of(prose()),
    );
    let rest = (
        line(),
        mappa(),
        proptest::collection::vec(line(), 1..4),
        line(),
        option::of(contact()),
    );
    (when, state, who, why, rest)
        .prop_map(|(when, state, who, why, rest)| {
            let (id, sent, changed, deadline) = when;
            let (state, refusal, urgency, may_be_told) = state;
            let (agency, contact, role, coordinator, subject, trust) = who;
            let (purpose, necessity, bases, questions, consent, consent_words) = why;
            let (area, mappa, readers, retention, owner) = rest;
            Request {
                id,
                sent,
                changed,
                state,
                refusal: (state == State::Refused).then_some(refusal),
                area,
                requester: Requester {
                    agency,
                    contact,
                    role,
                },
                coordinator,
                subject,
                mappa,
                purpose,
                necessity,
                bases,
                questions,
                consent,
                consent_words,
                deadline,
                urgency,
                readers,
                retention,
                may_be_told,
                trust,
                owner,
            }
        })
        .boxed()
}

fn kind() -> Of<Kind> {
    prop_oneof![
        Just(Kind::Full),
        option::of(refusal()).prop_map(Kind::Partial),
        Just(Kind::NilHeld),
        Just(Kind::NotKnownToService),
        line().prop_map(Kind::Redirected),
        refusal().prop_map(Kind::Refused),
    ]
    .boxed()
}

fn answered() -> Of<Answered> {
    (
        "[A-Za-z0-9.-]{1,64}",
        select(QuestionCode::ALL),
        select(HealthCategory::ALL),
        prose(),
    )
        .prop_map(|(question, code, category, text)| Answered {
            question,
            code,
            category,
            text,
        })
        .boxed()
}

/// Documents and their bytes.
fn documents() -> Of<(Vec<Document>, Vec<Vec<u8>>)> {
    let bytes = proptest::collection::vec(any::<u8>(), 1..200);
    let one = (bytes, line(), select(HealthCategory::ALL));
    proptest::collection::vec(one, 0..4)
        .prop_map(|all| {
            let numbered = all.iter().enumerate();
            let documents = numbered.map(|(n, (bytes, title, category))| Document {
                title: title.clone().into(),
                ..samples::document(n, bytes, *category)
            });
            let documents = documents.collect();
            (
                documents,
                all.into_iter().map(|(bytes, ..)| bytes).collect(),
            )
        })
        .boxed()
}

pub fn answer() -> Of<(Answer, Vec<Vec<u8>>)> {
    let basis = prop_oneof![
        Just(None),
        Just(Some(Basis::PublicInterest)),
        day().prop_map(|day| Some(Basis::Consent(day))),
    ];
    let ids = (id(), id(), time(), any::<bool>());
    let who = (trust(), option::of(person()), option::of(nhs_number()));
    let what = (
        kind(),
        basis,
        proptest::collection::vec(answered(), 0..4),
        documents(),
    );
    (ids, who, what)
        .prop_map(|((id, request, sent, interim), who, what)| {
            let (trust, clinician, nhs_number) = who;
            let (kind, basis, answers, (documents, bytes)) = what;
            let answer = Answer {
                id,
                request,
                sent,
                interim: interim && !matches!(kind, Kind::Refused(_)),
                kind,
                trust,
                clinician,
                basis,
                nhs_number,
                answers,
                documents,
            };
            (answer, bytes)
        })
        .boxed()
}
