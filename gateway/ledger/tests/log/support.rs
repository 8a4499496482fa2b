//! A synthetic log, and the folder that serves it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gateway_core::event::{Event, EventKind};
use gateway_ledger::{
    Receipt, Salt, Signer, TilePath, Tiles, Verifier, append, encode_entries, entries_path,
    leaf_data, leaf_hash, proof_tiles, prove_inclusion,
};

pub const ORIGIN: &str = "gateway.example/ledger";

pub struct Log {
    pub signer: Signer,
    pub openings: Vec<(Salt, Event)>,
    pub entries: Vec<[u8; 32]>,
    pub tiles: Tiles,
    pub checkpoint: String,
}

pub fn event(n: usize) -> Event {
    let agency = |name: &str| name.parse().unwrap();
    Event {
        v: 1,
        id: format!("e{n}"),
        at: format!("2026-03-02T09:{:02}:{:02}Z", n / 60 % 60, n % 60),
        area: "london".to_owned(),
        kind: EventKind::ALL[n % EventKind::ALL.len()],
        exchange: (!n.is_multiple_of(3)).then(|| format!("exchange-{n}")),
        nominal: None,
        from: Some(agency("met-police")),
        to: vec![agency("southwark-housing"), agency("london-probation")],
        policy: "ab".repeat(32),
        rules: vec!["ISP-01".to_owned(), "ISP-17".to_owned()],
        content: vec!["Y29tbWl0bWVudA==".to_owned(); n % 3],
        rows: None,
        detail: BTreeMap::from([
            ("count".to_owned(), n.to_string()),
            (
                "awkward".to_owned(),
                "\"é\\/\u{1f}\u{7f}\n\u{1f600}".to_owned(),
            ),
        ]),
    }
}

fn salt(n: usize) -> Salt {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Salt::from_bytes(bytes)
}

impl Log {
    /// A log of `size` entries.
    pub fn of(size: usize) -> Self {
        Self::with((0..size).map(|n| (salt(n), event(n))).collect())
    }

    /// A log of these events.
    pub fn with(openings: Vec<(Salt, Event)>) -> Self {
        let signer = Signer::new(ORIGIN, &[7; 32]).unwrap();
        let entries: Vec<[u8; 32]> = openings
            .iter()
            .map(|(salt, event)| leaf_data(salt, event).unwrap())
            .collect();
        let leaves: Vec<_> = entries.iter().map(leaf_hash).collect();
        let appended = append(0, &Tiles::new(), &leaves).unwrap();
        let checkpoint = signer.sign(appended.size, appended.root);
        Self {
            signer,
            openings,
            entries,
            tiles: appended.tiles,
            checkpoint,
        }
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn verifier(&self) -> Verifier {
        Verifier::parse(&self.signer.verifier_key()).unwrap()
    }

    pub fn receipt(&self, index: usize) -> Receipt {
        let (place, size) = (index as u64, self.size());
        let needed: Tiles = proof_tiles(place, size)
            .into_iter()
            .map(|id| (id, self.tiles[&id].clone()))
            .collect();
        let (salt, event) = self.openings[index].clone();
        Receipt {
            salt,
            event,
            index: place,
            path: prove_inclusion(place, size, &needed).unwrap(),
            checkpoint: self.checkpoint.clone(),
        }
    }

    /// Writes the folder as the log is served.
    pub fn write(&self, folder: &Path) {
        for (n, bundle) in self.entries.chunks(256).enumerate() {
            let path = entries_path(n as u64, u16::try_from(bundle.len()).unwrap());
            put(folder, &path, &encode_entries(bundle));
        }
        for (id, tile) in &self.tiles {
            put(folder, &id.path(self.size()), tile);
        }
        put(folder, "checkpoint", self.checkpoint.as_bytes());
    }
}

pub fn put(folder: &Path, path: &str, bytes: &[u8]) {
    assert!(
        path == "checkpoint" || gateway_ledger::parse_tile_path(path).is_some(),
        "{path}"
    );
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// Changes one file of the folder.
pub fn change(folder: &Path, path: &str, with: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(folder.join(path)).unwrap();
    with(&mut bytes);
    fs::write(folder.join(path), bytes).unwrap();
}

/// Every path that a log of `size` entries serves, tiles and bundles.
pub fn every_path(size: u64) -> Vec<String> {
    let mut paths = Vec::new();
    for level in 0..8 {
        let mut index = 0;
        loop {
            let width = gateway_ledger::TileId { level, index }.width(size);
            if width == 0 {
                break;
            }
            paths.push(
                TilePath::Hashes {
                    level,
                    index,
                    width,
                }
                .to_string(),
            );
            if level == 0 {
                paths.push(TilePath::Entries { index, width }.to_string());
            }
            index += 1;
        }
    }
    paths
}
