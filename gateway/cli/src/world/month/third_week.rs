//! Days 15 to 21: a meeting's actions and minutes, a victim, an agency with no part.

use gateway_core::question::Consent;
use gateway_core::{About, Category, Purpose, Role};

use crate::world::letter::{Letter, Teller, piece};
use crate::world::nominals::who;

/// Tells it.
pub async fn tell(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    meeting(teller).await?;
    victim(teller).await?;
    no_part(teller).await
}

async fn meeting(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(15, 60).await?;
    let actions = teller
        .send(Letter::new(
            "london-coordination",
            &["southwark-housing", "southwark-children"],
            who::DANIEL,
            Purpose::Meeting,
            "each owner gets the agreed actions the day after",
            vec![piece(
                Category::Actions,
                "Agreed actions",
                "1. Housing: change the locks by Friday. 2. Children's services: visit the mother.",
            )],
        ))
        .await?;
    teller.at(15, 120).await?;
    teller.take("southwark-housing", &actions).await?;
    let minutes = teller
        .send(Letter::new(
            "london-coordination",
            &["southwark-children", "southwark-housing"],
            who::DANIEL,
            Purpose::Meeting,
            "the minutes go to those who attended",
            vec![
                piece(
                    Category::Minutes,
                    "Minutes",
                    "Minutes of the meeting. Present: see the list. Synthetic sample.",
                )
                .on_paper(),
            ],
        ))
        .await?;
    teller.at(16, 30).await?;
    teller
        .decide(
            "london-coordination",
            Role::Chair,
            &minutes,
            true,
            "they are a true record",
        )
        .await?;
    teller.at(16, 200).await?;
    teller.take("southwark-children", &minutes).await?;
    teller.at(16, 240).await?;
    let tagged = teller
        .send(Letter::new(
            "met-police",
            &["capital-tagging"],
            who::LEONARD,
            Purpose::Manage,
            "the monitoring officer visits him alone",
            vec![piece(
                Category::Risk,
                "Risk to staff",
                "Visits in pairs only, and not after dark.",
            )],
        ))
        .await?;
    teller.at(16, 300).await?;
    teller.take("capital-tagging", &tagged).await?;
    Ok(())
}

async fn victim(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(17, 45).await?;
    let mut from_vlo = Letter::new(
        "london-probation",
        &["met-police", "london-coordination"],
        who::OSCAR,
        Purpose::VictimSafety,
        "the exclusion zone depends on where the victim has moved",
        vec![
            piece(
                Category::Victim,
                "Where the victim lives now",
                "Within two streets of the planned address.",
            )
            .about(About::Victim),
        ],
    );
    from_vlo.by = Some(Role::Vlo);
    teller.send(from_vlo).await?;
    teller.at(17, 90).await?;
    let at_risk = piece(
        Category::Risk,
        "An adult at risk",
        "His aunt gives him her pension and is afraid of him.",
    )
    .consent(Consent::NotSought);
    let told = teller
        .send(Letter::new(
            "london-probation",
            &["southwark-adults"],
            who::RACHEL,
            Purpose::SafeAdult,
            "the aunt needs care and protection",
            vec![at_risk],
        ))
        .await?;
    teller.at(17, 150).await?;
    teller.take("southwark-adults", &told).await?;
    Ok(())
}

async fn no_part(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(18, 30).await?;
    let strayed = teller
        .send(Letter::new(
            "met-police",
            &["southwark-education"],
            who::LEONARD,
            Purpose::Manage,
            "the school asked who he is",
            vec![piece(Category::Risk, "Risk note", "High, to known adults.")],
        ))
        .await?;
    teller.at(18, 200).await?;
    let reasons = "no child is at the school that he is known to have contact with";
    teller
        .decide(
            "london-coordination",
            Role::Coordinator,
            &strayed,
            false,
            reasons,
        )
        .await?;
    teller.at(19, 20).await?;
    let contacts = teller
        .send(Letter::new(
            "hmp-southfield",
            &["met-police"],
            who::STUART,
            Purpose::Release,
            "it bears on whom he may live with",
            vec![piece(
                Category::Contacts,
                "Visitors and letters",
                "Three visitors; one letter was stopped.",
            )],
        ))
        .await?;
    teller.at(19, 100).await?;
    let reasons = "the visitor list is a month old: write it again from the record";
    teller
        .decide("hmp-southfield", Role::Manager, &contacts, false, reasons)
        .await?;
    Ok(())
}
