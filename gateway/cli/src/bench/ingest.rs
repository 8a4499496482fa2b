//! `ingest`: an officer's S/MIME mails over the wire to a durable 250, beside a mail server that
//! takes the same bytes durably (`--smtp`), and beside the opening of them alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use gateway_cms::{KeyPair, Limits, Trust};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Setup;
use super::figure::Figure;
use super::mails::{self, Officer, body_of};
use super::world::World;
use crate::mail::{DEMO_ADDRESS, MailConfig};
use crate::pki::{Authority, Pair};
use crate::{files, post, progress};

const NAME: &str = "ingest";
/// The agency that sends, and its officer's place in the world.
const FROM: &str = "met-police";
/// The target, by sessions.
const HALF: &str = "≥ 282, 490, 330 mails/s: half of a Postfix on two cores";
/// Kind of key of the gateway's, bytes of text, sessions, mails.
const CASES: [(bool, usize, usize, usize); 7] = [
    (false, 4_200, 1, 200),
    (false, 4_200, 10, 1_000),
    (false, 4_200, 50, 1_500),
    (false, 700_000, 1, 20),
    (false, 700_000, 10, 60),
    (false, 700_000, 50, 100),
    (true, 4_200, 10, 400),
];

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
    let authority = Authority::create(&world.folder().join("mail-pki"), "Bench mail authority")?;
    let agency = world.state.agencies.iter().find(|one| one.id == FROM);
    let officer = agency.and_then(|one| one.users.first());
    let address = officer.context("nobody sends")?.email.clone();
    let signer = authority.mail("officer", std::slice::from_ref(&address), false)?;
    let id = FROM.parse()?;
    post::enter(&world.flow, &signer.certificate, &id, None, "modern").await?;
    let mut figures = Vec::new();
    let bar = progress::bar(NAME);
    for rsa in [false, true] {
        let kind = if rsa { "rsa" } else { "p-256" };
        let own = authority.mail(kind, &[DEMO_ADDRESS.to_owned()], rsa)?;
        let certificate = files::read_text(&own.certificate)?;
        let key = files::read(&own.key)?;
        world.flow.vault.add_mail_key(&certificate, &key).await?;
        let bench = Bench {
            world,
            authority: &authority,
            address: &address,
            signer: &signer,
            own: &own,
        };
        for (_, bytes, sessions, mails) in CASES.into_iter().filter(|case| case.0 == rsa) {
            let mails = setup.times(mails);
            let sessions = sessions.min(mails);
            figures.extend(bench.case(setup, bytes, sessions, mails, rsa).await?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(figures)
}

struct Bench<'w> {
    world: &'w World,
    authority: &'w Authority,
    address: &'w str,
    signer: &'w Pair,
    own: &'w Pair,
}

impl Bench<'_> {
    async fn case(
        &self,
        setup: &Setup,
        bytes: usize,
        sessions: usize,
        mails: usize,
        rsa: bool,
    ) -> anyhow::Result<Vec<Figure>> {
        let mails = Arc::new(self.mails(bytes, mails)?);
        let size = mails.first().map_or(0, Vec::len) / 1_000;
        let alone = self.alone(&mails)?;
        let (stopping, stop) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let mut config = MailConfig::of_folder(self.world.folder(), at, "https://x.example".into());
        config.authorities = self.authority.certificate();
        let room = config.room(&self.world.flow, None)?;
        let server = config.server(listener, room, self.world.flow.clock.clone())?;
        let serving = tokio::spawn(server.serve(stop));
        let rate = deliver(at, self.address, &mails, sessions).await?;
        let _ = stopping.send(true);
        serving.await?;
        let key = if rsa { "RSA-3072" } else { "P-256" };
        let case = format!(
            "{}: {size} KB, {sessions} sessions, {key}",
            self.world.database
        );
        let limit = "opening and verifying alone, one core";
        let own = Figure::rate(NAME, case.clone(), rate, "mails/s").beside(limit, alone);
        let small = !rsa && bytes < 10_000;
        let mut figures = vec![match half_of_postfix(sessions).filter(|_| small) {
            Some(half) => own.target(HALF, rate >= half),
            None => own,
        }];
        if let Some(peer) = setup.smtp {
            let theirs = deliver(peer, self.address, &mails, sessions).await?;
            let beside = Figure::rate(NAME, case, rate, "mails/s");
            let beside = beside.beside("the server at --smtp, the same bytes", theirs);
            figures.push(if small { beside.at_least(0.5) } else { beside });
        }
        Ok(figures)
    }

    /// What can be done at most: the two layers taken off, and nothing else.
    fn alone(&self, mails: &[Vec<u8>]) -> anyhow::Result<f64> {
        let pair = KeyPair::from_pem(
            &files::read(&self.own.certificate)?,
            &files::read(&self.own.key)?,
        )?;
        let roots = files::read(&self.authority.certificate())?;
        let trust = Trust::new(&roots, b"", &[], false)?;
        let limits = Limits::default();
        let few = mails.iter().take(50);
        let count = super::times::count(few.len());
        let start = Instant::now();
        for mail in few {
            let opened = gateway_cms::decrypt(body_of(mail), std::slice::from_ref(&pair), &limits)?;
            let verified = gateway_cms::verify(
                &opened.content,
                None,
                &trust,
                self.world.flow.clock.now(),
                &limits,
            )?;
            ensure!(
                verified.all_believed(),
                "a mail of the bench is not believed"
            );
        }
        Ok(count / start.elapsed().as_secs_f64())
    }

    fn mails(&self, bytes: usize, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let about = self.world.state.nominals.first().context("no nominal")?;
        let own = (&*self.signer.certificate, &*self.signer.key);
        let officer = Officer::new(self.address, own, &self.own.certificate, about)?;
        let now = || self.world.flow.clock.now();
        (0..count).map(|_| officer.mail(bytes, now())).collect()
    }
}

/// Half of what Postfix 3.7 took durably on two cores, mails of 10 KiB a second by
/// `smtp-source`, where the target was set: 565, 980 and 659.
fn half_of_postfix(sessions: usize) -> Option<f64> {
    match sessions {
        1 => Some(282.0),
        10 => Some(490.0),
        50 => Some(330.0),
        _ => None,
    }
}

/// Hands mails to a server over so many sessions at a time; how many a second it took.
async fn deliver(
    to: SocketAddr,
    from: &str,
    mails: &Arc<Vec<Vec<u8>>>,
    sessions: usize,
) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut under_way = JoinSet::new();
    for first in 0..sessions {
        let (mails, from) = (Arc::clone(mails), from.to_owned());
        under_way.spawn(async move {
            for mail in mails.iter().skip(first).step_by(sessions) {
                mails::hand_over(to, &from, mail).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(super::times::count(mails.len()) / start.elapsed().as_secs_f64())
}
