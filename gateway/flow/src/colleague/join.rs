//! Joining by a link, or setting a second factor anew by one.

use gateway_core::event::EventKind;
use gateway_core::{Id, Role};
use gateway_seal::Place;
use gateway_store::rows::{AppointmentRow, InvitationRow, PersonRow, SecurityKeyRow};
use gateway_store::{StoreError, Tx};
use zeroize::Zeroizing;

use super::link::{Link, LinkPurpose, invitation_place, purpose_of, state_of};
use super::tell::Act;
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Done, Draft};
use crate::sign_in::{SignInError, base32, password_faults, print, step_of, totp_place};

/// What was chosen on the page of a link.
pub struct Chosen {
    /// The password: a new one; where the link leaves it as it was, the one that was.
    pub password: Zeroizing<String>,
    /// The code that the authenticator app shows for the page's secret.
    pub code: String,
}

/// Why a link was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The link is good no longer.
    #[error("the link is not good, or no longer")]
    Over(Link),
    /// `/password` or `/code` is not right.
    #[error("{} fields are wrong", .0.len())]
    Wrong(Vec<FieldFault>),
    /// Too many are signing in at this moment.
    #[error("too many people are signing in at this moment")]
    Busy,
    /// It could not be found out.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<SignInError> for JoinError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Busy => Self::Busy,
            SignInError::Refused => Self::Wrong(vec![not_the_password()]),
            SignInError::Flow(error) => Self::Flow(error),
        }
    }
}

impl From<StoreError> for JoinError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

pub(super) fn not_the_password() -> FieldFault {
    FieldFault::new(
        "/password",
        "This is not your password, or there were too many attempts. After 15 minutes you can try again",
    )
}

/// What is written when a link is taken.
pub(super) struct Taken {
    pub(super) print: String,
    /// Of a new password.
    pub(super) password: Option<String>,
    pub(super) factor: NewFactor,
}

/// The second factor that was set up.
pub(super) enum NewFactor {
    /// An authenticator app: its secret, and the step of the code that was given.
    App(Zeroizing<String>, i64),
    /// A key; whose it is is set when it is written.
    Key(SecurityKeyRow),
}

impl NewFactor {
    const fn secret(&self) -> Option<&Zeroizing<String>> {
        match self {
            Self::App(secret, _) => Some(secret),
            Self::Key(_) => None,
        }
    }
}

impl Flow {
    /// Takes a link: an account begins, or gets its second factor again. It is good no longer
    /// then, and the code is used.
    ///
    /// # Errors
    /// [`JoinError`]; nothing was changed then.
    pub async fn take_link(&self, token: &str, chosen: Chosen) -> Result<(), JoinError> {
        let row = self.open_link(token).await?;
        let purpose = purpose_of(&row)?;
        let secret = self.secret_of(token).await?;
        let step = self.judged(&row, purpose, &secret, &chosen).await?;
        let password = match purpose {
            LinkPurpose::Factor => None,
            LinkPurpose::Join | LinkPurpose::Both => Some(self.hashed(&chosen.password).await?),
        };
        let set = Taken {
            print: print(token),
            password,
            factor: NewFactor::App(secret, step),
        };
        self.finish_link(row, set).await
    }

    /// Writes what was set up by a link.
    pub(super) async fn finish_link(
        &self,
        row: InvitationRow,
        taken: Taken,
    ) -> Result<(), JoinError> {
        let done = match purpose_of(&row)? {
            LinkPurpose::Join => self.begin_account(row, taken).await,
            LinkPurpose::Factor | LinkPurpose::Both => self.set_anew(row, taken).await,
        };
        done?.map_err(JoinError::Over)
    }

    /// The step of the code, where password and code are right.
    async fn judged(
        &self,
        row: &InvitationRow,
        purpose: LinkPurpose,
        secret: &str,
        chosen: &Chosen,
    ) -> Result<i64, JoinError> {
        let mut faults = self.faults_of(row, purpose, &chosen.password).await?;
        let bytes = base32(secret.as_bytes()).ok_or_else(|| corrupt("invitation", &row.id))?;
        let step = step_of(&bytes, &chosen.code, self.clock.now());
        if step.is_none() {
            let words = "Enter the 6-digit code that your app shows now for the key on this page";
            faults.push(FieldFault::new("/code", words));
        }
        let (Some(step), true) = (step, faults.is_empty()) else {
            return Err(JoinError::Wrong(faults));
        };
        if purpose == LinkPurpose::Factor {
            let person = self.person_of(row).await?;
            if !self.proves_password(&person, &chosen.password).await? {
                return Err(JoinError::Wrong(vec![not_the_password()]));
            }
        }
        Ok(step)
    }

    /// What is wrong with a password as it was chosen.
    pub(super) async fn faults_of(
        &self,
        row: &InvitationRow,
        purpose: LinkPurpose,
        password: &str,
    ) -> Result<Vec<FieldFault>, FlowError> {
        let mut faults = Vec::new();
        if password.is_empty() {
            faults.push(FieldFault::new("/password", "Enter a password"));
        } else if purpose != LinkPurpose::Factor {
            let address = self.address_of(row).await?;
            let fault = password_faults(password, &address);
            faults.extend(fault.map(|words| FieldFault::new("/password", words)));
        }
        Ok(faults)
    }

    pub(super) async fn person_of(&self, row: &InvitationRow) -> Result<PersonRow, FlowError> {
        let id = row.person.as_deref().unwrap_or_default();
        let mut tx = self.store.read().await?;
        let person: Option<PersonRow> = tx.get(id).await?;
        person.ok_or_else(|| corrupt("invitation", &row.id))
    }

    /// The address that a link was sent to.
    pub(super) async fn address_of(&self, row: &InvitationRow) -> Result<String, FlowError> {
        if let Some(sealed) = &row.email {
            return self.invited_text(row, "email", sealed).await;
        }
        let person = self.person_of(row).await?;
        Ok(self.person_email(&person).await?.into_inner())
    }

    pub(super) async fn invited_text(
        &self,
        row: &InvitationRow,
        column: &str,
        sealed: &[u8],
    ) -> Result<String, FlowError> {
        let place = invitation_place(&row.id, column);
        let plain = self.vault.open_column(&place, sealed).await?;
        String::from_utf8(plain.to_vec()).map_err(|_| corrupt("invitation", &row.id))
    }

    async fn begin_account(
        &self,
        row: InvitationRow,
        taken: Taken,
    ) -> Result<Result<(), Link>, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let sealed = |text: &Option<Vec<u8>>| text.clone().unwrap_or_default();
        let name = self.invited_text(&row, "name", &sealed(&row.name)).await?;
        let email = self
            .invited_text(&row, "email", &sealed(&row.email))
            .await?;
        let seal = async |column, text: &str| {
            let place = Place {
                area: "*",
                table: "person",
                row: &id,
                column,
            };
            self.vault.seal_column(&place, text.as_bytes()).await
        };
        let person = PersonRow {
            agency: row.agency,
            name: seal("name", &name).await?,
            email: seal("email", &email).await?,
            email_index: row.email_index,
            state: "active".to_owned(),
            password: taken.password,
            totp: match taken.factor.secret() {
                Some(secret) => Some(seal("totp", secret).await?),
                None => None,
            },
            created_at: self.now(),
            updated_by: String::new(),
            id,
        };
        let flow = self.clone();
        let (print, factor) = (taken.print, taken.factor);
        self.administer("join-by-link", move |tx| {
            Box::pin(async move { flow.write_account(tx, person, &print, factor).await })
        })
        .await
    }

    async fn write_account(
        &self,
        tx: &mut Tx,
        mut person: PersonRow,
        print: &str,
        factor: NewFactor,
    ) -> Done<Result<(), Link>> {
        let mut row = match self.still_open(tx, print).await? {
            Ok(row) => row,
            Err(over) => return Ok((Vec::new(), Err(over))),
        };
        if tx.person_by_email(&person.email_index).await?.is_some() {
            // Enrolled in another way meanwhile.
            return Ok((Vec::new(), Err(Link::Used)));
        }
        tx.put(&mut person).await?;
        let role = row.role.as_deref().unwrap_or_default().parse::<Role>();
        let role = role.map_err(|_| corrupt("invitation", &row.id))?;
        let mut appointment = AppointmentRow {
            id: Id::new(&self.clock).to_string(),
            person: person.id.clone(),
            agency: person.agency.clone(),
            role: role.to_string(),
            deputy: 0,
            from_at: self.now(),
            until_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut appointment).await?;
        row.state = "used".to_owned();
        row.person = Some(person.id.clone());
        (row.name, row.email) = (None, None);
        tx.put(&mut row).await?;
        self.write_factor(tx, &person.id, factor).await?;
        let act = Act {
            agency: &person.agency,
            by: &person.id,
            change: "joined",
            person: Some(&person.id),
            invitation: Some(&row.id),
        };
        Ok((self.told(tx, &act).await?, Ok(())))
    }

    /// Notes the code as used; or writes the key.
    async fn write_factor(
        &self,
        tx: &mut Tx,
        person: &str,
        factor: NewFactor,
    ) -> Result<(), FlowError> {
        match factor {
            NewFactor::App(_, step) => {
                tx.use_code(person, step, self.now()).await?;
            }
            NewFactor::Key(mut key) => {
                key.person = person.to_owned();
                tx.put(&mut key).await?;
            }
        }
        Ok(())
    }

    async fn set_anew(
        &self,
        row: InvitationRow,
        taken: Taken,
    ) -> Result<Result<(), Link>, FlowError> {
        let person = self.person_of(&row).await?.id;
        let place = totp_place(&person);
        let totp = match taken.factor.secret() {
            Some(secret) => Some(self.vault.seal_column(&place, secret.as_bytes()).await?),
            None => None,
        };
        let flow = self.clone();
        self.administer("set-factor-by-link", move |tx| {
            Box::pin(async move {
                let mut row = match flow.still_open(tx, &taken.print).await? {
                    Ok(row) => row,
                    Err(over) => return Ok((Vec::new(), Err(over))),
                };
                let held: Option<PersonRow> = tx.get(&person).await?;
                let mut held = held.ok_or_else(|| corrupt("person", &person))?;
                held.totp = totp;
                if let Some(password) = taken.password {
                    held.password = Some(password);
                }
                tx.put(&mut held).await?;
                tx.forget_failures(&held.email_index).await?;
                flow.write_factor(tx, &held.id, taken.factor).await?;
                row.state = "used".to_owned();
                tx.put(&mut row).await?;
                let agency = id_of(&held.agency)?;
                let event = Draft::new(EventKind::PersonChanged, Some(&agency))
                    .reaching([agency.clone()])
                    .with("by", &*held.id)
                    .with("change", "factor-set")
                    .with("person", &*held.id)
                    .with("invitation", &*row.id);
                Ok((vec![event], Ok(())))
            })
        })
        .await
    }

    /// The invitation, where it is still good: of two who take a link at once, one does.
    async fn still_open(
        &self,
        tx: &mut Tx,
        print: &str,
    ) -> Result<Result<InvitationRow, Link>, FlowError> {
        let row = tx.invitation_by_token(print).await?;
        let Some(row) = row else {
            return Ok(Err(Link::Unknown));
        };
        let (over, _) = state_of(tx, &row, self.now()).await?;
        Ok(match over {
            Some(over) => Err(over),
            None => Ok(row),
        })
    }
}
