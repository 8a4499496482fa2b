//! Mail on its way in: the wire's octets, spooled sealed; opened; its sender proved; its content
//! looked at; submitted. Every end but "not now" is one and the same 250 to the outside: nobody
//! learns from an answer whether a mail opened, or was believed (RFC 3218).

mod content;
mod form;
mod open;
mod particulars;
mod prove;
mod report;
mod spool;
mod take;

use async_trait::async_trait;
use gateway_email::agency_of;
use gateway_mail::{Address, Envelope, Handler, Reply, Session, Sink, Verdict};
use gateway_store::rows::AgencyRow;

use crate::room::Mailroom;

use self::spool::Spool;

/// The local part of addresses that reports on mail come back to, before the mail's id.
pub(crate) const BOUNCE: &str = "bounce+";

#[async_trait]
impl Handler for Mailroom {
    async fn recipient(&self, _session: &Session, address: &Address) -> Verdict {
        let own = &self.0.settings;
        if address.domain().is_none() {
            return Verdict::Accepted;
        }
        if !address
            .domain()
            .is_some_and(|domain| domain.eq_ignore_ascii_case(&own.domain))
        {
            return Verdict::Refused(Reply::new(550, (7, 1), "this gateway does not relay"));
        }
        if particulars::is_own(self, address) {
            return Verdict::Accepted;
        }
        let agency = gateway_email::Address::parse(address.as_str());
        let Some(agency) = agency.and_then(|address| agency_of(&address, &own.domain)) else {
            return Verdict::Unknown;
        };
        let agency = match self.0.flow.store.read().await {
            Ok(mut tx) => tx.get::<AgencyRow>(agency.as_str()).await,
            Err(error) => Err(error),
        };
        match agency {
            Ok(Some(agency)) if agency.state == "active" => Verdict::Accepted,
            Ok(_) => Verdict::Unknown,
            Err(_) => Verdict::Later,
        }
    }

    async fn begin(&self, envelope: Envelope) -> Result<Box<dyn Sink>, Reply> {
        Ok(Box::new(Spool::new(self.clone(), envelope)))
    }
}
