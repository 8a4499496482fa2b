//! `absent`: what is another agency's and what is not there must be one answer, in its bytes
//! and in its time, asked through the real API over loopback and mutual TLS.

use std::path::Path;

use anyhow::Context as _;
use gateway_api::{Api, Sizes, router};
use gateway_core::Id;
use gateway_http::{CursorKey, Limits, serve_tls, server_config};
use rand::seq::SliceRandom as _;
use reqwest::{Certificate, Client, Identity};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Setup;
use super::figure::Figure;
use super::send::{BYTES, Sender};
use super::times::{Times, Watch};
use super::world::World;
use crate::{files, progress};

const NAME: &str = "absent";
const PAIRS: usize = 1_000;
/// Exchanges of other agencies that lie there.
const EXCHANGES: usize = 50;
/// An agency that has no part in them.
const STRANGER: &str = "hmp-southfield";
/// What is asked for.
const PATHS: [(&str, &str); 3] = [
    ("a document", "/documents/1"),
    ("an exchange", ""),
    ("a receipt", "/receipt"),
];
/// Random splits by which the noise is judged.
const SPLITS: usize = 400;

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
    let mut theirs = Vec::new();
    for _ in 0..setup.times(EXCHANGES) {
        let answer = sender.send(BYTES).await?;
        theirs.push(answer.id.context("an exchange without an id")?);
    }
    let tls = server_config(
        &files::read(&world.config.api.certificate)?,
        &files::read(&world.config.api.key)?,
        Some(&files::read(&world.config.api.client_ca)?),
    )?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let at = format!("https://{}/api/v1/exchanges", listener.local_addr()?);
    let api = Api::new(
        world.flow.clone(),
        CursorKey::new(&rand::random()),
        Sizes::default(),
    );
    let (stopping, stop) = watch::channel(false);
    let serving = tokio::spawn(serve_tls(
        listener,
        tls,
        router(api),
        Limits::default(),
        stop,
    ));
    let asking = Asking {
        client: client(world)?,
        at,
        world,
        theirs: &theirs,
    };
    let bar = progress::bar("absent");
    let mut figures = Vec::new();
    for (what, path) in PATHS {
        bar.inc(1);
        figures.push(asking.measure(what, path, setup.times(PAIRS)).await?);
    }
    bar.finish_and_clear();
    let _ = stopping.send(true);
    drop(asking);
    serving.await?;
    Ok(figures)
}

fn client(world: &World) -> anyhow::Result<Client> {
    let own = world.state.agencies.iter().find(|a| a.id == STRANGER);
    let own = own.with_context(|| format!("the agency `{STRANGER}`"))?;
    let pem = |path: &Path| files::read(path);
    let identity = [pem(&own.api_cert)?, pem(&own.api_key)?].concat();
    let ca = Certificate::from_pem(&pem(&world.config.api.client_ca)?)?;
    Ok(Client::builder()
        .no_proxy()
        .tls_certs_only([ca])
        .identity(Identity::from_pem(&identity)?)
        .build()?)
}

struct Asking<'a> {
    client: Client,
    at: String,
    world: &'a World,
    theirs: &'a [String],
}

impl Asking<'_> {
    async fn measure(&self, what: &str, path: &str, pairs: usize) -> anyhow::Result<Figure> {
        let (mut theirs, mut nobodys) = (Vec::new(), Vec::new());
        let mut alike = true;
        let mut first = None;
        let mut ids = self.theirs.iter().cycle();
        // The first tenth warms up connection, caches and statements.
        for n in 0..pairs + pairs / 10 {
            let there = ids.next().context("no exchange")?;
            let absent = Id::new(&self.world.flow.clock).to_string();
            // Who is asked first alternates.
            let (a, b) = if n % 2 == 0 {
                let a = self.ask(there, path).await?;
                (a, self.ask(&absent, path).await?)
            } else {
                let b = self.ask(&absent, path).await?;
                (self.ask(there, path).await?, b)
            };
            let answer = first.get_or_insert_with(|| a.1.clone());
            alike &= a.1 == *answer && b.1 == *answer;
            if n >= pairs / 10 {
                theirs.push(a.0);
                nobodys.push(b.0);
            }
        }
        let noise = noise(&theirs).max(noise(&nobodys));
        let (theirs, nobodys) = (Times::of(theirs), Times::of(nobodys));
        let apart = theirs.median() - nobodys.median();
        let database = self.world.database;
        let case = format!("{database}: {what}, another's, less one that is not there");
        Ok(Figure::value(NAME, case, apart, "µs")
            .with_times(&theirs)
            .beside("noise: halves of one kind", noise)
            .target(
                "equal bytes, and the medians no further apart than the noise",
                alike && apart.abs() <= noise,
            ))
    }

    /// How long an answer took, and all of it but its date.
    async fn ask(&self, id: &str, path: &str) -> anyhow::Result<(f64, Vec<String>)> {
        let request = self.client.get(format!("{}/{id}{path}", self.at));
        let watch = Watch::start();
        let answer = request.send().await?;
        let status = answer.status();
        let mut whole: Vec<String> = answer
            .headers()
            .iter()
            .filter(|(name, _)| name.as_str() != "date")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        let body = answer.text().await?;
        let took = watch.micros();
        anyhow::ensure!(
            status == 404,
            "what is not the caller's is answered {status}"
        );
        whole.push(status.to_string());
        whole.push(body);
        Ok((took, whole))
    }
}

/// How far apart the medians of two halves of one kind are: of a hundred random splits, all
/// but one are nearer.
fn noise(times: &[f64]) -> f64 {
    let mut shuffled = times.to_vec();
    let mut rng = rand::rng();
    let apart = (0..SPLITS).map(|_| {
        shuffled.shuffle(&mut rng);
        let (one, other) = shuffled.split_at(shuffled.len() / 2);
        let median = |half: &[f64]| Times::of(half.to_vec()).median();
        (median(one) - median(other)).abs()
    });
    Times::of(apart.collect()).p99()
}
