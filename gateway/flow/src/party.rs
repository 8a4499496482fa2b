//! An agency as the protocols see it when something is sent: its part in the case, and whether
//! what is sent reaches it by a secure channel.

use gateway_core::Channel;
use gateway_core::calendar::local_date;
use gateway_core::question::Party;
use gateway_store::Tx;
use gateway_store::rows::AgencyRow;
use gateway_vault::parties::{self, Live};

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;

impl Flow {
    /// An agency that sends or receives in a case, now.
    pub(crate) async fn party(
        &self,
        tx: &mut Tx,
        agency: &AgencyRow,
        live: Option<&Live<'_>>,
    ) -> Result<Party, FlowError> {
        let mut party = parties::party_in(tx, agency, live, self.clock.now()).await?;
        party.secure_channel = self.secure_channel(tx, agency).await?;
        Ok(party)
    }

    /// Its system calls, or mail may go to its address today, or somebody enrolled there has an
    /// account of the portal (ISP-36). The people are asked for only where its own row does not
    /// say enough. Where an agency has no address, mail goes to its single point of contact: who
    /// is in post is enrolled, so the account says it, and no person's address is opened.
    async fn secure_channel(&self, tx: &mut Tx, agency: &AgencyRow) -> Result<bool, FlowError> {
        let channel: Channel = agency
            .channel
            .parse()
            .map_err(|_| corrupt("agency", &agency.id))?;
        let by_itself = match channel {
            Channel::Api | Channel::Mesh => true,
            Channel::SecureEmail => agency.email.as_deref().is_some_and(|address| {
                let today = local_date(self.clock.now());
                self.directory.of_address(address, today).is_secure()
            }),
            Channel::Portal => false,
        };
        Ok(by_itself || tx.has_account(&agency.id).await?)
    }
}
