//! Each obligation of a permit, and somebody who tries to get round it.

use gateway_core::{
    AgencyId, Category, DeliveryState, ExchangeState, Obligation, Outcome, Purpose, Role,
};
use gateway_flow::FlowError;
use gateway_flow::admin::NominalChange;
use gateway_flow::submission::ItemClaim;
use gateway_store::testing::each;

use crate::world::{World, add_agency, agency, item, judgement, letter, outcome, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";
const REPORT: &str = "Session notes: he spoke of the school, of his mother and of the river.";

fn risk() -> ItemClaim {
    item("Risk note", Category::Risk, None)
}

fn clinical() -> ItemClaim {
    item(
        "report.pdf",
        Category::HealthClin,
        Some("london-mental-health"),
    )
}

/// Why a reading is refused to somebody who has the item.
fn words(refused: Result<String, FlowError>) -> String {
    match refused {
        Err(FlowError::Forbidden(words)) => words,
        other => panic!("not forbidden: {other:?}"),
    }
}

fn is_hidden(refused: &Result<String, FlowError>) -> bool {
    matches!(refused, Err(FlowError::NotFound))
}

/// The trust's report with probation, by way of the guardian's approval.
async fn approved_report(world: &World) -> String {
    let sent = letter().to("london-probation").item(clinical(), REPORT);
    let answer = world.send("met-police", None, sent).await;
    world.decide("london-mental-health", "guardian", true).await;
    answer.id.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn mark_goes_with_the_item_wherever_it_is_shown() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter().to("london-probation").item(risk(), NOTE);
        let answer = world.send("met-police", None, sent).await;
        let id = answer.id.unwrap();
        assert!(answer.matrix[0].obligations.contains(&Obligation::Mark));
        let reader = world.caller("london-probation", None).await;
        let document = world.flow.document(&reader, &id, 1).await.unwrap();
        let seen = world.flow.exchange_for(&reader, &id).await.unwrap();
        let inbox = world.inbox("london-probation").await;
        assert_eq!(
            [
                document.marking,
                seen.items[0].marking,
                inbox[0].items[0].marking
            ],
            ["OFFICIAL-SENSITIVE"; 3]
        );
        assert!(inbox[0].items[0].obligations.contains(&Obligation::Mark));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_recipient_is_the_only_one_who_reads() {
    for db in each().await {
        let world = world(db).await;
        let id = approved_report(&world).await;
        let at = "london-probation";
        assert!(words(world.text(at, None, &id, 1).await).contains("one named person"));
        assert!(words(world.text(at, Some("officer"), &id, 1).await).contains("one named person"));
        assert_eq!(world.text(at, Some("spoc"), &id, 1).await.unwrap(), REPORT);

        // The contact goes away: the deputy reads, the contact does not until back.
        crate::world::add_person(&world.flow, at, "deputy", Role::DeputySpoc).await;
        words(world.text(at, Some("deputy"), &id, 1).await);
        world
            .flow
            .add_absence(
                "spoc@london-probation.example",
                "2026-03-02T09:00:00Z".parse().unwrap(),
                "2026-03-04T09:00:00Z".parse().unwrap(),
            )
            .await
            .unwrap();
        assert_eq!(
            world.text(at, Some("deputy"), &id, 1).await.unwrap(),
            REPORT
        );
        words(world.text(at, Some("spoc"), &id, 1).await);
        world.at("2026-03-04T09:00:01Z");
        words(world.text(at, Some("deputy"), &id, 1).await);
        world.text(at, Some("spoc"), &id, 1).await.unwrap();

        // Suspended, the name is worth nothing.
        let contact = "spoc@london-probation.example";
        world.flow.suspend_person(contact, true).await.unwrap();
        let person = world.flow.caller_person(&agency(at), contact).await;
        assert!(person.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_named_by_the_sender_comes_before_the_contact() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter()
            .for_person("london-probation", "officer")
            .item(clinical(), REPORT);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        world.decide("london-mental-health", "guardian", true).await;
        let at = "london-probation";
        words(world.text(at, Some("spoc"), &id, 1).await);
        world.text(at, Some("officer"), &id, 1).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spoc_only_is_read_by_no_colleague_and_waits_where_nobody_is_in_post() {
    for db in each().await {
        let world = world(db).await;
        let at = "southwark-housing";
        let sent = || letter().to(at).item(risk(), NOTE);
        let answer = world.send("met-police", None, sent()).await;
        assert!(answer.matrix[0].obligations.contains(&Obligation::SpocOnly));
        let id = answer.id.unwrap();
        assert!(words(world.text(at, Some("officer"), &id, 1).await).contains("single point"));
        world.text(at, Some("spoc"), &id, 1).await.unwrap();

        let contact = "spoc@southwark-housing.example";
        world.flow.suspend_person(contact, true).await.unwrap();
        let answer = world.send("met-police", None, sent()).await;
        assert_eq!(
            outcome(&answer, at, 1),
            (Outcome::Hold, vec!["SPOC".to_owned()])
        );
        let id = answer.id.unwrap();
        assert!(is_hidden(&world.text(at, None, &id, 1).await));
        let decided = world
            .decide("london-coordination", "coordinator", true)
            .await;
        assert_eq!(decided.decisions[0].outcome, Outcome::Permit);
        world.text(at, None, &id, 1).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_owed_until_the_recipient_says_that_it_has_it() {
    for db in each().await {
        let world = world(db).await;
        let at = "southwark-housing";
        let sent = letter().to(at).item(risk(), NOTE);
        let answer = world.send("met-police", None, sent).await;
        assert!(answer.matrix[0].obligations.contains(&Obligation::Receipt));
        let id = answer.id.unwrap();
        world.text(at, Some("spoc"), &id, 1).await.unwrap();
        let waiting = world.inbox(at).await;
        assert_eq!((waiting.len(), waiting[0].state.as_str()), (1, "opened"));
        let stranger = world.caller("london-probation", None).await;
        let refused = world.flow.acknowledge(&stranger, &waiting[0].id).await;
        assert!(matches!(refused, Err(FlowError::NotFound)));
        let reader = world.caller(at, None).await;
        world
            .flow
            .acknowledge(&reader, &waiting[0].id)
            .await
            .unwrap();
        assert!(world.inbox(at).await.is_empty());
        let police = world.caller("met-police", None).await;
        let seen = world.flow.exchange_for(&police, &id).await.unwrap();
        assert_eq!(seen.deliveries[0].state, "acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_go_onward_keeps_owner_category_and_condition_under_another_name() {
    for db in each().await {
        let world = world(db).await;
        approved_report(&world).await;
        // Probation calls it a risk note of its own and sends it to the police.
        let again = letter().to("met-police").item(risk(), REPORT);
        let answer = world.send("london-probation", None, again).await;
        let (stands, rules) = outcome(&answer, "met-police", 1);
        assert_eq!(stands, Outcome::Hold);
        for rule in ["NO-ONWARD", "ISP-16"] {
            assert!(rules.contains(&rule.to_owned()), "{rule}: {rules:?}");
        }
        assert!(answer.warnings[0].contains("london-mental-health"));
        // And to housing, which may have nothing clinical at all.
        let again = letter().to("southwark-housing").item(risk(), REPORT);
        let answer = world.send("london-probation", None, again).await;
        let (stands, rules) = outcome(&answer, "southwark-housing", 1);
        assert_eq!(stands, Outcome::Refuse);
        assert!(rules.contains(&"ISP-17".to_owned()));
        assert!(world.inbox("southwark-housing").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_does_not_get_round_a_hold_by_another_label() {
    for db in each().await {
        let world = world(db).await;
        let first = letter().to("london-probation").item(clinical(), REPORT);
        world.send("met-police", None, first).await;
        let again = letter().to("southwark-housing").item(risk(), REPORT);
        let answer = world.send("met-police", None, again).await;
        assert_eq!(answer.state, ExchangeState::Refused);
        assert!(answer.warnings[0].contains("london-mental-health"));
        // A few words are nobody's document.
        let short = letter()
            .to("london-probation")
            .item(clinical(), "No change.");
        world.send("met-police", None, short).await;
        let own = letter().to("london-probation").item(risk(), "No change.");
        let answer = world.send("met-police", None, own).await;
        assert_eq!(answer.state, ExchangeState::Released);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_leaves_no_trace_for_that_reader() {
    for db in each().await {
        let world = world(db).await;
        let at = "southwark-housing";
        let mut sent = letter()
            .to(at)
            .purpose(Purpose::Housing)
            .item(
                item("his dealer", Category::Intel, None),
                "said by a source in the market",
            )
            .item(risk(), NOTE)
            .item(clinical(), REPORT)
            .item(
                item("her address", Category::Victim, None),
                "the house by the river, with the blue door",
            )
            .item(
                item("Order", Category::Orders, None),
                "not to live within a mile of the school",
            );
        sent.said.property = Some("12 Elm Row".to_owned().into());
        let answer = world.send("met-police", None, sent).await;
        let permitted: Vec<i64> = answer
            .matrix
            .iter()
            .filter(|cell| cell.outcome == Outcome::Permit)
            .map(|cell| cell.item)
            .collect();
        assert_eq!(permitted, [2, 5]);
        assert!(
            answer.matrix[1]
                .obligations
                .contains(&Obligation::Redact(Category::Victim))
        );
        let id = answer.id.unwrap();
        let inbox = world.inbox(at).await;
        let seen: Vec<(i64, &str)> = inbox[0]
            .items
            .iter()
            .map(|item| (item.n, item.title.as_str()))
            .collect();
        assert_eq!(seen, [(1, "Risk note"), (2, "Order")]);
        assert!(is_hidden(&world.text(at, Some("spoc"), &id, 3).await));
        let reader = world.caller(at, None).await;
        let view = world.flow.exchange_for(&reader, &id).await.unwrap();
        assert_eq!((view.items.len(), view.decisions.len()), (2, 0));
        let mut tx = world.flow.store.read().await.unwrap();
        assert_eq!(tx.wraps_for(&id, at).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_countersignature_is_another_persons_at_the_prison_that_owns_it() {
    for db in each().await {
        let world = world(db).await;
        let prison = "hmp-riverside";
        world.change(NominalChange::Custody(agency(prison))).await;
        let report = item("Adjudications", Category::Custody, None);
        let sent = letter()
            .to("london-probation")
            .purpose(Purpose::Release)
            .item(
                report,
                "two, in January: a phone, and a fight in the kitchen",
            );
        let answer = world.send(prison, Some("manager"), sent).await;
        let (stands, rules) = outcome(&answer, "london-probation", 1);
        assert_eq!((stands, rules), (Outcome::Hold, vec!["ISP-10".to_owned()]));
        let id = answer.id.unwrap();
        let hold = world.holds(prison).await.remove(0);
        for (at, by) in [
            (prison, "manager"),
            (prison, "spoc"),
            (prison, "security"),
            ("met-police", "manager"),
            ("london-coordination", "coordinator"),
        ] {
            let caller = world.caller(at, Some(by)).await;
            let refused = world
                .flow
                .decide_hold(&caller, &hold.id, judgement(true, "fine"))
                .await;
            assert!(
                matches!(refused, Err(FlowError::Forbidden(_) | FlowError::NotFound)),
                "{by} of {at}"
            );
        }
        assert!(is_hidden(
            &world.text("london-probation", None, &id, 1).await
        ));
        crate::world::add_person(&world.flow, prison, "governor", Role::Manager).await;
        let decided = world.decide(prison, "governor", true).await;
        assert_eq!(decided.decisions[0].outcome, Outcome::Permit);
        world.text("london-probation", None, &id, 1).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_shown_with_what_it_was_shared_for() {
    for db in each().await {
        let world = world(db).await;
        add_agency(
            &world.flow,
            "lambeth-housing",
            gateway_core::AgencyKind::Housing,
        )
        .await;
        let mut without = letter().to("lambeth-housing").item(risk(), NOTE);
        without.said.necessity = None;
        let answer = world.send("met-police", None, without).await;
        assert_eq!(answer.state, ExchangeState::Incomplete);
        let sent = letter().to("lambeth-housing").item(risk(), NOTE);
        world.send("met-police", None, sent).await;
        assert!(world.inbox("lambeth-housing").await.is_empty());
        let decided = world
            .decide("london-coordination", "coordinator", true)
            .await;
        assert!(
            decided.decisions[0]
                .obligations
                .contains(&Obligation::Reason)
        );
        let inbox = world.inbox("lambeth-housing").await;
        assert_eq!(
            inbox[0].necessity.as_deref(),
            Some("whoever houses him must know")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_is_read_by_nobody_after_its_time() {
    for db in each().await {
        let world = world(db).await;
        let at = "safe-homes";
        add_agency(&world.flow, at, gateway_core::AgencyKind::Associate).await;
        let sent = || letter().to(at).item(risk(), NOTE);
        let answer = world.send("met-police", None, sent()).await;
        assert_eq!(answer.state, ExchangeState::Refused);
        world
            .change(NominalChange::AddAssociate {
                agency: agency(at),
                until: "2026-03-05T09:00:00Z".parse().unwrap(),
            })
            .await;
        let answer = world.send("met-police", None, sent()).await;
        assert!(
            answer.matrix[0]
                .obligations
                .contains(&Obligation::ExpireAtReview)
        );
        let id = answer.id.unwrap();
        world.at("2026-03-05T08:59:59Z");
        world.text(at, Some("spoc"), &id, 1).await.unwrap();
        // No round of the clockwork has run: the vault itself looks at the time.
        world.at("2026-03-05T09:00:00Z");
        assert!(words(world.text(at, Some("spoc"), &id, 1).await).contains("time"));
        let delivery = world.inbox(at).await.remove(0).id;
        world.flow.tick().await.unwrap();
        assert!(world.inbox(at).await.is_empty());
        let reader = world.caller(at, Some("spoc")).await;
        let refused = world.flow.acknowledge(&reader, &delivery).await;
        assert!(matches!(refused, Err(FlowError::Conflict(_))));
        let police = world.caller("met-police", None).await;
        let seen = world.flow.exchange_for(&police, &id).await.unwrap();
        assert_eq!(seen.deliveries[0].state, DeliveryState::Expired.as_str());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_be_told_is_told_once_and_nobody_else_is() {
    for db in each().await {
        let world = world(db).await;
        let mut child = item("Seen near the school", Category::Child, None);
        child.child = Some("the child of Elm Row".to_owned().into());
        let sent = letter()
            .to("southwark-childrens")
            .purpose(Purpose::SafeChild)
            .item(child.clone(), NOTE)
            .item(
                child,
                "He asked a boy for his name and the way to his house.",
            );
        let answer = world.send("met-police", None, sent).await;
        assert!(
            answer.matrix[0]
                .obligations
                .contains(&Obligation::Notify(Role::Coordinator))
        );
        let told = |at: &'static str| {
            let world = &world;
            async move {
                let caller = world.caller(at, None).await;
                world.flow.notices(&caller, None, 50).await.unwrap()
            }
        };
        let unit = told("london-coordination").await;
        assert_eq!((unit.len(), unit[0].kind.as_str()), (1, "shared"));
        for other in [
            "london-probation",
            "southwark-housing",
            "southwark-childrens",
        ] {
            assert!(told(other).await.is_empty(), "{other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_separate_is_a_delivery_of_its_own() {
    for db in each().await {
        let world = world(db).await;
        let at = "london-probation";
        let sent = letter().to(at).item(risk(), NOTE).item(health(), REPORT);
        let id = world
            .send("london-mental-health", None, sent)
            .await
            .id
            .unwrap();
        let inbox = world.inbox(at).await;
        assert_eq!(inbox.len(), 2);
        for entry in &inbox {
            assert_eq!(entry.items.len(), 1);
        }
        let apart: Vec<bool> = inbox
            .iter()
            .map(|entry| entry.obligations.contains(&Obligation::Separate))
            .collect();
        assert_eq!(apart.iter().filter(|apart| **apart).count(), 1);
        // To acknowledge the one says nothing of the other.
        let reader = world.caller(at, None).await;
        world.flow.acknowledge(&reader, &inbox[0].id).await.unwrap();
        let left = world.inbox(at).await;
        assert_eq!((left.len(), left[0].id == inbox[1].id), (1, true), "{id}");
    }
}

fn health() -> ItemClaim {
    let mut claim = item("Relapse signs", Category::HealthRisk, None);
    claim.clinician = Some("Dr Synthetic".to_owned().into());
    claim.public_interest = Some("a risk to the children of the school".to_owned().into());
    claim
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_to_tell_the_subject_is_put_to_the_lead_agency() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter().to("london-probation").item(health(), REPORT);
        let answer = world.send("london-mental-health", None, sent).await;
        let owed = Obligation::TellSubjectConsider;
        assert!(answer.matrix[0].obligations.contains(&owed));
        let lead = world.caller("met-police", None).await;
        let notices = world.flow.notices(&lead, None, 50).await.unwrap();
        let kinds: Vec<&str> = notices.iter().map(|notice| notice.kind.as_str()).collect();
        assert_eq!(kinds, ["consider-telling-the-subject"]);
        // The notice opens nothing: the lead was not sent it.
        assert!(is_hidden(
            &world
                .text("met-police", Some("spoc"), &answer.id.unwrap(), 1)
                .await
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_released_that_is_not_linked_to_a_nominal() {
    for db in each().await {
        let world = world(db).await;
        let mut sent = letter().to("london-probation").item(risk(), NOTE);
        sent.said.identifiers.truncate(1);
        let answer = world.send("met-police", None, sent).await;
        assert_eq!(answer.missing, ["/nominal"]);
        assert!(world.inbox("london-probation").await.is_empty());

        let sent = letter().to("london-probation").item(risk(), NOTE);
        let answer = world.send("met-police", None, sent).await;
        assert!(
            answer.matrix[0]
                .obligations
                .contains(&Obligation::LinkNominal)
        );
        let reader = world.caller("london-probation", Some("spoc")).await;
        let events = world
            .flow
            .timeline(&reader, &world.nominal, None, 50)
            .await
            .unwrap();
        let id = answer.id.unwrap();
        assert!(
            events
                .iter()
                .any(|event| event.exchange.as_deref() == Some(&id))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn view_only_is_not_taken_by_any_api() {
    for db in each().await {
        let world = world(db).await;
        let prison: AgencyId = agency("hmp-riverside");
        let intel = item("Source", Category::Intel, Some("hmp-riverside"));
        world.change(NominalChange::Custody(prison)).await;
        let sent = letter().for_person("london-probation", "officer").item(
            intel,
            "He pays a man on the wing to write his letters to the school.",
        );
        let id = world.send("hmp-riverside", None, sent).await.id.unwrap();
        let decided = world.decide("hmp-riverside", "security", true).await;
        assert!(
            decided.decisions[0]
                .obligations
                .contains(&Obligation::ViewOnly)
        );
        let at = "london-probation";
        for by in [None, Some("officer"), Some("spoc")] {
            assert!(
                words(world.text(at, by, &id, 1).await).contains("portal"),
                "{by:?}"
            );
        }
        let reader = world.caller(at, Some("officer")).await;
        assert!(world.flow.wrap_only(&reader, &id, 1).await.is_err());
        world.flow.tick().await.unwrap();
        let inbox = world.inbox(at).await;
        assert_eq!((inbox.len(), inbox[0].state.as_str()), (1, "waiting"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_words_under_no_onward_go_no_further_either() {
    for db in each().await {
        let world = world(db).await;
        let short = "12 Elm Row, N1 4QT";
        let sent = letter().to("london-probation").item(clinical(), short);
        world.send("met-police", None, sent).await;
        world.decide("london-mental-health", "guardian", true).await;
        let again = letter().to("met-police").item(risk(), short);
        let answer = world.send("london-probation", None, again).await;
        let (stands, rules) = outcome(&answer, "met-police", 1);
        assert_eq!(stands, Outcome::Hold);
        assert!(rules.contains(&"NO-ONWARD".to_owned()), "{rules:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_its_owner_corrected_is_the_one_that_stays() {
    for db in each().await {
        let world = world(db).await;
        // The trust calls it a risk note, and corrects that: it is clinical.
        let sent = letter().to("london-probation").item(risk(), REPORT);
        let first = world.send("london-mental-health", None, sent).await;
        let mut corrected = item("report.pdf", Category::HealthClin, None);
        corrected.corrects = Some(gateway_flow::submission::ItemPlace {
            exchange: first.id.unwrap().parse().unwrap(),
            item: 1,
        });
        let sent = letter().to("london-probation").item(corrected, REPORT);
        world.send("london-mental-health", None, sent).await;
        world.decide("london-mental-health", "guardian", true).await;
        for claim in [risk(), item("report", Category::HealthClin, None)] {
            let again = letter().to("southwark-housing").item(claim, REPORT);
            let answer = world.send("london-probation", None, again).await;
            let (stands, rules) = outcome(&answer, "southwark-housing", 1);
            assert_eq!(stands, Outcome::Refuse, "{rules:?}");
        }
    }
}
