//! The form by which a reviewer decides: what about, what kind of information it is where nobody
//! has said so, and why.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::Category;
use gateway_flow::hold::ReviewView;

use crate::component::{
    Button, ChoiceItem, Choices, ErrorItem, ErrorSummary, Pick, Select, Textarea,
};
use crate::words;

/// The buttons.
pub(crate) const APPROVE: Button<'static> = button("Approve", "approve", "");
pub(crate) const REFUSE: Button<'static> = button("Refuse", "refuse", "govuk-button--warning");
pub(crate) const ASK: Button<'static> = button("Ask back", "ask", "govuk-button--secondary");

/// What was typed, to be shown again where it was not taken.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    /// The holds that were chosen; none: the form is new, and all are.
    pub(crate) chosen: Option<BTreeSet<String>>,
    /// Categories, by the item's number.
    pub(crate) categories: BTreeMap<i64, String>,
    pub(crate) reasons: String,
    pub(crate) question: String,
}

/// What is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    pub(crate) chosen: Option<String>,
    pub(crate) categories: BTreeMap<i64, String>,
    pub(crate) reasons: Option<String>,
    pub(crate) question: Option<String>,
}

impl Wrong {
    /// Whether anything is.
    pub(crate) fn is_any(&self) -> bool {
        self.chosen.is_some()
            || self.reasons.is_some()
            || self.question.is_some()
            || !self.categories.is_empty()
    }

    /// Each with the place of its field.
    fn all(&self) -> Vec<(String, String)> {
        let one = |text: &Option<String>, field: &str| {
            text.clone().map(|text| (text, format!("#{field}")))
        };
        let categories = self.categories.iter();
        one(&self.chosen, "holds")
            .into_iter()
            .chain(categories.map(|(n, text)| (text.clone(), format!("#category-{n}"))))
            .chain(one(&self.reasons, "reasons"))
            .chain(one(&self.question, "question"))
            .collect()
    }
}

/// The form, with what was typed and what is wrong.
#[derive(Debug)]
pub(crate) struct Form {
    choices: Vec<Choice>,
    /// The number and title of each item that has no category.
    unlabelled: Vec<(i64, String)>,
    typed: Typed,
    wrong: Wrong,
    /// What is wrong, each with the place of its field.
    errors: Vec<(String, String)>,
    /// A question waits for an answer: there is no asking again.
    pub(super) waits: bool,
}

#[derive(Debug)]
struct Choice {
    hold: String,
    text: String,
    hint: Option<String>,
    checked: bool,
}

impl Form {
    /// Of what still waits for this reader; `names` are those of the agencies.
    pub(crate) fn of(
        view: &ReviewView,
        names: &BTreeMap<String, String>,
        typed: Typed,
        wrong: Wrong,
    ) -> Option<Self> {
        let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), Clone::clone);
        let (mut choices, mut unlabelled) = (Vec::new(), Vec::new());
        for item in &view.items {
            let open = item.cells.iter().filter(|cell| cell.is_open());
            let before = choices.len();
            choices.extend(open.map(|cell| {
                Choice {
                    text: format!("{}, for {}", item.title, name(&cell.recipient)),
                    hint: cell.after.then(|| {
                        "It went out in an emergency. Approve: it stays. Refuse: it is called back."
                            .to_owned()
                    }),
                    checked: typed
                        .chosen
                        .as_ref()
                        .is_none_or(|chosen| chosen.contains(&cell.hold)),
                    hold: cell.hold.clone(),
                }
            }));
            if choices.len() > before && item.is_unlabelled() {
                unlabelled.push((item.n, item.title.clone()));
            }
        }
        let waits = view
            .questions
            .iter()
            .any(|asked| asked.open && asked.answer.is_none());
        (!choices.is_empty()).then_some(Self {
            choices,
            unlabelled,
            errors: wrong.all(),
            typed,
            wrong,
            waits,
        })
    }

    /// All that is wrong.
    pub(crate) fn summary(&self) -> Option<ErrorSummary<'_>> {
        let errors = self.errors.iter();
        let errors = errors.map(|(text, href)| ErrorItem { text, href });
        (!self.errors.is_empty()).then(|| ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        })
    }

    pub(super) fn holds(&self) -> Choices<'_> {
        let items = self.choices.iter().map(|choice| ChoiceItem {
            value: &choice.hold,
            text: &choice.text,
            hint: choice.hint.as_deref(),
            checked: choice.checked,
        });
        Choices {
            pick: Pick::Any,
            id: "holds",
            name: "holds",
            legend: "What do you decide about?",
            legend_classes: "govuk-fieldset__legend--s",
            hint: (self.choices.len() > 1)
                .then_some("To approve in part, take the rest out: it stays held."),
            error: self.wrong.chosen.as_deref(),
            items: items.collect(),
            ..Choices::default()
        }
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        let kinds = self.unlabelled.iter().map(|(n, title)| {
            let id = format!("category-{n}");
            let typed = self.typed.categories.get(n).map_or("", String::as_str);
            let mut items = vec![ChoiceItem {
                text: "Choose",
                checked: typed.is_empty(),
                ..ChoiceItem::default()
            }];
            let known = Category::ALL
                .iter()
                .filter(|one| **one != Category::Unlabelled);
            items.extend(known.map(|category| ChoiceItem {
                value: category.as_str(),
                text: words::category(category.as_str()),
                checked: typed == category.as_str(),
                ..ChoiceItem::default()
            }));
            Select {
                id: &id,
                name: &id,
                label: &format!("What kind of information is “{title}”?"),
                hint: Some("It came without a category. Its rules follow from what you say."),
                error: self.wrong.categories.get(n).map(String::as_str),
                items,
            }
            .to_string()
        });
        kinds.collect()
    }

    pub(super) fn reasons(&self) -> Textarea<'_> {
        Textarea {
            id: "reasons",
            name: "reasons",
            label: "Reasons",
            label_classes: "govuk-label--s",
            hint: Some("They are kept with the decision."),
            error: self.wrong.reasons.as_deref(),
            value: &self.typed.reasons,
            ..Textarea::default()
        }
    }

    pub(super) fn question(&self) -> Textarea<'_> {
        Textarea {
            id: "question",
            name: "question",
            label: "Question to the sender",
            hint: Some("It stays held until you decide, and the time for that goes on."),
            error: self.wrong.question.as_deref(),
            value: &self.typed.question,
            rows: 3,
            ..Textarea::default()
        }
    }
}

const fn button(text: &'static str, value: &'static str, classes: &'static str) -> Button<'static> {
    Button {
        text,
        href: None,
        classes,
        name: "decision",
        value,
        prevent_double_click: true,
    }
}
