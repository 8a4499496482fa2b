//! Records change with dates, each change an event, and a mistake in one can be mended.

use gateway_core::{Category, ExchangeState, IdentifierKind, Outcome, Role};
use gateway_flow::FlowError;
use gateway_flow::admin::{AgencyChange, NominalChange};
use gateway_store::testing::each;

use crate::world::{agency, identifier, item, letter, outcome, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";

fn note() -> crate::world::Letter {
    letter()
        .to("southwark-housing")
        .item(item("Risk note", Category::Risk, None), NOTE)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_entered_wrongly_is_taken_away_and_matches_nobody() {
    for db in each().await {
        let world = world(db).await;
        let wrong = identifier(IdentifierKind::Pnc, "99/123456X");
        world
            .change(NominalChange::EndIdentifier(wrong.clone()))
            .await;
        let answer = world.send("met-police", None, note()).await;
        assert_eq!(answer.state, ExchangeState::Incomplete);
        let again = world
            .flow
            .change_nominal(&world.nominal, NominalChange::EndIdentifier(wrong))
            .await;
        assert!(matches!(again, Err(FlowError::Invalid(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_ends_ends_what_it_opened() {
    for db in each().await {
        let world = world(db).await;
        assert_eq!(
            outcome(
                &world.send("met-police", None, note()).await,
                "southwark-housing",
                1
            )
            .0,
            Outcome::Permit
        );
        world
            .change(NominalChange::EndPartner(agency("southwark-housing")))
            .await;
        let answer = world.send("met-police", None, note()).await;
        assert_eq!(
            outcome(&answer, "southwark-housing", 1),
            (Outcome::Hold, vec!["ISP-41".to_owned()])
        );
        let reader = world.caller("southwark-housing", Some("spoc")).await;
        let record = world.flow.nominal(&reader, &world.nominal).await;
        assert!(matches!(record, Err(FlowError::NotFound)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_ends_decides_nothing_more() {
    for db in each().await {
        let world = world(db).await;
        let report = item(
            "report.pdf",
            Category::HealthClin,
            Some("london-mental-health"),
        );
        let sent = letter().to("london-probation").item(report, NOTE);
        world.send("met-police", None, sent).await;
        let hold = world.holds("london-mental-health").await.remove(0);
        let guardian = "guardian@london-mental-health.example";
        world.flow.dismiss(guardian, Role::Caldicott).await.unwrap();
        let refused = world.flow.dismiss(guardian, Role::Caldicott).await;
        assert!(matches!(refused, Err(FlowError::Invalid(_))));
        let caller = world.caller("london-mental-health", Some("guardian")).await;
        let refused = world
            .flow
            .decide_hold(&caller, &hold.id, crate::world::judgement(true, "fine"))
            .await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_joins_and_leaves_areas_but_never_its_only_one() {
    for db in each().await {
        let world = world(db).await;
        world
            .flow
            .add_area("kent", "Kent", "gateway.example/kent")
            .await
            .unwrap();
        let change = |change| world.flow.change_agency("met-police", change);
        let only = change(AgencyChange::Leave("london".to_owned())).await;
        assert!(matches!(only, Err(FlowError::Invalid(_))));
        change(AgencyChange::Join("kent".to_owned())).await.unwrap();
        change(AgencyChange::Leave("london".to_owned()))
            .await
            .unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let areas: Vec<String> = tx
            .memberships("met-police")
            .await
            .unwrap()
            .into_iter()
            .map(|member| member.area)
            .collect();
        assert_eq!(areas, ["kent"]);
        drop(tx);
        let nowhere = change(AgencyChange::Join("nowhere".to_owned())).await;
        assert!(matches!(nowhere, Err(FlowError::Invalid(_))));
        // A nominal of the other area is found by its identifiers all the same.
        let answer = world.send("met-police", None, note()).await;
        assert_eq!(answer.nominal.as_deref(), Some(world.nominal.as_str()));
        world
            .flow
            .rename_area("kent", "Kent and Medway")
            .await
            .unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_associate_ends_before_its_review_and_a_category_is_one_of_four() {
    for db in each().await {
        let world = world(db).await;
        let at = "safe-homes";
        crate::world::add_agency(&world.flow, at, gateway_core::AgencyKind::Associate).await;
        world
            .change(NominalChange::AddAssociate {
                agency: agency(at),
                until: "2026-03-30T09:00:00Z".parse().unwrap(),
            })
            .await;
        world.at("2026-03-03T09:00:00Z");
        world.change(NominalChange::EndAssociate(agency(at))).await;
        let sent = letter()
            .to(at)
            .item(item("Risk note", Category::Risk, None), NOTE);
        let answer = world.send("met-police", None, sent).await;
        assert_eq!(answer.state, ExchangeState::Refused);
        for category in [0, 5] {
            let refused = world
                .flow
                .change_nominal(&world.nominal, NominalChange::Category(category))
                .await;
            assert!(matches!(refused, Err(FlowError::Invalid(_))));
        }
        world.change(NominalChange::Category(2)).await;
        world
            .change(NominalChange::Gp("Elm Row Surgery".to_owned().into()))
            .await;
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let record = world
            .flow
            .nominal(&coordinator, &world.nominal)
            .await
            .unwrap();
        assert_eq!(record.category, 2);
        world.verify().await.unwrap();
    }
}
