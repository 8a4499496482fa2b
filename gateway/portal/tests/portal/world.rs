//! Two areas with their agencies, people of every role, and one of everything that has an id.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::calendar::local_date;
use gateway_core::{
    AgencyId, AgencyKind, Category, Channel, Clock, Custody, Identifier, IdentifierKind, Personal,
    Purpose, Role,
};
use gateway_flow::admin::{NewAgency, NewNominal, NewPerson};
use gateway_flow::colleague::NewColleague;
use gateway_flow::compose::NewFile;
use gateway_flow::custody::Claimed;
use gateway_flow::form::FormSent;
use gateway_flow::kept::KeptForm;
use gateway_flow::key::Keys;
use gateway_flow::quarantine::Unproved;
use gateway_flow::sign_in::{Cost, hash};
use gateway_flow::submission::{Caller, ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{Flow, Submission};
use gateway_portal::{Pages, Portal, Settings, router};
use gateway_protocol::{Directory, Protocols};
use gateway_seal::{MasterKey, Place};
use gateway_store::Blobs;
use gateway_store::rows::SecurityKeyRow;
use gateway_store::testing::{TestDb, sqlite};
use gateway_vault::Vault;
use jiff::SignedDuration;
use serde_json::json;

use crate::browser::{Browser, PASSWORD, SECRET_BASE32};

const AGENCIES: [(&str, &str, AgencyKind); 13] = [
    ("london", "met-police", AgencyKind::Police),
    ("london", "london-probation", AgencyKind::Probation),
    ("london", "southwark-housing", AgencyKind::Housing),
    ("london", "hackney-housing", AgencyKind::Housing),
    ("london", "london-trust", AgencyKind::MentalHealthTrust),
    ("london", "london-acute", AgencyKind::Health),
    ("london", "london-prison", AgencyKind::Prison),
    ("london", "london-coordination", AgencyKind::Coordination),
    ("kent", "kent-police", AgencyKind::Police),
    ("kent", "kent-probation", AgencyKind::Probation),
    ("kent", "kent-trust", AgencyKind::MentalHealthTrust),
    ("kent", "kent-prison", AgencyKind::Prison),
    ("kent", "kent-coordination", AgencyKind::Coordination),
];

const PEOPLE: [(&str, &str, Role); 32] = [
    ("met-police", "spoc", Role::Spoc),
    ("met-police", "officer", Role::Practitioner),
    ("met-police", "deputy", Role::Practitioner),
    ("london-probation", "officer", Role::Practitioner),
    ("london-probation", "spoc", Role::Spoc),
    ("southwark-housing", "spoc", Role::Spoc),
    ("london-trust", "guardian", Role::Caldicott),
    ("london-trust", "spoc", Role::Spoc),
    ("london-acute", "spoc", Role::Spoc),
    ("london-prison", "officer", Role::Practitioner),
    ("london-coordination", "coordinator", Role::Coordinator),
    ("london-coordination", "auditor", Role::Auditor),
    ("london-coordination", "chair", Role::Chair),
    ("london-coordination", "vlo", Role::Vlo),
    ("hackney-housing", "officer", Role::Practitioner),
    ("hackney-housing", "spoc", Role::Spoc),
    ("hackney-housing", "deputy", Role::DeputySpoc),
    ("kent-police", "officer", Role::Practitioner),
    ("kent-police", "spoc", Role::Spoc),
    ("kent-police", "deputy", Role::Practitioner),
    ("kent-police", "manager", Role::Manager),
    ("kent-police", "leaver", Role::Practitioner),
    ("kent-probation", "spoc", Role::Spoc),
    ("kent-trust", "guardian", Role::Caldicott),
    ("kent-trust", "clinician", Role::Clinician),
    ("kent-trust", "dpo", Role::Dpo),
    ("kent-prison", "security", Role::Security),
    ("kent-coordination", "coordinator", Role::Coordinator),
    ("kent-coordination", "chair", Role::Chair),
    ("kent-coordination", "vlo", Role::Vlo),
    ("kent-coordination", "auditor", Role::Auditor),
    ("kent-coordination", "operator", Role::Operator),
];

/// A portal, and what lies behind it.
pub struct World {
    pub flow: Flow,
    pub pages: Pages,
    _db: TestDb,
}

/// A person's enrolled address.
pub fn email(at: &str, name: &str) -> String {
    format!("{name}@{at}.example")
}

pub fn agency(id: &str) -> AgencyId {
    id.parse().unwrap()
}

fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value, jiff::civil::date(2026, 3, 2)).unwrap()
}

impl World {
    /// Both areas, with nobody signed in and nothing sent.
    pub async fn new() -> Self {
        let db = sqlite().await;
        let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        let protocols = Arc::new(Protocols::embedded().unwrap());
        let vault = Vault::open(
            db.keys.clone(),
            db.store.clone(),
            Arc::clone(&protocols),
            MasterKey::generate(),
            clock.clone(),
        );
        let vault = vault.await.unwrap();
        let blobs = Blobs::open(&db.folder.path().join("blobs")).unwrap();
        let directory = Arc::new(Directory::standard().unwrap());
        let flow = Flow::new(db.store.clone(), blobs, vault, protocols, directory, clock)
            .with_keys(Keys::at("https://portal.example"))
            .with_forms(gateway_forms::Library::embedded().unwrap());
        for (area, name) in [("london", "London"), ("kent", "Kent")] {
            let origin = format!("gateway.example/{area}");
            flow.add_area(area, name, &origin).await.unwrap();
        }
        for (area, id, kind) in AGENCIES {
            add_agency(&flow, area, id, kind).await;
        }
        let password = hash(PASSWORD, Cost::Demo).unwrap();
        for (at, name, role) in PEOPLE {
            let person = NewPerson {
                agency: agency(at),
                name: format!("Synthetic {name}"),
                email: email(at, name),
                roles: vec![(role, false)],
                password_hash: Some(password.clone()),
                totp_secret: Some(SECRET_BASE32.to_owned()),
            };
            flow.add_person(person).await.unwrap();
        }
        let settings = Settings {
            coordination_phone: "020 7946 0123".to_owned(),
            session_network: true,
        };
        let portal = Portal::new(flow.clone(), settings);
        Self {
            pages: router(portal, Pages::new()),
            flow,
            _db: db,
        }
    }

    /// Somebody with a browser, signed in.
    pub async fn visit(&self, at: &str, name: &str) -> Browser {
        // A code is good once.
        assert!(self.flow.clock.advance(SignedDuration::from_secs(30)));
        let mut browser = Browser::new(&self.pages);
        browser
            .sign_in(&email(at, name), self.flow.clock.now())
            .await;
        browser
    }

    /// Somebody at an agency, as the flow knows them.
    pub async fn caller(&self, at: &str, name: &str) -> Caller {
        let person = self.flow.caller_person(&agency(at), &email(at, name)).await;
        Caller {
            agency: agency(at),
            person: Some(person.unwrap()),
            channel: Channel::Portal,
            proof: "password-and-code",
        }
    }

    /// The id of a person.
    pub async fn person(&self, at: &str, name: &str) -> String {
        self.caller(at, name).await.person.unwrap().id
    }

    /// A record of somebody, of an area.
    pub async fn nominal(&self, area: &str) -> String {
        let (pnc, lead, partners) = match area {
            "london" => (
                "1999/0123456X",
                "met-police",
                vec!["london-probation", "southwark-housing", "london-trust"],
            ),
            _ => ("2001/0002345N", "kent-police", vec!["kent-probation"]),
        };
        let new = NewNominal {
            area: area.to_owned(),
            identifiers: vec![
                identifier(IdentifierKind::Pnc, pnc),
                identifier(IdentifierKind::Dob, "1980-02-01"),
                identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
            ],
            level: 2,
            category: 1,
            lead_agency: Some(agency(lead)),
            trust: (area == "london").then(|| agency("london-trust")),
            partners: partners.into_iter().map(agency).collect(),
            custody: None,
            gp: None,
        };
        self.flow.add_nominal(new).await.unwrap()
    }

    /// Something that the police of London send about their nominal; its id.
    pub async fn sent(&self, to: &[&str], item: ItemClaim, text: &str) -> String {
        self.sent_about(
            to,
            item,
            text,
            vec![
                identifier(IdentifierKind::Pnc, "99/123456X"),
                identifier(IdentifierKind::Dob, "1980-02-01"),
            ],
        )
        .await
    }

    async fn sent_about(
        &self,
        to: &[&str],
        item: ItemClaim,
        text: &str,
        identifiers: Vec<Identifier>,
    ) -> String {
        let recipients = to.iter().map(|id| RecipientClaim {
            agency: agency(id),
            person: None,
            reason: None,
        });
        let submission = Submission {
            caller: self.caller("met-police", "officer").await,
            particulars: Particulars {
                identifiers,
                purpose: Some(Purpose::Manage),
                necessity: Some("whoever houses him must know".to_owned().into()),
                bases: vec!["CJA 2003 s.325".to_owned()],
                items: vec![item],
                ..Particulars::new(recipients.collect())
            },
            bodies: vec![self.flow.take_text(text).unwrap()],
            idempotency: None,
            answer_to: None,
        };
        self.flow.submit(submission).await.unwrap().id.unwrap()
    }

    /// One of everything that London has, by the word that the table of routes calls it.
    pub async fn things(&self) -> BTreeMap<&'static str, String> {
        let flow = &self.flow;
        let nominal = self.nominal("london").await;
        let message = self
            .sent(
                &["london-probation", "southwark-housing"],
                note(),
                "He was seen at the school gate.",
            )
            .await;
        let clinical = item("Report", Category::HealthClin, Some("london-trust"));
        let held = self.sent(&["london-probation"], clinical, "A report").await;
        let guardian = self.caller("london-trust", "guardian").await;
        flow.ask_back(&guardian, &held, "Who wrote it?")
            .await
            .unwrap();
        let sender = self.caller("met-police", "officer").await;
        let question = flow.asked_of(&sender, &held).await.unwrap().remove(0).id;
        let unknown = vec![
            identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
            identifier(IdentifierKind::Dob, "1980-02-01"),
        ];
        let unmatched = self.sent_about(&["london-probation"], note(), "A note", unknown);
        let unmatched = unmatched.await;
        let event = self.event_of(&message).await;
        let claim = self.claimed(&nominal).await;
        let request = self.asked_of_the_trust(&nominal).await;
        let task = self.given(&request, "engagement").await;
        let flag = self.flagged(&nominal).await;
        let mut things = BTreeMap::from([
            ("nominal", nominal),
            ("message", message),
            ("held", held),
            ("question", question),
            ("unmatched", unmatched),
            ("event", event),
            ("apart", self.apart().await),
            ("paper", self.paper().await),
            ("claim", claim),
            ("request", request),
            ("task", task),
            ("flag", flag),
        ]);
        things.extend(self.of_people().await);
        things.extend(self.of_a_writer().await);
        things
    }

    async fn event_of(&self, message: &str) -> String {
        let mut tx = self.flow.store.read().await.unwrap();
        tx.leaves_of_exchange(message).await.unwrap().remove(0).id
    }

    async fn apart(&self) -> String {
        let unproved = Unproved {
            channel: Channel::SecureEmail,
            reason: "sender-not-proved",
            claimed: "somebody@elsewhere.example".to_owned().into(),
            agency: None,
            addressed: vec![agency("london-probation")],
            body: self.flow.take_text("Believe me").unwrap(),
        };
        self.flow.keep_apart(unproved).await.unwrap()
    }

    /// A person of the police of London, an invitation to join it and a deputy there.
    async fn of_people(&self) -> [(&'static str, String); 3] {
        let (flow, spoc) = (&self.flow, self.caller("met-police", "spoc").await);
        let new = NewColleague {
            name: "Zoe Placeholder".to_owned(),
            email: email("met-police", "zoe"),
            role: Role::Practitioner.as_str().to_owned(),
        };
        flow.invite(&spoc, new).await.unwrap();
        self.deputy_named("met-police").await;
        let people = flow.people(&spoc).await.unwrap();
        [
            ("person", self.person("met-police", "officer").await),
            ("invitation", people.invited[0].id.clone()),
            ("deputy", people.deputies[0].id.clone()),
        ]
    }

    /// An agency's single point of contact is away from now, and somebody stands in.
    pub async fn deputy_named(&self, at: &str) {
        let deputy = self.person(at, "deputy").await;
        let (now, spoc) = (self.flow.clock.now(), self.caller(at, "spoc").await);
        let until = now + SignedDuration::from_hours(24 * 14);
        self.flow
            .name_deputy(&spoc, &deputy, now, until)
            .await
            .unwrap();
    }

    /// An officer's draft with a file, a form of hers that was kept, another session, and a key.
    async fn of_a_writer(&self) -> [(&'static str, String); 5] {
        let mut writer = self.visit("met-police", "officer").await;
        let (draft, file) = self
            .draft_with_file(&mut writer, "met-police", "officer")
            .await;
        let writer = self.caller("met-police", "officer").await.person.unwrap();
        let form = KeptForm {
            path: "/may-i-share".to_owned(),
            fields: Personal::new(Vec::new()),
        };
        let kept = self.flow.keep_form(&writer, &form).await.unwrap();
        let person = writer.id;
        let mut tx = self.flow.store.read().await.unwrap();
        let now = self.flow.clock.now().as_microsecond();
        let session = tx.sessions_of(&person, now).await.unwrap().remove(0).id;
        drop(tx);
        let key = self.key_of(person).await;
        [
            ("draft", draft),
            ("file", file),
            ("kept", kept),
            ("session", session),
            ("key", key),
        ]
    }

    /// The row of a security key that nobody holds.
    async fn key_of(&self, person: String) -> String {
        let id = "0195a000-0000-7000-8000-000000000001";
        let place = Place {
            area: "*",
            table: "security_key",
            row: id,
            column: "name",
        };
        let name = self.flow.vault.seal_column(&place, b"Blue key").await;
        let row = SecurityKeyRow {
            id: id.to_owned(),
            person,
            credential: String::new(),
            handle: String::new(),
            data: String::new(),
            name: Some(name.unwrap()),
            added_at: 0,
            used_at: None,
            state: "active".to_owned(),
            updated_by: String::new(),
        };
        let mut tx = self.flow.store.write("test").await.unwrap();
        tx.put_bare(&row).await.unwrap();
        tx.commit().await.unwrap();
        id.to_owned()
    }

    /// What an officer of London's prison claims: that somebody is there.
    async fn claimed(&self, nominal: &str) -> String {
        let officer = self.caller("london-prison", "officer").await;
        let claimed = Claimed {
            reference: Some(nominal.to_owned()),
            identifiers: Vec::new(),
            since: local_date(self.flow.clock.now()),
        };
        let claim = self.flow.claim_custody(&officer, &claimed).await;
        claim.unwrap().id
    }

    /// What London's probation asks its trust of somebody; the request's id.
    pub async fn asked_of_the_trust(&self, nominal: &str) -> String {
        let officer = self.caller("london-probation", "officer").await;
        let given = json!({
            "requester": {"name": "S. Officer", "role": "Offender manager", "phone": "01632 960001"},
            "subject": {"address": "1 Sample Street, Anytown"},
            "mappa": {"category": "1", "level": "2", "lead_agency": "met-police"},
            "need": {"to_whom": ["His former partner: assault"], "why_now": "He missed appointments.",
                "serves": "manage", "decision": "Where he may live", "bases": ["s325"]},
            "questions": {"asked": ["engagement", "medication"]},
            "consent": {"sought": "not_sought", "why_not": "danger"},
            "handling": {"urgency": "standard", "readers": ["The meeting"],
                "retention": "As long as under MAPPA", "may_tell": "yes"},
        });
        let sent = FormSent {
            reference: Some(nominal.to_owned()),
            ..FormSent::new("health-request", given)
        };
        self.flow
            .submit_form(officer, sent)
            .await
            .unwrap()
            .id
            .unwrap()
    }

    /// A question of a request that the trust's guardian is given to answer; its id.
    pub async fn given(&self, request: &str, question: &str) -> String {
        let spoc = self.caller("london-trust", "spoc").await;
        let to = email("london-trust", "guardian");
        let given = self.flow.give_question(&spoc, request, question, &to).await;
        given.unwrap().pop().unwrap().id
    }

    /// A hospital flag that an officer of London's police sets.
    async fn flagged(&self, nominal: &str) -> String {
        let officer = self.caller("met-police", "officer").await;
        let answers = serde_json::json!({
            "alert": {"serves": "staff", "text": "May become aggressive"},
            "attending": {"staff_do": "Two members of staff see him"},
            "contact": {"who": "An officer", "phone": "01632 960001", "hours": "Day and night"},
            "decision": {"decided_on": "2026-02-26", "review_on": "2026-06-01"},
        });
        let sent = FormSent {
            reference: Some(nominal.to_owned()),
            recipients: vec![RecipientClaim {
                agency: agency("london-acute"),
                person: None,
                reason: None,
            }],
            ..FormSent::new("hospital-flag", answers)
        };
        let answer = self.flow.submit_form(officer, sent).await;
        answer.unwrap().id.unwrap()
    }

    /// A form that an officer of London's prison has begun.
    async fn paper(&self) -> String {
        let officer = self.caller("london-prison", "officer").await;
        let content = r#"{"form": "annex-f", "version": "1"}"#;
        let person = officer.person.unwrap();
        self.flow.open_draft(&person, content).await.unwrap()
    }

    /// A draft that somebody begins, and a file that has been announced for it.
    pub async fn draft_with_file(
        &self,
        writer: &mut Browser,
        at: &str,
        name: &str,
    ) -> (String, String) {
        let begun = writer
            .post("/messages/new", "do=save&title=Words&text=Words")
            .await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        let draft = begun.location.strip_prefix("/drafts/").unwrap();
        let draft = draft.split('?').next().unwrap().to_owned();
        let new = NewFile {
            name: Personal::new("film.mp4".to_owned()),
            media_type: "video/mp4".to_owned(),
            size: 10,
        };
        let person = self.caller(at, name).await.person.unwrap();
        let file = self.flow.begin_file(&person, &draft, new).await.unwrap();
        (draft, file)
    }
}

/// A note about risk, which partners may have.
pub fn note() -> ItemClaim {
    item("Risk note", Category::Risk, None)
}

pub fn item(title: &str, category: Category, owner: Option<&str>) -> ItemClaim {
    ItemClaim {
        category: Some(category),
        owner: owner.map(agency),
        ..ItemClaim::new(title.to_owned().into())
    }
}

async fn add_agency(flow: &Flow, area: &str, id: &str, kind: AgencyKind) {
    let new = NewAgency {
        id: agency(id),
        name: format!("The {id}"),
        kind,
        channel: Channel::Portal,
        custody: Custody::Gateway,
        recipient: None,
        email: None,
        areas: vec![area.to_owned()],
        overseas: false,
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: Some("2027-12-31".to_owned()),
    };
    flow.add_agency(new).await.unwrap();
}
