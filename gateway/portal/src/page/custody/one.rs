//! One claim: what it says, and the answer of whoever it waits for.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::FlowError;
use gateway_flow::custody::{ClaimAnswer, ClaimView, WaitsFor};

use crate::component::{
    Button, ChoiceItem, Choices, Html as Markup, Pick, Row, SummaryList, Textarea,
};
use crate::frame::{Frame, Place};
use crate::page::asked::date;
use crate::page::few::{self, Asked, Faults, of_field};
use crate::page::form::{capital, title};
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

/// Where it is sent.
pub(super) const HERE: &str = "/custody/claims/{id}";

/// Sends the answer.
pub(crate) const SEND: Button<'static> = Button {
    text: "Send your answer",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};
/// Takes the claim back.
pub(crate) const BACK: Button<'static> = Button {
    text: "Take the claim back",
    href: None,
    classes: "govuk-button--secondary",
    name: "answer",
    value: "withdraw",
    prevent_double_click: true,
};

/// What whoever looks may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    /// Confirm or dispute.
    Answer,
    /// Settle.
    Settle,
    /// Take back.
    TakeBack,
    /// Look.
    Look,
}

/// What was typed.
#[derive(Default)]
struct Filled {
    answer: String,
    left: [String; 3],
    reasons: String,
}

#[derive(Template)]
#[template(path = "page/custody/one.html")]
struct Page {
    frame: Frame,
    claim: ClaimView,
    /// What the prison that claims, and the one on record, are called.
    names: (String, Option<String>),
    may: May,
    filled: Filled,
    faults: Faults,
}

impl Page {
    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &["left"])
    }

    fn facts(&self) -> SummaryList<'static> {
        let row = |key: &'static str, text: &str| Row::new(key, Markup::text(text));
        let claim = &self.claim;
        let mut rows = vec![
            row("Person", claim.named.reveal()),
            row("With", &self.names.0),
            row("Since", &words::date(&claim.since)),
            row(
                "On record until then",
                self.names.1.as_deref().unwrap_or("Nobody"),
            ),
            row("Claimed", &words::time(claim.claimed)),
        ];
        if claim.closed.is_none() {
            rows.push(row("To be answered by", &words::time(claim.due)));
        }
        let left = claim.left_on.as_deref().map(words::date);
        rows.extend(left.map(|left| row("Left on", &left)));
        let said = claim.dispute.as_ref();
        rows.extend(said.map(|why| row("Disputed because", why.reveal())));
        let said = claim.reasons.as_ref();
        rows.extend(said.map(|why| row("Settled because", why.reveal())));
        rows.push(row("State", self.state()));
        SummaryList { rows, classes: "" }
    }

    fn state(&self) -> &'static str {
        match (self.claim.state.as_str(), self.claim.waits_for) {
            ("confirmed", _) => "Confirmed",
            ("refused", _) => "Settled for the prison on record",
            ("withdrawn", _) => "Taken back",
            ("disputed", _) => "Disputed: the coordination unit settles it",
            (_, WaitsFor::Holder) => "Waits for the prison on record",
            (_, WaitsFor::Unit | WaitsFor::Nobody) => "Waits for the coordination unit",
        }
    }

    fn answers(&self) -> Markup {
        let item = |value, text, hint| ChoiceItem {
            value,
            text,
            hint,
            checked: self.filled.answer == value,
        };
        let stays = self
            .names
            .1
            .as_deref()
            .unwrap_or("Nobody, or another prison");
        let (legend, items) = match self.may == May::Settle {
            true => (
                "Who holds the person?",
                vec![
                    item("claimant", self.names.0.as_str(), None),
                    item("holder", stays, None),
                ],
            ),
            false => (
                "Is it so?",
                vec![
                    item(
                        "confirm",
                        "Yes, the person has left us",
                        Some(
                            "You then read only what your prison wrote itself, for five working days",
                        ),
                    ),
                    item(
                        "dispute",
                        "No, the person is with us",
                        Some("The coordination unit then settles it"),
                    ),
                ],
            ),
        };
        Markup::of(&Choices {
            pick: Pick::One,
            id: "answer",
            name: "answer",
            legend,
            legend_classes: "govuk-fieldset__legend--m",
            error: of_field(&self.faults, "answer"),
            items,
            ..Choices::default()
        })
    }

    fn left(&self) -> Option<Markup> {
        (self.may == May::Answer).then(|| {
            let asked = Asked {
                id: "left",
                label: "If yes: the day on which the person left you",
                hint: "For example, 27 3 2026",
                strong: true,
            };
            few::date(&self.faults, asked, &self.filled.left)
        })
    }

    fn reasons(&self) -> Markup {
        let label = match self.may == May::Settle {
            true => "Your reasons",
            false => "If no: why",
        };
        Markup::of(&Textarea {
            id: "reasons",
            name: "reasons",
            label,
            label_classes: "govuk-label--s",
            hint: None,
            error: of_field(&self.faults, "reasons"),
            value: &self.filled.reasons,
            rows: 4,
        })
    }
}

/// Shows it.
pub(super) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let claim = portal
        .flow
        .custody_claim(&visitor.session.caller, &id)
        .await?;
    shown(&portal, &visitor, claim, Filled::default(), Vec::new()).await
}

fn may(claim: &ClaimView, visitor: &Visitor) -> May {
    let own = visitor.session.caller.agency.as_str();
    let coordinates = visitor.is_any(&[gateway_core::Role::Coordinator]);
    let theirs = claim.holder.as_deref() == Some(own);
    if claim.closed.is_some() {
        May::Look
    } else if claim.agency == own {
        May::TakeBack
    } else if claim.unit == own && coordinates && claim.waits_for == WaitsFor::Unit {
        May::Settle
    } else if theirs && claim.state == "open" {
        May::Answer
    } else {
        May::Look
    }
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    claim: ClaimView,
    filled: Filled,
    faults: Faults,
) -> Result<Response, Stop> {
    let title = title("A claim of custody", !faults.is_empty());
    let holder = match &claim.holder {
        Some(holder) => Some(portal.flow.agency_row(holder).await?.name),
        None => None,
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Custody, &title).await?,
        names: (portal.flow.agency_row(&claim.agency).await?.name, holder),
        may: may(&claim, visitor),
        claim,
        filled,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// Takes the answer.
pub(super) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let claim = portal.flow.custody_claim(caller, &id).await?;
    let filled = Filled::of(&fields);
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, claim, filled, Vec::new()).await;
    }
    let (answer, done) = match filled.read() {
        Ok(read) => read,
        Err(faults) => return shown(&portal, &visitor, claim, filled, faults).await,
    };
    let faults = match portal.flow.answer_custody(caller, &claim.id, answer).await {
        Ok(_) => return Ok(see_other(&format!("/custody?done={done}"))),
        Err(FlowError::Invalid(faults)) => faults
            .into_iter()
            .map(|one| match one.pointer.as_str() {
                "/left_on" => ("left", format!("This day {}", one.detail)),
                _ => ("reasons", "Enter your reasons".to_owned()),
            })
            .collect(),
        Err(FlowError::Conflict(why)) => vec![("answer", capital(&why))],
        Err(error) => return Err(error.into()),
    };
    shown(&portal, &visitor, claim, filled, faults).await
}

impl Filled {
    fn of(fields: &Fields) -> Self {
        Self {
            answer: fields.one("answer").to_owned(),
            left: few::day(fields, "left"),
            reasons: fields.one("reasons").trim().to_owned(),
        }
    }

    /// The answer, and its word.
    fn read(&self) -> Result<(ClaimAnswer, &'static str), Faults> {
        let reasons = || match self.reasons.is_empty() {
            true => Err(vec![("reasons", "Enter your reasons".to_owned())]),
            false => Ok(self.reasons.clone()),
        };
        match self.answer.as_str() {
            "confirm" => {
                let left_on = date(&self.left).ok().flatten();
                if left_on.is_none() {
                    let text = "Enter the day on which the person left you, such as 27 3 2026";
                    return Err(vec![("left", text.to_owned())]);
                }
                Ok((ClaimAnswer::Confirm { left_on }, "confirm"))
            }
            "dispute" => reasons().map(|reasons| (ClaimAnswer::Dispute { reasons }, "dispute")),
            whom @ ("claimant" | "holder") => reasons().map(|reasons| {
                let for_claimant = whom == "claimant";
                let settled = ClaimAnswer::Settle {
                    for_claimant,
                    reasons,
                };
                (settled, "settle")
            }),
            "withdraw" => Ok((ClaimAnswer::Withdraw, "withdraw")),
            _ => Err(vec![("answer", "Select an answer".to_owned())]),
        }
    }
}
