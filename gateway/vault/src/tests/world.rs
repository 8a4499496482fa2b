//! A small world: one area, a police force, a housing authority, a trust, a prison, a
//! coordination unit, one nominal, one exchange with one item.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyId, Clock, Custody, Id};
use gateway_ledger::{Salt, leaf_data};
use gateway_protocol::Protocols;
use gateway_seal::{ItemKey, MasterKey, Place, wrap};
use gateway_store::rows::*;
use gateway_store::testing::{self, TestDb};
use gateway_store::{LogHead, NewLeaf, Record, Store};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::{OpenForReview, OpenItem, Vault};

pub const AREA: &str = "london";
pub const LOG: &str = "log-1";

pub struct World {
    pub db: TestDb,
    pub vault: Vault,
    pub clock: Clock,
    pub key: String,
    pub master_text: String,
}

/// A world on each kind of database.
pub async fn each() -> Vec<World> {
    let mut worlds = Vec::new();
    for db in testing::each().await {
        worlds.push(World::new(db).await);
    }
    worlds
}

pub fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub fn agency(id: &str) -> AgencyId {
    id.parse().unwrap()
}

pub async fn save<R: Record>(store: &Store, mut row: R) {
    let mut tx = store.write("test").await.unwrap();
    tx.put(&mut row).await.unwrap();
    tx.drain_covered();
    tx.commit().await.unwrap();
}

pub fn agency_row(id: &str, kind: &str) -> AgencyRow {
    AgencyRow {
        id: id.to_owned(),
        name: id.to_owned(),
        kind: kind.to_owned(),
        regime: "uk-gdpr".to_owned(),
        channel: "api".to_owned(),
        custody: "gateway".to_owned(),
        email: None,
        overseas: 0,
        state: "active".to_owned(),
        signed_on: Some("2026-01-01".to_owned()),
        signed_until: Some("2026-12-31".to_owned()),
        created_at: 0,
        updated_by: String::new(),
    }
}

pub fn person_row(id: &str, agency: &str) -> PersonRow {
    PersonRow {
        id: id.to_owned(),
        agency: agency.to_owned(),
        name: vec![],
        email: vec![],
        email_index: id.to_owned(),
        state: "active".to_owned(),
        password: None,
        totp: None,
        created_at: 0,
        updated_by: String::new(),
    }
}

pub fn appointment(id: &str, person: &str, agency: &str, role: &str) -> AppointmentRow {
    AppointmentRow {
        id: id.to_owned(),
        person: person.to_owned(),
        agency: agency.to_owned(),
        role: role.to_owned(),
        deputy: 0,
        from_at: 0,
        until_at: None,
        updated_by: String::new(),
    }
}

pub fn nominal_row(id: &str) -> NominalRow {
    NominalRow {
        id: id.to_owned(),
        area: AREA.to_owned(),
        state: "active".to_owned(),
        merged_into: None,
        level: 2,
        category: 1,
        lead_agency: Some("met-police".to_owned()),
        trust: None,
        gp: None,
        created_at: 0,
        updated_by: String::new(),
    }
}

pub fn part(id: &str, agency: &str, kind: &str) -> PartRow {
    PartRow {
        id: id.to_owned(),
        nominal: "n1".to_owned(),
        agency: agency.to_owned(),
        kind: kind.to_owned(),
        from_at: 0,
        until_at: None,
        updated_by: String::new(),
    }
}

pub fn exchange_row(id: &str) -> ExchangeRow {
    ExchangeRow {
        id: id.to_owned(),
        area: AREA.to_owned(),
        nominal: Some("n1".to_owned()),
        sender: "met-police".to_owned(),
        sender_person: None,
        channel: "api".to_owned(),
        proof: "mtls".to_owned(),
        state: "released".to_owned(),
        purpose: Some("MANAGE".to_owned()),
        bases: "[]".to_owned(),
        emergency: 0,
        in_reply_to: None,
        particulars: vec![],
        policy: String::new(),
        received_at: 0,
        updated_by: String::new(),
    }
}

impl World {
    pub async fn new(db: TestDb) -> Self {
        let master = MasterKey::generate();
        let master_text = master.to_text().unwrap().expose_secret().to_owned();
        let clock = Clock::manual(start());
        let protocols = Arc::new(Protocols::embedded().unwrap());
        let vault = Vault::open(
            db.keys.clone(),
            db.store.clone(),
            protocols,
            master,
            clock.clone(),
        )
        .await
        .unwrap();
        vault.ensure_area(AREA).await.unwrap();
        let key = ItemKey::generate();
        let text = key.to_text().expose_secret().to_owned();
        let world = Self {
            db,
            vault,
            clock,
            key: text,
            master_text,
        };
        world.people().await;
        world.exchange(&key).await;
        world
    }

    /// The same databases, opened by another process.
    pub async fn another(&self) -> Vault {
        let master = self.master_text.parse().unwrap();
        let protocols = Arc::new(Protocols::embedded().unwrap());
        Vault::open(
            self.db.keys.clone(),
            self.db.store.clone(),
            protocols,
            master,
            self.clock.clone(),
        )
        .await
        .unwrap()
    }

    pub async fn save<R: Record>(&self, row: R) {
        save(&self.db.store, row).await;
    }

    pub async fn get<R: Record>(&self, id: &str) -> R {
        self.db
            .store
            .read()
            .await
            .unwrap()
            .get(id)
            .await
            .unwrap()
            .unwrap()
    }

    /// Changes a row.
    pub async fn change<R: Record>(&self, id: &str, how: impl FnOnce(&mut R)) {
        let mut row = self.get(id).await;
        how(&mut row);
        self.save(row).await;
    }

    async fn people(&self) {
        self.save(AreaRow {
            id: AREA.to_owned(),
            name: "London".to_owned(),
            settings: "{}".to_owned(),
            created_at: 0,
            updated_by: String::new(),
        })
        .await;
        for (id, kind) in [
            ("met-police", "police"),
            ("southwark-housing", "housing"),
            ("london-mental-health", "mental-health-trust"),
            ("hmp-thameside", "prison"),
            ("london-coordination", "coordination"),
        ] {
            self.save(agency_row(id, kind)).await;
            self.save(MembershipRow {
                until_at: None,
                id: format!("m-{id}"),
                agency: id.to_owned(),
                area: AREA.to_owned(),
                created_at: 0,
                updated_by: String::new(),
            })
            .await;
            self.vault
                .add_agency_key(&agency(id), Custody::Gateway, None)
                .await
                .unwrap();
        }
        for (id, at, role) in [
            ("hana", "southwark-housing", "spoc"),
            ("hugh", "southwark-housing", "practitioner"),
            ("cora", "london-mental-health", "caldicott"),
            ("tom", "london-mental-health", "practitioner"),
            ("cleo", "london-coordination", "coordinator"),
            ("chad", "london-coordination", "chair"),
        ] {
            self.save(person_row(id, at)).await;
            self.save(appointment(&format!("a-{id}"), id, at, role))
                .await;
        }
        self.save(nominal_row("n1")).await;
        self.save(part("p1", "southwark-housing", "partner")).await;
    }

    async fn exchange(&self, key: &ItemKey) {
        let keys = self
            .vault
            .holding_keys(AREA, "n1", "london-mental-health", "case-record")
            .await
            .unwrap();
        self.save(exchange_row("e1")).await;
        self.save(ItemRow {
            id: "i1".to_owned(),
            exchange: "e1".to_owned(),
            n: 1,
            title: vec![],
            category: "RISK".to_owned(),
            owner: "london-mental-health".to_owned(),
            regime: "uk-gdpr".to_owned(),
            about: "subject".to_owned(),
            nature: None,
            as_at: None,
            facts: "{}".to_owned(),
            media_type: "text/plain".to_owned(),
            size: 0,
            digest: vec![],
            salt: vec![],
            commitment: String::new(),
            fingerprint: String::new(),
            body: None,
            blob: None,
            blob_sha256: None,
            hold_wrap: wrap(key, &keys.hold.recipient).unwrap(),
            retention_key: keys.retention.key_id,
            retention_wrap: wrap(key, &keys.retention.recipient).unwrap(),
            corrects: None,
            supersedes: None,
            disputed: 0,
            retention_class: "case-record".to_owned(),
            review_on: None,
            legal_hold: 0,
            restricted: 0,
            updated_by: String::new(),
        })
        .await;
        self.deliver(key).await;
        self.hold().await;
        let mut tx = self.db.store.write("test").await.unwrap();
        let origin = "gateway.example/ledger".to_owned();
        let (area, root, checkpoint) = (AREA.to_owned(), String::new(), String::new());
        let head = LogHead {
            id: LOG.to_owned(),
            area,
            epoch: 1,
            origin,
            size: 0,
            root,
            checkpoint,
            created_at: 0,
        };
        tx.add_log(&head).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn deliver(&self, key: &ItemKey) {
        let reader = agency("southwark-housing");
        let keys = self
            .vault
            .reader_keys(std::slice::from_ref(&reader))
            .await
            .unwrap();
        self.save(DeliveryRow {
            id: "d1".to_owned(),
            exchange: "e1".to_owned(),
            agency: reader.to_string(),
            person: None,
            channel: "api".to_owned(),
            state: "queued".to_owned(),
            obligations: "[]".to_owned(),
            created_at: 0,
            at: 0,
            updated_by: String::new(),
        })
        .await;
        self.save(WrapRow {
            id: "w1".to_owned(),
            exchange: "e1".to_owned(),
            item: "i1".to_owned(),
            agency: reader.to_string(),
            person: None,
            delivery: "d1".to_owned(),
            n: 1,
            wrap: wrap(key, &keys[&reader].recipient).unwrap(),
            key_id: keys[&reader].key_id.clone(),
            obligations: "[\"MARK\"]".to_owned(),
            expires_at: None,
            state: "active".to_owned(),
            created_at: 0,
            updated_by: String::new(),
        })
        .await;
    }

    async fn hold(&self) {
        self.save(CellRow {
            id: "c1".to_owned(),
            exchange: "e1".to_owned(),
            item: "i1".to_owned(),
            recipient: "hmp-thameside".to_owned(),
            person: None,
            outcome: "hold".to_owned(),
            obligations: "[]".to_owned(),
            reviewers: "[]".to_owned(),
            rules: "[]".to_owned(),
            question: "{}".to_owned(),
            policy: String::new(),
            revision: 1,
            decided_at: 0,
            updated_by: String::new(),
        })
        .await;
        self.save(HoldRow {
            id: "h1".to_owned(),
            exchange: "e1".to_owned(),
            item: "i1".to_owned(),
            recipient: "hmp-thameside".to_owned(),
            cell: "c1".to_owned(),
            role: "caldicott".to_owned(),
            agency: "london-mental-health".to_owned(),
            after: 0,
            state: "open".to_owned(),
            since: 0,
            remind_at: i64::MAX,
            escalate_at: i64::MAX,
            reminded_at: None,
            escalated_at: None,
            decided_at: None,
            decided_by: None,
            reasons: None,
            updated_by: String::new(),
        })
        .await;
    }

    /// A reading of the exchange by an agency, as an event.
    pub fn event(&self, from: &str, detail: &[(&str, &str)]) -> Event {
        let detail: BTreeMap<String, String> = detail
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Event {
            v: 1,
            id: "e1".to_owned(),
            at: self.clock.now().to_string(),
            area: AREA.to_owned(),
            kind: EventKind::ItemRead,
            exchange: Some("e1".to_owned()),
            nominal: Some("n1".to_owned()),
            from: Some(agency(from)),
            to: vec![],
            policy: String::new(),
            rules: vec![],
            content: vec![],
            rows: None,
            detail,
        }
    }

    /// Writes a leaf; committed to by the head, or only lying there.
    pub async fn leaf(&self, event: &Event, committed: bool) -> u64 {
        let salt = Salt::fresh();
        let data = leaf_data(&salt, event).unwrap().to_vec();
        self.leaf_of(event, salt, data, committed).await
    }

    /// Writes a leaf whose data is given.
    pub async fn leaf_of(&self, event: &Event, salt: Salt, data: Vec<u8>, committed: bool) -> u64 {
        let mut tx = self.db.store.write("test").await.unwrap();
        let size = tx.log(LOG).await.unwrap().unwrap().size;
        let leaf = NewLeaf {
            id: Id::new(&self.clock).to_string(),
            kind: event.kind.as_str(),
            at: self.clock.now().as_microsecond(),
            exchange: event.exchange.clone(),
            nominal: event.nominal.clone(),
            salt: salt.as_bytes().to_vec(),
            row_salt: vec![],
            event: serde_json::to_string(event).unwrap(),
            data,
            rows: vec![],
        };
        tx.add_leaf(LOG, size, &leaf).await.unwrap();
        if committed {
            tx.move_log(LOG, size + 1, "", "").await.unwrap();
        }
        tx.commit().await.unwrap();
        size
    }

    /// Housing reads its wrap, by a person or by its system, and has logged it.
    pub async fn asks(&self, person: Option<&str>) -> OpenItem {
        let mut detail = vec![("wrap", "w1")];
        detail.extend(person.map(|person| ("person", person)));
        let index = self
            .leaf(&self.event("southwark-housing", &detail), true)
            .await;
        ask(index, person)
    }

    /// A person looks at the hold, and has logged it.
    pub async fn looks(&self, person: &str) -> OpenForReview {
        let at: PersonRow = self.get(person).await;
        let event = self.event(&at.agency, &[("hold", "h1"), ("person", person)]);
        let index = self.leaf(&event, true).await;
        look(index, person)
    }

    /// Seals an identifier of a nominal, as the flow does.
    pub async fn identifier(&self, id: &str, nominal: &str, kind: &str, value: &str) {
        let place = Place {
            area: AREA,
            table: "nominal_identifier",
            row: id,
            column: "value",
        };
        let sealed = self
            .vault
            .seal_column(&place, value.as_bytes())
            .await
            .unwrap();
        let unique = !["NAME", "DOB"].contains(&kind);
        let column = format!("nominal_identifier.{kind}");
        let blind = self.vault.blind(AREA, &column, value).await.unwrap();
        self.save(NominalIdentifierRow {
            id: id.to_owned(),
            nominal: nominal.to_owned(),
            kind: kind.to_owned(),
            value: sealed,
            blind: unique.then_some(blind),
            created_at: 0,
            until_at: None,
            updated_by: String::new(),
        })
        .await;
    }
}

pub fn ask(index: u64, person: Option<&str>) -> OpenItem {
    OpenItem {
        wrap: "w1".to_owned(),
        agency: agency("southwark-housing"),
        person: person.map(str::to_owned),
        in_portal: false,
        log: LOG.to_owned(),
        index,
    }
}

pub fn look(index: u64, person: &str) -> OpenForReview {
    OpenForReview {
        hold: "h1".to_owned(),
        person: person.to_owned(),
        log: LOG.to_owned(),
        index,
    }
}
