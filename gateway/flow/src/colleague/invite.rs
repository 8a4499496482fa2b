//! Inviting a colleague. Until they join by the link of the mail there is no account: nothing
//! can be sent to them, and they hold no role.

use gateway_core::calendar::local_date;
use gateway_core::{AgencyKind, Id, Role};
use gateway_protocol::Standing as DomainStanding;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, InvitationRow, PersonRow};

use super::link::{LinkPurpose, Made, invitation_place};
use super::managing;
use super::tell::Act;
use crate::Flow;
use crate::case::kind_of;
use crate::error::{FieldFault, FlowError};
use crate::recorder::Draft;
use crate::submission::Caller;

/// The longest name, in letters.
const LONGEST_NAME: usize = 100;

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct NewColleague {
    /// The name.
    pub name: String,
    /// The work address.
    pub email: String,
    /// The role.
    pub role: String,
}

/// The roles that a single point of contact gives at an agency of a kind: those that do the
/// agency's own work, and those that its protocols name as reviewers there. The single point of
/// contact, who decides for the area (coordinator, chair) and who looks at all this afterwards
/// (auditor, operator) are appointed by the operator.
pub const fn roles_given_at(kind: AgencyKind) -> &'static [Role] {
    use Role::{Caldicott, Clinician, DeputySpoc, Dpo, Manager, Practitioner, Security, Vlo};
    match kind {
        AgencyKind::Prison => &[Practitioner, DeputySpoc, Manager, Security, Dpo],
        AgencyKind::Probation | AgencyKind::Police => {
            &[Practitioner, DeputySpoc, Manager, Vlo, Dpo]
        }
        AgencyKind::MentalHealthTrust | AgencyKind::Health | AgencyKind::Gp => {
            &[Practitioner, DeputySpoc, Manager, Clinician, Caldicott, Dpo]
        }
        AgencyKind::Coordination => &[DeputySpoc, Vlo, Dpo],
        AgencyKind::ApprovedPremises
        | AgencyKind::YouthJustice
        | AgencyKind::ChildrenSocialCare
        | AgencyKind::AdultSocialCare
        | AgencyKind::Housing
        | AgencyKind::Jobcentre
        | AgencyKind::ElectronicMonitoring
        | AgencyKind::Education
        | AgencyKind::Associate => &[Practitioner, DeputySpoc, Manager, Dpo],
    }
}

impl Flow {
    /// Invites a colleague, by a link that is good once and for 72 hours; an earlier one to the
    /// same address is good no longer.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with `/name`, `/email` or `/role`; [`FlowError::Forbidden`] for who
    /// does not manage the agency's people.
    pub async fn invite(&self, caller: &Caller, new: NewColleague) -> Result<(), FlowError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let (by, _) = managing(&mut tx, caller, now).await?;
        let agency = crate::case::agency(&mut tx, &by.agency).await?;
        drop(tx);
        let new = self.invitable(&by, &agency, new).await?;
        let id = Id::new(&self.clock);
        let made = Made {
            id,
            agency: &agency,
            by: &by,
            purpose: LinkPurpose::Join,
            email: &new.email,
        };
        let mut link = self.new_link(made).await?;
        let row = link.row.id.clone();
        let seal = async |column, text: &str| {
            let place = invitation_place(&row, column);
            self.vault.seal_column(&place, text.as_bytes()).await
        };
        link.row.name = Some(seal("name", &new.name).await?);
        link.row.email = Some(seal("email", &new.email).await?);
        link.row.role = Some(new.role);
        let (flow, caller) = (self.clone(), caller.clone());
        self.administer("invite-colleague", move |tx| {
            Box::pin(async move {
                let (by, _) = managing(tx, &caller, now).await?;
                let mut events = flow.make_room(tx, &by, &link.row).await?;
                tx.put(&mut link.row).await?;
                tx.queue_mail(&link.mail).await?;
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "invited",
                    person: None,
                    invitation: Some(&link.row.id),
                };
                events.splice(0..0, flow.told(tx, &act).await?);
                Ok((events, ()))
            })
        })
        .await
    }

    /// Takes an invitation back, or the link of a reset.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency has no open one of this id.
    pub async fn withdraw_invitation(&self, caller: &Caller, id: &str) -> Result<(), FlowError> {
        let (flow, caller, id) = (self.clone(), caller.clone(), id.to_owned());
        let now = self.clock.now();
        self.administer("withdraw-invitation", move |tx| {
            Box::pin(async move {
                let (by, _) = managing(tx, &caller, now).await?;
                let row: Option<InvitationRow> = tx.get(&id).await?;
                let mine = |row: &InvitationRow| row.agency == by.agency && row.state == "open";
                let row = row.filter(mine).ok_or(FlowError::NotFound)?;
                Ok((flow.withdraw(tx, &by, row).await?, ()))
            })
        })
        .await
    }

    /// An address that has an account is not invited; an earlier invitation to it is taken back.
    async fn make_room(
        &self,
        tx: &mut Tx,
        by: &PersonRow,
        row: &InvitationRow,
    ) -> Result<Vec<Draft>, FlowError> {
        if tx.person_by_email(&row.email_index).await?.is_some() {
            return Err(FlowError::Invalid(vec![FieldFault::new(
                "/email",
                "This address has an account already. If it is not at your agency, ring the coordination unit",
            )]));
        }
        let mut events = Vec::new();
        for earlier in tx.open_invitations(&by.agency).await? {
            if earlier.email_index == row.email_index && earlier.kind == row.kind {
                events.extend(self.withdraw(tx, by, earlier).await?);
            }
        }
        Ok(events)
    }

    async fn invitable(
        &self,
        by: &PersonRow,
        agency: &AgencyRow,
        new: NewColleague,
    ) -> Result<NewColleague, FlowError> {
        let new = NewColleague {
            name: new.name.split_whitespace().collect::<Vec<_>>().join(" "),
            email: new.email.trim().to_owned(),
            role: new.role,
        };
        let mut faults = Vec::new();
        if new.name.is_empty() {
            faults.push(FieldFault::new("/name", "Enter the colleague's name"));
        } else if new.name.chars().count() > LONGEST_NAME || new.name.contains(char::is_control) {
            let words = "The name must be 100 characters or fewer";
            faults.push(FieldFault::new("/name", words));
        }
        let own = self.person_email(by).await?;
        if let Err(words) = self.address_fits(&new.email, own.reveal(), agency) {
            faults.push(FieldFault::new("/email", words));
        }
        let given = roles_given_at(kind_of(agency)?);
        if !given.iter().any(|role| role.as_str() == new.role) {
            faults.push(FieldFault::new("/role", "Choose the colleague's role"));
        }
        match faults.is_empty() {
            true => Ok(new),
            false => Err(FlowError::Invalid(faults)),
        }
    }

    /// A work address of the agency: at the domain of its functional address or of whoever
    /// invites, and not at one that is out of use, which somebody else may have by now.
    fn address_fits(&self, email: &str, own: &str, agency: &AgencyRow) -> Result<(), String> {
        if email.is_empty() {
            return Err("Enter the colleague's work email address".to_owned());
        }
        let wrong =
            || "Enter an email address in the correct format, like name@council.gov.uk".to_owned();
        let domain = domain_of(email).ok_or_else(wrong)?;
        let today = local_date(self.clock.now());
        if let DomainStanding::Retired { use_instead } = self.directory.lookup(&domain, today) {
            return Err(match use_instead {
                Some(instead) => {
                    format!("{domain} is no longer in use: the address is now at {instead}")
                }
                None => format!("{domain} is no longer in use: enter the colleague's new address"),
            });
        }
        let known: Vec<String> = [Some(own), agency.email.as_deref()]
            .into_iter()
            .flatten()
            .filter_map(domain_of)
            .collect();
        if known.contains(&domain) {
            return Ok(());
        }
        Err(match known.first() {
            Some(known) => format!(
                "Enter a work address of your agency, one that ends in @{known}. For another, ring the coordination unit"
            ),
            None => wrong(),
        })
    }
}

/// The domain of an address in its plain form, in lower case; none where it is none.
fn domain_of(email: &str) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let fits =
        email.len() <= 254 && local_fits && domain.contains('.') && domain.split('.').all(label);
    fits.then(|| domain.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_and_has_a_domain() {
        assert_eq!(
            domain_of("a.b@Council.gov.uk").as_deref(),
            Some("council.gov.uk")
        );
        for bad in [
            "",
            "a",
            "a@b",
            "@council.gov.uk",
            "a b@c.uk",
            "a@c..uk",
            "a@-c.uk",
            "a@b@c.uk",
            "a\n@c.uk",
            ".a@c.uk",
            "a..b@c.uk",
            "a@c.uk\r\nBcc: x@y.uk",
            "\"a\"@c.uk",
            "a@[1.2.3.4]",
        ] {
            assert_eq!(domain_of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn nobody_is_made_spoc_coordinator_chair_auditor_or_operator_by_a_colleague() {
        for kind in AgencyKind::ALL {
            for role in [
                Role::Spoc,
                Role::Coordinator,
                Role::Chair,
                Role::Auditor,
                Role::Operator,
            ] {
                assert!(!roles_given_at(*kind).contains(&role), "{kind} {role}");
            }
        }
    }
}
