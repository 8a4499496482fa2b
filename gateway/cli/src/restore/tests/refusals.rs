use std::path::{Path, PathBuf};

use gateway_seal::MasterKey;
use gateway_store::KeyStore;
use gateway_store::rows::AgencyRow;
use secrecy::ExposeSecret as _;

use super::{Home, LARGE, clock, people, send};
use crate::backup::keys_file;

/// A backup with a sealed body in it.
async fn backed_up() -> (Home, PathBuf) {
    let home = Home::new("sqlite").await;
    let flow = home.open(&clock()).await;
    people(&flow).await;
    send(&flow, &vec![7; LARGE], None).await;
    let backup = home.backup("b.tar").await;
    (home, backup)
}

/// Where each member's bytes lie, by its name.
fn places(archive: &Path) -> Vec<(String, u64, u64)> {
    let file = std::fs::File::open(archive).unwrap();
    let mut tar = tar::Archive::new(file);
    tar.entries_with_seek()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| {
            let name = e.path().unwrap().display().to_string();
            (name, e.raw_file_position(), e.size())
        })
        .collect()
}

fn flipped(file: &Path, to: &Path, at: u64) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= 1;
    std::fs::write(to, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_any_member_is_found_before_anything_is_written() {
    let (home, backup) = backed_up().await;
    let there = home.beside("sqlite").await;
    let copy = there.path("copy.tar");
    let members = places(&backup);
    assert!(members.iter().any(|(name, ..)| name.starts_with("blobs/")));
    for (name, at, size) in members.iter().filter(|(.., size)| *size > 0) {
        std::fs::copy(keys_file(&backup), keys_file(&copy)).unwrap();
        flipped(&backup, &copy, at + size / 2);
        let said = there.refused(&copy, &[]).await;
        let named = said.contains(name) || said.contains("manifest");
        assert!(named, "{name}: {said}");
    }
    std::fs::copy(&backup, &copy).unwrap();
    for (name, at, size) in places(&keys_file(&backup)) {
        flipped(&keys_file(&backup), &keys_file(&copy), at + size / 2);
        let said = there.refused(&copy, &[]).await;
        assert!(said.contains("belongs to"), "{name}: {said}");
    }
    let whole = std::fs::read(&backup).unwrap();
    std::fs::copy(keys_file(&backup), keys_file(&copy)).unwrap();
    std::fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    assert!(
        there
            .refused(&copy, &[])
            .await
            .contains("not a whole backup")
    );
    // Untouched, it is restored.
    there.restore(&backup, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_master_key_is_told_before_anything_is_written() {
    let (_home, backup) = backed_up().await;
    let there = Home::new("sqlite").await;
    let text = MasterKey::generate().to_text().unwrap();
    std::fs::write(there.path("master.key"), text.expose_secret()).unwrap();
    let said = there.refused(&backup, &[]).await;
    assert!(said.contains("this master key does not open"), "{said}");
    let keys = KeyStore::open(&there.config.key_database).await.unwrap();
    assert!(keys.is_empty().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_keys_a_backup_goes_only_to_where_the_keys_still_are() {
    let (home, backup) = backed_up().await;
    std::fs::remove_file(keys_file(&backup)).unwrap();
    let there = home.beside("sqlite").await;
    let said = there.refused(&backup, &[]).await;
    assert!(said.contains("without the keys"), "{said}");
    home.lose_records();
    home.restore(&backup, &[]).await.unwrap();
    super::holds(&home.open(&clock()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_records_nothing_is_restored_and_they_stay() {
    let (home, backup) = backed_up().await;
    let there = home.beside("sqlite").await;
    people(&there.open(&clock()).await).await;
    let before = super::rows(&there.open(&clock()).await.store).await;
    let error = there.restore(&backup, &[]).await.unwrap_err();
    assert!(error.is::<crate::Usage>() && error.to_string().contains("move the database aside"));
    assert!(super::rows(&there.open(&clock()).await.store).await == before);
    // Its own keys are others of the same names: also with its records gone.
    there.lose_records();
    let said = there.refused(&backup, &[]).await;
    assert!(said.contains("another installation"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_never_takes_the_place_of_a_file_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let (home, backup) = backed_up().await;
    for file in [backup.clone(), keys_file(&backup)] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let master = std::fs::read_to_string(home.path("master.key")).unwrap();
    for file in [backup.clone(), keys_file(&backup)] {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes
            .windows(20)
            .any(|part| part == &master.as_bytes()[..20]);
        assert!(!found, "{}", file.display());
    }
    let source = crate::backup::Source {
        store: gateway_store::Store::open(&home.config.database)
            .await
            .unwrap(),
        keys: KeyStore::open(&home.config.key_database).await.unwrap(),
        blobs: crate::installation::blobs(&home.config).unwrap(),
    };
    let before = std::fs::read(&backup).unwrap();
    let system = gateway_core::Clock::system();
    let refused = crate::backup::make(&source, &backup, &system).await;
    assert!(refused.err().unwrap().to_string().contains("there already"));
    assert!(std::fs::read(&backup).unwrap() == before);
    assert!(!home.path("b.tar.new").exists() && !home.path("b.tar.keys.new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_past_their_day_are_taken_only_when_it_is_said() {
    let (home, backup) = backed_up().await;
    let there = home.beside("sqlite").await;
    let target = |home: &Home| {
        let config = home.config.clone();
        async move {
            super::super::Target {
                master: crate::installation::master_key(&config).unwrap(),
                store: gateway_store::Store::open(&config.database).await.unwrap(),
                keys: KeyStore::open(&config.key_database).await.unwrap(),
                blobs: crate::installation::blobs(&config).unwrap(),
                policies: None,
            }
        }
    };
    let now = gateway_core::Clock::system().now();
    let later = now
        .checked_add(jiff::SignedDuration::from_hours(24 * 36))
        .unwrap();
    let line = |more: &[&str]| {
        let words = ["restore", "--dir", "x", "--from", backup.to_str().unwrap()];
        <super::Line as clap::Parser>::parse_from(words.iter().chain(more)).restore
    };
    let said = line(&[])
        .check(&target(&there).await, later)
        .await
        .err()
        .unwrap();
    assert!(
        said.to_string().contains("had to be destroyed by"),
        "{said}"
    );
    line(&["--expired-keys"])
        .check(&target(&there).await, later)
        .await
        .unwrap();
    line(&[]).check(&target(&there).await, now).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_changed_behind_the_logs_back_is_not_restored_and_no_key_and_no_body_is_left() {
    for kind in super::kinds() {
        let home = Home::new(kind).await;
        let flow = home.open(&clock()).await;
        people(&flow).await;
        send(&flow, &vec![7; LARGE], None).await;
        let mut tx = flow.store.write("tamper").await.unwrap();
        let agency = tx.get::<AgencyRow>("met-police").await.unwrap();
        tx.put(&mut agency.unwrap()).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        let backup = home.backup("b.tar").await;
        let there = home.beside(kind).await;
        let said = there.refused(&backup, &[]).await;
        assert!(
            said.contains("row `met-police` of table `agency`"),
            "{said}"
        );
        let keys = KeyStore::open(&there.config.key_database).await.unwrap();
        assert!(keys.is_empty().await.unwrap());
    }
}
