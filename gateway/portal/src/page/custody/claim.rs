//! A prison says that a person is with it: who, and since when.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use gateway_core::calendar::local_date;
use gateway_core::{Identifier, IdentifierKind};
use gateway_flow::FlowError;
use gateway_flow::custody::Claimed;
use jiff::civil::Date;

use super::CUSTODY;
use crate::Portal;
use crate::component::{Button, Html as Markup};
use crate::frame::{Frame, Place};
use crate::page::asked::date;
use crate::page::few::{self, Asked, Faults};
use crate::page::form::{capital, title};
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};

/// Where it is sent.
pub(super) const HERE: &str = "/custody/claim";
const DAY: &str = "Enter the day on which the person came to you, such as 27 3 2026";

/// Makes the claim.
pub(crate) const SEND: Button<'static> = Button {
    text: "Make the claim",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// What was typed.
#[derive(Default)]
struct Filled {
    reference: String,
    prison_number: String,
    born: [String; 3],
    since: [String; 3],
}

#[derive(Template)]
#[template(path = "page/custody/claim.html")]
struct Page {
    frame: Frame,
    filled: Filled,
    faults: Faults,
}

impl Page {
    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &["born", "since"])
    }

    fn number(&self) -> Markup {
        let asked = Asked {
            id: "number",
            label: "Prison number",
            hint: "A letter, four digits and two letters, such as A1234BC",
            strong: true,
        };
        few::line(&self.faults, asked, &self.filled.prison_number)
    }

    fn reference(&self) -> Markup {
        let asked = Asked {
            id: "reference",
            label: "Or the reference of the person’s record here",
            hint: "Instead of the number and the date of birth",
            strong: true,
        };
        few::line(&self.faults, asked, &self.filled.reference)
    }

    fn born(&self) -> Markup {
        let asked = Asked {
            id: "born",
            label: "Date of birth",
            hint: "For example, 1 2 1980",
            strong: true,
        };
        few::date(&self.faults, asked, &self.filled.born)
    }

    fn since(&self) -> Markup {
        let asked = Asked {
            id: "since",
            label: "Since when is the person with you?",
            hint: "For example, 27 3 2026",
            strong: true,
        };
        few::date(&self.faults, asked, &self.filled.since)
    }
}

/// Asks. Those who are no prison are led to what is theirs.
pub(super) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    if !is_prison(&portal, &visitor).await? {
        return Ok(see_other(CUSTODY));
    }
    shown(&portal, &visitor, Filled::default(), Vec::new()).await
}

async fn is_prison(portal: &Portal, visitor: &Visitor) -> Result<bool, Stop> {
    let agency = &visitor.session.person.agency;
    let kind = portal.flow.agency_row(agency).await?.kind;
    Ok(kind == gateway_core::AgencyKind::Prison.as_str())
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    filled: Filled,
    faults: Faults,
) -> Result<Response, Stop> {
    let heading = "Say that a person is with you";
    let title = title(heading, !faults.is_empty());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Custody, &title).await?,
        filled,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// Makes the claim.
pub(super) async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    if !is_prison(&portal, &visitor).await? {
        return Ok(see_other(CUSTODY));
    }
    let filled = Filled::of(&fields);
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, filled, Vec::new()).await;
    }
    let claimed = match filled.read(local_date(portal.flow.clock.now())) {
        Ok(claimed) => claimed,
        Err(faults) => return shown(&portal, &visitor, filled, faults).await,
    };
    let faults = match portal
        .flow
        .claim_custody(&visitor.session.caller, &claimed)
        .await
    {
        Ok(_) => return Ok(see_other("/custody?done=claimed")),
        Err(FlowError::Invalid(faults)) => faults
            .into_iter()
            .map(|one| match one.pointer.as_str() {
                "/since" => ("since", format!("This day {}", one.detail)),
                _ => (filled.named(), format!("This {}", one.detail)),
            })
            .collect(),
        Err(FlowError::Conflict(why) | FlowError::TooOften { words: why, .. }) => {
            vec![(filled.named(), capital(&why))]
        }
        Err(error) => return Err(error.into()),
    };
    shown(&portal, &visitor, filled, faults).await
}

impl Filled {
    fn of(fields: &Fields) -> Self {
        Self {
            reference: fields.one("reference").trim().to_owned(),
            prison_number: fields.one("number").trim().to_owned(),
            born: few::day(fields, "born"),
            since: few::day(fields, "since"),
        }
    }

    /// The field by which the person was named.
    const fn named(&self) -> &'static str {
        match self.reference.is_empty() {
            true => "number",
            false => "reference",
        }
    }

    fn read(&self, today: Date) -> Result<Claimed, Faults> {
        let mut faults: Faults = Vec::new();
        let mut identifiers = Vec::new();
        let reference = Some(self.reference.clone()).filter(|text| !text.is_empty());
        if reference.is_none() {
            match Identifier::parse(IdentifierKind::Prison, &self.prison_number, today) {
                Ok(number) => identifiers.push(number),
                Err(_) if self.prison_number.is_empty() => {
                    faults.push((
                        "number",
                        "Enter the prison number, or the reference".to_owned(),
                    ));
                }
                Err(error) => faults.push(("number", format!("This {error}"))),
            }
            let born = date(&self.born).ok().flatten();
            let born =
                born.map(|day| Identifier::parse(IdentifierKind::Dob, &day.to_string(), today));
            match born {
                Some(Ok(born)) => identifiers.push(born),
                Some(Err(_)) | None => {
                    faults.push((
                        "born",
                        "Enter the date of birth, such as 1 2 1980".to_owned(),
                    ));
                }
            }
        }
        let since = date(&self.since).ok().flatten();
        if since.is_none() {
            faults.push(("since", DAY.to_owned()));
        }
        match (since, faults.is_empty()) {
            (Some(since), true) => Ok(Claimed {
                reference,
                identifiers,
                since,
            }),
            _ => Err(faults),
        }
    }
}
