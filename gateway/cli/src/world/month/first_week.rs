//! Days 1 to 7: a risk note and a clinical report, a prison's report before a meeting.

use gateway_core::{Category, Purpose, Role};

use crate::world::letter::{Letter, Teller, piece};
use crate::world::nominals::who;

/// Tells it.
pub async fn tell(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    daniel(teller).await?;
    oscar(teller).await?;
    others(teller).await
}

async fn daniel(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(1, 30).await?;
    let note = teller
        .send(Letter::new(
            "met-police",
            &["london-probation", "southwark-housing"],
            who::DANIEL,
            Purpose::Manage,
            "both must know how the risk has changed before his tenancy begins",
            vec![
                piece(
                    Category::Risk,
                    "Risk note",
                    "Risk of serious harm to known adults: high. Unchanged since the last meeting.",
                ),
                piece(
                    Category::Ident,
                    "Who he is",
                    "Daniel Marlowe-Test, also known as Danny.",
                ),
            ],
        ))
        .await?;
    teller.at(1, 90).await?;
    teller.take("london-probation", &note).await?;
    teller.at(2, 15).await?;
    let clinical = teller
        .send(Letter::new(
            "met-police",
            &["london-probation"],
            who::DANIEL,
            Purpose::Manage,
            "his supervision plan depends on what the trust found",
            vec![
                piece(Category::HealthClin, "Clinical report", "Clinical report. Seen at the outpatient clinic. Synthetic sample, no real person.")
                    .of("london-mental-health")
                    .on_paper(),
                piece(Category::Risk, "Covering note", "The trust's report is attached; the risk note of yesterday stands."),
            ],
        ))
        .await?;
    teller.take("southwark-housing", &note).await?;
    teller.at(3, 60).await?;
    let reasons = "a summary would not do: the supervision plan turns on the medication";
    teller
        .decide(
            "london-mental-health",
            Role::Caldicott,
            &clinical,
            true,
            reasons,
        )
        .await?;
    teller.at(3, 120).await?;
    teller.take("london-probation", &clinical).await?;
    answered(teller, &note).await
}

async fn answered(teller: &mut Teller<'_>, note: &str) -> anyhow::Result<()> {
    teller.at(3, 180).await?;
    let mut reply = Letter::new(
        "london-probation",
        &["met-police"],
        who::DANIEL,
        Purpose::Manage,
        "it answers the risk note",
        vec![piece(
            Category::Rmp,
            "Plan after the risk note",
            "Weekly reporting; a visit within five days.",
        )],
    );
    reply.reply = Some(note.to_owned());
    let reply = teller.send(reply).await?;
    teller.take("met-police", &reply).await?;
    teller.at(4, 30).await?;
    let right = piece(Category::Risk, "Risk note, corrected", "Risk of serious harm to known adults: high. The date of the last incident was the 3rd, not the 13th.")
        .corrects(note, 1)?;
    teller
        .send(Letter::new(
            "met-police",
            &["london-probation"],
            who::DANIEL,
            Purpose::Manage,
            "the earlier note had a wrong date",
            vec![right],
        ))
        .await?;
    Ok(())
}

async fn oscar(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(4, 120).await?;
    let report = teller
        .send(Letter::new(
            "hmp-northgate",
            &["london-coordination", "london-probation", "met-police"],
            who::OSCAR,
            Purpose::Meeting,
            "the meeting at level 3 needs his behaviour in custody",
            vec![piece(
                Category::Custody,
                "Report from custody",
                "Two adjudications, none since the autumn. Polite to staff. One test, negative.",
            )],
        ))
        .await?;
    teller.at(5, 45).await?;
    let reasons = "read against the adjudication record: accurate";
    teller
        .decide("hmp-northgate", Role::Manager, &report, true, reasons)
        .await?;
    teller.take("london-probation", &report).await?;
    teller.at(5, 200).await?;
    teller
        .send(Letter::new(
            "hmp-northgate",
            &["met-police"],
            who::OSCAR,
            Purpose::Assess,
            "it bears on whom he may meet after release",
            vec![piece(
                Category::Intel,
                "Intelligence summary",
                "Graded and sanitised: a named associate was spoken of twice.",
            )],
        ))
        .await?;
    Ok(())
}

async fn others(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(5, 240).await?;
    let mut first = Letter::new(
        "met-police",
        &["southwark-jobcentre"],
        who::MARTIN,
        Purpose::LevelSet,
        "the level is set this week and each agency is asked for what it holds",
        vec![piece(
            Category::Offence,
            "Offences",
            "One conviction, spent in part; no breach since.",
        )],
    );
    first.reason = Some("he has claimed there since the summer");
    let asked = teller.send(first).await?;
    teller.at(6, 60).await?;
    teller.take("southwark-jobcentre", &asked).await?;
    let mut answer = Letter::new(
        "southwark-jobcentre",
        &["met-police"],
        who::MARTIN,
        Purpose::LevelSet,
        "it answers the request",
        vec![piece(
            Category::Risk,
            "What we hold",
            "Attends as agreed. One outburst at the desk, no report made.",
        )],
    );
    answer.reply = Some(asked);
    teller.send(answer).await?;
    Ok(())
}
