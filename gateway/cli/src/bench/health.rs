//! `health`: a health information request from its submission to the trust's mailbox at MESH and its
//! answer back, stage by stage; and what an answer of 1 GiB takes. MESH is the NHS's own sandbox, where
//! one is named, and the trust is played in this process.

use std::time::Duration;

use anyhow::Context as _;
use gateway_core::{AgencyId, Channel, Id};
use gateway_fhir::codes::{ConsentCode, HealthCategory, QuestionCode};
use gateway_fhir::model::{Agency, Answered, Basis, Document, Kind, Trust};
use gateway_fhir::{Source, Systems, Writer};
use gateway_flow::form::FormSent;
use gateway_flow::{Caller, Flow};
use gateway_mesh::{Client, Listing, MailboxId, MessageId, Outgoing, WorkflowId};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::figure::Figure;
use super::times::{Times, Watch};
use super::world::World;
use super::{Setup, memory};
use crate::mesh::{DEMO_TRUST, MeshConfig};
use crate::world;

const NAME: &str = "health";
/// Requests that are sent, one after another.
const TIMES: usize = 20;
/// What is meant to be reached from submission to the mailbox, microseconds, at the median.
const LIMIT: f64 = 2e6;
/// The memory that a large answer may take above idle, MiB.
const MEMORY: f64 = 64.0;
/// Bytes of a large answer's document: as much as R4 says of one is under two of these.
const LARGE: u64 = 1 << 30;
const ASKS: &str = "london-probation";
const TRUST: &str = "london-mental-health";
const WORKFLOW: &str = "TEST_WORKFLOW";

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
    let Some(url) = &setup.mesh else {
        return submitted(setup, world).await;
    };
    let mut state = world.state.clone();
    world::reach_trust(&world.flow, &mut state, Some(DEMO_TRUST)).await?;
    let config = MeshConfig::of_folder(world.folder(), url)?;
    let room = config.room(&world.flow, None)?;
    let (stopping, stop) = watch::channel(false);
    let running = tokio::spawn(room.run(stop));
    let trust = TrustEnd::new(world, &config)?;
    let measured = by_mesh(setup, world, &trust).await;
    stopped(&stopping, running).await?;
    measured
}

async fn stopped(stopping: &watch::Sender<bool>, running: JoinHandle<()>) -> anyhow::Result<()> {
    stopping.send(true)?;
    Ok(running.await?)
}

/// Without MESH: what the gateway itself takes, beside the limit of the whole way.
async fn submitted(setup: &Setup, world: &World) -> anyhow::Result<Vec<Figure>> {
    let asker = Asker::new(world).await?;
    let mut times = Vec::new();
    for _ in 0..setup.times(TIMES) {
        let watch = Watch::start();
        asker.ask().await?;
        times.push(watch.micros());
    }
    let times = Times::of(times);
    let held = times.median() < LIMIT;
    let case = format!("{}: a request, submitted and recorded", world.database);
    Ok(vec![
        Figure::times(NAME, case, &times)
            .beside("limit of the way to the mailbox", LIMIT)
            .target("median < 2 s", held),
    ])
}

async fn by_mesh(setup: &Setup, world: &World, trust: &TrustEnd) -> anyhow::Result<Vec<Figure>> {
    let on = world.database;
    let asker = Asker::new(world).await?;
    let (mut recorded, mut there, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.times(TIMES) {
        let whole = Watch::start();
        let request = asker.ask().await?;
        recorded.push(whole.micros());
        let message = trust.next().await?;
        there.push(whole.micros());
        trust.client.acknowledge(&message).await?;
        let answering = Watch::start();
        trust.answer(&request, None).await?;
        asker.closed(&request).await?;
        back.push(answering.micros());
        // The gateway's word on it.
        let reply = trust.next().await?;
        trust.client.acknowledge(&reply).await?;
    }
    let there = Times::of(there);
    let held = there.median() < LIMIT;
    let mut figures = vec![
        Figure::times(
            NAME,
            format!("{on}: from submission to the trust's mailbox"),
            &there,
        )
        .beside("limit", LIMIT)
        .target("median < 2 s", held),
        Figure::times(
            NAME,
            format!("{on}: submitted and recorded"),
            &Times::of(recorded),
        )
        .beside("to the mailbox", there.median()),
        Figure::times(
            NAME,
            format!(
                "{on}: an answer sent by the trust, to the request closed (looked at every 2 s)"
            ),
            &Times::of(back),
        )
        .beside("limit", 2.0 * LIMIT),
    ];
    if setup.large {
        figures.push(large(on, &asker, trust).await?);
    }
    Ok(figures)
}

/// How much memory an answer of 1 GiB takes, in and out.
async fn large(on: &str, asker: &Asker, trust: &TrustEnd) -> anyhow::Result<Figure> {
    let request = asker.ask().await?;
    let message = trust.next().await?;
    trust.client.acknowledge(&message).await?;
    let taken = async {
        trust.answer(&request, Some(LARGE)).await?;
        asker.closed(&request).await
    };
    let (closed, rose) = memory::rise_of(taken).await;
    closed?;
    let reply = trust.next().await?;
    trust.client.acknowledge(&reply).await?;
    let rose = rose.context("the system does not tell how much memory is resident")?;
    let case = format!("{on}: an answer of 1 GiB by MESH chunks, above idle, its sender included");
    Ok(Figure::value(NAME, case, rose, "MiB")
        .beside("limit", MEMORY)
        .target("< 64 MiB", rose < MEMORY))
}

/// An officer who asks.
struct Asker {
    flow: Flow,
    caller: Caller,
    reference: String,
    answers: Value,
}

impl Asker {
    async fn new(world: &World) -> anyhow::Result<Self> {
        let flow = world.flow.clone();
        let agencies = world.state.agencies.iter();
        let agency = agencies.into_iter().find(|agency| agency.id == ASKS);
        let users = agency.context("the agency that asks")?.users.iter();
        let officer = users.into_iter().find(|user| user.role == "practitioner");
        let email = &officer.context("an officer")?.email;
        let person = flow.caller_person(&ASKS.parse()?, email).await?;
        let among = |list: &[String], id: &str| list.iter().any(|one| one == id);
        let about = world.state.nominals.iter().find(|one| {
            let known = one.lead_agency.as_deref() == Some(ASKS) || among(&one.partners, ASKS);
            known && among(&one.partners, TRUST) && one.level > 1
        });
        let form = flow.forms.form("health-request").context("the form")?;
        let text = form.example().to_string().replace("$AGENCY", ASKS);
        Ok(Self {
            caller: Caller {
                agency: ASKS.parse()?,
                person: Some(person),
                channel: Channel::Api,
                proof: "mutual-tls",
            },
            reference: about.context("somebody to ask about")?.reference.clone(),
            answers: serde_json::from_str(&text)?,
            flow,
        })
    }

    async fn ask(&self) -> anyhow::Result<Id> {
        let sent = FormSent {
            reference: Some(self.reference.clone()),
            ..FormSent::new("health-request", self.answers.clone())
        };
        let answer = self.flow.submit_form(self.caller.clone(), sent).await?;
        let id = answer.id.context("a request has an id")?;
        id.parse().context("an id reads")
    }

    /// Waits until a request has its answer.
    async fn closed(&self, request: &Id) -> anyhow::Result<()> {
        for _ in 0..24_000 {
            let view = self
                .flow
                .health_request(&self.caller, &request.to_string())
                .await?;
            if view.answered.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        anyhow::bail!("the answer to a request did not come")
    }
}

/// The trust's system.
struct TrustEnd {
    client: Client,
    writer: Writer,
    flow: Flow,
    own: AgencyId,
}

impl TrustEnd {
    fn new(world: &World, config: &MeshConfig) -> anyhow::Result<Self> {
        Ok(Self {
            client: config.client_of(DEMO_TRUST, &world.flow)?,
            writer: Writer::new(Systems::new(gateway_health::BASE)?),
            flow: world.flow.clone(),
            own: TRUST.parse()?,
        })
    }

    /// Waits for the next message that waits; looked at as often as can be.
    async fn next(&self) -> anyhow::Result<MessageId> {
        for _ in 0..6_000 {
            let page = self.client.inbox(&Listing::default()).await?;
            if let Some(message) = page.messages.into_iter().next() {
                return Ok(message);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        anyhow::bail!("nothing came to the trust's mailbox")
    }

    /// Answers a request, with a document of so many bytes.
    async fn answer(&self, request: &Id, document: Option<u64>) -> anyhow::Result<()> {
        let answer = self.model(request, document);
        let (writer, flow) = (self.writer.clone(), self.flow.clone());
        let writing = tokio::task::spawn_blocking(move || {
            let message = writer.answer_message(&answer);
            flow.keep_written(|out| message.write_to(out, &mut Noughts))
        });
        let (kept, size) = writing.await??;
        let outgoing = Outgoing {
            to: MailboxId::parse(crate::mesh::DEMO_MAILBOX)?,
            workflow: WorkflowId::parse(WORKFLOW)?,
            local_id: Id::new(&self.flow.clock).into(),
            length: size,
            compress: true,
        };
        let stored = gateway_meshroom::Stored::new(self.flow.clone(), kept);
        self.client.send(&outgoing, &stored).await?;
        Ok(())
    }

    fn model(&self, request: &Id, document: Option<u64>) -> gateway_fhir::Answer {
        let documents = document.map(|size| Document {
            index: 0,
            title: "Report.bin".to_owned().into(),
            media_type: "application/octet-stream".to_owned(),
            size,
            sha256: None,
            category: HealthCategory::Risk,
        });
        gateway_fhir::Answer {
            id: Id::new(&self.flow.clock),
            request: *request,
            sent: self.flow.clock.now(),
            interim: false,
            called_back: false,
            partly: false,
            kind: Kind::Full,
            trust: Trust {
                agency: Agency {
                    id: self.own.clone(),
                    name: "A trust".to_owned(),
                },
                ods_code: None,
            },
            clinician: Some("Dr A. Example".to_owned().into()),
            answered_by: None,
            basis: Some(Basis {
                consent: Some(ConsentCode::NotSought),
                given: None,
                public_interest: Some("Serious harm is likely without it".to_owned().into()),
            }),
            nhs_number: None,
            answers: vec![Answered {
                question: "engagement".to_owned(),
                code: QuestionCode::Engagement,
                category: HealthCategory::Risk,
                text: "Missed the last three appointments".to_owned().into(),
            }],
            clinical: None,
            documents: documents.into_iter().collect(),
        }
    }
}

/// A document of noughts, as long as the large one is.
struct Noughts;

impl Source for Noughts {
    fn open(&mut self, _: usize) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(Box::new(std::io::Read::take(std::io::repeat(b'0'), LARGE)))
    }
}
