//! What was wrong and was sent is corrected wherever it went (DPA 2018 s.38; UK GDPR Art 19).

use gateway_core::{AgencyKind, Category, ExchangeState, Obligation, Outcome};
use gateway_flow::FlowError;
use gateway_flow::admin::NominalChange;
use gateway_flow::submission::ItemPlace;
use gateway_store::testing::each;

use crate::world::{Letter, World, add_agency, agency, item, letter, outcome, world};

const WRONG: &str = "He was seen at the school gate on the second of March.";
const RIGHT: &str = "It was another man at the school gate on the second of March.";

async fn mistake(world: &World) -> String {
    let sent = letter()
        .to("london-probation")
        .to("southwark-housing")
        .item(item("Risk note", Category::Risk, None), WRONG);
    world.send("met-police", None, sent).await.id.unwrap()
}

fn correction(of: &str) -> Letter {
    let mut claim = item("Risk note, corrected", Category::Risk, None);
    claim.corrects = Some(ItemPlace {
        exchange: of.parse().unwrap(),
        item: 1,
    });
    letter().item(claim, RIGHT)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_reaches_all_who_had_the_mistake_though_it_names_one() {
    for db in each().await {
        let world = world(db).await;
        let id = mistake(&world).await;
        // Housing's part in the case ends; it still has the mistake.
        world
            .change(NominalChange::EndPartner(agency("southwark-housing")))
            .await;
        let sent = correction(&id).to("london-probation");
        let answer = world.send("met-police", None, sent).await;
        assert_eq!(answer.state, ExchangeState::Released);
        let (stands, rules) = outcome(&answer, "southwark-housing", 1);
        assert_eq!(stands, Outcome::Permit);
        assert!(rules.contains(&"ISP-38".to_owned()), "{rules:?}");
        let later = answer.id.unwrap();
        for at in ["london-probation", "southwark-housing"] {
            let text = world.text(at, Some("spoc"), &later, 1).await.unwrap();
            assert_eq!(text, RIGHT);
            // The mistake is not taken away: it is shown as corrected.
            let reader = world.caller(at, None).await;
            let earlier = world.flow.exchange_for(&reader, &id).await.unwrap();
            assert!(earlier.items[0].since.corrected && !earlier.items[0].corrects);
            let now = world.flow.exchange_for(&reader, &later).await.unwrap();
            assert!(now.items[0].corrects && !now.items[0].since.corrected);
            assert!(now.items[0].obligations.contains(&Obligation::Mark));
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_carries_nothing_else_to_an_earlier_reader() {
    for db in each().await {
        let world = world(db).await;
        let id = mistake(&world).await;
        let mut sent = correction(&id).to("london-probation");
        sent = sent.item(
            item("Address", Category::Location, None),
            "He lives with his mother in Elm Row since the first of March.",
        );
        let answer = world.send("met-police", None, sent).await;
        let to_housing: Vec<i64> = answer
            .matrix
            .iter()
            .filter(|cell| cell.recipient.as_str() == "southwark-housing")
            .map(|cell| cell.item)
            .collect();
        assert_eq!(to_housing, [1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_sent_it_corrects_it() {
    for db in each().await {
        let world = world(db).await;
        let id = mistake(&world).await;
        let sent = correction(&id).to("met-police");
        let refused = world.try_send("london-probation", None, sent).await;
        assert!(
            matches!(refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/items/0/corrects")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owners_correction_waits_for_nobody_but_a_strangers_does() {
    for db in each().await {
        let world = world(db).await;
        add_agency(&world.flow, "lambeth-housing", AgencyKind::Housing).await;
        let id = mistake(&world).await;
        // A new recipient with no part in the case gets no correction of what it never had.
        let sent = correction(&id).to("lambeth-housing");
        let answer = world.send("met-police", None, sent).await;
        let (stands, rules) = outcome(&answer, "lambeth-housing", 1);
        assert_eq!((stands, rules), (Outcome::Hold, vec!["ISP-41".to_owned()]));
        assert_eq!(outcome(&answer, "southwark-housing", 1).0, Outcome::Permit);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_the_place_of_an_item_shows_to_those_who_have_both() {
    for db in each().await {
        let world = world(db).await;
        let id = mistake(&world).await;
        let mut claim = item("Risk note, second version", Category::Risk, None);
        claim.supersedes = Some(ItemPlace {
            exchange: id.parse().unwrap(),
            item: 1,
        });
        let sent = letter().to("london-probation").item(claim, RIGHT);
        world.send("met-police", None, sent).await;
        let mut shown = Vec::new();
        for at in ["met-police", "london-probation", "southwark-housing"] {
            let reader = world.caller(at, None).await;
            let seen = world.flow.exchange_for(&reader, &id).await.unwrap();
            shown.push(seen.items[0].since.superseded);
        }
        assert_eq!(shown, [true, true, false]);
    }
}
