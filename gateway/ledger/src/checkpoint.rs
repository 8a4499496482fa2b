//! Checkpoints (C2SP tlog-checkpoint): the signed head of a log, a C2SP signed note with one
//! Ed25519 signature by the log's key, whose name is the log's origin.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use signed_note::{Note, StandardVerifier, VerificationError, Verifier as _, Verifiers};

use crate::b64;
use crate::hash::{Hash, digest};

/// The longest note that is read, in bytes: room for sixteen post-quantum cosignatures and
/// more.
pub const MAX_NOTE: usize = 128 * 1024;

/// The signature type of plain Ed25519 (C2SP signed-note).
const ED25519: u8 = 1;

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The note's text: what is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads a checkpoint note and believes it: for whoever compares it with something else
    /// that is the same party's.
    pub fn unsigned(note: &str) -> Result<Self, CheckpointError> {
        if note.len() > MAX_NOTE {
            return Err(CheckpointError::TooLong);
        }
        let note = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::NotANote)?;
        let text = str::from_utf8(note.text()).map_err(|_| CheckpointError::NotANote)?;
        Self::parse(text).ok_or(CheckpointError::NotACheckpoint)
    }

    /// Reads the text; none for any other spelling, or with extension lines, which this
    /// gateway's logs never have.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let checkpoint = Self {
            origin: lines.next()?.to_owned(),
            size: lines.next()?.parse().ok()?,
            root: Hash::from_base64(lines.next()?)?,
        };
        (checkpoint.text() == text).then_some(checkpoint)
    }
}

/// Why a key or a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Names are not empty and have no white space, control character or plus sign.
    #[error("`{0}` cannot be a log's origin: use a name such as `gateway.example/ledger`")]
    Origin(String),
    /// Not a C2SP verifier key of type Ed25519.
    #[error("the verifier key does not read: give the line `NAME+HASH+BASE64` as it was printed")]
    Key,
    /// Longer than [`MAX_NOTE`].
    #[error("the checkpoint is too long: fetch it again")]
    TooLong,
    /// Not a signed note.
    #[error("the checkpoint is not a signed note: fetch it again")]
    NotANote,
    /// No signature by the key.
    #[error("the checkpoint is not signed by `{0}`: check that the key is this log's")]
    NotSigned(String),
    /// A signature by the key that is wrong.
    #[error("the checkpoint's signature by `{0}` does not hold")]
    Signature(String),
    /// Signed, but not three lines of origin, size and root.
    #[error("the signed text is not a checkpoint")]
    NotACheckpoint,
    /// Signed by the key, for another log.
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    OtherLog {
        /// The origin in it.
        found: String,
        /// The key's name.
        expected: String,
    },
}

/// The log's key. Its seed is wiped from memory when it is dropped.
pub struct Signer {
    origin: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, [key])", self.origin)
    }
}

impl Signer {
    /// The signer of the log `origin`, from an Ed25519 seed.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Result<Self, CheckpointError> {
        if !signed_note::is_key_name_valid(origin) || origin.chars().any(char::is_control) {
            return Err(CheckpointError::Origin(origin.to_owned()));
        }
        Ok(Self {
            origin: origin.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Signs the head of the log. A log must never sign two heads of which neither tree is the
    /// beginning of the other (C2SP tlog-checkpoint): the caller sees to that.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint {
            origin: self.origin.clone(),
            size,
            root,
        }
        .text();
        let mut signature = self.key_id().to_vec();
        signature.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            b64::encode(signature)
        )
    }

    /// The C2SP verifier key, one line: origin, key id, public key.
    pub fn verifier_key(&self) -> String {
        let id = hex::encode(self.key_id());
        format!("{}+{id}+{}", self.origin, b64::encode(self.public()))
    }

    /// The first four bytes of SHA-256(name LF type public key).
    fn key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = digest(&[self.origin.as_bytes(), b"\n", &self.public()]).0;
        [a, b, c, d]
    }

    fn public(&self) -> Vec<u8> {
        [&[ED25519], self.key.verifying_key().as_bytes().as_slice()].concat()
    }
}

/// Who can check a log's checkpoints: its verifier key.
#[derive(Clone)]
pub struct Verifier(StandardVerifier);

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.origin())
    }
}

impl Verifier {
    /// Reads a C2SP verifier key (`NAME+HASH+BASE64`, Ed25519), without line end.
    pub fn parse(vkey: &str) -> Result<Self, CheckpointError> {
        let verifier = StandardVerifier::new(vkey).map_err(|_| CheckpointError::Key)?;
        // The one spelling of the key id: eight lower-case digits.
        let id = format!("+{:08x}+", verifier.key_id());
        let plain = vkey.contains(&id) && !vkey.chars().any(char::is_control);
        if plain {
            Ok(Self(verifier))
        } else {
            Err(CheckpointError::Key)
        }
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.0.name()
    }

    /// Opens a checkpoint note: it is signed by this key and is this log's. Signatures by
    /// others are not looked at.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        if note.len() > MAX_NOTE {
            return Err(CheckpointError::TooLong);
        }
        let note = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::NotANote)?;
        note.verify(&Only(&self.0))
            .map_err(|error| self.refusal(&error))?;
        let text = str::from_utf8(note.text()).map_err(|_| CheckpointError::NotANote)?;
        let checkpoint = Checkpoint::parse(text).ok_or(CheckpointError::NotACheckpoint)?;
        if checkpoint.origin != self.origin() {
            return Err(CheckpointError::OtherLog {
                found: checkpoint.origin,
                expected: self.origin().to_owned(),
            });
        }
        Ok(checkpoint)
    }

    fn refusal(&self, error: &signed_note::NoteError) -> CheckpointError {
        let name = self.origin().to_owned();
        if matches!(error, signed_note::NoteError::UnverifiedNote) {
            CheckpointError::NotSigned(name)
        } else {
            CheckpointError::Signature(name)
        }
    }
}

/// The one key that counts.
struct Only<'a>(&'a StandardVerifier);

impl Verifiers for Only<'_> {
    fn verifier(
        &self,
        name: &str,
        id: u32,
    ) -> Result<&dyn signed_note::Verifier, VerificationError> {
        if name == self.0.name() && id == self.0.key_id() {
            Ok(self.0)
        } else {
            Err(VerificationError::UnknownKey {
                name: name.to_owned(),
                id,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "gateway.example/ledger";

    fn signer() -> Signer {
        Signer::new(ORIGIN, &[3; 32]).unwrap()
    }

    fn verifier() -> Verifier {
        Verifier::parse(&signer().verifier_key()).unwrap()
    }

    fn note(text: &str) -> String {
        let signer = signer();
        let mut signature = signer.key_id().to_vec();
        signature.extend(signer.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {ORIGIN} {}\n", b64::encode(signature))
    }

    #[test]
    fn a_signed_checkpoint_opens() {
        let root = Hash([5; 32]);
        for size in [0, 1, 300, u64::MAX] {
            let checkpoint = verifier().open(&signer().sign(size, root)).unwrap();
            assert_eq!(
                checkpoint,
                Checkpoint {
                    origin: ORIGIN.to_owned(),
                    size,
                    root
                }
            );
        }
    }

    #[test]
    fn the_example_of_the_go_library_opens_as_a_note_and_is_refused_as_a_checkpoint() {
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let verifier = Verifier::parse(vkey).unwrap();
        assert_eq!(verifier.open(note), Err(CheckpointError::NotACheckpoint));
        let changed = note.replace("problem is", "problem Is");
        let wrong = CheckpointError::Signature("PeterNeumann".to_owned());
        assert_eq!(verifier.open(&changed), Err(wrong));
    }

    #[test]
    fn signatures_by_others_are_not_looked_at_but_one_by_the_log_must_be_there() {
        let others = Signer::new("witness.example/w", &[4; 32]).unwrap();
        let signed = signer().sign(7, Hash([1; 32]));
        let (text, own) = signed.split_once("\n\n").unwrap();
        let theirs = others
            .sign(7, Hash([1; 32]))
            .split_once("\n\n")
            .unwrap()
            .1
            .to_owned();
        assert!(verifier().open(&format!("{text}\n\n{theirs}{own}")).is_ok());
        assert!(verifier().open(&format!("{text}\n\n{own}{theirs}")).is_ok());
        let alone = verifier().open(&format!("{text}\n\n{theirs}"));
        assert_eq!(alone, Err(CheckpointError::NotSigned(ORIGIN.to_owned())));
    }

    #[test]
    fn a_key_of_the_same_name_does_not_open_it() {
        let other = Signer::new(ORIGIN, &[4; 32]).unwrap();
        let opened = verifier().open(&other.sign(7, Hash([1; 32])));
        assert_eq!(opened, Err(CheckpointError::NotSigned(ORIGIN.to_owned())));
    }

    #[test]
    fn only_the_one_spelling_of_a_checkpoint_of_this_log_is_accepted() {
        let root = Hash([5; 32]);
        assert!(
            verifier()
                .open(&note(&format!("{ORIGIN}\n7\n{root}\n")))
                .is_ok()
        );
        for size in [
            "07",
            "+7",
            "-1",
            "",
            " 7",
            "7 ",
            "18446744073709551616",
            "0x7",
        ] {
            let opened = verifier().open(&note(&format!("{ORIGIN}\n{size}\n{root}\n")));
            assert_eq!(opened, Err(CheckpointError::NotACheckpoint), "{size}");
        }
        for text in [
            format!("{ORIGIN}\n7\n{root}\nextension\n"),
            format!("{ORIGIN}\n7\n{root}\n\n"),
            format!("\n{ORIGIN}\n7\n{root}\n"),
            format!("{ORIGIN}\n7\n"),
            format!("{ORIGIN}\n7\n{}\n", root.to_string().trim_end_matches('=')),
        ] {
            assert_eq!(
                verifier().open(&note(&text)),
                Err(CheckpointError::NotACheckpoint)
            );
        }
        let other = verifier().open(&note(&format!("other.example/log\n7\n{root}\n")));
        assert!(matches!(other, Err(CheckpointError::OtherLog { .. })));
    }

    #[test]
    fn what_is_not_a_note_is_refused() {
        let signed = signer().sign(7, Hash([1; 32]));
        for end in 0..signed.len() {
            if let Some(part) = signed.get(..end) {
                assert!(verifier().open(part).is_err(), "{end}");
            }
        }
        for bad in [
            signed.replace('\n', "\r\n"),
            format!("{signed}\n"),
            format!("{signed}x"),
            signed.replace('\u{2014}', "-"),
        ] {
            assert!(verifier().open(&bad).is_err());
        }
        let long = "x".repeat(MAX_NOTE + 1);
        assert_eq!(verifier().open(&long), Err(CheckpointError::TooLong));
    }

    #[test]
    fn only_the_one_spelling_of_a_verifier_key_is_accepted() {
        let vkey = signer().verifier_key();
        assert_eq!(verifier().origin(), ORIGIN);
        let (name, rest) = vkey.split_once('+').unwrap();
        let (id, key) = rest.split_once('+').unwrap();
        for bad in [
            String::new(),
            name.to_owned(),
            format!("{name}+{id}"),
            format!("{name}+{key}+{id}"),
            format!("{name}x+{id}+{key}"),
            format!("+{id}+{key}"),
            format!("{vkey}\n"),
            format!(" {vkey}"),
            vkey.trim_end_matches('=').to_owned() + "A",
            format!("{name}+{}+{key}", id.to_uppercase() + "0"),
        ] {
            assert_eq!(
                Verifier::parse(&bad).unwrap_err(),
                CheckpointError::Key,
                "{bad}"
            );
        }
    }

    #[test]
    fn an_origin_is_a_name() {
        for bad in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\0b"] {
            assert!(Signer::new(bad, &[0; 32]).is_err(), "{bad}");
        }
        assert_eq!(
            format!("{:?}", signer()),
            "Signer(gateway.example/ledger, [key])"
        );
    }
}
