//! `portal`: the pages of an agency whose inbox has a thousand messages, asked over loopback and
//! TLS as a browser asks, one after another and then two hundred a second.
//!
//! The times are the client's, its own share of the work included. Beside them stands the page
//! that reads nothing of anybody's: what routing, a page's frame and the wire take.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gateway_api::{Api, Sizes};
use gateway_flow::Caller;
use gateway_flow::sign_in::{Whence, code_at};
use gateway_http::{CursorKey, Limits, serve_tls, server_config};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN};
use reqwest::{Certificate, Client, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Setup;
use super::figure::Figure;
use super::send::{Sender, many};
use super::times::{Times, Watch, count};
use super::world::World;
use crate::portal::PortalConfig;
use crate::{files, progress};

const NAME: &str = "portal";
/// Messages in the inbox.
const MESSAGES: usize = 1_000;
/// How often a page is asked for.
const VIEWS: usize = 300;
/// Messages on a page, and pages of them that are taken one by one.
const ON_A_PAGE: usize = 20;
const PAGES: usize = 5;
/// The medians that a page of a form is to have, and keeping it, microseconds.
const FORM_PAGE: f64 = 20_000.0;
const FORM_KEPT: f64 = 10_000.0;
/// Who writes a form, whose inbox it is, and who filled it.
const WRITER: &str = "hmp-northgate";
const READER: &str = "southwark-housing";
const SENDER: &str = "met-police";
/// A text of a page's length.
const BYTES: usize = 2_000;
/// The median that a page is to have, microseconds.
const MEDIAN: f64 = 15_000.0;
/// Page views a second, for five seconds, and the 99th percentile that they are to have.
const RATE: f64 = 200.0;
const LOAD: usize = 1_000;
const P99: f64 = 100_000.0;
/// The page that reads nothing.
const BARE: &str = "/sign-in";
const PEER: &str = "the sign-in page, which reads nothing";

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
    let config = PortalConfig::of_folder(world.folder(), ([127, 0, 0, 1], 0).into());
    let certificate = files::read(&config.certificate)?;
    let tls = server_config(&certificate, &files::read(&config.key)?, None)?;
    let listener = TcpListener::bind(config.address).await?;
    let at = format!("https://{}", listener.local_addr()?);
    let key = CursorKey::new(&rand::random());
    let api = Api::new(world.flow.clone(), key, Sizes::default());
    let pages = config.router(world.flow.clone(), api, None);
    let (stopping, stop) = watch::channel(false);
    let serving = tokio::spawn(serve_tls(listener, tls, pages, Limits::default(), stop));
    let measured = measure(setup, world, at).await;
    let _ = stopping.send(true);
    serving.await?;
    measured
}

async fn measure(setup: &Setup, world: &World, at: String) -> anyhow::Result<Vec<Figure>> {
    let messages = Arc::new(fill(world, setup.times(MESSAGES)).await?);
    let reader = Visitor::sign_in(world, READER, at.clone()).await?;
    let sender = Visitor::sign_in(world, SENDER, at).await?;
    let views = setup.times(VIEWS);
    let bar = progress::bar(NAME);
    let nobody = Visitor {
        cookie: String::new(),
        ..reader.clone()
    };
    let bare = nobody.times(views, |_| BARE.to_owned()).await?;
    let singly = reader.singly(world, setup.times(PAGES)).await?;
    let new = reader.turn_over().await?;
    let inbox = reader.times(views, |_| "/inbox".to_owned()).await?;
    bar.inc(1);
    let ids = Arc::clone(&messages);
    let one = move |n: usize| {
        let id = ids.get(n % ids.len()).map_or("", String::as_str);
        format!("/messages/{id}")
    };
    let message = reader.times(views, &one).await?;
    let sent = sender.times(views, |_| "/sent".to_owned()).await?;
    let form = reader.times(views, |_| "/messages/new".to_owned()).await?;
    bar.inc(1);
    let case = |path: &str| format!("{}: {path}, {} waiting", world.database, messages.len());
    let aim =
        |figure: Figure, times: &Times| figure.target("median ≤ 15 ms", times.median() <= MEDIAN);
    let turned = Figure::times(NAME, case("/inbox, its pages in turn, all new"), &new)
        .beside("as many messages, taken one by one", singly.median());
    let mut figures = vec![aim(turned, &new)];
    for (path, times) in [
        ("/inbox", &inbox),
        ("/messages/{id}", &message),
        ("/sent", &sent),
        ("/messages/new", &form),
    ] {
        let figure = Figure::times(NAME, case(path), times).beside(PEER, bare.median());
        figures.push(aim(figure, times));
    }
    figures.extend(forms(setup, world, &reader.at).await?);
    figures.push(load(setup, world, &reader, one).await?);
    bar.finish_and_clear();
    Ok(figures)
}

/// A page of a form and its list of sections, and what it takes to keep what was written there.
async fn forms(setup: &Setup, world: &World, at: &str) -> anyhow::Result<Vec<Figure>> {
    let writer = Visitor::sign_in(world, WRITER, at.to_owned()).await?;
    let held = world.state.nominals.iter();
    let held = held.clone().find(|one| one.prison_number.is_some());
    let reference = &held.context("somebody in prison")?.reference;
    let begin = writer.view("/forms/annex-f/new").await?;
    let filled = format!("{}&ref={reference}&from=", hidden(&begin));
    let tasks = writer.post("/forms/annex-f/new", filled).await?;
    let section = format!("{tasks}/behaviour");
    let views = setup.times(VIEWS);
    let list = writer.times(views, |_| tasks.clone()).await?;
    let page = writer.times(views, |_| section.clone()).await?;
    let mut took = Vec::new();
    for n in 0..views {
        // What is asked goes with the revision that it was written on.
        let shown = writer.view(&section).await?;
        let filled = format!("{}&behaviour.summary=Settled%20{n}", hidden(&shown));
        let watch = Watch::start();
        writer.post(&section, filled).await?;
        took.push(watch.micros());
    }
    let figure = |words: &str, times: &Times, limit: f64| {
        let case = format!("{}: {words}", world.database);
        let target = format!("median < {} ms", limit / 1_000.0);
        Figure::times(NAME, case, times)
            .beside("limit", limit)
            .target(target, times.median() < limit)
    };
    Ok(vec![
        figure("a form's list of sections", &list, FORM_PAGE),
        figure("a page of a form", &page, FORM_PAGE),
        figure("a page of a form, kept", &Times::of(took), FORM_KEPT),
    ])
}

/// What a page's form carries unseen, as it is sent back.
fn hidden(page: &str) -> String {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let pairs = inputs.filter_map(|input| {
        let name = input.split("name=\"").nth(1)?.split('"').next()?;
        let value = input.split("value=\"").nth(1)?.split('"').next()?;
        Some(format!("{name}={value}"))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Messages of the police to the agency; their ids.
async fn fill(world: &World, wanted: usize) -> anyhow::Result<Vec<String>> {
    let sender = Sender::new(world)?.texts();
    let mut ids = Vec::new();
    while ids.len() < wanted {
        let sender = sender.clone();
        let send = move |_| {
            let sender = sender.clone();
            async move {
                sender
                    .send(BYTES)
                    .await?
                    .id
                    .context("an exchange without an id")
            }
        };
        let missing = (ids.len()..wanted).collect();
        ids.extend(many(missing, 16, send).await?.1);
    }
    Ok(ids)
}

/// As many views a second as there are to be, whether or not those before have been answered:
/// each counts from when it was due.
async fn load(
    setup: &Setup,
    world: &World,
    reader: &Visitor,
    one: impl Fn(usize) -> String,
) -> anyhow::Result<Figure> {
    let views = setup.times(LOAD);
    let mut due = tokio::time::interval(Duration::from_secs_f64(1.0 / RATE));
    let mut under_way = JoinSet::new();
    let begun = Watch::start();
    for n in 0..views {
        due.tick().await;
        let since = Watch::start();
        let path = if n % 2 == 0 {
            "/inbox".to_owned()
        } else {
            one(n)
        };
        let reader = reader.clone();
        under_way.spawn(async move {
            reader.view(&path).await?;
            anyhow::Ok(since.micros())
        });
    }
    let mut took = Vec::new();
    while let Some(view) = under_way.join_next().await {
        took.push(view??);
    }
    let reached = count(took.len()) / begun.seconds();
    let times = Times::of(took);
    let case = format!("{}: inbox and messages by turns, open loop", world.database);
    // The last views are answered after they were due.
    let holds = reached >= RATE * 0.95 && times.p99() < P99;
    Ok(Figure::rate(NAME, case, reached, "views/s")
        .with_times(&times)
        .beside("views a second that were due", RATE)
        .target("200 views/s, p99 < 100 ms", holds))
}

/// Somebody with a browser, signed in.
#[derive(Clone)]
struct Visitor {
    client: Client,
    at: String,
    cookie: String,
    caller: Caller,
}

impl Visitor {
    /// The first person of an agency.
    async fn sign_in(world: &World, agency: &str, at: String) -> anyhow::Result<Self> {
        let own = world.state.agencies.iter().find(|one| one.id == agency);
        let user = own
            .and_then(|one| one.users.first())
            .context("nobody to sign in")?;
        let code = code_at(&user.totp_secret, world.flow.clock.now());
        let code = code.context("a secret that is none")?;
        let signed = world
            .flow
            .sign_in(&user.email, &user.password, &code)
            .await?;
        let from = Whence::new("", None);
        world.flow.bind_session(&signed, &from).await?;
        let ca = Certificate::from_pem(&files::read(&world.config.api.client_ca)?)?;
        Ok(Self {
            client: Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .tls_certs_only([ca])
                .build()?,
            at,
            cookie: format!("__Host-session={}", signed.token.as_str()),
            caller: signed.session.caller,
        })
    }

    /// A page, whole.
    async fn view(&self, path: &str) -> anyhow::Result<String> {
        let request = self.client.get(format!("{}{path}", self.at));
        let answer = request.header(COOKIE, &self.cookie).send().await?;
        let status = answer.status();
        ensure!(status == StatusCode::OK, "`{path}` is answered {status}");
        Ok(answer.text().await?)
    }

    /// Sends a form; where it leads.
    async fn post(&self, path: &str, filled: String) -> anyhow::Result<String> {
        let request = self.client.post(format!("{}{path}", self.at));
        let request = request
            .header(COOKIE, &self.cookie)
            .header(ORIGIN, &self.at)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.body(filled).send().await?;
        let status = answer.status();
        let to = answer.headers().get(LOCATION);
        let to = to.and_then(|to| to.to_str().ok()).map(str::to_owned);
        let to = to.filter(|_| status == StatusCode::SEE_OTHER);
        to.with_context(|| format!("`{path}`, sent, is answered {status}"))
    }

    /// How long each of many views takes; the first tenth warms up.
    async fn times(&self, views: usize, path: impl Fn(usize) -> String) -> anyhow::Result<Times> {
        let mut took = Vec::new();
        for n in 0..views + views / 10 {
            let path = path(n);
            let watch = Watch::start();
            self.view(&path).await?;
            if n >= views / 10 {
                took.push(watch.micros());
            }
        }
        Ok(Times::of(took))
    }

    /// How long a page of messages takes where each is taken by itself.
    async fn singly(&self, world: &World, pages: usize) -> anyhow::Result<Times> {
        let mut took = Vec::new();
        for _ in 0..pages {
            let ids = fill(world, ON_A_PAGE).await?;
            let watch = Watch::start();
            for id in &ids {
                world.flow.take(&self.caller, id).await?;
            }
            took.push(watch.micros());
        }
        Ok(Times::of(took))
    }

    /// How long each page of the inbox takes, from the first to the last.
    async fn turn_over(&self) -> anyhow::Result<Times> {
        let (mut took, mut next) = (Vec::new(), Some("/inbox".to_owned()));
        while let Some(path) = next {
            let watch = Watch::start();
            let page = self.view(&path).await?;
            took.push(watch.micros());
            let mut older = page
                .split('"')
                .filter(|part| part.starts_with("/inbox?before="));
            next = older.next_back().map(str::to_owned);
        }
        Ok(Times::of(took))
    }
}
