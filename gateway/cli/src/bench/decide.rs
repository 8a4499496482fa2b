//! `decide`: a decision with its reasons in words, beside one bare authorization by the engine
//! on the same question and rules.

use std::collections::BTreeMap;

use anyhow::Context as _;
use gateway_core::{AgencyId, AgencyKind, Category, Outcome, Question};
use gateway_protocol::cases::default_question;
use gateway_protocol::{Bare, Protocols};

use super::Setup;
use super::figure::Figure;
use super::times::{Times, Watch};
use crate::progress;

const NAME: &str = "decide";
/// Decisions of each outcome.
const ROUNDS: usize = 20_000;
/// What the bare engine is.
const PEER: &str = "bare Cedar, all made ready";

/// Measures.
pub fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let protocols = Protocols::embedded().context("the sharing protocols do not load")?;
    let bar = progress::bar("decide");
    let mut figures = Vec::new();
    for agencies in [40, 1_000] {
        for (outcome, questions) in by_outcome(&protocols, agencies)? {
            bar.inc(1);
            figures.extend(one(setup, &protocols, agencies, outcome, &questions)?);
        }
    }
    bar.finish_and_clear();
    Ok(figures)
}

/// Every agency as recipient, of three items that the outcomes differ on.
fn by_outcome(
    protocols: &Protocols,
    agencies: usize,
) -> anyhow::Result<BTreeMap<Outcome, Vec<Question>>> {
    let mut sorted: BTreeMap<Outcome, Vec<Question>> = BTreeMap::new();
    let kinds = AgencyKind::ALL.iter().cycle().take(agencies);
    for (n, kind) in kinds.enumerate() {
        let agency: AgencyId = format!("agency-{n}").parse()?;
        let sender: AgencyId = format!("agency-{}", (n * 7 + 3) % agencies).parse()?;
        for category in [Category::Risk, Category::HealthClin, Category::Victim] {
            let mut question = default_question(*kind).context("a question")?;
            question.recipient.agency = agency.clone();
            question.sender.agency = sender.clone();
            question.item.owner = sender.clone();
            question.item.category = category;
            let outcome = protocols.decide(&question).outcome;
            sorted.entry(outcome).or_default().push(question);
        }
    }
    Ok(sorted)
}

fn one(
    setup: &Setup,
    protocols: &Protocols,
    agencies: usize,
    outcome: Outcome,
    questions: &[Question],
) -> anyhow::Result<Vec<Figure>> {
    let bare: Option<Vec<Bare<'_>>> = questions.iter().map(|q| protocols.bare(q)).collect();
    let bare = bare.context("a question that the engine does not take")?;
    let rounds = setup.times(ROUNDS);
    let mut turn = questions.iter().zip(&bare).cycle();
    let (mut ours, mut engine) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does falls on both.
    for _ in 0..rounds {
        let (question, bare) = turn.next().context("no question")?;
        let mut watch = Watch::start();
        std::hint::black_box(protocols.decide(std::hint::black_box(question)));
        ours.push(watch.lap());
        std::hint::black_box(bare.ask());
        engine.push(watch.lap());
    }
    let (ours, engine) = (Times::of(ours), Times::of(engine));
    let ratio = ours.median() / engine.median();
    let holds = ratio <= 2.5 && ours.median() < 100.0 && ours.p99() < 300.0;
    let decided = Figure::times(NAME, format!("{outcome}, {agencies} agencies"), &ours)
        .beside(PEER, engine.median())
        .target("ratio ≤ 2.5, median < 100 µs, p99 < 300 µs", holds);
    let mut turn = questions.iter().cycle();
    let explained = Times::repeat(rounds / 20 + 1, || {
        turn.next().map(|question| protocols.explain(question))
    });
    let explained = Figure::times(
        NAME,
        format!("{outcome}, {agencies} agencies, every rule considered alone"),
        &explained,
    )
    .beside(PEER, engine.median());
    Ok(vec![decided, explained])
}
