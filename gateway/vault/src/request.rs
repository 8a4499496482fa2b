//! What can be asked of the vault, and what it answers: all of it can be written down and sent.

use std::collections::BTreeMap;
use std::fmt;

use gateway_core::{AgencyId, Custody, Identifier, Ruling};
use gateway_seal::{ItemKey, Place, Recipient};
use gateway_store::Mark;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::matching::Match;
use crate::secret::{Sealed, Secret};

/// A reader's public key, to wrap for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderKey {
    /// The key's id, as it stands in the row that holds the wrap.
    pub key_id: String,
    /// The age recipient.
    #[serde(serialize_with = "recipient_text", deserialize_with = "recipient")]
    pub recipient: Recipient,
}

fn recipient_text<S: Serializer>(recipient: &Recipient, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(recipient)
}

fn recipient<'de, D: Deserializer<'de>>(from: D) -> Result<Recipient, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// The keys that every item is wrapped for, whoever may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingKeys {
    /// The area's hold key: opens for reviewers and for readers who come later.
    pub hold: ReaderKey,
    /// The retention key of (nominal, owner, record class).
    pub retention: ReaderKey,
}

/// Where a sealed value lies, as [`Place`] says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOf {
    /// The area; `*` for agencies and people.
    pub area: String,
    /// The table.
    pub table: String,
    /// The row's id.
    pub row: String,
    /// The column.
    pub column: String,
}

impl PlaceOf {
    pub(crate) fn as_place(&self) -> Place<'_> {
        let Self {
            area,
            table,
            row,
            column,
        } = self;
        Place {
            area,
            table,
            row,
            column,
        }
    }
}

impl From<&Place<'_>> for PlaceOf {
    fn from(place: &Place<'_>) -> Self {
        Self {
            area: place.area.to_owned(),
            table: place.table.to_owned(),
            row: place.row.to_owned(),
            column: place.column.to_owned(),
        }
    }
}

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Root hash, hexadecimal.
    pub root: String,
}

impl From<&Mark> for Head {
    fn from(mark: &Mark) -> Self {
        Self {
            size: mark.size,
            root: mark.root.clone(),
        }
    }
}

impl From<&Head> for Mark {
    fn from(head: &Head) -> Self {
        Self {
            size: head.size,
            root: head.root.clone(),
        }
    }
}

/// A reading that is only asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayOpen {
    /// The wrap's row id.
    pub wrap: String,
    /// The reader's agency.
    pub agency: AgencyId,
    /// The person reading, where one is named.
    pub person: Option<String>,
    /// Read in the portal, not taken away.
    pub in_portal: bool,
}

/// A reader asks for an item's key, having logged that it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenItem {
    /// The wrap row's id.
    pub wrap: String,
    /// The reader.
    pub agency: AgencyId,
    /// The person who reads, where one is named.
    pub person: Option<String>,
    /// Read in the portal, not taken away.
    pub in_portal: bool,
    /// The log in which the reading stands.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}

/// A reviewer asks for the key of an item that waits, having logged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenForReview {
    /// The hold row's id.
    pub hold: String,
    /// The reviewer.
    pub person: String,
    /// The log in which the reading stands.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}

/// A person asks for the key of an item that their own agency sent, having logged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOwn {
    /// The item row's id.
    pub item: String,
    /// The person.
    pub person: String,
    /// The log in which the reading stands.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}

/// The same, only asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayOpenOwn {
    /// The exchange.
    pub exchange: String,
    /// The person.
    pub person: String,
}

/// A coordinator asks for the key of what is kept apart, having logged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenKeptApart {
    /// The quarantine row's id.
    pub quarantine: String,
    /// The coordinator.
    pub person: String,
    /// The log in which the reading stands.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}

/// What a reader gets.
pub enum Opened {
    /// The item's key.
    Key(ItemKey),
    /// The agency holds its private key: the wrap goes out as it is.
    Sealed {
        /// An age file to the agency's recipient.
        wrap: Vec<u8>,
    },
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(_) => f.write_str("Key([secret])"),
            Self::Sealed { wrap } => write!(f, "Sealed([{} sealed bytes])", wrap.len()),
        }
    }
}

/// What the vault is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// [`crate::Vault::ensure_area`]
    EnsureArea(String),
    /// [`crate::Vault::ensure_person`]
    EnsurePerson(String),
    /// [`crate::Vault::add_agency_key`]
    AddAgencyKey {
        /// Whose.
        agency: AgencyId,
        /// Who holds the private half.
        custody: Custody,
        /// The public half, where the agency holds the private one.
        recipient: Option<String>,
    },
    /// [`crate::Vault::rotate_agency_key`]
    RotateAgencyKey {
        /// Whose.
        agency: AgencyId,
        /// The new public half, where the agency holds the private one.
        recipient: Option<String>,
    },
    /// [`crate::Vault::reader_keys`]
    ReaderKeys(Vec<AgencyId>),
    /// [`crate::Vault::rewrap`]
    Rewrap {
        /// The item whose key it is.
        item: String,
        /// What is wrapped.
        wrap: Sealed,
        /// The key that opens it.
        key_id: String,
        /// The key to wrap it for.
        to: ReaderKey,
    },
    /// [`crate::Vault::seal_column`]
    SealColumn {
        /// Where it will lie.
        place: PlaceOf,
        /// The value.
        plain: Secret,
    },
    /// [`crate::Vault::open_column`]
    OpenColumn {
        /// Where it lies.
        place: PlaceOf,
        /// The value.
        sealed: Sealed,
    },
    /// [`crate::Vault::rotate_area_keys`]
    RotateAreaKeys(String),
    /// [`crate::Vault::blind`]
    Blind {
        /// The area.
        area: String,
        /// The column.
        column: String,
        /// The value.
        value: Secret,
    },
    /// [`crate::Vault::fingerprint`]
    Fingerprint {
        /// The area.
        area: String,
        /// SHA-256 of the content.
        sha256: [u8; 32],
    },
    /// [`crate::Vault::match_person`]
    MatchPerson {
        /// The area.
        area: String,
        /// What the sender gave.
        identifiers: Vec<Identifier>,
    },
    /// [`crate::Vault::holding_keys`]
    HoldingKeys {
        /// The area.
        area: String,
        /// The nominal, or `unmatched/` and the exchange.
        scope: String,
        /// Who owns the record.
        owner: String,
        /// The record's class.
        class: String,
    },
    /// [`crate::Vault::wrap_held`]
    WrapHeld {
        /// The item's exchange: it says which area's hold key opens the wrap.
        exchange: String,
        /// The item's key under the hold key.
        hold_wrap: Sealed,
        /// The item's retention key: with it destroyed, nothing is opened.
        retention_key: String,
        /// The key to wrap it for.
        to: ReaderKey,
    },
    /// [`crate::Vault::move_retention`]
    MoveRetention {
        /// The item's key under its retention key.
        retention_wrap: Sealed,
        /// Its retention key.
        retention_key: String,
        /// The retention key to wrap it for.
        to: ReaderKey,
    },
    /// [`crate::Vault::destroy_retention`]
    DestroyRetention {
        /// The nominal, or `unmatched/` and the exchange.
        scope: String,
        /// Who owns the record.
        owner: String,
        /// The record's class.
        class: String,
    },
    /// [`crate::Vault::open_item`]
    OpenItem(OpenItem),
    /// Whether a reading would be permitted now, with the words; nothing is opened.
    MayOpen(MayOpen),
    /// [`crate::Vault::open_for_review`]
    OpenForReview(OpenForReview),
    /// [`crate::Vault::open_own`]
    OpenOwn(OpenOwn),
    /// Whether such a reading would be permitted now, with the words; nothing is opened.
    MayOpenOwn(MayOpenOwn),
    /// [`crate::Vault::open_kept_apart`]
    OpenKeptApart(OpenKeptApart),
    /// About a log.
    Log(LogRequest),
    /// About the gateway's own mail.
    Mail(MailRequest),
}

/// What is asked about a log and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogRequest {
    /// [`crate::Vault::begin_log`]
    Begin {
        /// The log.
        log: String,
        /// Its name in checkpoints.
        origin: String,
    },
    /// [`crate::Vault::close_log`]
    Close(String),
    /// [`crate::Vault::verifier_key`]
    VerifierKey(String),
    /// [`crate::Vault::sign`]
    Sign {
        /// The log.
        log: String,
        /// Its name in checkpoints.
        origin: String,
        /// Where it stands in the database.
        before: Head,
        /// What is signed.
        after: Head,
    },
    /// [`crate::Vault::may_follow`]
    MayFollow {
        /// The log.
        log: String,
        /// Where it stands in the database.
        head: Head,
    },
    /// [`crate::Vault::given_out`]
    GivenOut {
        /// The log.
        log: String,
        /// What was given out.
        head: Head,
    },
}

/// What is asked of the gateway's S/MIME keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailRequest {
    /// [`crate::Vault::add_mail_key`]
    AddKey {
        /// The certificate and its chain, PEM.
        certificate: String,
        /// The private key, PEM.
        key: Secret,
    },
    /// [`crate::Vault::mail_certificate`]
    Certificate,
    /// [`crate::Vault::open_mail`]
    Open(Sealed),
    /// [`crate::Vault::sign_mail`]
    Sign {
        /// What is signed, byte for byte.
        content: Secret,
        /// The content lies within the signature.
        opaque: bool,
    },
}

/// What the vault answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// What the protocols say of a reading.
    Ruling(Ruling),
    /// It is done.
    Done,
    /// Whether there was something to do.
    Did(bool),
    /// A line of text that is no secret.
    Text(String),
    /// A reader's public key.
    ReaderKey(ReaderKey),
    /// The public keys of several.
    ReaderKeys(BTreeMap<AgencyId, ReaderKey>),
    /// The keys that every item is wrapped for.
    HoldingKeys(HoldingKeys),
    /// Sealed bytes.
    Sealed(Sealed),
    /// A value in clear.
    Plain(Secret),
    /// The text of an item's key.
    ItemKey(Secret),
    /// Whom the identifiers match.
    Match(Match),
}
