//! The inputs of a `Task`: the parts of a request that R4 has no element for.

use gateway_core::Personal;
use jiff::civil::Date;

use crate::codes::{ConsentCode, Detail, NotSoughtReason};
use crate::issue::Cause;
use crate::json::Json;
use crate::model::{Consent, Contact, Mappa};
use crate::node::Node;
use crate::party::LINE;
use crate::patient::settled;
use crate::reading::Reading;
use crate::systems::name;

/// Longest necessity, question and reason, in characters.
pub(super) const PROSE: usize = 4_000;
const CONSENT_WORDS: usize = 1_000;

/// What the inputs say.
pub(super) struct Details {
    pub(super) area: String,
    pub(super) mappa: Mappa,
    pub(super) necessity: Personal<String>,
    pub(super) bases: Vec<String>,
    pub(super) readers: Vec<String>,
    pub(super) retention: String,
    pub(super) may_be_told: bool,
    pub(super) coordinator: Contact,
    pub(super) consent: Consent,
    pub(super) consent_words: Option<Personal<String>>,
}

/// The inputs that are ours, each with what it is.
struct Inputs<'a> {
    task: Node<'a>,
    all: Vec<(Detail, Node<'a>)>,
}

impl<'a> Inputs<'a> {
    /// Values of that kind of that detail.
    fn values(&self, detail: Detail, kind: &str) -> Vec<Node<'a>> {
        let ours = self.all.iter().filter(|(found, _)| *found == detail);
        ours.filter_map(|(_, input)| input.child(kind)).collect()
    }
}

impl<'a> Reading<'a> {
    pub(super) fn details(&mut self, task: &Node<'a>) -> Option<Details> {
        let inputs = self.inputs(task);
        let area = self.input(&inputs, Detail::Area, "valueString");
        let area = area.and_then(|area| self.line(&area, LINE));
        let mappa = self.mappa(&inputs);
        let necessity = self.input(&inputs, Detail::Necessity, "valueString");
        let necessity = necessity.and_then(|necessity| self.prose(&necessity, PROSE));
        let bases = self.lines(&inputs, Detail::LegalBasis, 20);
        let readers = self.lines(&inputs, Detail::Reader, 50);
        let retention = self.input(&inputs, Detail::Retention, "valueString");
        let retention = retention.and_then(|retention| self.line(&retention, LINE));
        let told = self.input(&inputs, Detail::MayBeTold, "valueBoolean");
        let coordinator = self.input(&inputs, Detail::Coordinator, "valueContactDetail");
        let coordinator = coordinator.and_then(|found| self.contact_detail(&found));
        let consent = self.consent_said(&inputs);
        let words = self.optional(&inputs, Detail::ConsentWords, "valueString");
        let words = words.map(|words| self.prose(&words, CONSENT_WORDS));
        Some(Details {
            area: area?,
            mappa: mappa?,
            necessity: necessity?,
            bases: bases?,
            readers: readers?,
            retention: retention?,
            may_be_told: told?.json() == &Json::Bool(true),
            coordinator: coordinator?,
            consent: consent?,
            consent_words: settled(words)?,
        })
    }

    /// Inputs of other systems are not ours to read; of ours, every code must be known.
    fn inputs(&mut self, task: &Node<'a>) -> Inputs<'a> {
        let system = self.systems.code_system(name::DETAIL);
        let ours = |input: &Node<'a>| {
            let kind = input.child("type")?;
            let codings = kind.children("coding");
            let ours = |coding: &Node<'a>| coding.text_of("system") == Some(system.as_str());
            codings.iter().any(ours).then_some(kind)
        };
        let mut all = Vec::new();
        for input in task.children("input") {
            let Some(kind) = ours(&input) else { continue };
            if let Some(detail) = self.coded(&kind, &system) {
                all.push((detail, input));
            }
        }
        Inputs {
            task: task.clone(),
            all,
        }
    }

    fn optional(&mut self, inputs: &Inputs<'a>, detail: Detail, kind: &str) -> Option<Node<'a>> {
        let found = inputs.values(detail, kind);
        if let Some(second) = found.get(1) {
            let words = format!("is a second `{}`: give one", detail.as_str());
            self.bad(Cause::Contradiction, second, words);
        }
        found.into_iter().next()
    }

    fn input(&mut self, inputs: &Inputs<'a>, detail: Detail, kind: &str) -> Option<Node<'a>> {
        let found = self.optional(inputs, detail, kind);
        if found.is_none() {
            self.lacking(inputs, detail, kind);
        }
        found
    }

    fn lacking(&mut self, inputs: &Inputs<'a>, detail: Detail, kind: &str) {
        let words = format!(
            "has no `{}` ({}) with a `{kind}`: give one, its type of the system {}",
            detail.as_str(),
            detail.words(),
            self.systems.code_system(name::DETAIL)
        );
        self.issues
            .add(Cause::Missing, inputs.task.path_of("input"), words);
    }

    /// One line each, at least one.
    fn lines(&mut self, inputs: &Inputs<'a>, detail: Detail, most: usize) -> Option<Vec<String>> {
        let found = inputs.values(detail, "valueString");
        if found.is_empty() {
            self.lacking(inputs, detail, "valueString");
            return None;
        }
        if let Some(beyond) = found.get(most) {
            let words = format!("is one too many: give at most {most}");
            self.bad(Cause::TooMuch, beyond, words);
            return None;
        }
        found.iter().map(|one| self.line(one, LINE)).collect()
    }

    fn mappa(&mut self, inputs: &Inputs<'a>) -> Option<Mappa> {
        let category = self.figure(inputs, Detail::MappaCategory, 4);
        let level = self.figure(inputs, Detail::MappaLevel, 3);
        let lead = self.input(inputs, Detail::LeadAgency, "valueReference");
        let lead = lead.and_then(|lead| self.resolve(&lead, &["Organization"]));
        let lead = lead.and_then(|lead| self.agency(&lead));
        let meeting = self.optional(inputs, Detail::NextMeeting, "valueDate");
        let meeting: Option<Option<Date>> = meeting.map(|meeting| self.day(&meeting));
        Some(Mappa {
            category: category?,
            level: level?,
            lead: lead?,
            next_meeting: settled(meeting)?,
        })
    }

    fn figure(&mut self, inputs: &Inputs<'a>, detail: Detail, most: u8) -> Option<u8> {
        let node = self.input(inputs, detail, "valuePositiveInt")?;
        let figure = match node.json() {
            Json::Number(text) => text.parse().ok().filter(|n| (1..=most).contains(n)),
            Json::Null
            | Json::Bool(_)
            | Json::Text(_)
            | Json::Attachment(_)
            | Json::List(_)
            | Json::Object(_) => None,
        };
        if figure.is_none() {
            let words = format!("is not in MAPPA: give a whole number from 1 to {most}");
            self.bad(Cause::BadValue, &node, words);
        }
        figure
    }

    fn consent_said(&mut self, inputs: &Inputs<'a>) -> Option<Consent> {
        let said = self.input(inputs, Detail::Consent, "valueCode")?;
        let reason = self.optional(inputs, Detail::NotSought, "valueCode");
        let record = self.optional(inputs, Detail::ConsentRecord, "valueReference");
        let code = self.code::<ConsentCode>(&said)?;
        for (given, fits) in [
            (&reason, code == ConsentCode::NotSought),
            (&record, code == ConsentCode::Given),
        ] {
            if let Some(node) = given.as_ref().filter(|_| !fits) {
                let words = "does not go with what is said about consent: leave one of them out";
                self.bad(Cause::Contradiction, node, words);
                return None;
            }
        }
        match code {
            ConsentCode::Sought => Some(Consent::Sought),
            ConsentCode::Refused => Some(Consent::Refused),
            ConsentCode::NotSought => {
                let reason = self.input(inputs, Detail::NotSought, "valueCode")?;
                let reason = self.code::<NotSoughtReason>(&reason)?;
                Some(Consent::NotSought(reason))
            }
            ConsentCode::Given => {
                let record = self.input(inputs, Detail::ConsentRecord, "valueReference")?;
                let consent = self.resolve(&record, &["Consent"])?;
                self.consent(&consent).map(Consent::Given)
            }
        }
    }
}
