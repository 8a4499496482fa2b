//! Days 22 to 28: what is incomplete, unmatched or unlabelled, and what still waits.

use gateway_core::{Category, IdentifierKind, Purpose, Role};
use gateway_flow::admin::NominalChange;
use gateway_flow::colleague::NewColleague;
use gateway_flow::reason::ReadingOf;

use crate::world::letter::{Letter, Subject, Teller, piece};
use crate::world::nominals::who;

/// Tells it.
pub async fn tell(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    incomplete(teller).await?;
    open(teller).await?;
    last(teller).await
}

async fn incomplete(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(22, 40).await?;
    let mut letter = Letter::new(
        "southwark-housing",
        &["met-police"],
        who::DANIEL,
        Purpose::Manage,
        "",
        vec![piece(
            Category::Location,
            "Visits to the flat",
            "A neighbour has seen a second man there at night.",
        )],
    );
    letter.necessity = None;
    teller.send(letter).await?;
    teller.at(22, 100).await?;
    let mut unknown = Letter::new(
        "guys-acute",
        &["met-police"],
        who::DANIEL,
        Purpose::StaffSafety,
        "staff were threatened, and he comes back on Thursday",
        vec![piece(
            Category::Risk,
            "Threat to staff",
            "Threatened the reception desk. Gave only his name.",
        )],
    );
    unknown.subject = Subject::Given(&[
        (IdentifierKind::Name, "Leonard Brakespeare-Test"),
        (IdentifierKind::Dob, "1988-06-14"),
    ]);
    teller.send(unknown).await?;
    Ok(())
}

async fn open(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(23, 30).await?;
    teller
        .send(Letter::new(
            "london-probation",
            &["hmp-southfield", "met-police"],
            who::STUART,
            Purpose::Release,
            "the release plan is settled at the meeting",
            vec![piece(
                Category::Rmp,
                "Plan on release",
                "Approved premises for twelve weeks; curfew; no contact.",
            )],
        ))
        .await?;
    teller.at(24, 60).await?;
    teller
        .send(Letter::new(
            "met-police",
            &["london-probation"],
            who::RACHEL,
            Purpose::Manage,
            "it came with the file",
            vec![
                piece(
                    Category::Risk,
                    "Scanned page",
                    "A page whose kind nobody has said.",
                )
                .unlabelled(),
            ],
        ))
        .await?;
    teller.at(25, 30).await?;
    let plan = teller
        .send(Letter::new(
            "london-probation",
            &["elm-house", "met-police"],
            who::EDWIN,
            Purpose::Manage,
            "the premises must know the plan",
            vec![piece(
                Category::Rmp,
                "Risk management plan",
                "Room check at 23:00; no alcohol; GP visit on the 27th.",
            )],
        ))
        .await?;
    teller.at(25, 90).await?;
    teller.take("elm-house", &plan).await?;
    // Who starts later than was thought.
    let colleague = NewColleague {
        name: "Petra Latecome-Test".to_owned(),
        email: "p.latecome-test@housing.example".to_owned(),
        role: Role::Practitioner.to_string(),
    };
    teller
        .invites_and_withdraws("southwark-housing", colleague)
        .await
}

async fn last(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    teller.at(26, 30).await?;
    let sent = teller
        .send(Letter::new(
            "essex-police",
            &["essex-probation"],
            who::CLIVE,
            Purpose::Manage,
            "supervision begins on Monday",
            vec![piece(
                Category::Offence,
                "Offences",
                "Two convictions; the file follows.",
            )],
        ))
        .await?;
    teller.at(26, 60).await?;
    teller.take("essex-probation", &sent).await?;
    teller.at(27, 20).await?;
    let report = teller
        .send(Letter::new(
            "met-police",
            &["london-probation"],
            who::OSCAR,
            Purpose::Manage,
            "his release plan depends on it",
            vec![
                piece(
                    Category::HealthClin,
                    "Psychiatric report",
                    "Psychiatric report. Synthetic sample.",
                )
                .of("london-mental-health")
                .on_paper(),
            ],
        ))
        .await?;
    teller.at(27, 50).await?;
    let trust = "london-mental-health";
    teller
        .ask(
            trust,
            Role::Caldicott,
            &report,
            "Which part of the report does the release plan turn on?",
        )
        .await?;
    teller.at(27, 80).await?;
    let answer = "The section on medication, pages 3 and 4.";
    teller.answer("met-police", &report, answer).await?;
    teller.at(27, 90).await?;
    let more = "Has he been told that it is shared?";
    teller.ask(trust, Role::Caldicott, &report, more).await?;
    let unit = "london-coordination";
    let round = "the morning round of what waits";
    teller.look(unit, ReadingOf::Queues, round).await?;
    let reference = teller.reference(who::OSCAR)?;
    let call = "probation rang about his release";
    teller
        .look(unit, ReadingOf::Nominal(&reference), call)
        .await?;
    let level = NominalChange::Level(2, String::new());
    let breach = "he has missed two appointments, and moved without a word";
    teller.change(unit, who::MARTIN, level, breach).await?;
    Ok(())
}
