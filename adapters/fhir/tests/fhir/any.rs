//! Any request and any answer, for property tests.

use gateway_core::{Personal, Purpose};
use gateway_fhir::codes::{
    ConsentCode, HealthCategory, LegalBasis, NotSoughtReason, QuestionCode, RefusalCode, State,
    Urgency,
};
use gateway_fhir::model::{
    Agency, Answer, Answered, Basis, Consent, Contact, Document, Keeping, Kind, Mappa, Name, Need,
    Question, Refusal, Request, Requester, Subject, Trust,
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
    let address = "[a-z.]{1,20}@[a-z]{1,10}\\.example".prop_map(Personal::new);
    (person(), option::of(address), person(), any::<bool>())
        .prop_map(|(name, address, phone, both)| Contact {
            name,
            phone: (both || address.is_none()).then_some(phone),
            address,
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
    let given = prop_oneof![person(), Just(Personal::new(String::new()))];
    let names = (
        (person(), given),
        option::of("[a-z0-9-]{1,36}"),
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
            |(((family, given), reference, former_names), (born, number, address, gp))| Subject {
                reference,
                name: Some(Name { family, given }),
                former_names,
                born: Some(born.into()),
                nhs_number: number,
                address,
                gp_practice: gp,
            },
        )
        .boxed()
}

fn consent() -> Of<Consent> {
    prop_oneof![
        option::of(day()).prop_map(Consent::Given),
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
    let reason = option::of(prose());
    (1_u8..=4, 1_u8..=3, reason, agency(), option::of(day()))
        .prop_map(
            |(category, level, level_reason, lead, next_meeting)| Mappa {
                category: Some(category),
                level: Some(level),
                level_reason,
                lead: Some(lead),
                next_meeting,
            },
        )
        .boxed()
}

fn need() -> Of<Need> {
    let at_risk = proptest::collection::vec(person(), 1..4);
    let bases = proptest::sample::subsequence(LegalBasis::ALL.to_vec(), 1..=4);
    (at_risk, prose(), select(Purpose::ALL), prose(), bases)
        .prop_map(|(at_risk, why_now, purpose, decision, bases)| Need {
            at_risk,
            why_now: Some(why_now),
            purpose: Some(purpose),
            decision: Some(decision),
            bases,
        })
        .boxed()
}

fn keeping() -> Of<Keeping> {
    let readers = proptest::collection::vec(line(), 1..4);
    (readers, line(), any::<bool>(), option::of(prose()))
        .prop_map(|(readers, retention, may_be_told, why_not_told)| Keeping {
            readers,
            retention: Some(retention),
            may_be_told: Some(may_be_told),
            why_not_told,
        })
        .boxed()
}

pub fn request() -> Of<Request> {
    let when = (id(), time(), time(), option::of(time()), option::of(day()));
    let state = (select(State::ALL), refusal(), select(Urgency::ALL));
    let who = (
        agency(),
        contact(),
        line(),
        option::of(contact()),
        subject(),
        trust(),
    );
    let why = (
        need(),
        questions(),
        option::of(prose()),
        consent(),
        option::of(prose()),
    );
    let rest = (
        option::of(line()),
        mappa(),
        keeping(),
        option::of(contact()),
    );
    (when, state, who, why, rest)
        .prop_map(|(when, state, who, why, rest)| {
            let (id, sent, changed, deadline, needed_by) = when;
            let (state, refusal, urgency) = state;
            let (agency, contact, role, coordinator, subject, trust) = who;
            let (need, questions, detail, consent, consent_words) = why;
            let (area, mappa, keeping, owner) = rest;
            Request {
                id,
                sent,
                changed,
                state,
                refusal: (state == State::Refused).then_some(refusal),
                answer: None,
                partly: false,
                area,
                requester: Requester {
                    agency,
                    contact: Some(contact),
                    role: Some(role),
                },
                coordinator,
                subject,
                mappa,
                need,
                questions,
                detail,
                consent: Some(consent),
                consent_words,
                needed_by,
                deadline,
                urgency,
                keeping,
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

fn basis() -> Of<Basis> {
    let consent = option::of(select(ConsentCode::ALL));
    (consent, option::of(day()), option::of(prose()))
        .prop_map(|(consent, given, public_interest)| Basis {
            given: given.filter(|_| consent == Some(ConsentCode::Given)),
            consent,
            public_interest,
        })
        .boxed()
}

pub fn answer() -> Of<(Answer, Vec<Vec<u8>>)> {
    let ids = (id(), id(), time(), any::<bool>());
    let who = (
        trust(),
        option::of(person()),
        option::of(person()),
        option::of(nhs_number()),
    );
    let what = (
        kind(),
        option::of(basis()),
        proptest::collection::vec(answered(), 0..4),
        option::of(prose()),
        documents(),
    );
    (ids, who, what)
        .prop_map(|((id, request, sent, interim), who, what)| {
            let (trust, clinician, answered_by, nhs_number) = who;
            let (kind, basis, answers, clinical, (documents, bytes)) = what;
            let answer = Answer {
                id,
                request,
                sent,
                interim: interim && !matches!(kind, Kind::Refused(_)),
                called_back: false,
                partly: false,
                kind,
                trust,
                clinician,
                answered_by,
                basis,
                nhs_number,
                answers,
                clinical,
                documents,
            };
            (answer, bytes)
        })
        .boxed()
}
