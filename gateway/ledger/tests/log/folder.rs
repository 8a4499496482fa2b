use std::fs;

use gateway_ledger::{
    Fault, FolderSource, SourceError, TileSource, Verified, Verifier, verify_log, verify_log_since,
};
use tempfile::TempDir;

use crate::support::{Log, change, event, every_path, put};

fn verify(folder: &TempDir, verifier: &Verifier) -> Result<Verified, Fault> {
    verify_log(&FolderSource::new(folder.path()), verifier, &mut |_, _| ())
}

fn written(size: usize) -> (Log, TempDir) {
    let (log, folder) = (Log::of(size), TempDir::new().unwrap());
    log.write(folder.path());
    (log, folder)
}

/// The fault that a change to one file leads to, in words.
fn fault_after(size: usize, path: &str, with: impl FnOnce(&mut Vec<u8>)) -> String {
    let (log, folder) = written(size);
    change(folder.path(), path, with);
    verify(&folder, &log.verifier()).unwrap_err().to_string()
}

#[test]
fn a_log_of_any_size_holds_and_progress_is_told() {
    for size in [0, 1, 42, 255, 256, 257, 512, 700, 65_536, 65_900] {
        let (log, folder) = written(size);
        let mut told = Vec::new();
        let source = FolderSource::new(folder.path());
        let verified = verify_log(&source, &log.verifier(), &mut |done, total| {
            told.push((done, total));
        })
        .unwrap();
        assert_eq!(verified.entries, size as u64);
        assert_eq!(verified.checkpoint.size, size as u64);
        assert_eq!(told.len(), size.div_ceil(256));
        assert_eq!(
            told.last().copied().unwrap_or_default(),
            (size as u64, size as u64)
        );
    }
}

#[test]
fn a_changed_entry_is_named() {
    for (size, entry, bundle, tile) in [
        (42, 17, "tile/entries/000.p/42", "tile/0/000.p/42"),
        (600, 0, "tile/entries/000", "tile/0/000"),
        (600, 511, "tile/entries/001", "tile/0/001"),
        (600, 599, "tile/entries/002.p/88", "tile/0/002.p/88"),
    ] {
        let words = fault_after(size, bundle, |bytes| bytes[entry % 256 * 34 + 2] ^= 1);
        assert_eq!(words, format!("entry {entry} does not match `{tile}`"));
        let words = fault_after(size, tile, |bytes| bytes[entry % 256 * 32 + 31] ^= 128);
        assert_eq!(words, format!("entry {entry} does not match `{tile}`"));
    }
}

#[test]
fn a_changed_tile_at_a_higher_level_is_named() {
    let words = fault_after(600, "tile/1/000.p/2", |bytes| bytes[32] ^= 1);
    assert_eq!(
        words,
        "hash 1 of `tile/1/000.p/2` does not match `tile/0/001`"
    );
    let words = fault_after(65_900, "tile/1/000", |bytes| bytes[32 * 200] ^= 1);
    assert_eq!(
        words,
        "hash 200 of `tile/1/000` does not match `tile/0/200`"
    );
    let words = fault_after(65_900, "tile/2/000.p/1", |bytes| bytes[0] ^= 1);
    assert_eq!(
        words,
        "hash 0 of `tile/2/000.p/1` does not match `tile/1/000`"
    );
}

#[test]
fn a_changed_byte_anywhere_in_any_file_is_found() {
    let (log, folder) = written(300);
    let mut paths = every_path(300);
    assert_eq!(paths.len(), 5);
    paths.push("checkpoint".to_owned());
    for path in paths {
        let good = fs::read(folder.path().join(&path)).unwrap();
        // Every byte of what is small, and of long files one in 31, which meets every
        // place within an entry and within a hash.
        for at in (0..good.len()).step_by(if good.len() > 500 { 31 } else { 1 }) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            put(folder.path(), &path, &bad);
            assert!(verify(&folder, &log.verifier()).is_err(), "{path} at {at}");
        }
        put(folder.path(), &path, &good);
    }
    verify(&folder, &log.verifier()).unwrap();
}

#[test]
fn entries_in_another_order_are_found() {
    let swap_entries = |bytes: &mut Vec<u8>| {
        let (left, right) = bytes.split_at_mut(34 * 4);
        left[34 * 3..].swap_with_slice(&mut right[..34]);
    };
    let swap_hashes = |bytes: &mut Vec<u8>| {
        let (left, right) = bytes.split_at_mut(32 * 4);
        left[32 * 3..].swap_with_slice(&mut right[..32]);
    };
    let words = fault_after(42, "tile/entries/000.p/42", swap_entries);
    assert_eq!(words, "entry 3 does not match `tile/0/000.p/42`");

    let (log, folder) = written(300);
    change(folder.path(), "tile/entries/000", swap_entries);
    change(folder.path(), "tile/0/000", swap_hashes);
    let words = verify(&folder, &log.verifier()).unwrap_err().to_string();
    assert_eq!(
        words,
        "hash 0 of `tile/1/000.p/1` does not match `tile/0/000`"
    );

    let (log, folder) = written(300);
    change(folder.path(), "tile/entries/001.p/44", swap_entries);
    change(folder.path(), "tile/0/001.p/44", swap_hashes);
    assert_eq!(
        verify(&folder, &log.verifier()),
        Err(Fault::Root { size: 300 })
    );
}

#[test]
fn whole_tiles_in_another_order_are_found() {
    let (log, folder) = written(600);
    for kind in ["tile/entries", "tile/0"] {
        let (one, two) = (
            folder.path().join(kind).join("000"),
            folder.path().join(kind).join("001"),
        );
        let kept = fs::read(&one).unwrap();
        fs::copy(&two, &one).unwrap();
        fs::write(&two, kept).unwrap();
    }
    let words = verify(&folder, &log.verifier()).unwrap_err().to_string();
    assert_eq!(
        words,
        "hash 0 of `tile/1/000.p/2` does not match `tile/0/000`"
    );
}

#[test]
fn a_deleted_entry_or_file_is_named() {
    let words = fault_after(42, "tile/entries/000.p/42", |bytes| {
        bytes.drain(34 * 5..34 * 6);
    });
    assert_eq!(
        words,
        "`tile/entries/000.p/42` is not a bundle of 42 entries: it ends before its entry 41 does"
    );
    let words = fault_after(42, "tile/0/000.p/42", |bytes| bytes.truncate(32 * 41));
    assert_eq!(words, "`tile/0/000.p/42` is not a tile of 42 hashes");
    let words = fault_after(42, "tile/0/000.p/42", |bytes| bytes.push(0));
    assert_eq!(words, "`tile/0/000.p/42` is not a tile of 42 hashes");
    for path in every_path(600).into_iter().chain(["checkpoint".to_owned()]) {
        let (log, folder) = written(600);
        fs::remove_file(folder.path().join(&path)).unwrap();
        let words = verify(&folder, &log.verifier()).unwrap_err().to_string();
        assert_eq!(words, format!("`{path}`: it is not there"));
    }
}

#[test]
fn a_log_rewritten_without_the_key_does_not_match_its_checkpoint() {
    let honest = Log::of(300);
    for changed in [0, 17, 255, 256, 299] {
        let mut openings = honest.openings.clone();
        openings[changed].1 = event(1000);
        let mut forged = Log::with(openings);
        forged.checkpoint.clone_from(&honest.checkpoint);
        let folder = TempDir::new().unwrap();
        forged.write(folder.path());
        assert_eq!(
            verify(&folder, &honest.verifier()),
            Err(Fault::Root { size: 300 })
        );
    }
}

#[test]
fn a_log_is_a_continuation_of_every_earlier_head_of_it() {
    let (log, folder) = written(600);
    let source = FolderSource::new(folder.path());
    for earlier in [0, 1, 2, 17, 254, 255, 256, 257, 511, 512, 513, 599, 600] {
        let then = Log::of(earlier).checkpoint;
        verify_log_since(&source, &log.verifier(), &then, &mut |_, _| ()).unwrap();
        if earlier > 0 {
            let mut openings = log.openings[..earlier].to_vec();
            openings[earlier / 2].1 = event(1000);
            let other = Log::with(openings).checkpoint;
            let size = earlier as u64;
            let fault = verify_log_since(&source, &log.verifier(), &other, &mut |_, _| ());
            assert_eq!(fault, Err(Fault::Rewritten { size }));
        }
    }
    let longer = Log::of(601).checkpoint;
    let fault = verify_log_since(&source, &log.verifier(), &longer, &mut |_, _| ());
    assert_eq!(
        fault,
        Err(Fault::RolledBack {
            earlier: 601,
            now: 600
        })
    );
    let unsigned = log.checkpoint.replace("\n600\n", "\n599\n");
    let fault = verify_log_since(&source, &log.verifier(), &unsigned, &mut |_, _| ());
    assert!(matches!(fault, Err(Fault::Earlier(_))));
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one_that_is_gone() {
    let (log, folder) = written(600);
    put(
        folder.path(),
        "checkpoint",
        Log::of(200).checkpoint.as_bytes(),
    );
    assert_eq!(verify(&folder, &log.verifier()).unwrap().entries, 200);
    change(folder.path(), "tile/0/000", |bytes| bytes[32 * 199] ^= 1);
    let words = verify(&folder, &log.verifier()).unwrap_err().to_string();
    assert_eq!(words, "entry 199 does not match `tile/0/000.p/200`");
}

#[test]
fn a_folder_gives_only_what_a_log_has() {
    let (_, folder) = written(3);
    let inner = FolderSource::new(folder.path().join("tile"));
    assert_eq!(inner.fetch("../checkpoint"), Err(SourceError::NotFound));
    assert_eq!(inner.fetch("/etc/hostname"), Err(SourceError::NotFound));
    assert_eq!(inner.checkpoint(), Err(SourceError::NotFound));
    let source = FolderSource::new(folder.path());
    assert_eq!(source.fetch("tile/0/000.p/3").unwrap().len(), 96);
    assert_eq!(
        source.fetch("tile/0/000.p/3/../3"),
        Err(SourceError::NotFound)
    );
    change(folder.path(), "tile/0/000.p/3", |bytes| {
        bytes.resize(1_000_000, 0);
    });
    assert_eq!(source.fetch("tile/0/000.p/3"), Err(SourceError::TooLarge));
}
