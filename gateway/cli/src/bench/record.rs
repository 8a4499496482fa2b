//! `record`: exchanges a second through the real recorder, by many senders at once, beside one
//! exchange a commit and beside bare inserts of the same rows; and where the time goes.

use std::collections::BTreeMap;

use anyhow::Context as _;
use gateway_flow::measure::Prepared;

use super::Setup;
use super::bare::{self, Rows};
use super::figure::Figure;
use super::send::{BYTES, Sender, many, released};
use super::times::{Times, Watch, count};
use super::world::World;
use crate::progress;

const NAME: &str = "record";
/// Senders at once: twice what a commit takes, so that the next is full when one ends.
pub const SENDERS: usize = 128;
/// Exchanges sent one after another, and together.
const ALONE: usize = 250;
const TOGETHER: usize = 1_500;
const UNIT: &str = "exchanges/s";
/// The steps, in order; a body is taken in before its submission is made.
const STEPS: [&str; 6] = ["take", "receive", "identify", "decide", "seal", "record"];

/// Measures.
pub async fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for server in setup.databases() {
        let world = World::make(server).await?;
        let measured = on(setup, &world).await;
        world.end().await?;
        figures.extend(measured?);
    }
    Ok(figures)
}

async fn on(setup: &Setup, world: &World) -> anyhow::Result<Vec<Figure>> {
    let sender = Sender::new(world)?;
    let (alone, together) = (setup.times(ALONE), setup.times(TOGETHER));
    let bar = progress::bar("record");
    bar.set_length(6);
    // The recorder by itself leaves its deliveries queued: it comes last, and is told first.
    let whole = whole(world, &sender, alone, together).await?;
    bar.inc(1);
    let mut figures = recorder(world, &sender, alone, together, &bar).await?;
    figures.extend(whole);
    bar.finish_and_clear();
    Ok(figures)
}

/// The recorder by itself: what it is given was sealed beforehand.
async fn recorder(
    world: &World,
    sender: &Sender,
    alone: usize,
    together: usize,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<Vec<Figure>> {
    let on = world.database;
    let singles = prepared(sender, alone).await?;
    bar.inc(1);
    let (seconds, ids) = recorded(sender, singles, 1).await?;
    let single = count(ids.len()) / seconds;
    bar.inc(1);
    let grouped = prepared(sender, together).await?;
    bar.inc(1);
    let (seconds, ids) = recorded(sender, grouped, SENDERS).await?;
    let group = count(ids.len()) / seconds;
    bar.inc(1);
    let mut rows = Vec::new();
    for id in &ids {
        rows.push(Rows::of(&world.flow.store, id).await?);
    }
    let inserts = inserts(world, &rows).await?;
    bar.inc(1);
    let each = |count: fn(&Rows) -> usize| rows.first().map_or(0, count);
    let (all, own) = (each(Rows::all), each(Rows::own));
    let figure = |what: &str| Figure::rate(NAME, format!("{on}: {what}"), group, UNIT);
    Ok(vec![
        figure(&format!("recorder alone, {SENDERS} senders"))
            .beside("one a commit", single)
            .at_least(3.0),
        figure(&format!("recorder alone, {all} rows an exchange"))
            .beside("bare inserts of the same rows", inserts.with_log)
            .at_least(0.3),
        figure(&format!("recorder alone, {own} rows without the log's"))
            .beside("bare inserts without the log's rows", inserts.without),
    ])
}

async fn prepared(sender: &Sender, number: usize) -> anyhow::Result<Vec<Prepared>> {
    let own = sender.clone();
    let (_, prepared) = many(vec![(); number], 4, move |()| {
        let sender = own.clone();
        async move {
            let submission = sender.submission(BYTES).await?;
            Ok(sender.flow().prepare(submission, |_| {}).await?)
        }
    })
    .await?;
    Ok(prepared)
}

/// Records what is sealed already; the seconds it took, and the exchanges' ids.
async fn recorded(
    sender: &Sender,
    prepared: Vec<Prepared>,
    senders: usize,
) -> anyhow::Result<(f64, Vec<String>)> {
    let flow = sender.flow().clone();
    many(prepared, senders, move |prepared| {
        let flow = flow.clone();
        async move {
            let answer = released(flow.record_prepared(prepared).await?)?;
            answer.id.context("an exchange without an id")
        }
    })
    .await
}

struct Inserts {
    with_log: f64,
    without: f64,
}

/// The same rows again, into the records as they were. Half of them with the log's own rows,
/// half without: a row can be inserted once.
async fn inserts(world: &World, rows: &[Rows]) -> anyhow::Result<Inserts> {
    let mut tx = world.twin.read().await?;
    let area = tx.areas().await?.first().context("an area")?.id.clone();
    let head = tx.log_head(&area).await?.context("a log")?;
    drop(tx);
    let (first, second) = rows.split_at(rows.len() / 2);
    let log = Some((head.id.as_str(), head.size));
    Ok(Inserts {
        with_log: bare::insert(&world.twin, first, log).await?,
        without: bare::insert(&world.twin, second, None).await?,
    })
}

/// The whole way, from the body to the proof in the answer; and each step of it.
async fn whole(
    world: &World,
    sender: &Sender,
    alone: usize,
    together: usize,
) -> anyhow::Result<Vec<Figure>> {
    let on = world.database;
    let mut laps: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let started = Watch::start();
    for _ in 0..alone {
        let mut watch = Watch::start();
        let submission = sender.submission(BYTES).await?;
        laps.entry("take").or_default().push(watch.lap());
        let note = |step| laps.entry(step).or_default().push(watch.lap());
        let prepared = sender.flow().prepare(submission, note).await?;
        released(sender.flow().record_prepared(prepared).await?)?;
        laps.entry("record").or_default().push(watch.lap());
    }
    let single = count(alone) / started.seconds();
    let group = rate(sender, together).await?;
    let case = format!("{on}: body to proof, {SENDERS} senders");
    let mut figures =
        vec![Figure::rate(NAME, case, group, UNIT).beside("one after another", single)];
    let all: f64 = laps.values().flatten().sum::<f64>() / count(alone);
    for step in STEPS {
        let times = Times::of(laps.remove(step).unwrap_or_default());
        let case = format!("{on}: step {step}, one after another");
        figures.push(Figure::times(NAME, case, &times).beside("the whole way", all));
    }
    Ok(figures)
}

/// How many a second go the whole way, by many senders.
pub async fn rate(sender: &Sender, number: usize) -> anyhow::Result<f64> {
    let own = sender.clone();
    let (seconds, sent) = many(vec![(); number], SENDERS, move |()| {
        let sender = own.clone();
        async move { sender.send(BYTES).await }
    })
    .await?;
    Ok(count(sent.len()) / seconds)
}
