//! S/MIME certificates of agencies and their people: whose signature proves whom, and to which
//! certificate mail is encrypted. One that was learnt from a mail counts for nothing until
//! somebody who knows the sender approves it.

use gateway_core::AgencyId;
use gateway_core::event::EventKind;
use gateway_seal::Place;
use gateway_store::rows::{AgencyRow, MailCertificateRow, PersonRow};

use crate::Flow;
use crate::error::FlowError;
use crate::recorder::Draft;

use super::invalid;

/// A certificate to enter.
#[derive(Debug, Clone)]
pub struct NewCertificate {
    /// SHA-256 of its DER form, hexadecimal.
    pub fingerprint: String,
    /// Its DER form.
    pub der: Vec<u8>,
    /// The agency.
    pub agency: AgencyId,
    /// The person, by id, where it is not the agency's own.
    pub person: Option<String>,
    /// What may be used towards it: `modern`, `cbc` or `compatible`.
    pub profile: &'static str,
    /// Entered by somebody who knows it, or only learnt from a mail.
    pub approved: bool,
}

/// A certificate in the records.
#[derive(Debug, Clone)]
pub struct KnownCertificate {
    /// SHA-256 of its DER form, hexadecimal.
    pub fingerprint: String,
    /// The agency.
    pub agency: String,
    /// The person, where it is not the agency's own.
    pub person: Option<String>,
    /// What may be used towards it.
    pub profile: String,
    /// `proposed`, `active` or `revoked`.
    pub state: String,
    /// Its DER form.
    pub der: Vec<u8>,
}

impl Flow {
    /// Enters a certificate. One that is there already stays as it is: a revoked one is not
    /// brought back by being sent again, an approved one not unsettled; a proposed one is
    /// approved by being entered.
    pub async fn add_certificate(&self, new: NewCertificate) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        if tx.get::<AgencyRow>(new.agency.as_str()).await?.is_none() {
            return Err(invalid("/agency", "is no agency here: add it first"));
        }
        if let Some(person) = &new.person {
            let person: Option<PersonRow> = tx.get(person).await?;
            if person.is_none_or(|person| person.agency != new.agency.as_str()) {
                return Err(invalid("/person", "is nobody of that agency"));
            }
        }
        let known: Option<MailCertificateRow> = tx.get(&new.fingerprint).await?;
        drop(tx);
        match known.as_ref().map(|known| known.state.as_str()) {
            Some("proposed") if new.approved => {
                return self.change_certificate(&new.fingerprint, "active").await;
            }
            Some("active") if new.approved => return Ok(()),
            Some("revoked") if new.approved => {
                return Err(FlowError::Conflict(
                    "this certificate was revoked: have a new one made".to_owned(),
                ));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let place = certificate_place(&new.fingerprint);
        let mut row = MailCertificateRow {
            certificate: self.vault.seal_column(&place, &new.der).await?,
            agency: new.agency.to_string(),
            person: new.person,
            profile: new.profile.to_owned(),
            state: if new.approved { "active" } else { "proposed" }.to_owned(),
            created_at: self.now(),
            updated_by: String::new(),
            id: new.fingerprint,
        };
        let event = changed(&row);
        self.administer("add-certificate", move |tx| {
            Box::pin(async move {
                tx.put(&mut row).await?;
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// Approves a certificate that was learnt, or revokes one.
    pub async fn change_certificate(
        &self,
        fingerprint: &str,
        state: &'static str,
    ) -> Result<(), FlowError> {
        let fingerprint = fingerprint.to_owned();
        self.administer("change-certificate", move |tx| {
            Box::pin(async move {
                let row: Option<MailCertificateRow> = tx.get(&fingerprint).await?;
                let mut row = row.ok_or(FlowError::NotFound)?;
                if row.state == "revoked" {
                    return Err(FlowError::Conflict(
                        "this certificate was revoked: have a new one made".to_owned(),
                    ));
                }
                row.state = state.to_owned();
                let event = changed(&row);
                tx.put(&mut row).await?;
                if state == "revoked" {
                    // What waits may be sealed to it.
                    tx.unwrite_mails(&row.agency).await?;
                }
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// The certificates of an agency and its people, the newest first.
    pub async fn certificates(&self, agency: &str) -> Result<Vec<KnownCertificate>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.mail_certificates(agency).await?;
        drop(tx);
        let mut known = Vec::new();
        for row in rows {
            known.push(self.known(row).await?);
        }
        Ok(known)
    }

    /// A certificate by its fingerprint.
    pub async fn certificate(
        &self,
        fingerprint: &str,
    ) -> Result<Option<KnownCertificate>, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<MailCertificateRow> = tx.get(fingerprint).await?;
        drop(tx);
        match row {
            Some(row) => Ok(Some(self.known(row).await?)),
            None => Ok(None),
        }
    }

    async fn known(&self, row: MailCertificateRow) -> Result<KnownCertificate, FlowError> {
        let place = certificate_place(&row.id);
        let der = self.vault.open_column(&place, &row.certificate).await?;
        Ok(KnownCertificate {
            der: der.to_vec(),
            fingerprint: row.id,
            agency: row.agency,
            person: row.person,
            profile: row.profile,
            state: row.state,
        })
    }
}

fn changed(row: &MailCertificateRow) -> Draft {
    let mut event = Draft::new(EventKind::KeyChanged, None)
        .with("agency", &*row.agency)
        .with("mail-certificate", &*row.id)
        .with("state", &*row.state);
    if let Some(person) = &row.person {
        event = event.with("person", &**person);
    }
    event
}

fn certificate_place(fingerprint: &str) -> Place<'_> {
    Place {
        area: "*",
        table: "mail_certificate",
        row: fingerprint,
        column: "certificate",
    }
}
