//! By which way something goes to an agency: by what kind of exchange it is and by whom it is for,
//! and not once for the agency.

use std::collections::BTreeSet;

use gateway_core::{Channel, Obligation};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRouteRow, AgencyRow};

use crate::case::{Case, corrupt};
use crate::error::FlowError;

/// The kind of an exchange that is no form.
pub const EXCHANGE: &str = "exchange";

/// The channel of an agency for a case's kind of exchange: the route that was set for that kind,
/// else the agency's usual one.
pub(crate) async fn channel_for(
    tx: &mut Tx,
    agency: &AgencyRow,
    case: &Case,
) -> Result<Channel, FlowError> {
    let form = case.particulars.form.as_ref();
    let kind = form.map_or(EXCHANGE, |form| form.form.as_str());
    let route: Option<AgencyRouteRow> = tx.get(&route_id(&agency.id, kind)).await?;
    let channel = route.map_or_else(|| agency.channel.clone(), |route| route.channel);
    channel
        .parse()
        .map_err(|_| corrupt("agency_route", &agency.id))
}

/// The way that a delivery goes. What may only be seen on screen goes to the portal whatever the
/// channel; so does what is for one person, or has an end, where the channel is the mailbox of a
/// whole organisation's systems.
pub(crate) fn way(
    channel: Channel,
    person: Option<&str>,
    obligations: &BTreeSet<Obligation>,
) -> Channel {
    let on_screen = obligations.contains(&Obligation::ViewOnly);
    let by_mesh = channel == Channel::Mesh;
    let of_one_person = person.is_some() || obligations.iter().copied().any(is_of_one_person);
    match on_screen || by_mesh && of_one_person {
        true => Channel::Portal,
        false => channel,
    }
}

const fn is_of_one_person(obligation: Obligation) -> bool {
    matches!(
        obligation,
        Obligation::NamedRecipient | Obligation::Expire(_) | Obligation::ExpireAtReview
    )
}

/// The id of a route.
pub(crate) fn route_id(agency: &str, kind: &str) -> String {
    format!("{agency}/{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_one_person_or_has_an_end_goes_to_no_mailbox_of_a_whole_trust() {
        let plain = BTreeSet::from([Obligation::Mark, Obligation::SpocOnly]);
        assert_eq!(way(Channel::Mesh, None, &plain), Channel::Mesh);
        assert_eq!(
            way(Channel::Mesh, Some("somebody"), &plain),
            Channel::Portal
        );
        for obligation in [
            Obligation::NamedRecipient,
            Obligation::ViewOnly,
            Obligation::Expire(14),
            Obligation::ExpireAtReview,
        ] {
            let with = BTreeSet::from([Obligation::Mark, obligation]);
            assert_eq!(way(Channel::Mesh, None, &with), Channel::Portal);
        }
    }

    #[test]
    fn other_channels_carry_what_is_for_one_person_and_the_screen_what_is_seen_there_alone() {
        let named = BTreeSet::from([Obligation::NamedRecipient]);
        let seen = BTreeSet::from([Obligation::ViewOnly]);
        for channel in [Channel::Api, Channel::SecureEmail] {
            assert_eq!(way(channel, Some("somebody"), &named), channel);
            assert_eq!(way(channel, None, &seen), Channel::Portal);
        }
    }
}
