//! `mix`: a whole installation, a process of its own with every listener up, under all that comes to
//! it at once: a hundred exchanges a second by API, mail and form, while people look at pages and
//! systems take what waits. Afterwards everything that was answered is counted and proved.
//!
//! Open loop: each act is due at its time, whether or not those before have been answered, and its
//! time counts from when it was due. The client's own share, TLS and S/MIME, is on the same cores.

mod act;
mod after;
mod house;
mod load;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gateway_store::measure::Scratch;

use self::act::Cast;
use self::house::{House, Memory};
use self::load::{Done, Kind};
use super::Setup;
use super::figure::Figure;
use super::times::{Times, count};

const NAME: &str = "mix";
/// Exchanges a second, and acts a second that make none.
const RATE: f64 = 100.0;
/// How long, and how long where it is to be large.
const SECONDS: usize = 30;
const LARGE: usize = 600;
/// How long it works before it is measured, seconds: no installation is empty.
const WARM_UP: usize = 10;
/// The 99th percentile that pages are to have, microseconds; what else is done stands beside it.
const P99: f64 = 100_000.0;
/// How much more memory the last fifth may have than the second: flat, but for what is measured of it.
const FLAT: f64 = 1.15;

/// Measures: on the server where one is named, else on the embedded database.
pub async fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let Some(server) = setup.database.as_deref() else {
        return on(setup, "SQLite", None).await;
    };
    let name = format!("gateway_bench_{:016x}", rand::random::<u64>());
    let scratch = Scratch::make(server, &name, None).await?;
    let measured = on(setup, "PostgreSQL", Some(&scratch)).await;
    scratch.remove().await?;
    measured
}

async fn on(
    setup: &Setup,
    database: &str,
    scratch: Option<&Scratch>,
) -> anyhow::Result<Vec<Figure>> {
    let seconds = if setup.large { LARGE } else { SECONDS };
    let seconds = (seconds / setup.divisor).max(2);
    let house = House::open(&setup.gateway, scratch.map(Scratch::url)).await?;
    // Signed in once: a code is good for one time, and both runs may lie in its half minute.
    let everybody = Arc::new(Cast::of(&house).await?);
    let before = load::run(&everybody, WARM_UP.min(seconds)).await?;
    after::drained(&house).await?;
    if let Some(scratch) = scratch {
        scratch.analyze().await?;
    }
    let memory = house.watch_memory();
    let done = load::run(&everybody, seconds).await?;
    let memory = memory.stop().await?;
    let drained = after::drained(&house).await?;
    let found = after::proved(&house, &[&before, &done]).await?;
    let deliveries = after::deliveries(&house).await?;
    let verified = after::verified(&house).await?;
    house.close().await?;
    let case = |words: &str| format!("{database}: {words}");
    let mut figures = vec![reached(&case, &done, seconds)];
    figures.extend(times(&case, &done));
    let answered = before.exchanges() + done.exchanges();
    let whole = case("answered exchanges that are there once and proved");
    figures.push(
        Figure::value(NAME, whole, count(found.proved), "exchanges")
            .beside("answered", count(answered))
            .target("all", found.proved == answered),
    );
    figures.push(
        Figure::value(NAME, case("deliveries"), count(deliveries), "deliveries")
            .beside(
                "agencies that may read, of each exchange",
                count(found.readers),
            )
            .target("one each", deliveries == found.readers),
    );
    figures.push(
        Figure::value(
            NAME,
            case("entries of the log, verified with their rows"),
            verified,
            "entries",
        )
        .beside("exchanges answered", count(answered))
        .target("no fewer than exchanges", verified >= count(answered)),
    );
    figures.push(
        Figure::value(
            NAME,
            case("until the last mail out had gone"),
            drained.as_secs_f64(),
            "s",
        )
        .beside("how long the load was", count(seconds)),
    );
    figures.push(flat(&case, &memory)?);
    Ok(figures)
}

fn reached(case: &impl Fn(&str) -> String, done: &Done, seconds: usize) -> Figure {
    let rate = count(done.exchanges()) / done.seconds;
    let words = format!("exchanges by API, mail and form, for {seconds} s");
    Figure::rate(NAME, case(&words), rate, "exchanges/s")
        .beside("that were due", RATE)
        // The last are answered after they were due.
        .target("all that were due", rate >= RATE * 0.97 && done.failed == 0)
}

fn times(case: &impl Fn(&str) -> String, done: &Done) -> Vec<Figure> {
    let kinds = [
        Kind::Post,
        Kind::Document,
        Kind::Form,
        Kind::Mail,
        Kind::Inbox,
        Kind::Page,
    ];
    let of = |kind: Kind| {
        let times = Times::of(done.took(kind));
        let figure = Figure::value(NAME, case(kind.words()), times.p99(), "µs")
            .with_times(&times)
            .beside("limit of pages", P99);
        match kind {
            Kind::Page => figure.target("p99 < 100 ms", times.p99() < P99),
            Kind::Post | Kind::Document | Kind::Form | Kind::Mail | Kind::Inbox => figure,
        }
    };
    kinds.into_iter().map(of).collect()
}

fn flat(case: &impl Fn(&str) -> String, memory: &Memory) -> anyhow::Result<Figure> {
    let (early, late) = memory.early_and_late().context("memory was not seen")?;
    let words = case("resident memory of the gateway, the last fifth of the time");
    Ok(Figure::value(NAME, words, late, "MiB")
        .beside("the second fifth", early)
        .target("flat: ratio ≤ 1.15", late <= early * FLAT))
}

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(200);
