//! `annex-f`: whole forms a second, each cut into its kinds of information and sealed to eight
//! agencies, and where the time goes. Sent in an emergency, so that nothing waits for a signature.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use gateway_core::{Channel, Personal};
use gateway_flow::form::{FormGiven, FormSent, Named};
use gateway_flow::submission::{Emergency, RecipientClaim};
use gateway_flow::{Answer, Caller, Flow};
use gateway_forms::{Body, Definition, Field, Kind};
use serde_json::Value;

use super::figure::Figure;
use super::send::many;
use super::times::{Times, Watch, count};
use super::world::World;
use super::{Setup, memory};
use crate::annex_f::Sender;

const NAME: &str = "annex-f";
const FORM: &str = "annex-f";
/// Forms sent one after another, and together.
const ALONE: usize = 60;
const TOGETHER: usize = 600;
const SENDERS: usize = 32;
/// What is meant to be reached, forms a second (two cores).
const TARGET: f64 = 100.0;
const UNIT: &str = "forms/s";
/// Rows of an import, ten times as many where it is to be large; those of the short one before it,
/// and the memory that it may take, MiB.
const ROWS: usize = 1_000;
const WARM: usize = 100;
const MEMORY: f64 = 32.0;
/// Who sends, and to whom.
const PRISON: &str = "hmp-northgate";
const TO: [&str; 8] = [
    "london-coordination",
    "met-police",
    "london-probation",
    "southwark-housing",
    "london-mental-health",
    "southwark-children",
    "southwark-adults",
    "hmp-southfield",
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
    let sender = FormSender::new(world).await?;
    let on = world.database;
    let (mut laps, started) = (BTreeMap::<&str, Vec<f64>>::new(), Watch::start());
    let alone = setup.times(ALONE);
    for _ in 0..alone {
        let mut watch = Watch::start();
        sender.validated()?;
        laps.entry("parse and validate")
            .or_default()
            .push(watch.lap());
        let submission = sender
            .flow
            .form_submission(sender.caller.clone(), sender.form())
            .await?;
        laps.entry("cut and take").or_default().push(watch.lap());
        let note = |step| laps.entry(step).or_default().push(watch.lap());
        let prepared = sender.flow.prepare(submission, note).await?;
        sealed(&sender.flow.record_prepared(prepared).await?)?;
        laps.entry("record").or_default().push(watch.lap());
    }
    let single = count(alone) / started.seconds();
    let own = sender.clone();
    let (seconds, sent) = many(vec![(); setup.times(TOGETHER)], SENDERS, move |()| {
        let sender = own.clone();
        async move {
            let answer = sender
                .flow
                .submit_form(sender.caller.clone(), sender.form());
            sealed(&answer.await?)
        }
    })
    .await?;
    let rate = count(sent.len()) / seconds;
    let wraps = sent.first().copied().unwrap_or_default();
    let case = format!("{on}: whole forms, {wraps} wraps each, {SENDERS} senders");
    let mut figures = vec![
        Figure::rate(NAME, case, rate, UNIT)
            .beside("the target", TARGET)
            .at_least(1.0),
        Figure::rate(NAME, format!("{on}: one after another"), single, UNIT)
            .beside("together", rate),
    ];
    let all: f64 = laps.values().flatten().sum::<f64>() / count(alone);
    for (step, times) in laps {
        let case = format!("{on}: {step}, one after another");
        figures.push(Figure::times(NAME, case, &Times::of(times)).beside("the whole way", all));
    }
    figures.push(imported(setup, world, &sender).await?);
    Ok(figures)
}

/// How much memory the import of a file takes above what the process has after a short one.
async fn imported(setup: &Setup, world: &World, sender: &FormSender) -> anyhow::Result<Figure> {
    let rows = setup.times(if setup.large { 10 * ROWS } else { ROWS });
    let by = Sender::new(sender.flow.clone(), sender.caller.clone(), FORM)?;
    let file = world.folder().join("forms.jsonl");
    let short = sender.write_rows(&file, setup.times(WARM))?;
    by.send_all(&file, &file.with_extension("short")).await?;
    let bytes = sender.write_rows(&file, rows)?.max(short);
    let report = file.with_extension("report");
    let sending = by.send_all(&file, &report);
    let (report, rose) = memory::rise_of(sending).await;
    anyhow::ensure!(report?.whole(), "a row that is measured was wrong");
    let rose = rose.context("the system does not tell how much memory is resident")?;
    let case = format!(
        "{}: import of {rows} rows, {} MB, above idle",
        world.database,
        bytes / 1_000_000
    );
    Ok(Figure::value(NAME, case, rose, "MiB")
        .beside("limit", MEMORY)
        .target("< 32 MiB", rose < MEMORY))
}

/// How many wraps a form has, which went out at once.
fn sealed(answer: &Answer) -> anyhow::Result<usize> {
    let permitted = |d: &&gateway_flow::DecisionView| d.outcome == gateway_core::Outcome::Permit;
    let wraps = answer.matrix.iter().filter(permitted).count();
    anyhow::ensure!(
        wraps > 0 && answer.receipt.is_some(),
        "the form that is measured went to nobody: {:?}",
        answer.matrix
    );
    Ok(wraps)
}

/// A prison officer who sends the same form again and again.
#[derive(Clone)]
struct FormSender {
    flow: Flow,
    caller: Caller,
    reference: String,
    answers: Value,
}

impl FormSender {
    async fn new(world: &World) -> anyhow::Result<Self> {
        let flow = world.flow.clone();
        let agencies = world.state.agencies.iter();
        let prison = agencies.into_iter().find(|agency| agency.id == PRISON);
        let users = prison.context("a prison")?.users.iter();
        let officer = users.into_iter().find(|user| user.role == "practitioner");
        let email = &officer.context("an officer of the prison")?.email;
        let person = flow.caller_person(&PRISON.parse()?, email).await?;
        let nominals = world.state.nominals.iter();
        let held = nominals.into_iter().find(|one| one.prison_number.is_some());
        let form = flow.forms.form(FORM).context("the form")?;
        Ok(Self {
            caller: Caller {
                agency: PRISON.parse()?,
                person: Some(person),
                channel: Channel::Api,
                proof: "mutual-tls",
            },
            reference: held.context("somebody in prison")?.reference.clone(),
            answers: form.example(),
            flow,
        })
    }

    fn fresh_answers(&self) -> Value {
        let form = self.flow.forms.form(FORM);
        form.map_or_else(|| self.answers.clone(), |form| fresh(form, &self.answers))
    }

    fn form(&self) -> FormSent {
        let recipients = TO.iter().filter_map(|id| id.parse().ok());
        let recipients: Vec<gateway_core::AgencyId> = recipients.collect();
        FormSent {
            reference: Some(self.reference.clone()),
            recipients: recipients
                .iter()
                .map(|agency| RecipientClaim {
                    agency: agency.clone(),
                    person: None,
                    reason: None,
                })
                .collect(),
            emergency: Some(Emergency {
                statement: Personal::new("he is released in an hour".to_owned()),
                confirm_recipients: recipients,
            }),
            ..FormSent::new(FORM, self.fresh_answers())
        }
    }

    /// A file of so many forms, none like another; its length, bytes.
    fn write_rows(&self, file: &Path, rows: usize) -> anyhow::Result<u64> {
        let mut out = BufWriter::new(File::create(file)?);
        for _ in 0..rows {
            let mut given = FormGiven::of(self.fresh_answers());
            given.nominal = Some(Named {
                reference: self.reference.clone(),
            });
            serde_json::to_writer(&mut out, &given)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        Ok(std::fs::metadata(file)?.len())
    }

    /// Parses and validates the form alone.
    fn validated(&self) -> anyhow::Result<usize> {
        let form = self.flow.forms.form(FORM).context("the form")?;
        let text = serde_json::to_vec(&self.answers)?;
        let given: Value = serde_json::from_slice(&text)?;
        let today = gateway_core::calendar::local_date(self.flow.clock.now());
        let (body, faults) = Body::gather(form, &given, today);
        anyhow::ensure!(faults.is_empty(), "the example of the form is wrong");
        Ok(form.missing(&body).len())
    }
}

/// Another form each time, in every text and row of it: the same again is recognised, and costs
/// more.
pub fn fresh(form: &Definition, answers: &Value) -> Value {
    let mut answers = answers.clone();
    let words = format!("Told by {:032x}", rand::random::<u128>());
    for section in &form.sections {
        for field in &section.fields {
            if let Some(answer) = answers.pointer_mut(&format!("/{}/{}", section.id, field.id)) {
                renew(field.kind, &field.columns, answer, &words);
            }
        }
    }
    answers
}

/// Writes another text into what somebody writes.
fn renew(kind: Kind, columns: &[Field], answer: &mut Value, fresh: &str) {
    match (kind, answer) {
        (Kind::Line | Kind::Text, answer) => *answer = Value::from(fresh),
        (Kind::Lines, answer) => *answer = Value::from(vec![fresh]),
        (Kind::Rows, Value::Array(rows)) => {
            for row in rows {
                for column in columns {
                    if let Some(cell) = row.get_mut(&column.id) {
                        renew(column.kind, &[], cell, fresh);
                    }
                }
            }
        }
        _ => {}
    }
}
