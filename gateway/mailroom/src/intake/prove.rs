//! Who sent a mail: an enrolled address, and a proof that it was they. A From header alone
//! proves nothing.

use gateway_cms::{Certificate, Signer};
use gateway_core::{AgencyId, Category};
use gateway_email::{Address, Protected};
use gateway_flow::admin::NewCertificate;
use gateway_mail::Envelope;
use gateway_mail::dkim::{Covered, Unproved as DomainUnproved};
use gateway_store::rows::PersonRow;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::error::Trouble;
use crate::room::Mailroom;

use super::open::Signature;
use super::spool::Whole;

/// Who sent it, proved.
pub(crate) struct Sender {
    pub agency: AgencyId,
    pub person: Option<PersonRow>,
    pub address: Address,
    pub proof: Proof,
}

/// How it was proved.
pub(crate) enum Proof {
    /// By a signature over the clear content, of the person's or of the agency's certificate.
    Signed(Signed),
    /// By the sending domain's signature, brought by a relay that is trusted.
    Domain(Covered),
}

/// What a signature says.
pub(crate) struct Signed {
    /// It is the person's own certificate, not the agency's.
    pub personal: bool,
    /// Who signed has seen what is signed.
    pub innermost: bool,
    /// When it was signed, as it says.
    pub at: Option<Timestamp>,
    /// Known again by this: what was signed, when, by whom. Not the signature's own bytes,
    /// which others can write in another way.
    pub mark: [u8; 32],
}

impl Sender {
    /// The word for the record.
    pub const fn word(&self) -> &'static str {
        match &self.proof {
            Proof::Signed(signed) if signed.personal => "smime-person",
            Proof::Signed(_) => "smime-agency",
            Proof::Domain(_) => "dkim-dmarc",
        }
    }

    /// A signature proves it.
    pub const fn is_signed(&self) -> bool {
        matches!(self.proof, Proof::Signed(_))
    }

    /// When it was signed: as the signature says, or else as the date says that a domain's
    /// signature covers.
    pub fn signed_at(&self, date: Option<Timestamp>) -> Option<Timestamp> {
        match &self.proof {
            Proof::Signed(signed) => signed.at.filter(|_| signed.innermost),
            Proof::Domain(covered) => covered.signed_at().or(date),
        }
    }

    /// Whether what a field of the header says is its sender's word.
    pub fn vouches_for(&self, field: &str) -> bool {
        match &self.proof {
            // The reference of a thread is a secret of the two: it is not guessed.
            Proof::Signed(_) => true,
            Proof::Domain(covered) => covered.covers(field),
        }
    }

    /// The signature that proves it, where it is one over the clear content.
    pub const fn signed(&self) -> Option<&Signed> {
        match &self.proof {
            Proof::Signed(signed) if signed.innermost => Some(signed),
            Proof::Signed(_) | Proof::Domain(_) => None,
        }
    }

    /// Whether this proof does for items of a category: a domain proves no person, and what is
    /// dearest is not left to it.
    pub const fn does_for(&self, category: Option<Category>) -> bool {
        match (&self.proof, category) {
            (Proof::Signed(_), _) | (Proof::Domain(_), None) => true,
            (Proof::Domain(_), Some(category)) => !matches!(
                category,
                Category::Intel | Category::Victim | Category::HealthRisk | Category::HealthClin
            ),
        }
    }
}

/// Why nobody is proved; for the coordinator alone.
pub(crate) struct Unproved {
    pub reason: &'static str,
    pub agency: Option<AgencyId>,
}

impl Unproved {
    pub const fn new(reason: &'static str) -> Self {
        Self {
            reason,
            agency: None,
        }
    }
}

/// What is known of the address in From.
struct Enrolled {
    person: Option<PersonRow>,
    agencies: Vec<String>,
}

impl Enrolled {
    fn belongs_to(&self, agency: &str) -> bool {
        let person = self.person.as_ref();
        person.is_some_and(|person| person.agency == agency)
            || self.agencies.iter().any(|own| own == agency)
    }

    /// The agency, where the address is one agency's.
    fn agency(&self) -> Option<AgencyId> {
        match (&self.person, self.agencies.as_slice()) {
            (Some(person), _) => person.agency.parse().ok(),
            (None, [only]) => only.parse().ok(),
            (None, _) => None,
        }
    }
}

/// Says who sent it.
pub(crate) async fn prove(
    room: &Mailroom,
    envelope: &Envelope,
    whole: &Whole,
    from: &Address,
    inner: Option<&Protected>,
    signatures: &[Signature],
) -> Result<Result<Sender, Unproved>, Trouble> {
    let flow = &room.0.flow;
    let enrolled = Enrolled {
        person: flow.enrolled(from.reveal()).await?,
        agencies: flow
            .agencies_at(from.reveal())
            .await?
            .into_iter()
            .map(|agency| agency.id)
            .collect(),
    };
    if enrolled.person.is_none() && enrolled.agencies.is_empty() {
        return Ok(Err(Unproved::new("sender-not-enrolled")));
    }
    let claimed = enrolled.agency();
    let because = |reason| {
        Ok(Err(Unproved {
            reason,
            agency: claimed.clone(),
        }))
    };
    // The From that was signed is the one that counts, and the one that is seen must be it.
    let within = inner.and_then(|protected| protected.from.as_ref());
    if within.is_some_and(|within| !within.same(from)) {
        return because("from-differs-within");
    }
    let mut reason = "sender-not-proved";
    // The innermost alone: whoever signed that has seen the content. Who has signed around
    // another's signature has made the words no more their own.
    if let Some(signature) = signatures.last() {
        for signer in &signature.signers {
            match by_signer(room, from, &enrolled, signature, signer).await? {
                Ok(sender) => return Ok(Ok(sender)),
                Err(why) => reason = why,
            }
        }
    }
    if !signatures.is_empty() {
        return because(reason);
    }
    let Some(agency) = claimed.clone() else {
        return because(reason);
    };
    match by_domain(room, envelope, whole, from).await? {
        Ok(covered) => Ok(Ok(Sender {
            person: enrolled.person,
            agency,
            address: from.clone(),
            proof: Proof::Domain(covered),
        })),
        Err(DomainUnproved::Later) => Err(Trouble::Stopped("the DNS did not answer")),
        Err(DomainUnproved::Ambiguous | DomainUnproved::NotCovered) => {
            because("header-not-covered")
        }
        Err(_) => because(reason),
    }
}

async fn by_signer(
    room: &Mailroom,
    from: &Address,
    enrolled: &Enrolled,
    signature: &Signature,
    signer: &Signer,
) -> Result<Result<Sender, &'static str>, Trouble> {
    let certificate = match (&signer.verdict, &signer.certificate) {
        (Ok(_), Some(certificate)) => certificate,
        (Err(fault), _) => {
            tracing::info!(%fault, "a signature is not believed");
            return Ok(Err("signature-not-believed"));
        }
        (Ok(_), None) => return Ok(Err("signature-not-believed")),
    };
    let fingerprint = hex::encode(certificate.fingerprint);
    let Some(known) = room.0.flow.certificate(&fingerprint).await? else {
        return learn(room, from, enrolled, certificate, fingerprint, signer).await;
    };
    match known.state.as_str() {
        "active" => {}
        "revoked" => return Ok(Err("certificate-revoked")),
        _ => return Ok(Err("certificate-not-approved")),
    }
    if !enrolled.belongs_to(&known.agency) {
        return Ok(Err("signature-of-another"));
    }
    let person = enrolled
        .person
        .clone()
        .filter(|person| person.agency == known.agency);
    if let Some(owner) = &known.person
        && person.as_ref().is_none_or(|person| person.id != *owner)
    {
        return Ok(Err("signature-of-another"));
    }
    let Ok(agency) = known.agency.parse() else {
        return Ok(Err("signature-of-another"));
    };
    Ok(Ok(Sender {
        agency,
        person,
        address: from.clone(),
        proof: Proof::Signed(Signed {
            personal: known.person.is_some(),
            innermost: signature.innermost,
            at: signer.signed_at,
            mark: mark(signature, signer, certificate),
        }),
    }))
}

fn mark(signature: &Signature, signer: &Signer, certificate: &Certificate) -> [u8; 32] {
    let at = signer.signed_at.map_or(0, Timestamp::as_second);
    let mut hash = Sha256::new();
    hash.update(b"mappa-gateway/signed-mail/v1\n");
    hash.update(signature.content);
    hash.update(at.to_be_bytes());
    hash.update(certificate.fingerprint);
    hash.finalize().into()
}

/// A certificate that a trusted authority gave to an enrolled address, and that nobody has
/// entered: it is put before the people who can approve it, and counts for nothing until then.
async fn learn(
    room: &Mailroom,
    from: &Address,
    enrolled: &Enrolled,
    certificate: &Certificate,
    fingerprint: String,
    signer: &Signer,
) -> Result<Result<Sender, &'static str>, Trouble> {
    let of_sender = |address: &String| address.eq_ignore_ascii_case(from.reveal());
    let Some(agency) = enrolled
        .agency()
        .filter(|_| certificate.addresses.iter().any(of_sender))
    else {
        return Ok(Err("signature-of-another"));
    };
    let new = NewCertificate {
        fingerprint,
        der: certificate.der.clone(),
        agency,
        person: enrolled.person.as_ref().map(|person| person.id.clone()),
        profile: profile_word(signer),
        approved: false,
    };
    room.0.flow.add_certificate(new).await?;
    Ok(Err("certificate-not-approved"))
}

/// What the sender's program says that it can read.
fn profile_word(signer: &Signer) -> &'static str {
    use gateway_cms::Profile;
    match signer
        .capabilities
        .as_ref()
        .map(gateway_cms::Capabilities::profile)
    {
        Some(profile) if profile == Profile::MODERN => "modern",
        Some(profile) if profile == Profile::CBC => "cbc",
        Some(_) | None => "compatible",
    }
}

/// DKIM aligned by DMARC, and only by a relay that is trusted to bring mail as it came.
async fn by_domain(
    room: &Mailroom,
    envelope: &Envelope,
    whole: &Whole,
    from: &Address,
) -> Result<Result<Covered, DomainUnproved>, Trouble> {
    if !envelope.session.trusted_relay {
        return Ok(Err(DomainUnproved::NoSignature));
    }
    let now = room.0.flow.clock.now();
    let raw = whole.bytes(room)?;
    let proved = gateway_mail::authenticate(&raw, &room.0.settings.resolver, now).await;
    let same = |address: &str| address.eq_ignore_ascii_case(from.reveal());
    Ok(match (proved.unproved(), proved.covered()) {
        (None, Some(covered)) if proved.from_address().is_some_and(same) => Ok(covered.clone()),
        (Some(why), _) => Err(why),
        (None, _) => Err(DomainUnproved::NotOneFrom),
    })
}
