//! Naming a deputy for a time, and ending it early.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::{Colleague, Right};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::form::Faults;
use crate::Portal;
use crate::component::{BackLink, Button, ChoiceItem, DateInput, Select};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};

const HERE: &str = "/agency/people/deputy";
const TITLE: &str = "Name a deputy";

/// Leads back.
pub(crate) const BACK: BackLink<'static> = super::invite::BACK;
/// Sends the form.
pub(crate) const SEND: Button<'static> = super::submit("Name the deputy", "");

#[derive(Template)]
#[template(path = "page/people/deputy.html")]
struct Page {
    frame: Frame,
    colleagues: Vec<(String, String)>,
    typed: Typed,
    faults: Faults,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    person: String,
    from: [String; 3],
    until: [String; 3],
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let date = |prefix: &str| {
            ["day", "month", "year"].map(|part| fields.one(&format!("{prefix}-{part}")).to_owned())
        };
        Self {
            person: fields.one("person").to_owned(),
            from: date("from"),
            until: date("until"),
        }
    }
}

impl Page {
    fn person(&self) -> Select<'_> {
        let nobody = ChoiceItem {
            value: "",
            text: "Choose a colleague",
            ..ChoiceItem::default()
        };
        let colleagues = self.colleagues.iter().map(|(id, name)| ChoiceItem {
            value: id,
            text: name,
            hint: None,
            checked: *id == self.typed.person,
        });
        Select {
            id: "person",
            name: "person",
            label: "Who stands in for you",
            error: self.faults.at("/person"),
            items: std::iter::once(nobody).chain(colleagues).collect(),
            ..Select::default()
        }
    }

    fn from(&self) -> DateInput<'_> {
        self.date("from", "First day", "/from", &self.typed.from)
    }

    fn until(&self) -> DateInput<'_> {
        self.date("until", "Last day", "/until", &self.typed.until)
    }

    fn date<'p>(
        &'p self,
        id: &'p str,
        legend: &'p str,
        pointer: &str,
        typed: &'p [String; 3],
    ) -> DateInput<'p> {
        DateInput {
            id,
            prefix: id,
            legend,
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some("For example, 27 3 2026"),
            error: self.faults.at(pointer),
            values: [&typed[0], &typed[1], &typed[2]],
        }
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    typed: Typed,
    faults: Faults,
) -> Result<Page, Stop> {
    let people = portal.flow.people(&visitor.session.caller).await?;
    if people.right != Right::Spoc {
        let words = "only the single point of contact names a deputy";
        return Err(Stop::Forbidden(words.to_owned()));
    }
    let may = |one: &Colleague| !one.myself && !one.suspended;
    let colleagues = people.people.into_iter().filter(may);
    Ok(Page {
        frame: Frame::around(portal, visitor, Place::People, &faults.title(TITLE)).await?,
        colleagues: colleagues
            .map(|one| (one.id, one.name.into_inner()))
            .collect(),
        typed,
        faults,
    })
}

/// The form.
pub(crate) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let page = page(&portal, &visitor, Typed::default(), Faults::default()).await?;
    visitor.fresh(&portal, HERE)?;
    Ok(Html(page.to_string()).into_response())
}

/// Names the deputy.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    visitor.still_fresh_with(&portal, HERE, &fields).await?;
    let typed = Typed::of(&fields);
    if visitor.returns(&portal).await? {
        let page = page(&portal, &visitor, typed, Faults::default()).await?;
        return Ok(Html(page.to_string()).into_response());
    }
    let mut faults = Faults::default();
    let first = begins(&typed.from, 0);
    // The last day is whole: it ends as the next one begins.
    let end = begins(&typed.until, 1);
    if typed.person.is_empty() {
        faults.add("/person", "Choose who is to be the deputy");
    }
    if first.is_none() {
        faults.add(
            "/from",
            "Enter the first day of your absence, like 27 3 2026",
        );
    }
    if end.is_none() {
        faults.add(
            "/until",
            "Enter the last day of your absence, like 27 3 2026",
        );
    }
    let (caller, flow) = (&visitor.session.caller, &portal.flow);
    if let (Some(first), Some(end), true) = (first, end, faults.is_empty()) {
        match flow.name_deputy(caller, &typed.person, first, end).await {
            Ok(()) => return Ok(see_other("/agency/people?done=named")),
            Err(error) => faults = Faults::of(error)?,
        }
    }
    let page = page(&portal, &visitor, typed, faults).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok((status, Html(page.to_string())).into_response())
}

/// Ends it.
pub(crate) async fn end(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    portal.flow.end_deputy(&visitor.session.caller, &id).await?;
    Ok(see_other("/agency/people?done=ended"))
}

/// The beginning in London of a day, or of one some days after it.
fn begins(typed: &[String; 3], after: i64) -> Option<Timestamp> {
    let [day, month, year] = typed;
    let year = year.trim().parse().ok()?;
    let date = Date::new(year, month.trim().parse().ok()?, day.trim().parse().ok()?).ok()?;
    let date = date.checked_add(after.days()).ok()?;
    let london = TimeZone::get("Europe/London").ok()?;
    let begin = london.to_ambiguous_zoned_datetime(date.at(0, 0, 0, 0));
    Some(begin.compatible().ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_by_the_clocks_of_london() {
        let typed = |text: &str| {
            let mut parts = text.split('-').map(str::to_owned);
            [(); 3].map(|()| parts.next().unwrap())
        };
        let begin = |text: &str, after| begins(&typed(text), after).map(|at| at.to_string());
        assert_eq!(
            begin("2-3-2026", 0).as_deref(),
            Some("2026-03-02T00:00:00Z")
        );
        assert_eq!(
            begin(" 30 -6-2026", 1).as_deref(),
            Some("2026-06-30T23:00:00Z")
        );
        for bad in ["31-2-2026", "--", "x-3-2026", "2-13-2026", "2-3-26000"] {
            assert_eq!(begin(bad, 0), None, "{bad}");
        }
    }
}
