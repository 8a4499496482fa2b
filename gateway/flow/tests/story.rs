//! One exchange from agency to agency, decided, sealed, recorded, proved, read: on every
//! database there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use bytes::Bytes;
use gateway_core::{
    About, AgencyId, AgencyKind, Category, Channel, Clock, Custody, ExchangeState, Identifier,
    IdentifierKind, Outcome, Purpose, Role,
};
use gateway_flow::admin::{NewAgency, NewNominal, NewPerson, NominalChange};
use gateway_flow::audit::{AuditFault, verify_records};
use gateway_flow::complete::Completion;
use gateway_flow::read::DocumentBody;
use gateway_flow::submission::{Caller, Idempotency, ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{Answer, Flow, FlowError, Submission};
use gateway_ledger::Verifier;
use gateway_protocol::Protocols;
use gateway_seal::{MasterKey, Place};
use gateway_store::rows::{ExchangeRow, HoldRow, LevelChangeRow};
use gateway_store::testing::{TestDb, each};
use gateway_store::{Blobs, Record as _};
use gateway_vault::Vault;

struct World {
    flow: Flow,
    db: TestDb,
    verifier: Verifier,
    nominal: String,
}

fn agency(id: &str) -> AgencyId {
    id.parse().unwrap()
}

fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value, jiff::civil::date(2026, 3, 2)).unwrap()
}

async fn world(db: TestDb) -> World {
    let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
    let protocols = Arc::new(Protocols::embedded().unwrap());
    let (keys, store) = (db.keys.clone(), db.store.clone());
    let vault = Vault::open(
        keys,
        store.clone(),
        Arc::clone(&protocols),
        MasterKey::generate(),
        clock.clone(),
    )
    .await
    .unwrap();
    let blobs = Blobs::open(&db.folder.path().join("blobs")).unwrap();
    let flow = Flow::new(store, blobs, vault, protocols, clock);
    flow.add_area("london", "London", "gateway.example/london")
        .await
        .unwrap();
    for (id, kind) in [
        ("met-police", AgencyKind::Police),
        ("london-probation", AgencyKind::Probation),
        ("southwark-housing", AgencyKind::Housing),
        ("london-mental-health", AgencyKind::MentalHealthTrust),
        ("london-coordination", AgencyKind::Coordination),
        ("capital-tagging", AgencyKind::ElectronicMonitoring),
    ] {
        add_agency(&flow, id, kind).await;
    }
    let trust = "london-mental-health";
    add_person(&flow, trust, "guardian", Role::Caldicott).await;
    add_person(
        &flow,
        "london-coordination",
        "coordinator",
        Role::Coordinator,
    )
    .await;
    let nominal = flow
        .add_nominal(NewNominal {
            area: "london".to_owned(),
            identifiers: vec![
                identifier(IdentifierKind::Pnc, "1999/0123456X"),
                identifier(IdentifierKind::Dob, "1980-02-01"),
                identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
            ],
            level: 2,
            category: 1,
            lead_agency: Some(agency("met-police")),
            trust: Some(agency(trust)),
            partners: ["london-probation", "southwark-housing", trust]
                .map(agency)
                .to_vec(),
            custody: None,
            gp: None,
        })
        .await
        .unwrap();
    let key = flow.vault.verifier_key("london-0").await.unwrap();
    World {
        flow,
        db,
        verifier: Verifier::parse(key.trim()).unwrap(),
        nominal,
    }
}

async fn add_agency(flow: &Flow, id: &str, kind: AgencyKind) {
    flow.add_agency(NewAgency {
        id: agency(id),
        name: id.to_owned(),
        kind,
        channel: Channel::SecureEmail,
        custody: Custody::Gateway,
        recipient: None,
        email: None,
        areas: vec!["london".to_owned()],
        overseas: false,
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: Some("2027-12-31".to_owned()),
    })
    .await
    .unwrap();
    add_person(flow, id, "spoc", Role::Spoc).await;
}

async fn add_person(flow: &Flow, at: &str, name: &str, role: Role) {
    flow.add_person(NewPerson {
        agency: agency(at),
        name: format!("Synthetic {name}"),
        email: format!("{name}@{at}.example"),
        roles: vec![(role, false)],
        password_hash: None,
        totp_secret: None,
    })
    .await
    .unwrap();
}

impl World {
    async fn caller(&self, at: &str, name: Option<&str>) -> Caller {
        let person = match name {
            Some(name) => {
                let email = format!("{name}@{at}.example");
                Some(self.flow.caller_person(&agency(at), &email).await.unwrap())
            }
            None => None,
        };
        Caller {
            agency: agency(at),
            person,
            channel: Channel::Api,
            proof: "mutual-tls",
        }
    }

    /// A risk note of the police and a clinical report of the trust, to housing and probation.
    async fn submission(&self, report: &[u8]) -> Submission {
        let note = self
            .flow
            .take_text("He was seen at the school gate.".to_owned())
            .await
            .unwrap();
        let (send, receive) = tokio::sync::mpsc::channel(8);
        for chunk in report.chunks(60_000) {
            let chunk = Bytes::copy_from_slice(chunk);
            let send = send.clone();
            tokio::spawn(async move { send.send(Ok(chunk)).await });
            tokio::task::yield_now().await;
        }
        drop(send);
        let report = self
            .flow
            .take_body("application/pdf".to_owned(), receive)
            .await
            .unwrap();
        Submission {
            caller: self.caller("met-police", None).await,
            particulars: particulars(),
            bodies: vec![note, report],
            idempotency: None,
        }
    }

    async fn verify(&self) -> Result<(), AuditFault> {
        verify_records(&self.flow.store, &self.flow.blobs, &mut |_| {})
            .await
            .map(|_| ())
    }

    fn proved(&self, answer: &Answer) {
        answer
            .receipt
            .as_ref()
            .unwrap()
            .verify(&self.verifier)
            .unwrap();
    }
}

fn particulars() -> Particulars {
    Particulars {
        reference: None,
        identifiers: vec![
            identifier(IdentifierKind::Pnc, "99/123456X"),
            identifier(IdentifierKind::Dob, "1980-02-01"),
        ],
        recipients: ["southwark-housing", "london-probation"]
            .map(|id| RecipientClaim {
                agency: agency(id),
                person: None,
                reason: None,
            })
            .to_vec(),
        purpose: Some(Purpose::Manage),
        necessity: Some("whoever houses him must know".to_owned().into()),
        bases: vec!["CJA 2003 s.325".to_owned()],
        emergency: None,
        in_reply_to: None,
        property: None,
        address_pending: false,
        adult_at_risk: false,
        matched_because: None,
        items: vec![
            item("Risk note", Category::Risk, None),
            item(
                "report.pdf",
                Category::HealthClin,
                Some("london-mental-health"),
            ),
        ],
    }
}

fn item(title: &str, category: Category, owner: Option<&str>) -> ItemClaim {
    ItemClaim {
        title: title.to_owned().into(),
        category: Some(category),
        owner: owner.map(agency),
        about: About::Subject,
        nature: None,
        as_at: None,
        clinician: None,
        public_interest: None,
        consent: None,
        child: None,
        corrects: None,
        supersedes: None,
        disputed: false,
        retention_class: "mappa".to_owned(),
        review_on: None,
        legal_hold: false,
        restricted: false,
    }
}

fn outcome(answer: &Answer, recipient: &str, item: i64) -> (Outcome, Vec<String>) {
    let found = answer
        .matrix
        .iter()
        .find(|d| d.recipient.as_str() == recipient && d.item == item);
    let found = found.unwrap_or_else(|| panic!("no cell for {recipient} and item {item}"));
    (
        found.outcome,
        found.rules.iter().map(|hit| hit.rule.clone()).collect(),
    )
}

async fn read(body: DocumentBody) -> Vec<u8> {
    let DocumentBody::Clear(mut chunks) = body else {
        panic!("sealed to the agency")
    };
    let mut all = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        all.extend_from_slice(&chunk.unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_note_is_released_and_a_report_waits_for_the_caldicott_guardian() {
    for db in each().await {
        let world = world(db).await;
        let report = vec![0x5a; 300_000];
        let answer = world
            .flow
            .submit(world.submission(&report).await)
            .await
            .unwrap();
        world.proved(&answer);
        assert_eq!(answer.state, ExchangeState::Released);
        assert_eq!(answer.nominal.as_deref(), Some(world.nominal.as_str()));
        assert_eq!(
            outcome(&answer, "southwark-housing", 1),
            (Outcome::Permit, vec!["ISP-04".into()])
        );
        let (refused, rules) = outcome(&answer, "southwark-housing", 2);
        assert_eq!(
            (refused, rules.contains(&"ISP-17".to_owned())),
            (Outcome::Refuse, true)
        );
        assert_eq!(
            outcome(&answer, "london-probation", 1),
            (Outcome::Permit, vec!["ISP-03".into()])
        );
        assert_eq!(
            outcome(&answer, "london-probation", 2),
            (Outcome::Hold, vec!["ISP-16".into()])
        );

        let id = answer.id.unwrap();
        let probation = world.caller("london-probation", Some("spoc")).await;
        let inbox = world.flow.inbox(&probation, None, 50).await.unwrap();
        assert_eq!((inbox.len(), inbox[0].items.len()), (1, 1));
        let note = world.flow.document(&probation, &id, 1).await.unwrap();
        assert_eq!(read(note.body).await, b"He was seen at the school gate.");
        let missing = world.flow.document(&probation, &id, 2).await.unwrap_err();
        assert!(matches!(missing, FlowError::NotFound));
        world
            .flow
            .acknowledge(&probation, &inbox[0].id)
            .await
            .unwrap();

        let police = world.caller("met-police", None).await;
        let view = world.flow.exchange_for(&police, &id).await.unwrap();
        let to_probation = view
            .deliveries
            .iter()
            .find(|d| d.recipient == "london-probation");
        let steps: Vec<&str> = to_probation
            .unwrap()
            .steps
            .iter()
            .map(|step| step.state.as_str())
            .collect();
        assert_eq!(
            steps,
            [
                "queued",
                "waiting",
                "sent",
                "delivered",
                "opened",
                "acknowledged"
            ]
        );

        let guardian = world.caller("london-mental-health", Some("guardian")).await;
        let holds = world.flow.holds(&guardian, None, 50).await.unwrap();
        assert_eq!((holds.len(), holds[0].role.as_str()), (1, "caldicott"));
        let held = world
            .flow
            .hold_document(&guardian, &holds[0].id)
            .await
            .unwrap();
        assert_eq!(read(held.body).await, report);
        let empty = world
            .flow
            .decide_hold(&guardian, &holds[0].id, true, "  ")
            .await
            .unwrap_err();
        assert!(matches!(empty, FlowError::Invalid(_)));
        let decided = world
            .flow
            .decide_hold(&guardian, &holds[0].id, true, "needed for the plan")
            .await
            .unwrap();
        decided.receipt.verify(&world.verifier).unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Permit);

        let unnamed = world.caller("london-probation", None).await;
        let refused = world.flow.document(&unnamed, &id, 2).await.unwrap_err();
        assert!(matches!(refused, FlowError::Forbidden(_)), "{refused}");
        let now = world.flow.document(&probation, &id, 2).await.unwrap();
        assert_eq!(read(now.body).await, report, "{}", world.db.name);

        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let events = world
            .flow
            .timeline(&coordinator, &world.nominal, None, 100)
            .await
            .unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        for kind in [
            "exchange-recorded",
            "delivery-moved",
            "item-read",
            "hold-approved",
        ] {
            assert!(kinds.contains(&kind), "{kind} is not on the timeline");
        }
        let stranger = world.caller("capital-tagging", Some("spoc")).await;
        let nothing = world
            .flow
            .timeline(&stranger, &world.nominal, None, 100)
            .await
            .unwrap_err();
        assert!(matches!(nothing, FlowError::NotFound));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_sends_nothing() {
    for db in each().await {
        let world = world(db).await;
        let answer = world
            .flow
            .preview(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        assert_eq!((answer.id.as_ref(), answer.matrix.len()), (None, 4));
        let housing = world.caller("southwark-housing", None).await;
        assert!(
            world
                .flow
                .inbox(&housing, None, 50)
                .await
                .unwrap()
                .is_empty()
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_exchange_is_kept_and_completed_or_matched() {
    for db in each().await {
        let world = world(db).await;
        let mut submission = world.submission(b"%PDF-1.7").await;
        submission.particulars.necessity = None;
        submission.particulars.identifiers = vec![identifier(IdentifierKind::Pnc, "99/123456X")];
        let answer = world.flow.submit(submission).await.unwrap();
        world.proved(&answer);
        assert_eq!(answer.state, ExchangeState::Incomplete);
        assert_eq!(answer.missing, ["/nominal", "/necessity"]);
        let id = answer.id.unwrap();

        let police = world.caller("met-police", None).await;
        let with = Completion {
            necessity: Some("whoever houses him must know".to_owned().into()),
            ..Completion::default()
        };
        let answer = world.flow.complete(&police, &id, with).await.unwrap();
        assert_eq!(
            (answer.state, answer.missing.len()),
            (ExchangeState::Incomplete, 1)
        );

        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let waiting = world.flow.unmatched(&coordinator, None, 50).await.unwrap();
        assert_eq!(waiting[0].candidates[0].nominal, world.nominal);
        assert!(world.flow.unmatched(&police, None, 50).await.is_err());
        let answer = world
            .flow
            .match_exchange(
                &coordinator,
                &id,
                &world.nominal,
                "the officer rang to confirm",
            )
            .await
            .unwrap();
        assert_eq!(answer.state, ExchangeState::Released);
        let housing = world.caller("southwark-housing", None).await;
        let note = world.flow.document(&housing, &id, 1).await.unwrap();
        assert_eq!(read(note.body).await, b"He was seen at the school gate.");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_hold_escalates_by_its_clock() {
    for db in each().await {
        let world = world(db).await;
        world
            .flow
            .submit(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        assert!(
            world
                .flow
                .clock
                .set("2026-03-03T18:00:00Z".parse().unwrap())
        );
        world.flow.tick().await.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        assert!(
            world
                .flow
                .holds(&coordinator, None, 50)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            world
                .flow
                .clock
                .set("2026-03-04T18:00:00Z".parse().unwrap())
        );
        world.flow.tick().await.unwrap();
        let holds = world.flow.holds(&coordinator, None, 50).await.unwrap();
        assert!(holds[0].escalated);
        let decided = world
            .flow
            .decide_hold(&coordinator, &holds[0].id, false, "no need shown")
            .await
            .unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Refuse);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_exchange_however_often_it_is_sent() {
    for db in each().await {
        let world = world(db).await;
        let key = Idempotency {
            key: "k-1".to_owned(),
            request: "ab".to_owned(),
        };
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut submission = world.submission(b"%PDF-1.7").await;
            submission.idempotency = Some(key.clone());
            let flow = world.flow.clone();
            ids.push(tokio::spawn(async move {
                flow.submit(submission).await.unwrap().id
            }));
        }
        let first = ids.remove(0).await.unwrap();
        assert_eq!(first, ids.remove(0).await.unwrap(), "{}", world.db.name);
        let mut other = world.submission(b"%PDF-1.7").await;
        other.idempotency = Some(Idempotency {
            request: "cd".to_owned(),
            ..key
        });
        let error = world.flow.submit(other).await.unwrap_err();
        assert!(matches!(error, FlowError::Conflict(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_or_slipped_in_row_is_named() {
    for db in each().await {
        let world = world(db).await;
        let answer = world
            .flow
            .submit(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        world.verify().await.unwrap();
        let id = answer.id.unwrap();
        let mut tx = world.flow.store.write("tamper").await.unwrap();
        let mut row: ExchangeRow = tx.get(&id).await.unwrap().unwrap();
        row.purpose = Some("CARE".to_owned());
        tx.put(&mut row).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        let fault = world.verify().await.unwrap_err().to_string();
        assert!(
            fault.contains(&id) && fault.contains(ExchangeRow::TABLE),
            "{fault}"
        );

        row.purpose = Some("MANAGE".to_owned());
        let mut tx = world.flow.store.write("record-exchange").await.unwrap();
        tx.put(&mut row).await.unwrap();
        let hold = tx.ids::<HoldRow>().await.unwrap().remove(0);
        let mut hold: HoldRow = tx.get(&hold).await.unwrap().unwrap();
        hold.id = "slipped-in".to_owned();
        tx.put(&mut hold).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        let fault = world.verify().await.unwrap_err().to_string();
        assert!(fault.contains("slipped-in"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_senders_at_once_than_connections_are_all_answered() {
    for db in each().await {
        let world = Arc::new(world(db).await);
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..60 {
            let world = Arc::clone(&world);
            senders.spawn(async move {
                let submission = world.submission(b"%PDF-1.7").await;
                world.flow.submit(submission).await.unwrap().id.unwrap()
            });
        }
        let mut ids = senders.join_all().await;
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 60, "{}", world.db.name);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_changes_with_a_rationale_that_is_kept_and_no_other_number_passes() {
    for db in each().await {
        let world = world(db).await;
        let change = |level, why: &str| NominalChange::Level(level, why.to_owned());
        for (level, why) in [(3, " "), (0, "higher risk"), (7, "higher risk")] {
            let refused = world
                .flow
                .change_nominal(&world.nominal, change(level, why))
                .await;
            assert!(
                matches!(refused, Err(FlowError::Invalid(_))),
                "level {level}"
            );
        }
        world
            .flow
            .change_nominal(&world.nominal, change(3, "new threats"))
            .await
            .unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let kept = tx.ids::<LevelChangeRow>().await.unwrap();
        let kept: LevelChangeRow = tx.get(&kept[0]).await.unwrap().unwrap();
        let place = Place {
            area: "london",
            table: "level_change",
            row: &kept.id,
            column: "rationale",
        };
        let words = world
            .flow
            .vault
            .open_column(&place, &kept.rationale)
            .await
            .unwrap();
        assert_eq!(
            (words.as_slice(), kept.level),
            (b"new threats".as_slice(), 3)
        );
        drop(tx);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_on_what_they_sent_themselves() {
    for db in each().await {
        let world = world(db).await;
        let mut submission = world.submission(b"%PDF-1.7").await;
        submission.caller = world.caller("london-mental-health", Some("guardian")).await;
        submission.particulars.recipients = vec![RecipientClaim {
            agency: agency("london-probation"),
            person: None,
            reason: None,
        }];
        world.flow.submit(submission).await.unwrap();
        let guardian = world.caller("london-mental-health", Some("guardian")).await;
        let holds = world.flow.holds(&guardian, None, 50).await.unwrap();
        let refused = world
            .flow
            .decide_hold(&guardian, &holds[0].id, true, "needed")
            .await;
        assert!(
            matches!(refused, Err(FlowError::Forbidden(_))),
            "{}",
            world.db.name
        );
        world.verify().await.unwrap();
    }
}
