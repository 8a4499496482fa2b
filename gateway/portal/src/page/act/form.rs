//! The fields of an act, as they are asked, typed, checked and shown again.

use gateway_core::{AgencyId, AgencyKind};
use gateway_flow::admin::NominalChange;
use gateway_flow::coordinate::Act;
use gateway_flow::dossier::{Dossier, begin_of, end_of};
use gateway_flow::{FieldFault, FlowError};
use jiff::Timestamp;

use super::what::What;
use super::{Fault, ask};
use crate::Portal;
use crate::component::{
    ChoiceItem, Choices, DateInput, ErrorItem, ErrorSummary, Html, Input, Pick, Row, Select,
    Textarea,
};
use crate::page::asked::date;
use crate::visitor::{Fields, Visitor};
use crate::words;

/// Of custody: nobody holds the person.
const FREE: &str = "none";
/// The longest reason of a reading.
const SHORT: usize = 900;

/// A form.
pub(super) struct Form {
    pub(super) what: What,
    /// What can be chosen: values and texts.
    choices: Vec<(String, String)>,
    choice: String,
    from: [String; 3],
    until: [String; 3],
    reference: String,
    pub(super) reasons: String,
    /// The message that is moved, in words.
    message: Option<String>,
    pub(super) faults: Vec<Fault>,
}

impl Form {
    /// An empty form.
    pub(super) async fn new(
        portal: &Portal,
        what: What,
        dossier: &Dossier,
    ) -> Result<Self, FlowError> {
        let message = if let What::Move(exchange) = &what {
            Some(message(dossier, exchange)?)
        } else {
            None
        };
        Ok(Self {
            choices: choices(portal, &what, dossier).await?,
            what,
            choice: String::new(),
            from: Default::default(),
            until: Default::default(),
            reference: String::new(),
            reasons: String::new(),
            message,
            faults: Vec::new(),
        })
    }

    /// Takes what was typed.
    pub(super) fn fill(&mut self, fields: &Fields) {
        let text = |name: &str| fields.one(name).trim().to_owned();
        let day =
            |prefix: &str| ["day", "month", "year"].map(|part| text(&format!("{prefix}-{part}")));
        self.choice = text("choice");
        self.reference = text("reference");
        self.reasons = text("reasons");
        self.from = day("from");
        self.until = day("until");
    }

    /// What was typed, as the page for checking carries it on.
    pub(super) fn pairs(&self) -> Vec<(String, &str)> {
        let mut pairs = vec![
            ("choice".to_owned(), self.choice.as_str()),
            ("reference".to_owned(), &self.reference),
            ("reasons".to_owned(), &self.reasons),
        ];
        for (prefix, values) in [("from", &self.from), ("until", &self.until)] {
            for (part, value) in ["day", "month", "year"].iter().zip(values) {
                pairs.push((format!("{prefix}-{part}"), value));
            }
        }
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// Finds what is missing or wrong.
    pub(super) fn check(&mut self) {
        let mut faults = Vec::new();
        let mut wrong = |field, text: &str| faults.push((field, text.to_owned()));
        let chosen = self.choices.iter().any(|(value, _)| *value == self.choice);
        if !self.choices.is_empty() && !chosen {
            wrong("choice", self.ask().0);
        }
        if self.takes_reference() && self.reference.is_empty() {
            wrong("reference", "Enter the reference of the other record");
        }
        if self.what == What::Partner {
            for (field, values) in [("from-day", &self.from), ("until-day", &self.until)] {
                if date(values).is_err() {
                    wrong(field, "Enter a real date, such as 27 3 2026");
                }
            }
        }
        if self.what == What::Ask && self.choices.is_empty() {
            wrong("choice", ask::NOBODY);
        }
        if self.what == What::Ask && !matches!(date(&self.from), Ok(Some(_))) {
            wrong(
                "from-day",
                "Enter the day of the meeting, such as 27 3 2026",
            );
        }
        if self.what != What::Ask && self.reasons.is_empty() {
            wrong("reasons", "Enter your reasons");
        }
        self.faults = faults;
    }

    /// Takes what the flow found wrong.
    pub(super) fn take(&mut self, faults: Vec<FieldFault>) {
        let place = |pointer: &str| match pointer {
            "/reasons" => "reasons",
            "/nominal" | "/keep" => "reference",
            "/from" | "/meeting_on" => "from-day",
            "/until" => "until-day",
            _ => "choice",
        };
        self.faults = faults
            .into_iter()
            .map(|fault| (place(&fault.pointer), sentence(&fault.detail)))
            .collect();
    }

    const fn takes_reference(&self) -> bool {
        matches!(self.what, What::Merge | What::Move(_))
    }

    /// The reference of the other record, where the act is about two.
    pub(super) fn other(&self) -> Option<&str> {
        self.takes_reference().then_some(&*self.reference)
    }

    /// The reasons, as long as those of a reading may be.
    pub(super) fn short_reasons(&self) -> String {
        self.reasons.chars().take(SHORT).collect()
    }

    /// What is said where nothing is chosen, and the question.
    const fn ask(&self) -> (&'static str, &'static str) {
        match self.what {
            What::Level => ("Select a level", "Level"),
            What::Category => ("Select a category", "Category"),
            What::Custody => ("Select a prison", "Where the person is held"),
            What::Lead => ("Select the lead agency", "Lead agency"),
            What::Ask => ("Select a form", "Form"),
            What::Partner | What::EndPartner | What::Merge | What::Move(_) => {
                ("Select an agency", "Agency")
            }
        }
    }

    /// Does it.
    pub(super) async fn act(
        &self,
        portal: &Portal,
        visitor: &Visitor,
        reference: &str,
        act: &Act,
    ) -> Result<(), FlowError> {
        let (flow, caller) = (&portal.flow, &visitor.session.caller);
        match &self.what {
            What::Merge => {
                flow.merge_nominals(caller, &self.reference, reference, act)
                    .await
            }
            What::Move(exchange) => {
                flow.move_exchange(caller, exchange, &self.reference, act)
                    .await
            }
            What::Ask => {
                let on = date(&self.from).ok().flatten();
                let asked = ask::read(&self.choice, reference, on).ok_or_else(|| self.unread())?;
                flow.ask_for_form(caller, &asked).await.map(|_| ())
            }
            What::Partner
            | What::EndPartner
            | What::Lead
            | What::Level
            | What::Category
            | What::Custody => {
                let change = self.change()?;
                flow.act_on_nominal(caller, reference, change, act).await
            }
        }
    }

    fn change(&self) -> Result<NominalChange, FlowError> {
        let number = || self.choice.parse::<u8>().map_err(|_| self.unread());
        let agency = || self.choice.parse::<AgencyId>().map_err(|_| self.unread());
        Ok(match self.what {
            What::Partner => NominalChange::PartnerBetween {
                agency: agency()?,
                from: time(&self.from, begin_of)?,
                until: time(&self.until, end_of)?,
            },
            What::EndPartner => NominalChange::EndPartner(agency()?),
            What::Lead => NominalChange::Lead(agency()?),
            What::Level => NominalChange::Level(number()?, String::new()),
            What::Category => NominalChange::Category(number()?),
            What::Custody if self.choice == FREE => NominalChange::EndCustody,
            What::Custody => NominalChange::Custody(agency()?),
            What::Merge | What::Ask | What::Move(_) => return Err(self.unread()),
        })
    }

    fn unread(&self) -> FlowError {
        FlowError::Invalid(vec![FieldFault::new("/choice", self.ask().0)])
    }

    fn fault(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|(name, _)| *name == field);
        found.map(|(_, text)| text.as_str())
    }

    /// All that is wrong.
    pub(super) fn summary(&self) -> Option<ErrorSummary<'_>> {
        let href = |field| match field {
            "choice" => "#choice",
            "reference" => "#reference",
            "from-day" => "#from-day",
            "until-day" => "#until-day",
            _ => "#reasons",
        };
        let errors: Vec<ErrorItem<'_>> = self
            .faults
            .iter()
            .map(|(field, text)| ErrorItem {
                text,
                href: href(field),
            })
            .collect();
        (!errors.is_empty()).then_some(ErrorSummary {
            title: "There is a problem",
            errors,
        })
    }

    /// The fields.
    pub(super) fn fields(&self) -> Html {
        let mut parts = Vec::new();
        if let Some(message) = &self.message {
            parts.push(Html::of(&crate::component::InsetText { text: message }));
        }
        match self.what {
            What::Level | What::Category => parts.push(Html::of(&self.radios())),
            What::Merge | What::Move(_) => parts.push(Html::of(&self.reference_field())),
            What::Partner => {
                parts.push(Html::of(&self.select()));
                let from = ("from", "First day", "Leave it empty for today.");
                let until = (
                    "until",
                    "Last day",
                    "Leave it empty where it is not known yet.",
                );
                parts.push(Html::of(&self.day(from, &self.from)));
                parts.push(Html::of(&self.day(until, &self.until)));
            }
            What::Ask => {
                parts.push(Html::of(&self.select()));
                let meeting = ("from", "Day of the meeting", "For example, 27 3 2026.");
                parts.push(Html::of(&self.day(meeting, &self.from)));
                return parts.into_iter().collect();
            }
            What::EndPartner | What::Lead | What::Custody => parts.push(Html::of(&self.select())),
        }
        parts.push(Html::of(&Textarea {
            id: "reasons",
            name: "reasons",
            label: "Your reasons",
            label_classes: "govuk-label--s",
            hint: Some("They are kept with what you do. The timeline says that there are some, and not what they are."),
            error: self.fault("reasons"),
            value: &self.reasons,
            rows: 4,
        }));
        parts.into_iter().collect()
    }

    fn items(&self) -> impl Iterator<Item = ChoiceItem<'_>> {
        self.choices.iter().map(|(value, text)| ChoiceItem {
            value,
            text,
            checked: *value == self.choice,
            ..ChoiceItem::default()
        })
    }

    fn radios(&self) -> Choices<'_> {
        Choices {
            pick: Pick::One,
            id: "choice",
            name: "choice",
            legend: self.ask().1,
            legend_classes: "govuk-fieldset__legend--s",
            error: self.fault("choice"),
            items: self.items().collect(),
            ..Choices::default()
        }
    }

    fn select(&self) -> Select<'_> {
        let none = ChoiceItem {
            text: "Select",
            ..ChoiceItem::default()
        };
        Select {
            id: "choice",
            name: "choice",
            label: self.ask().1,
            error: self.fault("choice"),
            items: std::iter::once(none).chain(self.items()).collect(),
            ..Select::default()
        }
    }

    fn reference_field(&self) -> Input<'_> {
        Input {
            id: "reference",
            name: "reference",
            kind: "text",
            label: match self.what == What::Merge {
                true => "Reference of the duplicate",
                false => "Reference of the right person’s record",
            },
            hint: Some("It is at the foot of the facts on that record’s page."),
            error: self.fault("reference"),
            value: Some(self.reference.as_str()).filter(|typed| !typed.is_empty()),
            autocomplete: Some("off"),
            ..Input::default()
        }
    }

    fn day<'a>(
        &'a self,
        (prefix, legend, hint): (&'static str, &'static str, &'static str),
        values: &'a [String; 3],
    ) -> DateInput<'a> {
        let field = if prefix == "from" {
            "from-day"
        } else {
            "until-day"
        };
        DateInput {
            id: prefix,
            prefix,
            legend,
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some(hint),
            error: self.fault(field),
            values: values.each_ref().map(String::as_str),
        }
    }

    /// The answers, to be checked.
    pub(super) fn rows(&self, name: &str, other: Option<String>) -> Vec<Row> {
        let row = |key, text: &str| Row::new(key, Html::text(text));
        let mut rows = vec![row("Record", name)];
        if let Some(message) = &self.message {
            rows.push(row("Message", message));
        }
        let chosen = self.choices.iter().find(|(value, _)| *value == self.choice);
        if let Some((_, text)) = chosen {
            rows.push(row(self.ask().1, text));
        }
        if let Some(other) = other {
            let key = match self.what == What::Merge {
                true => "Duplicate",
                false => "Goes to",
            };
            rows.push(row(key, &other));
        }
        if self.what == What::Partner {
            let day = |values: &[String; 3], none: &str| {
                let day = date(values).ok().flatten();
                day.map_or_else(|| none.to_owned(), |day| words::date(&day.to_string()))
            };
            rows.push(row("First day", &day(&self.from, "Today")));
            rows.push(row("Last day", &day(&self.until, "Not known yet")));
        }
        if self.what == What::Ask {
            let day = date(&self.from).ok().flatten();
            let day = day.map_or_else(String::new, |day| words::date(&day.to_string()));
            rows.push(row("Day of the meeting", &day));
        } else {
            rows.push(row("Reasons", &self.reasons));
        }
        rows
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}

fn time(
    values: &[String; 3],
    of: impl Fn(jiff::civil::Date) -> i64,
) -> Result<Option<Timestamp>, FlowError> {
    let Some(day) = date(values).ok().flatten() else {
        return Ok(None);
    };
    let at = Timestamp::from_microsecond(of(day));
    at.map(Some)
        .map_err(|error| FlowError::Internal(error.to_string()))
}

/// Who sent the message that is moved, and when, from the record's own timeline.
fn message(dossier: &Dossier, exchange: &str) -> Result<String, FlowError> {
    let found = dossier
        .events
        .iter()
        .find(|event| event.exchange.as_deref() == Some(exchange))
        .ok_or(FlowError::NotFound)?;
    let at = words::time(found.at);
    Ok(match &found.from {
        Some(from) => {
            let known = dossier.agencies.get(from.as_str());
            let name = known.map_or_else(|| from.to_string(), |contact| contact.name.clone());
            format!("From {name}, {at}")
        }
        None => at,
    })
}

async fn choices(
    portal: &Portal,
    what: &What,
    dossier: &Dossier,
) -> Result<Vec<(String, String)>, FlowError> {
    let record = &dossier.record;
    let pair = |value: &str, text: &str| (value.to_owned(), text.to_owned());
    Ok(match what {
        What::Level => (1..=3)
            .map(|n| pair(&n.to_string(), words::level(n)))
            .collect(),
        What::Category => (1..=4)
            .map(|n| pair(&n.to_string(), words::nominal_category(n)))
            .collect(),
        What::EndPartner => {
            let now = portal.flow.clock.now().as_microsecond();
            let runs = record.partners.iter().filter(|part| {
                part.kind == "partner" && part.until.is_none_or(|until| until > now)
            });
            runs.map(|part| {
                let known = dossier.agencies.get(&part.agency);
                pair(
                    &part.agency,
                    known.map_or(&*part.agency, |contact| &contact.name),
                )
            })
            .collect()
        }
        What::Partner | What::Lead | What::Custody => {
            let custody = *what == What::Custody;
            let wanted = |kind: &str| {
                let prison = kind == AgencyKind::Prison.as_str();
                *what == What::Partner || prison == custody
            };
            let all = portal.flow.active_agencies().await?;
            let fits = all.iter().filter(|agency| wanted(&agency.kind));
            let free = custody.then(|| pair(FREE, "Not in custody"));
            free.into_iter()
                .chain(fits.map(|agency| pair(&agency.id, &agency.name)))
                .collect()
        }
        What::Ask => ask::choices(portal, dossier).await?,
        What::Merge | What::Move(_) => Vec::new(),
    })
}
