//! An area with its agencies and people, and one nominal, on a database of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_core::{
    AgencyId, AgencyKind, Category, Channel, Clock, Custody, Identifier, IdentifierKind, Outcome,
    Purpose, Role,
};
use gateway_flow::admin::{NewAgency, NewNominal, NewPerson};
use gateway_flow::audit::{AuditFault, verify_records};
use gateway_flow::hold::Judgement;
use gateway_flow::read::DocumentBody;
use gateway_flow::submission::{Caller, Emergency, ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{Answer, Flow, Submission};
use gateway_forms::Library;
use gateway_ledger::Verifier;
use gateway_protocol::{Directory, Protocols};
use gateway_seal::MasterKey;
use gateway_store::Blobs;
use gateway_store::testing::TestDb;
use gateway_vault::Vault;

pub struct World {
    pub flow: Flow,
    pub db: TestDb,
    pub verifier: Verifier,
    pub nominal: String,
}

pub fn agency(id: &str) -> AgencyId {
    id.parse().unwrap()
}

pub fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value, jiff::civil::date(2026, 3, 2)).unwrap()
}

pub async fn world(db: TestDb) -> World {
    let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
    let protocols = Arc::new(Protocols::embedded().unwrap());
    let (keys, store) = (db.keys.clone(), db.store.clone());
    let vault = Vault::open(
        keys,
        store.clone(),
        Arc::clone(&protocols),
        MasterKey::generate(),
        clock.clone(),
    )
    .await
    .unwrap();
    let blobs = Blobs::open(&db.folder.path().join("blobs")).unwrap();
    let directory = Arc::new(Directory::standard().unwrap());
    let flow = Flow::new(store, blobs, vault, protocols, directory, clock)
        .with_forms(Library::embedded().unwrap());
    flow.add_area("london", "London", "gateway.example/london")
        .await
        .unwrap();
    for (id, kind) in [
        ("met-police", AgencyKind::Police),
        ("london-probation", AgencyKind::Probation),
        ("southwark-housing", AgencyKind::Housing),
        ("london-mental-health", AgencyKind::MentalHealthTrust),
        ("london-coordination", AgencyKind::Coordination),
        ("capital-tagging", AgencyKind::ElectronicMonitoring),
        ("hmp-riverside", AgencyKind::Prison),
        ("southwark-childrens", AgencyKind::ChildrenSocialCare),
    ] {
        add_agency(&flow, id, kind).await;
    }
    let trust = "london-mental-health";
    for (at, name, role) in [
        (trust, "guardian", Role::Caldicott),
        ("london-coordination", "coordinator", Role::Coordinator),
        ("london-coordination", "vlo", Role::Vlo),
        ("hmp-riverside", "manager", Role::Manager),
        ("hmp-riverside", "security", Role::Security),
        ("met-police", "manager", Role::Manager),
        ("london-probation", "officer", Role::Practitioner),
        ("southwark-housing", "officer", Role::Practitioner),
    ] {
        add_person(&flow, at, name, role).await;
    }
    let nominal = flow
        .add_nominal(NewNominal {
            area: "london".to_owned(),
            identifiers: vec![
                identifier(IdentifierKind::Pnc, "1999/0123456X"),
                identifier(IdentifierKind::Dob, "1980-02-01"),
                identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
            ],
            level: 2,
            category: 1,
            lead_agency: Some(agency("met-police")),
            trust: Some(agency(trust)),
            partners: ["london-probation", "southwark-housing", trust]
                .map(agency)
                .to_vec(),
            custody: None,
            gp: None,
        })
        .await
        .unwrap();
    let key = flow.vault.verifier_key("london-0").await.unwrap();
    World {
        flow,
        db,
        verifier: Verifier::parse(key.trim()).unwrap(),
        nominal,
    }
}

pub async fn add_agency(flow: &Flow, id: &str, kind: AgencyKind) {
    flow.add_agency(NewAgency {
        id: agency(id),
        name: id.to_owned(),
        kind,
        channel: Channel::SecureEmail,
        custody: Custody::Gateway,
        recipient: None,
        email: None,
        areas: vec!["london".to_owned()],
        overseas: false,
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: Some("2027-12-31".to_owned()),
    })
    .await
    .unwrap();
    add_person(flow, id, "spoc", Role::Spoc).await;
}

pub async fn add_person(flow: &Flow, at: &str, name: &str, role: Role) {
    flow.add_person(NewPerson {
        agency: agency(at),
        name: format!("Synthetic {name}"),
        email: format!("{name}@{at}.example"),
        roles: vec![(role, false)],
        password_hash: None,
        totp_secret: None,
    })
    .await
    .unwrap();
}

impl World {
    pub async fn caller(&self, at: &str, name: Option<&str>) -> Caller {
        let person = match name {
            Some(name) => {
                let email = format!("{name}@{at}.example");
                Some(self.flow.caller_person(&agency(at), &email).await.unwrap())
            }
            None => None,
        };
        Caller {
            agency: agency(at),
            person,
            channel: Channel::Api,
            proof: "mutual-tls",
        }
    }

    /// A risk note of the police and a clinical report of the trust, to housing and probation.
    pub async fn submission(&self, report: &[u8]) -> Submission {
        let note = self
            .flow
            .take_text("He was seen at the school gate.")
            .unwrap();
        let (send, receive) = tokio::sync::mpsc::channel(8);
        for chunk in report.chunks(60_000) {
            let chunk = Bytes::copy_from_slice(chunk);
            let send = send.clone();
            tokio::spawn(async move { send.send(Ok(chunk)).await });
            tokio::task::yield_now().await;
        }
        drop(send);
        let report = self
            .flow
            .take_body("application/pdf".to_owned(), receive)
            .await
            .unwrap();
        Submission {
            caller: self.caller("met-police", None).await,
            particulars: particulars(),
            bodies: vec![note, report],
            idempotency: None,
            answer_to: None,
        }
    }

    /// Sends a letter by a person of an agency, or by its system alone; the proof holds.
    pub async fn send(&self, from: &str, by: Option<&str>, letter: Letter) -> Answer {
        let answer = self.try_send(from, by, letter).await.unwrap();
        self.proved(&answer);
        answer
    }

    pub async fn try_send(
        &self,
        from: &str,
        by: Option<&str>,
        letter: Letter,
    ) -> Result<Answer, gateway_flow::FlowError> {
        let mut bodies = Vec::new();
        for text in letter.texts {
            bodies.push(self.flow.take_text(&text).unwrap());
        }
        let caller = self.caller(from, by).await;
        self.flow
            .submit(Submission {
                caller,
                particulars: letter.said,
                bodies,
                idempotency: None,
                answer_to: None,
            })
            .await
    }

    /// The text of an agency's item, or why it may not have it.
    pub async fn text(
        &self,
        at: &str,
        by: Option<&str>,
        exchange: &str,
        n: i64,
    ) -> Result<String, gateway_flow::FlowError> {
        let caller = self.caller(at, by).await;
        let document = self.flow.document(&caller, exchange, n).await?;
        Ok(String::from_utf8(read(document.body).await).unwrap())
    }

    pub async fn inbox(&self, at: &str) -> Vec<gateway_flow::view::InboxEntry> {
        let caller = self.caller(at, None).await;
        self.flow.inbox(&caller, None, 50).await.unwrap()
    }

    /// The open holds that wait at an agency.
    pub async fn holds(&self, at: &str) -> Vec<gateway_flow::hold::HoldView> {
        let caller = self.caller(at, None).await;
        self.flow.holds(&caller, None, 50).await.unwrap()
    }

    /// Approves, or not, the one hold that waits at an agency.
    pub async fn decide(
        &self,
        at: &str,
        by: &str,
        approve: bool,
    ) -> gateway_flow::hold::HoldDecided {
        let holds = self.holds(at).await;
        assert_eq!(holds.len(), 1, "holds at {at}");
        let caller = self.caller(at, Some(by)).await;
        self.flow
            .decide_hold(
                &caller,
                &holds[0].id,
                judgement(approve, "needed for the plan"),
            )
            .await
            .unwrap()
    }

    pub async fn change(&self, change: gateway_flow::admin::NominalChange) {
        self.flow
            .change_nominal(&self.nominal, change)
            .await
            .unwrap();
    }

    pub fn at(&self, time: &str) {
        assert!(self.flow.clock.set(time.parse().unwrap()));
    }

    pub async fn verify(&self) -> Result<(), AuditFault> {
        verify_records(&self.flow.store, &self.flow.blobs, &mut |_| {})
            .await
            .map(|_| ())
    }

    /// The sealed bodies that no row refers to.
    pub async fn staged(&self) -> Vec<String> {
        let mut tx = self.flow.store.read().await.unwrap();
        let rows = tx.stale_blobs(i64::MAX).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    }

    /// Waits until what nobody refers to has gone, which is soon.
    pub async fn nothing_is_staged(&self) {
        self.gone(<[String]>::is_empty).await;
    }

    /// The same of one body.
    pub async fn has_gone(&self, id: &str) {
        self.gone(|staged| staged.iter().all(|one| one != id)).await;
    }

    async fn gone(&self, are_gone: impl Fn(&[String]) -> bool) {
        for _ in 0..500 {
            if are_gone(&self.staged().await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "what was not kept is still there: {:?}",
            self.staged().await
        );
    }

    pub fn proved(&self, answer: &Answer) {
        answer
            .receipt
            .as_ref()
            .unwrap()
            .verify(&self.verifier)
            .unwrap();
    }
}

pub fn particulars() -> Particulars {
    Particulars {
        identifiers: vec![
            identifier(IdentifierKind::Pnc, "99/123456X"),
            identifier(IdentifierKind::Dob, "1980-02-01"),
        ],
        purpose: Some(Purpose::Manage),
        necessity: Some("whoever houses him must know".to_owned().into()),
        bases: vec!["CJA 2003 s.325".to_owned()],
        items: vec![
            item("Risk note", Category::Risk, None),
            item(
                "report.pdf",
                Category::HealthClin,
                Some("london-mental-health"),
            ),
        ],
        ..Particulars::new(
            ["southwark-housing", "london-probation"]
                .map(|id| RecipientClaim {
                    agency: agency(id),
                    person: None,
                    reason: None,
                })
                .to_vec(),
        )
    }
}

pub fn item(title: &str, category: Category, owner: Option<&str>) -> ItemClaim {
    ItemClaim {
        category: Some(category),
        owner: owner.map(agency),
        ..ItemClaim::new(title.to_owned().into())
    }
}

pub fn outcome(answer: &Answer, recipient: &str, item: i64) -> (Outcome, Vec<String>) {
    let found = answer
        .matrix
        .iter()
        .find(|d| d.recipient.as_str() == recipient && d.item == item);
    let found = found.unwrap_or_else(|| panic!("no cell for {recipient} and item {item}"));
    (
        found.outcome,
        found.rules.iter().map(|hit| hit.rule.clone()).collect(),
    )
}

pub async fn read(body: DocumentBody) -> Vec<u8> {
    let DocumentBody::Clear(mut chunks) = body else {
        panic!("sealed to the agency")
    };
    let mut all = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        all.extend_from_slice(&chunk.unwrap());
    }
    all
}

/// What somebody sends, to begin with: about the nominal, to manage the risk.
pub struct Letter {
    pub said: Particulars,
    pub texts: Vec<String>,
}

pub fn letter() -> Letter {
    let mut said = particulars();
    said.recipients.clear();
    said.items.clear();
    Letter {
        said,
        texts: Vec::new(),
    }
}

impl Letter {
    pub fn to(mut self, at: &str) -> Self {
        self.said.recipients.push(RecipientClaim {
            agency: agency(at),
            person: None,
            reason: None,
        });
        self
    }

    pub fn for_person(mut self, at: &str, name: &str) -> Self {
        self.said.recipients.push(RecipientClaim {
            agency: agency(at),
            person: Some(format!("{name}@{at}.example").into()),
            reason: None,
        });
        self
    }

    pub fn item(mut self, claim: ItemClaim, text: &str) -> Self {
        self.said.items.push(claim);
        self.texts.push(text.to_owned());
        self
    }

    pub fn purpose(mut self, purpose: Purpose) -> Self {
        self.said.purpose = Some(purpose);
        self
    }

    pub fn emergency(mut self, confirmed: &[&str]) -> Self {
        self.said.emergency = Some(Emergency {
            statement: "he said that he goes there this afternoon"
                .to_owned()
                .into(),
            confirm_recipients: confirmed.iter().map(|id| agency(id)).collect(),
        });
        self
    }
}

pub fn judgement(approve: bool, reasons: &str) -> Judgement {
    Judgement {
        approve,
        reasons: reasons.to_owned(),
        category: None,
    }
}
