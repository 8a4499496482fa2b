use gateway_ledger::receipt::MAX_RECEIPT;
use gateway_ledger::{
    CheckpointError, Hash, ProofError, Receipt, ReceiptError, Salt, Signer, Verifier,
};

use crate::support::{Log, ORIGIN};

#[test]
fn a_receipt_reads_back_and_holds() {
    for size in [1, 2, 3, 255, 256, 257, 600] {
        let log = Log::of(size);
        for index in [0, size / 2, size - 1] {
            let receipt = log.receipt(index);
            let text = receipt.render().unwrap();
            let read = Receipt::parse(&text).unwrap();
            assert_eq!(read, receipt);
            assert_eq!(read.verify(&log.verifier()).unwrap().size, size as u64);
        }
    }
}

#[test]
fn a_receipt_has_the_form_of_the_specification() {
    let text = Log::of(2).receipt(1).render().unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
    assert!(lines[1].starts_with("extra ey"));
    assert_eq!(lines[2], "index 1");
    assert_eq!(lines[3].len(), 44);
    assert_eq!(lines[4..7], ["", ORIGIN, "2"]);
    assert!(lines[9].starts_with("\u{2014} gateway.example/ledger "));
    assert_eq!(lines[10..], [""]);
}

#[test]
fn no_receipt_holds_after_any_one_bit_of_it_is_changed() {
    let log = Log::of(42);
    let text = log.receipt(17).render().unwrap();
    let verifier = log.verifier();
    let holds = |text: &str| Receipt::parse(text).is_ok_and(|r| r.verify(&verifier).is_ok());
    assert!(holds(&text));
    let mut bytes = text.into_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(
                !str::from_utf8(&bytes).is_ok_and(holds),
                "byte {at}, bit {bit}"
            );
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn the_refusal_says_which_part_does_not_hold() {
    let log = Log::of(42);
    let verifier = log.verifier();
    let good = log.receipt(17);
    let root = ReceiptError::Root(ORIGIN.to_owned());
    let refused = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        receipt.verify(&verifier).unwrap_err()
    };
    for bit in 0..256 {
        let flip = |bytes: &mut [u8; 32]| bytes[bit / 8] ^= 1 << (bit % 8);
        let salt = |receipt: &mut Receipt| {
            let mut bytes = *receipt.salt.as_bytes();
            flip(&mut bytes);
            receipt.salt = Salt::from_bytes(bytes);
        };
        assert_eq!(refused(&salt), root);
        for n in 0..good.path.len() {
            assert_eq!(refused(&|receipt| flip(&mut receipt.path[n].0)), root);
        }
    }
    assert_eq!(refused(&|r| r.event.to.reverse()), root);
    assert_eq!(refused(&|r| r.event.at.push(' ')), root);
    assert_eq!(refused(&|r| r.event.rows = Some(String::new())), root);
    assert!(matches!(refused(&|r| r.event.v = 2), ReceiptError::Leaf(_)));
    assert_eq!(refused(&|r| r.index = 18), root);
    assert!(matches!(refused(&|r| r.index = 42), ReceiptError::Place(_)));
    assert_eq!(
        refused(&|r| r.path.clear()),
        ReceiptError::Place(ProofError::Length)
    );
    assert_eq!(
        refused(&|r| r.path.push(Hash([0; 32]))),
        ReceiptError::Place(ProofError::Length)
    );
    assert_eq!(
        refused(&|r| r.checkpoint = r.checkpoint.replace("\n42\n", "\n43\n")),
        ReceiptError::Checkpoint(CheckpointError::Signature(ORIGIN.to_owned()))
    );
    assert_eq!(refused(&|r| r.checkpoint = Log::of(41).checkpoint), root);
}

#[test]
fn a_receipt_holds_under_its_own_logs_key_only() {
    let log = Log::of(3);
    for other in [
        Signer::new(ORIGIN, &[8; 32]),
        Signer::new("other.example/log", &[7; 32]),
    ] {
        let other = Verifier::parse(&other.unwrap().verifier_key()).unwrap();
        let refusal = log.receipt(1).verify(&other).unwrap_err();
        assert!(matches!(
            refusal,
            ReceiptError::Checkpoint(CheckpointError::NotSigned(_))
        ));
    }
}

#[test]
fn cosignatures_in_a_receipt_are_kept_and_do_no_harm() {
    let log = Log::of(3);
    let mut receipt = log.receipt(1);
    let witness = Signer::new("witness.example/w", &[9; 32]).unwrap();
    let cosigned = witness.sign(3, Hash([0; 32]));
    receipt
        .checkpoint
        .push_str(cosigned.split_once("\n\n").unwrap().1);
    let read = Receipt::parse(&receipt.render().unwrap()).unwrap();
    assert_eq!(read.checkpoint, receipt.checkpoint);
    assert!(read.verify(&log.verifier()).is_ok());
}

#[test]
fn what_is_not_spelt_as_a_receipt_is_refused() {
    let text = Log::of(42).receipt(17).render().unwrap();
    let refusal = |text: &str| Receipt::parse(text).unwrap_err();
    assert_eq!(refusal(""), ReceiptError::Header);
    assert_eq!(
        refusal(&text.replacen("@v1", "@v2", 1)),
        ReceiptError::Header
    );
    assert_eq!(
        refusal(&text.replacen("extra ", "", 1)),
        ReceiptError::Opening
    );
    assert_eq!(
        refusal(&text.replacen("extra ey", "extra ez", 1)),
        ReceiptError::Opening
    );
    assert_eq!(
        refusal(&text.replacen("index 17", "index x", 1)),
        ReceiptError::Index
    );
    assert_eq!(
        refusal(&text.replacen("index 17", "index 017", 1)),
        ReceiptError::Spelling
    );
    assert_eq!(
        refusal(&text.replacen("index 17", "index +17", 1)),
        ReceiptError::Spelling
    );
    assert_eq!(
        refusal(&text.replacen("index 17\n", "index 17\nAAAA\n", 1)),
        ReceiptError::Hash(1)
    );
    assert_eq!(
        refusal(text.split_once("\n\n").unwrap().0),
        ReceiptError::NoCheckpoint
    );
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(refusal(&crlf), ReceiptError::NoCheckpoint);
    let hash = Hash([0; 32]).to_string() + "\n";
    let deep = text.replacen("index 17\n", &format!("index 17\n{}", hash.repeat(70)), 1);
    assert_eq!(refusal(&deep), ReceiptError::Place(ProofError::Length));
    assert_eq!(refusal(&"x".repeat(MAX_RECEIPT + 1)), ReceiptError::TooLong);
    for end in 0..text.len() {
        if let Some(part) = text.get(..end) {
            let cut = Receipt::parse(part);
            assert!(
                !cut.is_ok_and(|r| r.verify(&Log::of(42).verifier()).is_ok()),
                "{end}"
            );
        }
    }
}
