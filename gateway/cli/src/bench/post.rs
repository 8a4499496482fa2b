//! `post`: from a body to the proof in the answer, at half of what the machine can do. In
//! process: the API's own share (TLS, JSON) is not in it.

use std::io::Write as _;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Setup;
use super::figure::Figure;
use super::record::rate;
use super::send::{BYTES, Sender};
use super::times::{Times, Watch};
use super::world::World;
use crate::progress;

const NAME: &str = "post";
/// Exchanges by which the full load is found.
const FULL: usize = 1_000;
/// Exchanges at half load, at most, and for how long at most.
const HALF: usize = 6_000;
const SECONDS: f64 = 12.0;

/// Measures.
pub async fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for server in setup.databases() {
        let world = World::make(server).await?;
        let measured = on(setup, &world).await;
        world.end().await?;
        figures.push(measured?);
    }
    Ok(figures)
}

async fn on(setup: &Setup, world: &World) -> anyhow::Result<Figure> {
    let sender = Sender::new(world)?;
    let bar = progress::bar("post");
    let full = rate(&sender, setup.times(FULL)).await?;
    let half = full / 2.0;
    let gap = Duration::from_secs_f64(1.0 / half);
    let mut under_way = JoinSet::new();
    let start = Instant::now();
    let mut due = start;
    for _ in 0..setup.times(HALF) {
        if (due - start).as_secs_f64() > SECONDS {
            break;
        }
        bar.inc(1);
        let sender = sender.clone();
        under_way.spawn(async move {
            sleep_until(due).await;
            sender.send(BYTES).await?;
            // From when it was due: a late start is part of it.
            anyhow::Ok(due.elapsed().as_secs_f64() * 1e6)
        });
        due += gap;
    }
    let mut times = Vec::new();
    while let Some(done) = under_way.join_next().await {
        times.push(done??);
    }
    bar.finish_and_clear();
    let times = Times::of(times);
    let case = format!(
        "{}: {BYTES} bytes at half load ({half:.0} of {full:.0} exchanges/s), in process",
        world.database
    );
    let limit = append(setup, world)?;
    let figure = Figure::value(NAME, case, times.p99(), "µs")
        .with_times(&times)
        .beside("p99 of append and fdatasync of as many bytes", limit.p99())
        .target("p99 < 100 ms", times.p99() < 100_000.0);
    Ok(Figure {
        rate: Some(half.round()),
        ..figure
    })
}

/// What no record can be faster than: the same bytes, durable in a file.
fn append(setup: &Setup, world: &World) -> anyhow::Result<Times> {
    let mut file = std::fs::File::create(world.folder().join("append"))?;
    let bytes = vec![0x20; BYTES];
    let mut times = Vec::new();
    for _ in 0..setup.times(500) {
        let watch = Watch::start();
        file.write_all(&bytes)?;
        file.sync_data()?;
        times.push(watch.micros());
    }
    Ok(Times::of(times))
}
