//! What is there when the load is over: nothing lost, nothing doubled, all of it provable.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use gateway_ledger::{Receipt, Verifier};
use reqwest::Client;
use serde_json::Value;

use super::super::times::Watch;
use super::act::{Answered, readers, senders};
use super::house::House;
use super::load::Done;
use crate::files;

/// However slow the machine, what waits is waited for no longer.
const PATIENCE: f64 = 1_800.0;
/// Whose mails there were, by its place among those who send.
const OFFICER: usize = 0;
/// The agency to which half the texts and every document went.
const READER: &str = "southwark-housing";

/// Waits until nothing waits to go out; how long it took.
pub async fn drained(house: &House) -> anyhow::Result<Duration> {
    let watch = Watch::start();
    loop {
        let counts = counts(house).await?;
        let waits = |name: &str| {
            let line = format!("{name}{{state=\"queued\"}} ");
            let found = counts.lines().find_map(|one| one.strip_prefix(&line));
            found.is_some_and(|number| number != "0")
        };
        if !waits("gateway_deliveries") && !waits("gateway_mails_out") {
            return Ok(Duration::from_secs_f64(watch.seconds()));
        }
        if watch.seconds() > PATIENCE {
            bail!("mails still wait to go out after {PATIENCE} s");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What the installation counts of itself.
async fn counts(house: &House) -> anyhow::Result<String> {
    let client = Client::builder().no_proxy().build()?;
    let asked = client.get(format!("{}/metrics", house.state.ops));
    let counts = asked.send().await?.error_for_status()?;
    Ok(counts.text().await?)
}

/// How many deliveries there are, in whatever state.
pub async fn deliveries(house: &House) -> anyhow::Result<usize> {
    let counts = counts(house).await?;
    let lines = counts
        .lines()
        .filter_map(|line| line.strip_prefix("gateway_deliveries{"));
    let numbers = lines.filter_map(|line| line.rsplit_once(' '));
    Ok(numbers
        .map(|(_, number)| number.parse::<usize>())
        .sum::<Result<_, _>>()?)
}

/// What is there of what was answered.
#[derive(Default)]
pub struct Found {
    /// Exchanges that are there once and proved.
    pub proved: usize,
    /// Agencies that may read something, once for each exchange.
    pub readers: usize,
}

/// How many of what was answered is there once, for its sender and for whom it was, and is proved.
/// What is there twice, or was never answered, is an error.
pub async fn proved(house: &House, done: &[&Done]) -> anyhow::Result<Found> {
    let verifier = Verifier::parse(&house.state.ledger.verifier_key)?;
    let mut sent = Vec::new();
    for from in senders() {
        sent.push(Listed::of(house, from, "sent").await?);
    }
    let received = Listed::of(house, READER, "received").await?;
    let mut ids = BTreeSet::new();
    let (mut found, mut mails) = (Found::default(), 0);
    for answered in done.iter().flat_map(|done| &done.answered) {
        let (from, to_reader, id, receipt) = match answered {
            Answered::Recorded {
                from,
                to_reader,
                readers,
                id,
                receipt,
            } => {
                found.readers += readers;
                (*from, *to_reader, id, receipt)
            }
            Answered::Mailed => {
                mails += 1;
                continue;
            }
        };
        ensure!(ids.insert(id), "two answers name the exchange {id}");
        let listed = sent.get_mut(from).context("a sender")?.take(id);
        let arrived = !to_reader || received.0.contains_key(id);
        found.proved += usize::from(listed && arrived && about(receipt, &verifier)? == *id);
    }
    let failed = done.iter().any(|done| done.failed > 0);
    let by_mail = sent.get_mut(OFFICER).context("a sender")?.rest();
    for (place, left) in sent.iter_mut().enumerate() {
        let left = left.rest();
        ensure!(
            failed || left.is_empty(),
            "sender {place} has exchanges that nobody answered: {left:?}"
        );
    }
    mailed(house, &verifier, (&by_mail, mails), &mut found).await?;
    Ok(found)
}

/// Adds the mails that have one exchange and one receipt each.
async fn mailed(
    house: &House,
    verifier: &Verifier,
    (exchanges, mails): (&[String], usize),
    found: &mut Found,
) -> anyhow::Result<()> {
    ensure!(
        exchanges.len() == mails,
        "{} mails were taken, and there are {} exchanges of them",
        mails,
        exchanges.len()
    );
    let police = senders().nth(OFFICER).context("a sender")?;
    let (system, at) = (house.system(police)?, &house.state.api);
    for id in exchanges {
        let whole = format!("{at}/api/v1/exchanges/{id}");
        let answer = system.get(format!("{whole}/receipt")).send().await?;
        let receipt = answer.error_for_status()?.text().await?;
        let answer = system.get(whole).send().await?.error_for_status()?;
        found.readers += readers(&answer.json().await?);
        ensure!(
            about(&receipt, verifier)? == *id,
            "a receipt is of another exchange"
        );
    }
    let mut proofs: BTreeMap<String, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(house.folder().join("mail"))? {
        let text = String::from_utf8_lossy(&files::read(&entry?.path())?).into_owned();
        let named = text
            .split(".tlog-proof\"")
            .next()
            .filter(|named| named.len() < text.len());
        if let Some(id) = named.and_then(|named| named.rsplit('"').next()) {
            *proofs.entry(id.to_owned()).or_default() += 1;
        }
    }
    let once = |id: &&String| proofs.get(*id) == Some(&1);
    found.proved += exchanges.iter().filter(once).count();
    Ok(())
}

/// The exchange that a receipt proves.
fn about(receipt: &str, verifier: &Verifier) -> anyhow::Result<String> {
    let receipt = Receipt::parse(receipt)?;
    receipt.verify(verifier)?;
    receipt.event.exchange.context("a receipt of no exchange")
}

/// What an agency sent or received, each with whether it has been answered for.
struct Listed(BTreeMap<String, bool>);

impl Listed {
    async fn of(house: &House, agency: &str, role: &str) -> anyhow::Result<Self> {
        let system = house.system(agency)?;
        let first = format!("{}/api/v1/exchanges?limit=200&role={role}", house.state.api);
        let (mut listed, mut next) = (BTreeMap::new(), Some(first.clone()));
        while let Some(page) = next {
            let page: Value = system
                .get(page)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            for one in page["exchanges"].as_array().into_iter().flatten() {
                let id = one["id"].as_str().context("an exchange without an id")?;
                let doubled = listed.insert(id.to_owned(), false);
                ensure!(doubled.is_none(), "`{agency}` has the exchange {id} twice");
            }
            next = page["next"]
                .as_str()
                .map(|cursor| format!("{first}&cursor={cursor}"));
        }
        Ok(Self(listed))
    }

    fn take(&mut self, id: &str) -> bool {
        self.0
            .get_mut(id)
            .is_some_and(|taken| !std::mem::replace(taken, true))
    }

    fn rest(&mut self) -> Vec<String> {
        let left = std::mem::take(&mut self.0).into_iter();
        left.filter(|(_, taken)| !taken).map(|(id, _)| id).collect()
    }
}

/// How many entries the log has, walked whole and compared with its rows.
pub async fn verified(house: &House) -> anyhow::Result<f64> {
    let folder = house.folder().display().to_string();
    let key = &house.state.ledger.verifier_key;
    let said = house
        .command(&["ledger", "verify", "--dir", &folder, "--key", key, "--json"])
        .await?;
    let said: Value = serde_json::from_str(&said)?;
    said["entries"]
        .as_f64()
        .context("how many entries there are")
}
