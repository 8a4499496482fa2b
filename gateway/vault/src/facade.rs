//! The typed methods: each is one request and its answer.

use std::collections::BTreeMap;

use gateway_core::{AgencyId, Custody, Identifier, Ruling};
use gateway_seal::{ItemKey, Place};
use gateway_store::Mark;
use gateway_store::rows::{ItemRow, WrapRow};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::matching::Match;
use crate::request::{
    HoldingKeys, LogRequest, MailRequest, MayOpen, MayOpenOwn, OpenForReview, OpenItem,
    OpenKeptApart, OpenOwn, Opened, ReaderKey, Request, Response,
};
use crate::secret::{Sealed, Secret};
use crate::vault::Vault;

/// Asks, and takes the one answer that fits.
macro_rules! ask {
    ($vault:ident, $request:expr, $answer:pat => $value:expr) => {
        if let $answer = $vault.call($request).await? {
            Ok($value)
        } else {
            Err(VaultError::Unexpected)
        }
    };
}

/// What stands in an area's place for what a person alone may read: their drafts.
pub fn person_scope(person: &str) -> String {
    format!("person/{person}")
}

/// Areas, columns, and the matching of persons.
impl Vault {
    /// Makes an area's column key, blind key and hold key, where absent. Agencies and people,
    /// who belong to no one area, are sealed under the area `*`.
    pub async fn ensure_area(&self, area: &str) -> Result<(), VaultError> {
        ask!(self, Request::EnsureArea(area.to_owned()), Response::Done => ())
    }

    /// Makes a person's own column key, where absent: for places whose area is that of
    /// [`person_scope`].
    pub async fn ensure_person(&self, person: &str) -> Result<(), VaultError> {
        ask!(self, Request::EnsurePerson(person.to_owned()), Response::Done => ())
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] before [`Vault::ensure_area`].
    pub async fn seal_column(
        &self,
        place: &Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let request = Request::SealColumn {
            place: place.into(),
            plain: plain.into(),
        };
        ask!(self, request, Response::Sealed(sealed) => sealed.0)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// [`VaultError::Column`] when it is altered or belongs elsewhere.
    pub async fn open_column(
        &self,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let request = Request::OpenColumn {
            place: place.into(),
            sealed: Sealed(sealed.to_vec()),
        };
        ask!(self, request, Response::Plain(plain) => plain.into_bytes())
    }

    /// Seals columns and held items of an area under new keys from now on; what is sealed
    /// already opens as before.
    pub async fn rotate_area_keys(&self, area: &str) -> Result<(), VaultError> {
        ask!(self, Request::RotateAreaKeys(area.to_owned()), Response::Done => ())
    }

    /// The blind index of a value in a column of an area, hexadecimal.
    pub async fn blind(&self, area: &str, column: &str, value: &str) -> Result<String, VaultError> {
        let request = Request::Blind {
            area: area.to_owned(),
            column: column.to_owned(),
            value: value.as_bytes().into(),
        };
        ask!(self, request, Response::Text(index) => index)
    }

    /// The keyed fingerprint of content by its SHA-256, hexadecimal.
    pub async fn fingerprint(&self, area: &str, sha256: &[u8; 32]) -> Result<String, VaultError> {
        let request = Request::Fingerprint {
            area: area.to_owned(),
            sha256: *sha256,
        };
        ask!(self, request, Response::Text(fingerprint) => fingerprint)
    }

    /// Whom identifiers match in an area. A nominal's identifiers are sealed in column `value`
    /// of table `nominal_identifier`; its unique ones have their index in `blind`, made for
    /// column `nominal_identifier.KIND`.
    pub async fn match_person(
        &self,
        area: &str,
        identifiers: &[Identifier],
    ) -> Result<Match, VaultError> {
        let request = Request::MatchPerson {
            area: area.to_owned(),
            identifiers: identifiers.to_vec(),
        };
        ask!(self, request, Response::Match(found) => found)
    }
}

/// Agencies' keys.
impl Vault {
    /// Adds an agency's first key: in the gateway's custody a fresh post-quantum one, in the
    /// agency's the recipient that it gives. The same again is answered with what is there.
    ///
    /// # Errors
    /// [`VaultError::KeyExists`] where the agency has another; [`VaultError::Recipient`].
    pub async fn add_agency_key(
        &self,
        agency: &AgencyId,
        custody: Custody,
        recipient: Option<&str>,
    ) -> Result<ReaderKey, VaultError> {
        let request = Request::AddAgencyKey {
            agency: agency.clone(),
            custody,
            recipient: recipient.map(str::to_owned),
        };
        ask!(self, request, Response::ReaderKey(key) => key)
    }

    /// Gives an agency a new key: a fresh one in the gateway's custody, or the recipient that
    /// the agency gives. The older one reads on, and is wrapped for no more.
    pub async fn rotate_agency_key(
        &self,
        agency: &AgencyId,
        recipient: Option<&str>,
    ) -> Result<ReaderKey, VaultError> {
        let request = Request::RotateAgencyKey {
            agency: agency.clone(),
            recipient: recipient.map(str::to_owned),
        };
        ask!(self, request, Response::ReaderKey(key) => key)
    }

    /// The keys to wrap for; agencies without one are absent.
    pub async fn reader_keys(
        &self,
        agencies: &[AgencyId],
    ) -> Result<BTreeMap<AgencyId, ReaderKey>, VaultError> {
        let request = Request::ReaderKeys(agencies.to_vec());
        ask!(self, request, Response::ReaderKeys(keys) => keys)
    }

    /// Wraps what an agency's older key opens for its newer one.
    ///
    /// # Errors
    /// [`VaultError::HeldByAgency`] where the agency holds the older one.
    pub async fn rewrap(&self, wrap: &WrapRow, to: &ReaderKey) -> Result<Vec<u8>, VaultError> {
        let request = Request::Rewrap {
            item: wrap.item.clone(),
            wrap: Sealed(wrap.wrap.clone()),
            key_id: wrap.key_id.clone(),
            to: to.clone(),
        };
        ask!(self, request, Response::Sealed(sealed) => sealed.0)
    }
}

/// The gateway's own S/MIME keys.
impl Vault {
    /// Gives the gateway an S/MIME key: its certificate with chain, and its private key, both
    /// PEM. Mail to the older ones is still opened.
    ///
    /// # Errors
    /// [`VaultError::MailKey`] where the two do not fit or are too weak.
    pub async fn add_mail_key(&self, certificate: &str, key: &[u8]) -> Result<(), VaultError> {
        let request = Request::Mail(MailRequest::AddKey {
            certificate: certificate.to_owned(),
            key: key.into(),
        });
        ask!(self, request, Response::Done => ())
    }

    /// The certificate to encrypt to, with its chain, PEM.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] where the gateway has none.
    pub async fn mail_certificate(&self) -> Result<String, VaultError> {
        ask!(self, Request::Mail(MailRequest::Certificate), Response::Text(pem) => pem)
    }

    /// Opens a CMS message that is encrypted to the gateway (DER).
    ///
    /// # Errors
    /// [`VaultError::Refused`], whatever the reason.
    pub async fn open_mail(&self, message: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let request = Request::Mail(MailRequest::Open(Sealed(message)));
        ask!(self, request, Response::Plain(plain) => plain.into_bytes())
    }

    /// Signs a MIME entity as the gateway and answers the DER: with the entity inside where
    /// `opaque`, else the signature alone.
    pub async fn sign_mail(
        &self,
        content: Zeroizing<Vec<u8>>,
        opaque: bool,
    ) -> Result<Vec<u8>, VaultError> {
        let request = Request::Mail(MailRequest::Sign {
            content: content.into(),
            opaque,
        });
        ask!(self, request, Response::Sealed(sealed) => sealed.0)
    }
}

/// Items.
impl Vault {
    /// The keys that every item is wrapped for: the area's hold key, and the retention key of
    /// (nominal, owner, record class), made where absent. `scope` is the nominal's id, or
    /// `unmatched/` and the exchange's.
    pub async fn holding_keys(
        &self,
        area: &str,
        scope: &str,
        owner: &str,
        class: &str,
    ) -> Result<HoldingKeys, VaultError> {
        let request = Request::HoldingKeys {
            area: area.to_owned(),
            scope: scope.to_owned(),
            owner: owner.to_owned(),
            class: class.to_owned(),
        };
        ask!(self, request, Response::HoldingKeys(keys) => keys)
    }

    /// Wraps a recorded item for an agency.
    ///
    /// # Errors
    /// [`VaultError::Destroyed`] where the item's retention key is; [`VaultError::OtherKey`]
    /// and [`VaultError::NotInUse`] where the agency's key is not one to wrap for.
    pub async fn wrap_held(&self, item: &ItemRow, to: &ReaderKey) -> Result<Vec<u8>, VaultError> {
        let request = Request::WrapHeld {
            exchange: item.exchange.clone(),
            hold_wrap: Sealed(item.hold_wrap.clone()),
            retention_key: item.retention_key.clone(),
            to: to.clone(),
        };
        ask!(self, request, Response::Sealed(sealed) => sealed.0)
    }

    /// Wraps an item for another retention key: it is matched, moved, merged, or reclassified.
    pub async fn move_retention(
        &self,
        item: &ItemRow,
        to: &ReaderKey,
    ) -> Result<Vec<u8>, VaultError> {
        let request = Request::MoveRetention {
            retention_wrap: Sealed(item.retention_wrap.clone()),
            retention_key: item.retention_key.clone(),
            to: to.clone(),
        };
        ask!(self, request, Response::Sealed(sealed) => sealed.0)
    }

    /// Destroys the retention keys of (nominal, owner, record class): from now on the vault
    /// opens nothing that was sealed along with them. False where there was none.
    pub async fn destroy_retention(
        &self,
        scope: &str,
        owner: &str,
        class: &str,
    ) -> Result<bool, VaultError> {
        let request = Request::DestroyRetention {
            scope: scope.to_owned(),
            owner: owner.to_owned(),
            class: class.to_owned(),
        };
        ask!(self, request, Response::Did(any) => any)
    }

    /// What the protocols say of a reading, asked with the facts of now. Nothing is opened and
    /// nothing is logged: the caller asks before it writes that somebody reads.
    pub async fn may_open(&self, asked: MayOpen) -> Result<Ruling, VaultError> {
        ask!(self, Request::MayOpen(asked), Response::Ruling(ruling) => ruling)
    }

    /// Opens an item for a reader whose reading is in the log: a committed leaf of kind
    /// item-read, at most five minutes old, of the exchange's area and about the exchange,
    /// whose `from` is the agency, `detail.wrap` the wrap, and `detail.person` the person where
    /// one is named (and absent where none is).
    ///
    /// # Errors
    /// [`VaultError::Refused`], whatever the reason.
    pub async fn open_item(&self, asked: OpenItem) -> Result<Opened, VaultError> {
        let answer = self.call(Request::OpenItem(asked)).await?;
        if let Response::Sealed(Sealed(wrap)) = answer {
            Ok(Opened::Sealed { wrap })
        } else {
            item_key(answer).map(Opened::Key)
        }
    }

    /// Opens a held item for a reviewer whose reading is in the log: a leaf as for
    /// [`Vault::open_item`], whose `from` is the person's agency, `detail.hold` the hold and
    /// `detail.person` the person.
    ///
    /// # Errors
    /// [`VaultError::Refused`], whatever the reason.
    pub async fn open_for_review(&self, asked: OpenForReview) -> Result<ItemKey, VaultError> {
        item_key(self.call(Request::OpenForReview(asked)).await?)
    }

    /// What the protocols say of a person's reading what their own agency sent, asked with the
    /// facts of now. Nothing is opened and nothing is logged.
    pub async fn may_open_own(&self, asked: MayOpenOwn) -> Result<Ruling, VaultError> {
        ask!(self, Request::MayOpenOwn(asked), Response::Ruling(ruling) => ruling)
    }

    /// Opens an item for a person of the agency that sent it, whose reading is in the log: a leaf
    /// as for [`Vault::open_item`], whose `from` is that agency, `detail.own` the item and
    /// `detail.person` the person.
    ///
    /// # Errors
    /// [`VaultError::Refused`], whatever the reason.
    pub async fn open_own(&self, asked: OpenOwn) -> Result<ItemKey, VaultError> {
        item_key(self.call(Request::OpenOwn(asked)).await?)
    }

    /// Opens what is kept apart for a coordinator whose reading is in the log: a committed leaf
    /// of kind record-read, at most five minutes old, of its area, whose `from` is the person's
    /// agency, `detail.quarantine` what is opened and `detail.person` the person.
    ///
    /// # Errors
    /// [`VaultError::Refused`], whatever the reason.
    pub async fn open_kept_apart(&self, asked: OpenKeptApart) -> Result<ItemKey, VaultError> {
        item_key(self.call(Request::OpenKeptApart(asked)).await?)
    }
}

/// Logs.
impl Vault {
    /// Makes a log's signing key, where absent; its C2SP verifier key, one line.
    pub async fn begin_log(&self, log: &str, origin: &str) -> Result<String, VaultError> {
        let request = LogRequest::Begin {
            log: log.to_owned(),
            origin: origin.to_owned(),
        };
        ask!(self, Request::Log(request), Response::Text(key) => key)
    }

    /// Closes a log for ever: its key is retired, and signs nothing again.
    pub async fn close_log(&self, log: &str) -> Result<(), VaultError> {
        ask!(self, Request::Log(LogRequest::Close(log.to_owned())), Response::Done => ())
    }

    /// Whether a log that stands at `head` in the database may be gone on with.
    ///
    /// # Errors
    /// [`VaultError::BehindKnownCheckpoint`] and [`VaultError::LogClosed`], as [`Vault::sign`].
    pub async fn may_follow(&self, log: &str, head: &Mark) -> Result<(), VaultError> {
        let request = LogRequest::MayFollow {
            log: log.to_owned(),
            head: head.into(),
        };
        ask!(self, Request::Log(request), Response::Done => ())
    }

    /// A log's C2SP verifier key, one line; a closed log's too.
    pub async fn verifier_key(&self, log: &str) -> Result<String, VaultError> {
        ask!(self, Request::Log(LogRequest::VerifierKey(log.to_owned())), Response::Text(key) => key)
    }

    /// The checkpoint note over `after`, which extends the database's head `before`. It must
    /// not leave the gateway before the commit.
    ///
    /// # Errors
    /// [`VaultError::BehindKnownCheckpoint`] where `before` lies behind what was given out: a
    /// restored database signs nothing. [`VaultError::LogClosed`] after [`Vault::close_log`].
    pub async fn sign(
        &self,
        log: &str,
        origin: &str,
        before: &Mark,
        after: &Mark,
    ) -> Result<String, VaultError> {
        let request = LogRequest::Sign {
            log: log.to_owned(),
            origin: origin.to_owned(),
            before: before.into(),
            after: after.into(),
        };
        ask!(self, Request::Log(request), Response::Text(note) => note)
    }

    /// Raises the mark, after the commit and before the checkpoint goes out.
    pub async fn given_out(&self, log: &str, mark: &Mark) -> Result<(), VaultError> {
        let request = LogRequest::GivenOut {
            log: log.to_owned(),
            head: mark.into(),
        };
        ask!(self, Request::Log(request), Response::Done => ())
    }
}

fn item_key(answer: Response) -> Result<ItemKey, VaultError> {
    let Response::ItemKey(text) = answer else {
        return Err(VaultError::Unexpected);
    };
    read_item_key(&text)
}

fn read_item_key(text: &Secret) -> Result<ItemKey, VaultError> {
    let key = std::str::from_utf8(text.expose())
        .ok()
        .and_then(|text| text.parse().ok());
    key.ok_or(VaultError::Unexpected)
}
