//! Days 8 to 14: health and housing, children, an emergency.

use gateway_core::{About, Category, Purpose, Role};

use crate::world::letter::{Letter, Teller, piece};
use crate::world::nominals::who;

/// Tells it.
pub async fn tell(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    health(teller).await?;
    children(teller).await?;
    emergency(teller).await
}

async fn health(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(8, 20).await?;
    let cleared = piece(
        Category::HealthRisk,
        "Health as it bears on risk",
        "Stops his medication when he drinks; risk rises within days.",
    )
    .cleared(
        "Dr Farah Sampleton",
        "serious harm to others is likely without it",
    );
    let letter = Letter::new(
        "london-mental-health",
        &["london-probation"],
        who::DANIEL,
        Purpose::Manage,
        "supervision must notice when he stops his medication",
        vec![cleared],
    );
    let told = teller.send(letter).await?;
    teller.at(8, 50).await?;
    teller.take("london-probation", &told).await?;
    teller.at(8, 100).await?;
    teller
        .send(Letter::new(
            "met-police",
            &["southwark-housing"],
            who::LEONARD,
            Purpose::Manage,
            "housing asked whether he is well",
            vec![
                piece(
                    Category::HealthRisk,
                    "Note on his health",
                    "Was an inpatient last year.",
                )
                .of("london-mental-health"),
                piece(
                    Category::HealthClin,
                    "Discharge letter",
                    "Discharge letter. Synthetic sample.",
                )
                .of("london-mental-health")
                .on_paper(),
            ],
        ))
        .await?;
    teller.at(9, 30).await?;
    let mut housed = Letter::new(
        "london-probation",
        &["southwark-housing"],
        who::DANIEL,
        Purpose::Housing,
        "the landlord must know which conditions bear on the flat",
        vec![
            piece(
                Category::Orders,
                "Licence conditions on the address",
                "Not to have visitors under 18; curfew from 21:00.",
            ),
            piece(
                Category::Risk,
                "Risk to neighbours and staff",
                "Low to neighbours; staff visit in pairs.",
            ),
        ],
    );
    housed.property = Some("Flat 4, Invented Court");
    let housed = teller.send(housed).await?;
    teller.at(9, 200).await?;
    teller.take("southwark-housing", &housed).await?;
    Ok(())
}

async fn children(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(10, 10).await?;
    let for_child = piece(
        Category::Risk,
        "Risk to the child",
        "He has asked twice to see his sister's son.",
    )
    .child("the nephew, at the school in Invented Road");
    let told = teller
        .send(Letter::new(
            "met-police",
            &["southwark-children", "southwark-education"],
            who::DANIEL,
            Purpose::SafeChild,
            "the child must be kept safe at home and at school",
            vec![for_child],
        ))
        .await?;
    teller.at(10, 80).await?;
    teller.take("southwark-children", &told).await?;
    teller.at(10, 140).await?;
    let seen = piece(
        Category::Child,
        "What we know of the family",
        "The mother agrees that there is no contact.",
    )
    .about(About::Child);
    teller
        .send(Letter::new(
            "southwark-children",
            &["met-police", "london-probation"],
            who::DANIEL,
            Purpose::SafeChild,
            "police and probation plan the visits",
            vec![seen],
        ))
        .await?;
    teller.at(11, 30).await?;
    let sent = teller
        .send(Letter::new(
            "southwark-youth",
            &["met-police", "southwark-children"],
            who::KIERAN,
            Purpose::Manage,
            "both meet him this week",
            vec![piece(
                Category::Risk,
                "Risk of serious harm",
                "Medium, to peers, by the youth justice assessment.",
            )],
        ))
        .await?;
    teller.at(11, 75).await?;
    teller.take("met-police", &sent).await?;
    Ok(())
}

async fn emergency(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(12, 600).await?;
    let mut now = Letter::new(
        "met-police",
        &[
            "london-probation",
            "southwark-housing",
            "london-mental-health",
        ],
        who::LEONARD,
        Purpose::Manage,
        "he has to be found before the evening",
        vec![
            piece(
                Category::Location,
                "Where he was last seen",
                "Left his flat at 17:40 on foot.",
            ),
            piece(
                Category::Risk,
                "What he said",
                "Told his neighbour whom he means to hurt tonight.",
            ),
        ],
    );
    now.by = Some(Role::Practitioner);
    now.emergency = Some("he has said that he will go there this evening");
    let now = teller.send(now).await?;
    teller.at(12, 615).await?;
    teller.take("london-probation", &now).await?;
    teller.take("london-mental-health", &now).await?;
    teller.at(13, 30).await?;
    teller
        .send(Letter::new(
            "capital-tagging",
            &["london-probation", "met-police"],
            who::LEONARD,
            Purpose::Manage,
            "it shows where he was last night",
            vec![piece(
                Category::Location,
                "Curfew report",
                "Out of range from 17:52 to 22:10.",
            )],
        ))
        .await?;
    Ok(())
}
