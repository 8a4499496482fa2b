//! Reads an answer.

use gateway_core::{Id, Personal};
use jiff::Timestamp;

use crate::codes::{AnswerCode, BasisCode, ConsentCode, HealthCategory};
use crate::issue::Cause;
use crate::json::Attachment;
use crate::model::{Answer, Answered, Basis, Kind, Refusal, Trust};
use crate::node::Node;
use crate::party::LINE;
use crate::patient::settled;
use crate::reading::Reading;
use crate::request::PROSE;
use crate::systems::{NHS_NUMBER, name};

/// Longest answer to one question, in characters.
const ANSWER: usize = 20_000;
const ANSWERS: usize = 50;

impl<'a> Reading<'a> {
    /// Whether a `Communication` is an answer to a health information request.
    pub(crate) fn is_answer(&mut self, node: &Node<'a>) -> bool {
        let system = self.systems.identifier(name::REQUEST_ID);
        let ours = |based: &Node<'a>| {
            let id = based.child("identifier");
            id.is_some_and(|id| id.text_of("system") == Some(system.as_str()))
                || task_id(based).is_some()
        };
        let found = node.children("basedOn").iter().any(ours);
        if !found {
            let words = format!(
                "names no health information request: an answer has the request's id here, as an \
                 identifier of the system {system}, or refers to Task/ and that id"
            );
            self.issues
                .add(Cause::NotOurs, node.path_of("basedOn"), words);
        }
        found
    }

    pub(crate) fn answer(&mut self, node: &Node<'a>, streamed: &[Attachment]) -> Option<Answer> {
        if !self.is_answer(node) {
            return None;
        }
        let made = self.made(node);
        let request = self.answers_to(node);
        let kind = self.kind(node);
        let interim = self.interim(node, kind.as_ref());
        let sender = self.sender(node);
        let basis = self.basis(node);
        let nhs_number = self.about(node);
        let texts = self.texts(node);
        let answered_by = self.answered_by(node);
        let documents = self.documents(node, streamed);
        let (trust, clinician) = sender?;
        let (answers, clinical) = texts?;
        let (id, sent) = made?;
        Some(Answer {
            id,
            request: request?,
            sent,
            interim: interim?,
            called_back: false,
            partly: false,
            kind: kind?,
            trust,
            clinician,
            answered_by: answered_by?,
            basis: basis?,
            nhs_number: nhs_number?,
            answers,
            clinical,
            documents: documents?,
        })
    }

    /// Its id and when it was sent.
    fn made(&mut self, node: &Node<'a>) -> Option<(Id, Timestamp)> {
        if let Some(created) = self.created {
            return Some((created.id, created.at));
        }
        let id = self.identified(node, name::ANSWER_ID);
        let id = id.and_then(|id| self.id(&id));
        let sent = self.must(node, "sent", "say when it was sent");
        let sent = sent.and_then(|sent| self.time(&sent));
        Some((id?, sent?))
    }

    /// Who sends it. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn answered_by(&mut self, node: &Node<'a>) -> Option<Option<Personal<String>>> {
        if !self.has_extension(node, name::ANSWERED_BY) {
            return Some(None);
        }
        let by = self.extension(node, name::ANSWERED_BY, "valueString")?;
        self.line(&by, LINE).map(Personal::new).map(Some)
    }

    fn answers_to(&mut self, node: &Node<'a>) -> Option<Id> {
        let based = self.must_one(node, "basedOn", "name the request")?;
        if let Some(id) = task_id(&based) {
            let node = based.child("reference")?;
            return self.uuid(&node, id);
        }
        if let Some(foreign) = based.child("reference") {
            let words = "refers elsewhere, where nothing is fetched: refer to Task/ and the \
                         request's id, or give its identifier alone";
            self.bad(Cause::ForeignReference, &foreign, words);
            return None;
        }
        let id = self.must(&based, "identifier", "give the request's id")?;
        let value = self.must(&id, "value", "give the request's id")?;
        self.id(&value)
    }

    fn kind(&mut self, node: &Node<'a>) -> Option<Kind> {
        let system = self.systems.code_system(name::ANSWER);
        let category = self.must_one(node, "category", "say what kind of answer it is")?;
        let code = self.coded::<AnswerCode>(&category, &system)?;
        let reason = match code {
            AnswerCode::Partial => self.partial(node)?,
            AnswerCode::Refused => self.refusal_of(node, true)?,
            AnswerCode::Full
            | AnswerCode::NilHeld
            | AnswerCode::NotKnown
            | AnswerCode::Redirected => self.refusal_of(node, false)?,
        };
        Some(match code {
            AnswerCode::Full => Kind::Full,
            AnswerCode::Partial => Kind::Partial(reason),
            AnswerCode::NilHeld => Kind::NilHeld,
            AnswerCode::NotKnown => Kind::NotKnownToService,
            AnswerCode::Refused => Kind::Refused(reason?),
            AnswerCode::Redirected => {
                let to = self.extension(node, name::REDIRECTED, "valueString")?;
                Kind::Redirected(self.line(&to, LINE)?)
            }
        })
    }

    /// Why not all is given, where that is said. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn partial(&mut self, node: &Node<'a>) -> Option<Option<Refusal>> {
        match node.child("statusReason") {
            Some(reason) => self.refusal(&reason).map(Some),
            None => Some(None),
        }
    }

    /// Whether more is to come; and whether the status fits the kind of answer.
    fn interim(&mut self, node: &Node<'a>, kind: Option<&Kind>) -> Option<bool> {
        let status = node.child("status")?;
        let refused = matches!(kind, Some(Kind::Refused(_)));
        match (status.text()?, refused) {
            ("completed", false) | ("not-done", true) => Some(false),
            ("in-progress", false) => Some(true),
            _ => {
                let words = "does not fit the kind of answer: give `completed`, `in-progress` for \
                             one after which more comes, `not-done` for a refusal";
                self.bad(Cause::Contradiction, &status, words);
                None
            }
        }
    }

    /// The trust, and the clinician where one is named.
    fn sender(&mut self, node: &Node<'a>) -> Option<(Trust, Option<Personal<String>>)> {
        let words = "refer to the clinician who answers, or to the health body";
        let sender = self.must(node, "sender", words)?;
        let (trust, role) = self.trust_and_role(&sender)?;
        let clinician = match role {
            Some(role) => Some(self.person(&role)?),
            None => None,
        };
        Some((trust, clinician))
    }

    /// The basis. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn basis(&mut self, node: &Node<'a>) -> Option<Option<Basis>> {
        let reasons = node.children("reasonCode");
        if reasons.is_empty() {
            return Some(None);
        }
        let reason = self.must_one(node, "reasonCode", "give one basis")?;
        let system = self.systems.code_system(name::BASIS);
        let code = self.coded::<BasisCode>(&reason, &system)?;
        let words = reason.child("text").map(|text| self.prose(&text, PROSE));
        let public_interest = settled(words)?;
        let (consent, given) = match code {
            BasisCode::PublicInterest => (self.not_given(node)?, None),
            BasisCode::Consent => {
                let about = self.must_one(node, "about", "refer to the person's Consent")?;
                let consent = self.resolve(&about, &["Consent"])?;
                (Some(ConsentCode::Given), self.consent(&consent)?)
            }
        };
        Some(Some(Basis {
            consent,
            given,
            public_interest,
        }))
    }

    /// What was done about consent that is not the basis. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn not_given(&mut self, node: &Node<'a>) -> Option<Option<ConsentCode>> {
        if !self.has_extension(node, name::CONSENT) {
            return Some(None);
        }
        let said = self.extension(node, name::CONSENT, "valueCode")?;
        let code = self.code::<ConsentCode>(&said)?;
        if code == ConsentCode::Given {
            let words = "says that consent was given, which is a basis of its own: give the basis \
                         `consent`";
            self.bad(Cause::Contradiction, &said, words);
            return None;
        }
        Some(Some(code))
    }

    /// The NHS number of the subject: by identifier, or of a `Patient` that was sent. The outer
    /// `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn about(&mut self, node: &Node<'a>) -> Option<Option<Personal<String>>> {
        let Some(subject) = node.child("subject") else {
            return Some(None);
        };
        if subject.text_of("reference").is_some() {
            let patient = self.resolve(&subject, &["Patient"])?;
            return self.nhs_number(&patient);
        }
        let id = self.must(
            &subject,
            "identifier",
            "give the NHS number, or leave it out",
        )?;
        if id.text_of("system") != Some(NHS_NUMBER) {
            let words = format!("is not {NHS_NUMBER}: give the NHS number, or leave it out");
            self.issues
                .add(Cause::NotSupported, id.path_of("system"), words);
            return None;
        }
        let value = self.must(&id, "value", "give the NHS number, or leave it out")?;
        self.checked_number(&value).map(Some)
    }

    /// The answers to questions, and what answers no one question.
    fn texts(&mut self, node: &Node<'a>) -> Option<(Vec<Answered>, Option<Personal<String>>)> {
        let payload = node.children("payload").into_iter();
        let texts: Vec<_> = payload
            .filter(|one| one.child("contentString").is_some())
            .collect();
        if let Some(beyond) = texts.get(ANSWERS) {
            let words = "is one too many: give at most 50 answers at once";
            self.bad(Cause::TooMuch, beyond, words);
            return None;
        }
        let (mut answers, mut clinical) = (Vec::new(), Vec::new());
        let mut wrong = false;
        for one in &texts {
            if self.has_extension(one, name::QUESTION_ID)
                || self.has_extension(one, name::QUESTION_CODE)
            {
                let answered = self.answered(one);
                wrong |= answered.is_none();
                answers.extend(answered);
            } else {
                let detail = self.clinical(one);
                wrong |= detail.is_none();
                clinical.extend(detail);
            }
        }
        let clinical = (!clinical.is_empty()).then(|| clinical.join("\n\n").into());
        (!wrong).then_some((answers, clinical))
    }

    /// A text that says of no question that it answers it.
    fn clinical(&mut self, payload: &Node<'a>) -> Option<String> {
        let category = self.category(payload);
        let text = payload.child("contentString")?;
        let text = self.prose(&text, ANSWER);
        if category? == HealthCategory::Risk {
            let words = "answers no question: give the question's id and code, or send it as \
                         HEALTH_CLIN";
            self.issues
                .add(Cause::Missing, payload.path_of("extension"), words);
            return None;
        }
        text.map(Personal::into_inner)
    }

    fn answered(&mut self, payload: &Node<'a>) -> Option<Answered> {
        let asked = self.asked(payload);
        let category = self.category(payload);
        let text = payload.child("contentString")?;
        let text = self.prose(&text, ANSWER);
        let (question, code) = asked?;
        Some(Answered {
            question,
            code,
            category: category?,
            text: text?,
        })
    }

    /// The category of information, in an extension of a payload.
    pub(super) fn category(&mut self, payload: &Node<'a>) -> Option<HealthCategory> {
        let category = self.extension(payload, name::CATEGORY, "valueCode")?;
        self.code(&category)
    }
}

/// The id of the task that a reference means where it is one of the gateway's own, as it served it.
/// It is a name here: nothing is looked up by it.
fn task_id<'a>(based: &Node<'a>) -> Option<&'a str> {
    based.text_of("reference")?.strip_prefix("Task/")
}
