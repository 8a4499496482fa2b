//! The gateway binary: the demo, the service, and the operator's commands.
//!
//! One file a command; what several need is in `installation` (opening), `config`, `files`,
//! `person` (acting with a person's authority) and `say` (the two output streams). Exit codes:
//! 0 done or holds; 1 it does not hold, or failed; 2 wrong usage, or not built yet.

mod agency;
mod annex_f;
mod area;
mod backup;
mod bench;
mod config;
mod demo;
mod exchange;
mod files;
mod hold;
mod init;
mod installation;
mod key;
mod later;
mod ledger;
mod listen;
mod logging;
mod mail;
mod mesh;
mod nominal;
mod password;
mod person;
mod pki;
mod policy;
mod portal;
mod post;
mod progress;
mod receipt;
mod restore;
mod say;
mod serve;
mod unmatched;
mod user;
mod world;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Secure messaging and document exchange between the agencies of MAPPA.
#[derive(Parser)]
#[command(
    name = "gateway",
    version,
    about = "Secure messaging and document exchange between the agencies of MAPPA",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole gateway on this machine with synthetic people and agencies
    Demo(Box<demo::Demo>),
    /// Make a new installation: configuration, keys, certificates
    Init(init::Init),
    /// Run an installation
    Serve(serve::Serve),
    /// Areas: one set of MAPPA arrangements each, with a log of its own
    #[command(subcommand)]
    Area(area::Area),
    /// Agencies that take part
    #[command(subcommand)]
    Agency(agency::Agency),
    /// People at the agencies, their roles and absences
    #[command(subcommand)]
    User(user::User),
    /// People managed under the arrangements
    #[command(subcommand)]
    Nominal(nominal::Nominal),
    /// Agencies' keys and the certificates by which their systems call
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Mail(post::Mail),
    /// The sharing protocols: check them, test them, explain a decision
    #[command(subcommand)]
    Policy(policy::Policy),
    /// The transparency log
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Receipts
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// What waits for a reviewer, with that person's authority
    #[command(subcommand)]
    Hold(hold::Hold),
    /// The prison's report to a MAPPA meeting, from a prison's own system
    #[command(subcommand)]
    AnnexF(annex_f::AnnexF),
    /// Exchanges, with a person's authority
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// Exchanges whose person is not known yet, with the coordinator's authority
    Unmatched(unmatched::Unmatched),
    /// Write an evidence pack that verifies offline (not built yet)
    Export(later::Export),
    /// Back up an installation while it runs
    Backup(backup::Backup),
    /// Restore an installation from a backup, and open a new epoch of each log
    Restore(restore::Restore),
    /// Measure the gateway against its limits
    Bench(bench::Bench),
}

/// The command was used wrongly, or asks for what is not built: exit code 2.
#[derive(Debug)]
struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// It was looked at and does not hold; the words are printed already: exit code 1.
#[derive(Debug)]
struct DoesNotHold;

impl std::fmt::Display for DoesNotHold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it does not hold")
    }
}

impl std::error::Error for DoesNotHold {}

fn usage(words: impl Into<String>) -> anyhow::Error {
    Usage(words.into()).into()
}

fn main() -> ExitCode {
    // Fails only where one is installed already, which is then the same one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    logging::start();
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<DoesNotHold>() => ExitCode::from(1),
        Err(error) => {
            say::error(&error);
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(demo) => wait(demo.run()),
        Command::Init(init) => wait(init.run()),
        Command::Serve(serve) => wait(serve.run()),
        Command::Area(area) => wait(area.run()),
        Command::Agency(agency) => wait(agency.run()),
        Command::User(user) => wait(user.run()),
        Command::Nominal(nominal) => wait(nominal.run()),
        Command::Key(key) => wait(key.run()),
        Command::Mail(mail) => wait(mail.run()),
        Command::Policy(policy) => policy.run(),
        Command::Ledger(ledger) => ledger.run(),
        Command::Receipt(receipt) => receipt.run(),
        Command::Hold(hold) => wait(hold.run()),
        Command::AnnexF(annex_f) => wait(annex_f.run()),
        Command::Exchange(exchange) => wait(exchange.run()),
        Command::Unmatched(unmatched) => wait(unmatched.run()),
        Command::Export(export) => export.run(),
        Command::Backup(backup) => wait(backup.run()),
        Command::Restore(restore) => wait(restore.run()),
        Command::Bench(bench) => wait(bench.run()),
    }
}

/// Runs asynchronous work to its end.
fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_and_argument_is_well_formed_and_explained() {
        fn look(command: &clap::Command) {
            for argument in command.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {id}", command.get_name());
            }
            for below in command.get_subcommands() {
                assert!(below.get_about().is_some(), "{}", below.get_name());
                look(below);
            }
        }
        let command = Cli::command();
        command.clone().debug_assert();
        look(&command);
    }
}
