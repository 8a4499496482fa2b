//! `gateway annex-f import`: forms that a prison's own system exports, one a line of JSON.
//!
//! Each row is sent as if posted, and is one exchange however often the file is imported: its key
//! is a digest of the row. What became of each stands in a report beside the file, from which an
//! import that was broken off goes on.

mod report;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_annex_f::{Batch, BatchLine, LineError};
use gateway_core::calendar::local_date;
use gateway_flow::form::FormGiven;
use gateway_flow::submission::Idempotency;
use gateway_flow::{Answer, Caller, Flow, FlowError};
use tokio::task::JoinSet;

use self::report::{Became, Report, Row};
use crate::person::AsPerson;
use crate::{DoesNotHold, progress};

/// How many rows are under way at once: they share commits.
const AT_ONCE: usize = 16;

/// Forms from a prison's own system
#[derive(Debug, Subcommand)]
pub enum AnnexF {
    /// Send the forms of a file, a JSON object on each line
    Import(Import),
}

/// Send the forms of a file, a JSON object on each line
///
/// A line is what `POST /api/v1/annex-f` takes (`/schemas/annex-f.json`). What became of each line
/// is written to the report as soon as it is known. The same command again goes on where it broke
/// off, and sends nothing twice.
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    person: AsPerson,
    /// The file
    file: PathBuf,
    /// Which form the lines are
    #[arg(long, value_name = "FORM", default_value = "annex-f")]
    form: String,
    /// Where the report goes; beside the file, with `.report.jsonl` after its name, where absent
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

impl AnnexF {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Import(import) => import.run().await,
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let report = self.report_file();
        let json = self.json;
        let sender = Sender::new(flow, caller, &self.form)?;
        let report = sender.send_all(&self.file, &report).await?;
        report.say(json)?;
        match report.whole() {
            true => Ok(()),
            false => Err(DoesNotHold.into()),
        }
    }

    fn report_file(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".report.jsonl");
            name.into()
        })
    }
}

/// Writes down what became of the next row that is through.
async fn settle(
    under_way: &mut JoinSet<Result<Row, FlowError>>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Some(done) = under_way.join_next().await else {
        return Ok(());
    };
    let row = done?.context(
        "the import stopped here, and nothing is lost: run the same command again to go on",
    )?;
    report.write(&row)
}

/// Who sends, and what.
#[derive(Clone)]
pub struct Sender {
    flow: Flow,
    caller: Caller,
    form: String,
}

impl Sender {
    /// Somebody who sends forms of a kind.
    pub fn new(flow: Flow, caller: Caller, form: &str) -> anyhow::Result<Self> {
        if flow.forms.form(form).is_none() {
            anyhow::bail!("there is no form `{form}`: see `policies/forms`");
        }
        let form = form.to_owned();
        Ok(Self { flow, caller, form })
    }

    /// Sends the forms of a file that the report does not name yet; the report.
    pub async fn send_all(&self, file: &Path, report: &Path) -> anyhow::Result<Report> {
        let opened = File::open(file).with_context(|| format!("`{}`", file.display()))?;
        let bytes = opened.metadata().map_or(0, |about| about.len());
        let mut batch = Batch::new(BufReader::new(opened));
        let mut report = Report::open(report)?;
        let bar = progress::bar("forms, bytes read");
        bar.set_length(bytes);
        let mut under_way = JoinSet::new();
        while let Some(line) = batch.next_line()? {
            bar.set_position(batch.read());
            if report.is_done(&line.digest) {
                continue;
            }
            if under_way.len() >= AT_ONCE {
                settle(&mut under_way, &mut report).await?;
            }
            let sender = self.clone();
            under_way.spawn(async move { sender.send(line).await });
        }
        while !under_way.is_empty() {
            settle(&mut under_way, &mut report).await?;
        }
        report.finish()?;
        bar.finish_and_clear();
        Ok(report)
    }

    /// Sends a row; an error is one that ends the import.
    async fn send(&self, line: BatchLine) -> Result<Row, FlowError> {
        let row = |became| Row {
            number: line.number,
            digest: line.digest.clone(),
            became,
        };
        let given: FormGiven = match line.read() {
            Ok(given) => given,
            Err(error) => return Ok(row(unread(&error))),
        };
        let today = local_date(self.flow.clock.now());
        let sent = given.read(&self.form, today).map(|mut sent| {
            sent.idempotency = Some(Idempotency {
                key: format!("import/{}", line.digest),
                request: line.digest.clone(),
            });
            sent
        });
        let answer = match sent {
            Ok(sent) => self.flow.submit_form(self.caller.clone(), sent).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(row(became(answer))),
            Err(FlowError::Invalid(faults)) => Ok(row(Became::Wrong(faults))),
            Err(FlowError::Forbidden(why) | FlowError::Conflict(why)) => {
                Ok(row(Became::wrong("", &why)))
            }
            Err(FlowError::NotFound) => {
                Ok(row(Became::wrong("", "names something that is not there")))
            }
            Err(
                error @ (FlowError::TooOften { .. }
                | FlowError::Unavailable(_)
                | FlowError::Internal(_)),
            ) => Err(error),
        }
    }
}

fn became(answer: Answer) -> Became {
    Became::Sent {
        exchange: answer.id.unwrap_or_default(),
        state: answer.state.to_string(),
        missing: answer.missing,
        again: answer.again,
    }
}

fn unread(error: &LineError) -> Became {
    let pointer = match error {
        LineError::Unfit { pointer, .. } => pointer,
        LineError::TooLong | LineError::NoJson => "",
    };
    Became::wrong(pointer, &error.to_string())
}
