//! `gateway demo`: everything on loopback in one process, with a synthetic world in it.

mod state;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gateway_core::Clock;
use gateway_flow::Flow;
use jiff::{Timestamp, ToSpan as _};

pub use self::state::{AgencyState, GatewayState, NominalState, SmtpState, State, UserState};
use crate::config::{Config, NAME};
use crate::listen::Listeners;
use crate::mail::{self, MailConfig, Relay};
use crate::mesh::{DEMO_TRUST, MeshConfig};
use crate::pki::Authority;
use crate::portal::PortalConfig;
use crate::world::{self, Dates};
use crate::{files, installation, say, usage};

/// When a manual clock stands still at first.
const STANDS_AT: &str = "2026-03-02T09:00:00Z";
/// A file that is there while the world is being made.
const UNFINISHED: &str = "unfinished";

/// Run the whole gateway on this machine with synthetic people and agencies
///
/// Everything is kept in DIR, and a second run on it goes on with what is there. `demo.json`
/// in DIR says where everything is and how to sign in. Prints one line, `ready` and the
/// portal's address, when all listeners are up.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder to keep everything in
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where the API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8444")]
    api: SocketAddr,
    /// Where the operator's listener is: loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9443")]
    ops: SocketAddr,
    /// Where the portal listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    portal: SocketAddr,
    /// Where the mail listener is
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525")]
    smtp: SocketAddr,
    /// A PostgreSQL database for records and keys, instead of files in DIR
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// What has happened before the first start
    #[arg(long, value_name = "NAME", default_value = "month")]
    sample: Sample,
    /// Reach the NHS trust through the MESH at URL, as the NHS's own sandbox serves it; without it, by secure email
    #[arg(long, value_name = "URL")]
    mesh: Option<String>,
    /// Hand mail to this relay; without it, every mail is a file in `mail` in DIR
    #[arg(long, value_name = "HOST:PORT")]
    relay: Option<String>,
    /// Scan what comes, by mail and by the API, with the `clamd` daemon at ADDR (`HOST:PORT` or `unix:PATH`)
    #[arg(long, value_name = "ADDR")]
    clamd: Option<String>,
    /// Whose time it is: the system's, or one that stands still until `POST /clock` on ops
    #[arg(long, value_name = "CLOCK", default_value = "system")]
    clock: Hand,
}

/// What has happened before the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// Thirty exchanges of a plausible month
    Month,
    /// Nothing
    None,
}

/// Whose time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Hand {
    /// The system's
    System,
    /// Stands still until it is moved
    Manual,
}

impl Demo {
    /// Runs it.
    pub async fn run(self) -> anyhow::Result<()> {
        let dir = files::absolute(&self.dir)?;
        files::folder(&dir)?;
        self.clear_what_was_half_made(&dir)?;
        // Bound first: a port that is taken is known before a month is made.
        let (api, ops) = (self.api, self.ops);
        let mut config = if dir.join(NAME).exists() {
            self.known(&dir)?
        } else {
            let config = Config::of_folder(self.database.clone(), api, ops);
            config.write(&dir.join(NAME))?;
            Config::read(&dir.join(NAME))?
        };
        (config.api.address, config.ops.address) = (api, ops);
        config.portal = Some(PortalConfig::of_folder(&dir, self.portal));
        config.mail = Some(self.mail(&dir)?);
        config.clamd.clone_from(&self.clamd);
        config.mesh = match &self.mesh {
            Some(url) => Some(MeshConfig::of_folder(&dir, url)?),
            None => None,
        };
        let listeners = Listeners::bind(&config).await?;
        let (api, ops) = listeners.addresses()?;
        let smtp = listeners.mail_address()?;
        let portal = listeners.portal_address()?.unwrap_or(self.portal);
        let (flow, mut state) = match State::read(&dir) {
            Ok(state) => (self.go_on(&config).await?, state),
            Err(_) => self.make(&dir, &config).await?,
        };
        world::reach_trust(&flow, &mut state, self.mesh.as_ref().map(|_| DEMO_TRUST)).await?;
        (config.api.address, config.ops.address) = (api, ops);
        if let (Some(mail), Some(smtp)) = (&mut config.mail, smtp) {
            mail.address = smtp;
            mail.portal = format!("https://{portal}");
            state.smtp = Some(SmtpState {
                host: smtp.ip().to_string(),
                port: smtp.port(),
            });
        }
        if let Some(config) = &mut config.portal {
            config.address = portal;
        }
        config.write(&dir.join(NAME))?;
        state.portal = format!("https://{portal}");
        state.api = format!("https://{api}");
        state.ops = format!("http://{ops}");
        state.manual_clock = self.clock == Hand::Manual;
        state.write(&dir)?;
        listeners
            .serve(flow, &config, || {
                say::line(format!("ready https://{portal}"));
                Ok(())
            })
            .await
    }

    /// The demo's mail: its domain, its certificates, and where it goes.
    fn mail(&self, dir: &Path) -> anyhow::Result<MailConfig> {
        let mut mail = MailConfig::of_folder(dir, self.smtp, format!("https://{}", self.portal));
        if let Some(relay) = &self.relay {
            mail.relay = Some(Relay::parse(relay)?);
            mail.folder = None;
        }
        Ok(mail)
    }

    fn known(&self, dir: &Path) -> anyhow::Result<Config> {
        let config = installation::of_dir(dir)?;
        match &self.database {
            Some(url) if *url != config.database => Err(usage(format!(
                "`{}` was made with another database: leave --database out, or give another folder",
                dir.display()
            ))),
            Some(_) | None => Ok(config),
        }
    }

    /// A run that was stopped while it made the world left no world to go on with.
    fn clear_what_was_half_made(&self, dir: &Path) -> anyhow::Result<()> {
        if !dir.join(UNFINISHED).exists() {
            return Ok(());
        }
        let config = self.known(dir)?;
        if !config.database.starts_with("sqlite://") {
            anyhow::bail!(
                "an earlier run was stopped before `{}` was ready: empty its database, remove the folder, and start again",
                dir.display()
            );
        }
        for name in [
            "records.db",
            "records.db-wal",
            "records.db-shm",
            "keys.db",
            "keys.db-wal",
            "keys.db-shm",
            state::NAME,
        ] {
            remove(std::fs::remove_file(dir.join(name)))?;
        }
        remove(std::fs::remove_dir_all(dir.join("blobs")))?;
        Ok(())
    }

    async fn go_on(&self, config: &Config) -> anyhow::Result<Flow> {
        let flow = installation::open(config, Clock::system()).await?;
        flow.may_record().await?;
        let last = installation::last_event(&flow.store).await?;
        let stands = match self.clock {
            Hand::Manual => last.max(Some(STANDS_AT.parse()?)),
            Hand::System => None,
        };
        if let Some(at) = stands {
            flow.store.close().await;
            return installation::open(config, Clock::manual(at)).await;
        }
        if last > Some(flow.clock.now()) {
            return Err(usage(
                "the demo's time has been moved past the system's, and a log never runs backwards: start it with --clock manual",
            ));
        }
        Ok(flow)
    }

    /// Makes the world, by a hand that walks through the month before the first start.
    async fn make(&self, dir: &Path, config: &Config) -> anyhow::Result<(Flow, State)> {
        files::write(&dir.join(UNFINISHED), b"")?;
        installation::ensure_master_key(&dir.join("master.key"))?;
        let authority = Authority::create(&dir.join("pki"), "Gateway demo authority")?;
        authority.server()?;
        let ends: Timestamp = match self.clock {
            Hand::Manual => STANDS_AT.parse()?,
            Hand::System => Clock::system().now(),
        };
        let dates = Dates::ending(ends)?;
        let clock = Clock::manual(dates.begins);
        let flow = installation::open(config, clock.clone()).await?;
        let mut state = world::build(&flow, &authority, dir, &dates).await?;
        if self.sample == Sample::Month {
            world::month::tell(&flow, &dates, &state).await?;
        }
        clock.set(ends);
        flow.tick().await?;
        state.ca = authority.certificate();
        state.gateway = Some(self::mail_key(&flow, &authority).await?);
        let flow = match self.clock {
            Hand::Manual => flow,
            Hand::System => {
                flow.store.close().await;
                // What was made ends at this instant: go on just after it.
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                installation::open(config, Clock::system()).await?
            }
        };
        state.write(dir)?;
        std::fs::remove_file(dir.join(UNFINISHED))?;
        Ok((flow, state))
    }
}

/// The gateway's own S/MIME key.
async fn mail_key(flow: &Flow, authority: &Authority) -> anyhow::Result<GatewayState> {
    let email = mail::DEMO_ADDRESS.to_owned();
    let pair = authority.mail("gateway", std::slice::from_ref(&email), false)?;
    let certificate = files::read_text(&pair.certificate)?;
    flow.vault
        .add_mail_key(&certificate, &files::read(&pair.key)?)
        .await?;
    // The vault has it now: a copy in a file would be one too many.
    std::fs::remove_file(&pair.key)?;
    Ok(GatewayState {
        email,
        smime_cert: pair.certificate,
    })
}

fn remove(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether a configuration is a demo's whose clock is set by hand.
pub fn stands_still(config: &Config) -> bool {
    let folder = config.blobs.parent();
    folder.is_some_and(|folder| State::read(folder).is_ok_and(|state| state.manual_clock))
}

/// Writes the new epoch of a demo's log into its `demo.json`: old origin, new origin, new key.
pub fn renew_ledger<'e>(
    folder: &Path,
    mut epochs: impl Iterator<Item = (&'e str, &'e str, &'e str)>,
) -> anyhow::Result<()> {
    let Ok(mut state) = State::read(folder) else {
        return Ok(());
    };
    // After an earlier restore it names a log that is lost: the areas' names go on.
    let of_it = |old: &str, new: &str| {
        let base = new.rsplit_once('/').map_or(new, |(base, _)| base);
        let named = &state.ledger.origin;
        named == old || named == base || named.starts_with(&format!("{base}/"))
    };
    if let Some((_, new, key)) = epochs.find(|(old, new, _)| of_it(old, new)) {
        state.ledger.origin = new.to_owned();
        state.ledger.verifier_key = key.to_owned();
        state.write(folder)?;
    }
    Ok(())
}

impl Dates {
    /// The month that ends at an instant.
    fn ending(ends: Timestamp) -> anyhow::Result<Self> {
        let begins = ends.checked_sub((24 * 32).hours())?;
        let first = ends.checked_sub((24 * 28).hours())?;
        Ok(Self {
            begins,
            first,
            ends,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use gateway_flow::audit::verify_records;
    use gateway_store::ExchangeFilter;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        demo: Demo,
    }

    async fn made(dir: &Path, words: &[&str]) -> (Flow, State, Config) {
        let start = ["demo", "--dir", dir.to_str().unwrap()];
        let demo = Line::parse_from(start.iter().chain(words)).demo;
        let config = Config::of_folder(None, demo.api, demo.ops);
        config.write(&dir.join(NAME)).unwrap();
        let config = Config::read(&dir.join(NAME)).unwrap();
        let (flow, state) = demo.make(dir, &config).await.unwrap();
        (flow, state, config)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_month_of_thirty_exchanges_verifies_and_is_decided_the_same_again() {
        let dir = tempfile::tempdir().unwrap();
        let (flow, state, config) = made(dir.path(), &["--clock", "manual"]).await;
        assert_eq!(flow.clock.now().to_string(), STANDS_AT);
        let mut seen = std::collections::BTreeMap::new();
        for agency in &state.agencies {
            let sent = ExchangeFilter {
                agency: agency.id.clone(),
                nominal: None,
                state: None,
                sent: Some(true),
                before: None,
            };
            for row in flow.exchanges(&sent, 500).await.unwrap() {
                for (view, question) in flow.question_of(&row.id).await.unwrap() {
                    assert_eq!(flow.protocols.explain(&question).ruling.rules, view.rules);
                }
                *seen.entry(row.state).or_insert(0) += 1;
            }
        }
        assert_eq!(seen.values().sum::<usize>(), world::month::EXCHANGES);
        for state in ["released", "held", "refused", "incomplete"] {
            assert!(seen.contains_key(state), "{seen:?}");
        }
        let blobs = installation::blobs(&config).unwrap();
        let verified = verify_records(&flow.store, &blobs, &mut |_| {})
            .await
            .unwrap();
        assert!(verified.rows > 500, "{verified:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_demo_without_a_month_has_its_people_and_no_exchange_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let (flow, made, _) = made(dir.path(), &["--sample", "none"]).await;
        assert!(flow.counts().await.unwrap().exchanges.is_empty());
        let read = State::read(dir.path()).unwrap();
        assert_eq!(read.agencies.len(), made.agencies.len());
        let own = read
            .agencies
            .iter()
            .filter(|agency| agency.custody == "agency");
        assert!(own.clone().count() == 1 && own.clone().all(|a| a.age_identity.is_some()));
        assert!(!dir.path().join(UNFINISHED).exists());
    }

    /// The code of now for a secret in base32.
    fn code(secret: &str, now: Timestamp) -> String {
        use aws_lc_rs::hmac;
        let five = |letter: &u8| {
            let mut alphabet = (0_u64..).zip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
            alphabet.find(|(_, l)| *l == letter).unwrap().0
        };
        let bytes = |eight: &[u8]| {
            let number = eight.iter().fold(0, |n, letter| n << 5 | five(letter));
            number.to_be_bytes()[3..].to_vec()
        };
        let key: Vec<u8> = secret.as_bytes().chunks(8).flat_map(bytes).collect();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
        let mac = hmac::sign(&key, &(now.as_second() / 30).to_be_bytes());
        let four = &mac.as_ref()[usize::from(mac.as_ref()[19] & 15)..][..4];
        let number = u32::from_be_bytes(four.try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn everybody_signs_in_with_what_demo_json_says() {
        let dir = tempfile::tempdir().unwrap();
        let words = ["--sample", "none", "--clock", "manual"];
        let (flow, _, _) = made(dir.path(), &words).await;
        let read = State::read(dir.path()).unwrap();
        for agency in &read.agencies {
            for user in &agency.users {
                let code = code(&user.totp_secret, flow.clock.now());
                let new = flow.sign_in(&user.email, &user.password, &code).await;
                assert_eq!(new.unwrap().session.person.agency, agency.id);
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_trust_is_reached_by_mesh_where_there_is_one_and_by_mail_again_without() {
        let dir = tempfile::tempdir().unwrap();
        let (flow, mut state, _) = made(dir.path(), &["--sample", "none"]).await;
        for (mailbox, channel) in [(Some(DEMO_TRUST), "mesh"), (None, "secure-email")] {
            world::reach_trust(&flow, &mut state, mailbox)
                .await
                .unwrap();
            let trusts = state
                .agencies
                .iter()
                .filter(|a| a.kind == "mental-health-trust");
            let trust = trusts.into_iter().find(|a| a.channel == channel).unwrap();
            assert_eq!(trust.mesh_mailbox.as_deref(), mailbox);
        }
        let of_mailbox = flow.agency_of_mailbox(DEMO_TRUST).await.unwrap().unwrap();
        assert_eq!(of_mailbox.channel, "secure-email");
    }
}
