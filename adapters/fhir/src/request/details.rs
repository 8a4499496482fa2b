//! The inputs of a `Task`: the parts of a request that R4 has no element for.

use gateway_core::Personal;
use jiff::civil::Date;

use crate::codes::{ConsentCode, Detail, LegalBasis, NotSoughtReason};
use crate::issue::Cause;
use crate::json::Json;
use crate::model::{Consent, Contact, Keeping, Mappa, Need};
use crate::node::Node;
use crate::party::LINE;
use crate::patient::settled;
use crate::reading::Reading;
use crate::systems::name;

/// Longest necessity, question and reason, in characters.
pub(crate) const PROSE: usize = 4_000;
const CONSENT_WORDS: usize = 1_000;

/// What the inputs say.
pub(super) struct Details {
    pub(super) area: Option<String>,
    pub(super) mappa: Mappa,
    pub(super) need: Need,
    pub(super) detail: Option<Personal<String>>,
    pub(super) keeping: Keeping,
    pub(super) coordinator: Option<Contact>,
    pub(super) consent: Consent,
    pub(super) consent_words: Option<Personal<String>>,
    pub(super) needed_by: Option<Date>,
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
        let area = self.optional(&inputs, Detail::Area, "valueString");
        let area = area.map(|area| self.line(&area, LINE));
        let mappa = self.mappa(&inputs);
        let need = self.need(&inputs);
        let detail = self.words(&inputs, Detail::QuestionsDetail, PROSE);
        let keeping = self.keeping(&inputs);
        let coordinator = self.optional(&inputs, Detail::Coordinator, "valueContactDetail");
        let coordinator = coordinator.map(|found| self.contact_detail(&found));
        let consent = self.consent_said(&inputs);
        let consent_words = self.words(&inputs, Detail::ConsentWords, CONSENT_WORDS);
        let needed_by = self.optional(&inputs, Detail::NeededBy, "valueDate");
        let needed_by = needed_by.map(|day| self.day(&day));
        Some(Details {
            area: settled(area)?,
            mappa: mappa?,
            need: need?,
            detail: detail?,
            keeping: keeping?,
            coordinator: settled(coordinator)?,
            consent: consent?,
            consent_words: consent_words?,
            needed_by: settled(needed_by)?,
        })
    }

    /// Words that need not be there. The outer `None` says that they are wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn words(
        &mut self,
        inputs: &Inputs<'a>,
        detail: Detail,
        most: usize,
    ) -> Option<Option<Personal<String>>> {
        let found = self.optional(inputs, detail, "valueString");
        settled(found.map(|words| self.prose(&words, most)))
    }

    fn must_say(&mut self, inputs: &Inputs<'a>, detail: Detail) -> Option<Personal<String>> {
        let found = self.input(inputs, detail, "valueString")?;
        self.prose(&found, PROSE)
    }

    /// Why it is asked; but for the purpose, which has an element of its own.
    fn need(&mut self, inputs: &Inputs<'a>) -> Option<Need> {
        let at_risk = self.lines(inputs, Detail::AtRisk, 50);
        let why_now = self.must_say(inputs, Detail::Necessity);
        let decision = self.must_say(inputs, Detail::Decision);
        let bases = self.bases(inputs);
        Some(Need {
            at_risk: at_risk?.into_iter().map(Personal::new).collect(),
            why_now: Some(why_now?),
            purpose: None,
            decision: Some(decision?),
            bases: bases?,
        })
    }

    fn bases(&mut self, inputs: &Inputs<'a>) -> Option<Vec<LegalBasis>> {
        let found = inputs.values(Detail::LegalBasis, "valueCode");
        if found.is_empty() {
            self.lacking(inputs, Detail::LegalBasis, "valueCode");
            return None;
        }
        let mut bases: Vec<LegalBasis> = Vec::new();
        for one in &found {
            let code = self.code(one)?;
            if !bases.contains(&code) {
                bases.push(code);
            }
        }
        Some(bases)
    }

    fn keeping(&mut self, inputs: &Inputs<'a>) -> Option<Keeping> {
        let readers = self.lines(inputs, Detail::Reader, 50);
        let retention = self.input(inputs, Detail::Retention, "valueString");
        let retention = retention.and_then(|retention| self.line(&retention, LINE));
        let told = self.input(inputs, Detail::MayBeTold, "valueBoolean");
        let why_not_told = self.words(inputs, Detail::WhyNotTold, PROSE);
        Some(Keeping {
            readers: readers?,
            retention: Some(retention?),
            may_be_told: Some(told?.json() == &Json::Bool(true)),
            why_not_told: why_not_told?,
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
        let level_reason = self.words(inputs, Detail::LevelReason, PROSE);
        Some(Mappa {
            category: Some(category?),
            level: Some(level?),
            level_reason: level_reason?,
            lead: Some(lead?),
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
