//! What is asked: whom it is about, what it is, for whom and why.

use askama::Template;
use gateway_core::question::Consent;
use gateway_core::{About, AgencyId, Category, Identifier, IdentifierKind, Purpose};
use gateway_flow::submission::{Emergency, ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{FieldFault, FlowError};
use jiff::civil::Date;

use crate::component::{
    ChoiceItem, Choices, DateInput, ErrorItem, ErrorSummary, Html, Input, Pick, Select, Textarea,
};
use crate::page::asked::date;
use crate::visitor::{Fields, Visitor};
use crate::{Portal, words};

/// What is wrong: the field's id and the words.
type Fault = (&'static str, String);

/// The fields of identifiers.
const KNOWN_BY: [(&str, IdentifierKind, &str); 4] = [
    ("pnc", IdentifierKind::Pnc, "PNC ID"),
    ("nhs", IdentifierKind::Nhs, "NHS number"),
    ("prison", IdentifierKind::Prison, "Prison number"),
    ("name", IdentifierKind::Name, "Full name"),
];
const CONSENT: [(&str, &str); 4] = [
    ("", "Not considered yet"),
    ("given", "The person has agreed"),
    ("refused", "The person was asked and refused"),
    (
        "not-sought",
        "Considered, and not asked because of the risk",
    ),
];

/// The question as it was filled in.
pub(super) struct Question {
    /// Ids and names.
    agencies: Vec<(String, String)>,
    recipients: Vec<String>,
    category: String,
    owner: String,
    about: String,
    purpose: String,
    reference: String,
    identifiers: [String; 4],
    born: [String; 3],
    consent: String,
    emergency: bool,
    statement: String,
    pub(super) faults: Vec<Fault>,
}

impl Question {
    /// An empty one.
    pub(super) async fn new(portal: &Portal, visitor: &Visitor) -> Result<Self, FlowError> {
        let own = visitor.session.caller.agency.as_str();
        let others = portal.flow.active_agencies().await?.into_iter();
        Ok(Self {
            agencies: others
                .filter(|agency| agency.id != own)
                .map(|agency| (agency.id, agency.name))
                .collect(),
            recipients: Vec::new(),
            category: String::new(),
            owner: String::new(),
            about: About::Subject.as_str().to_owned(),
            purpose: String::new(),
            reference: String::new(),
            identifiers: Default::default(),
            born: Default::default(),
            consent: String::new(),
            emergency: false,
            statement: String::new(),
            faults: Vec::new(),
        })
    }

    /// Takes what was typed.
    pub(super) fn fill(&mut self, fields: &Fields) {
        let text = |name: &str| fields.one(name).trim().to_owned();
        self.recipients = fields.all("to").map(str::to_owned).collect();
        self.category = text("category");
        self.owner = text("owner");
        self.about = text("about");
        self.purpose = text("purpose");
        self.reference = text("reference");
        self.identifiers = KNOWN_BY.map(|(name, _, _)| text(name));
        self.born = ["day", "month", "year"].map(|part| text(&format!("born-{part}")));
        self.consent = text("consent");
        self.emergency = fields.has("emergency");
        self.statement = text("statement");
    }

    /// What the flow is asked; none where something is wrong.
    pub(super) fn check(&mut self, today: Date) -> Option<Particulars> {
        let mut faults: Vec<Fault> = Vec::new();
        let mut wrong = |field, text: &str| faults.push((field, text.to_owned()));
        let recipients: Vec<RecipientClaim> = self
            .recipients
            .iter()
            .filter(|id| self.agencies.iter().any(|(known, _)| known == *id))
            .filter_map(|id| id.parse::<AgencyId>().ok())
            .map(|agency| RecipientClaim {
                agency,
                person: None,
                reason: None,
            })
            .collect();
        if recipients.is_empty() {
            wrong("to", "Select at least one agency");
        }
        let category: Option<Category> = self.category.parse().ok();
        if category.is_none() {
            wrong("category", "Select what kind of information it is");
        }
        let purpose: Option<Purpose> = self.purpose.parse().ok();
        if purpose.is_none() {
            wrong("purpose", "Select why it would be shared");
        }
        if self.emergency && self.statement.is_empty() {
            wrong("statement", "Enter what is imminent");
        }
        let identifiers = self.known_by(today, &mut faults);
        if faults.is_empty() && self.reference.is_empty() && identifiers.is_empty() {
            let text = "Enter the reference of the record, or identifiers of the person";
            faults.push(("reference", text.to_owned()));
        }
        self.faults = faults;
        let mut particulars = Particulars::new(recipients);
        particulars.purpose = purpose;
        // What a message needs and a question has not: it is asked before it is written.
        particulars.necessity = Some("asked whether it may be shared".to_owned().into());
        particulars.bases = vec!["asked whether it may be shared".to_owned()];
        particulars.reference = Some(self.reference.clone()).filter(|typed| !typed.is_empty());
        particulars.identifiers = identifiers;
        particulars.emergency = self.emergency.then(|| Emergency {
            statement: self.statement.clone().into(),
            confirm_recipients: Vec::new(),
        });
        particulars.items = vec![ItemClaim {
            category,
            owner: self.owner.parse().ok(),
            about: self.about.parse().unwrap_or(About::Subject),
            consent: consent(&self.consent),
            ..ItemClaim::new("A question".to_owned().into())
        }];
        self.faults.is_empty().then_some(particulars)
    }

    fn known_by(&self, today: Date, faults: &mut Vec<Fault>) -> Vec<Identifier> {
        let mut found = Vec::new();
        for ((field, kind, _), typed) in KNOWN_BY.iter().zip(&self.identifiers) {
            if typed.is_empty() {
                continue;
            }
            match Identifier::parse(*kind, typed, today) {
                Ok(identifier) => found.push(identifier),
                Err(error) => faults.push((field, sentence(&error.to_string()))),
            }
        }
        match date(&self.born) {
            Ok(None) => {}
            Ok(Some(day)) => {
                match Identifier::parse(IdentifierKind::Dob, &day.to_string(), today) {
                    Ok(identifier) => found.push(identifier),
                    Err(error) => faults.push(("born-day", sentence(&error.to_string()))),
                }
            }
            Err(()) => {
                let text = "Enter a real date, such as 27 3 1980";
                faults.push(("born-day", text.to_owned()));
            }
        }
        found
    }

    /// Takes what the flow found wrong.
    pub(super) fn take(&mut self, faults: Vec<FieldFault>) {
        let place = |pointer: &str| match pointer.split('/').nth(1) {
            Some("recipients") => "to",
            Some("emergency") => "statement",
            Some("items") if pointer.ends_with("owner") => "owner",
            Some("items") => "category",
            _ => "reference",
        };
        self.faults = faults
            .into_iter()
            .map(|fault| (place(&fault.pointer), sentence(&fault.detail)))
            .collect();
    }

    fn fault(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|(name, _)| *name == field);
        found.map(|(_, text)| text.as_str())
    }

    /// All that is wrong.
    pub(super) fn summary(&self) -> Option<ErrorSummary<'_>> {
        let href = |field| match field {
            "to" => "#to",
            "category" => "#category",
            "owner" => "#owner",
            "purpose" => "#purpose",
            "statement" => "#statement",
            "pnc" => "#pnc",
            "nhs" => "#nhs",
            "prison" => "#prison",
            "name" => "#name",
            "born-day" => "#born-day",
            _ => "#reference",
        };
        let errors: Vec<ErrorItem<'_>> = self
            .faults
            .iter()
            .map(|(field, text)| ErrorItem {
                text,
                href: href(*field),
            })
            .collect();
        (!errors.is_empty()).then_some(ErrorSummary {
            title: "There is a problem",
            errors,
        })
    }

    /// The fields.
    pub(super) fn fields(&self) -> Html {
        let mut parts = vec![
            heading("Who it is about"),
            Html::of(&self.line("reference", "Reference of the record", &self.reference)),
        ];
        parts.push(hint("Or two identifiers, one of them a number."));
        for ((name, _, label), value) in KNOWN_BY.iter().zip(&self.identifiers) {
            parts.push(Html::of(&self.line(name, label, value)));
        }
        parts.push(Html::of(&self.born()));
        parts.push(heading("What it is"));
        parts.push(Html::of(&self.category()));
        parts.push(Html::of(&self.owner()));
        parts.push(Html::of(&self.about()));
        parts.push(heading("Whom you would send it to, and why"));
        parts.push(Html::of(&self.recipients()));
        parts.push(Html::of(&self.purpose()));
        parts.push(Html::of(&self.consent()));
        parts.push(Html::of(&self.emergency()));
        parts.push(Html::of(&Textarea {
            id: "statement",
            name: "statement",
            label: "In an emergency: what is imminent",
            error: self.fault("statement"),
            value: &self.statement,
            rows: 2,
            ..Textarea::default()
        }));
        parts.into_iter().collect()
    }

    fn line<'a>(&'a self, name: &'a str, label: &'a str, value: &'a str) -> Input<'a> {
        Input {
            id: name,
            name,
            kind: "text",
            label,
            error: self.fault(name),
            value: Some(value).filter(|value| !value.is_empty()),
            autocomplete: Some("off"),
            ..Input::default()
        }
    }

    fn born(&self) -> DateInput<'_> {
        DateInput {
            id: "born",
            prefix: "born",
            legend: "Date of birth",
            error: self.fault("born-day"),
            values: self.born.each_ref().map(String::as_str),
            ..DateInput::default()
        }
    }

    fn category(&self) -> Select<'_> {
        let known = Category::ALL
            .iter()
            .filter(|one| **one != Category::Unlabelled);
        let items = known.map(|one| (one.as_str(), words::category(one.as_str())));
        Select {
            id: "category",
            name: "category",
            label: "Kind of information",
            error: self.fault("category"),
            items: with_none("Select", items, &self.category),
            ..Select::default()
        }
    }

    fn owner(&self) -> Select<'_> {
        let items = self
            .agencies
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str()));
        Select {
            id: "owner",
            name: "owner",
            label: "Whose information it is",
            hint: Some("What you were given by another agency stays theirs."),
            error: self.fault("owner"),
            items: with_none("My agency’s", items, &self.owner),
        }
    }

    fn about(&self) -> Select<'_> {
        let items = About::ALL
            .iter()
            .map(|one| (one.as_str(), words::about(one.as_str())));
        Select {
            id: "about",
            name: "about",
            label: "Whom it tells about",
            items: items
                .map(|(value, text)| choice(value, text, &self.about))
                .collect(),
            ..Select::default()
        }
    }

    fn recipients(&self) -> Choices<'_> {
        Choices {
            pick: Pick::Any,
            id: "to",
            name: "to",
            legend: "Agencies",
            legend_classes: "govuk-fieldset__legend--s",
            classes: "govuk-checkboxes--small",
            error: self.fault("to"),
            items: self
                .agencies
                .iter()
                .map(|(id, name)| ChoiceItem {
                    value: id,
                    text: name,
                    checked: self.recipients.contains(id),
                    ..ChoiceItem::default()
                })
                .collect(),
            ..Choices::default()
        }
    }

    fn purpose(&self) -> Select<'_> {
        let items = Purpose::ALL
            .iter()
            .map(|one| (one.as_str(), words::purpose(one.as_str())));
        Select {
            id: "purpose",
            name: "purpose",
            label: "Why it would be shared",
            error: self.fault("purpose"),
            items: with_none("Select", items, &self.purpose),
            ..Select::default()
        }
    }

    fn consent(&self) -> Choices<'_> {
        Choices {
            pick: Pick::One,
            id: "consent",
            name: "consent",
            legend: "Has the person agreed?",
            legend_classes: "govuk-fieldset__legend--s",
            classes: "govuk-radios--small",
            items: CONSENT
                .iter()
                .map(|(value, text)| choice(value, text, &self.consent))
                .collect(),
            ..Choices::default()
        }
    }

    fn emergency(&self) -> Choices<'_> {
        Choices {
            pick: Pick::Any,
            id: "emergency",
            name: "emergency",
            legend: "Emergency",
            legend_classes: "govuk-fieldset__legend--s",
            items: vec![ChoiceItem {
                value: "yes",
                text: "There is an imminent risk of serious harm",
                checked: self.emergency,
                ..ChoiceItem::default()
            }],
            ..Choices::default()
        }
    }
}

fn choice<'a>(value: &'a str, text: &'a str, chosen: &str) -> ChoiceItem<'a> {
    ChoiceItem {
        value,
        text,
        checked: value == chosen,
        ..ChoiceItem::default()
    }
}

fn with_none<'a>(
    none: &'a str,
    items: impl Iterator<Item = (&'a str, &'a str)>,
    chosen: &str,
) -> Vec<ChoiceItem<'a>> {
    let none = ChoiceItem {
        text: none,
        ..ChoiceItem::default()
    };
    let items = items.map(|(value, text)| choice(value, text, chosen));
    std::iter::once(none).chain(items).collect()
}

#[derive(Template)]
#[template(source = "<h2 class=\"govuk-heading-m\">{{ text }}</h2>", ext = "html")]
struct Heading<'a> {
    text: &'a str,
}

#[derive(Template)]
#[template(source = "<p class=\"govuk-hint\">{{ text }}</p>", ext = "html")]
struct Said<'a> {
    text: &'a str,
}

fn heading(text: &str) -> Html {
    Html::of(&Heading { text })
}

fn hint(text: &str) -> Html {
    Html::of(&Said { text })
}

fn consent(word: &str) -> Option<Consent> {
    match word {
        "given" => Some(Consent::Given),
        "refused" => Some(Consent::Refused),
        "not-sought" => Some(Consent::NotSought),
        _ => None,
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}
