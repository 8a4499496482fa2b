//! Reads a request.

use std::collections::BTreeSet;

use gateway_core::{Id, Personal};
use jiff::Timestamp;

use super::details::PROSE;
use crate::codes::{Coded as _, RefusalCode, State, Urgency};
use crate::issue::Cause;
use crate::json::Json;
use crate::model::{Contact, Need, Question, Refusal, Request, Trust};
use crate::node::Node;
use crate::patient::settled;
use crate::reading::Reading;
use crate::shape::primitive::is_id;
use crate::systems::{TASK_CODE, name};

const QUESTIONS: usize = 50;

/// Which request it is, and where it is.
struct Standing {
    id: Id,
    sent: Timestamp,
    changed: Timestamp,
    state: State,
    refusal: Option<Refusal>,
}

impl<'a> Reading<'a> {
    /// Whether a `Task` is a health information request.
    pub(crate) fn is_request(&mut self, task: &Node<'a>) -> bool {
        let system = self.systems.code_system(name::TASK);
        let ours = |coding: &Node<'a>| {
            coding.text_of("system") == Some(system.as_str())
                && coding.text_of("code") == Some(TASK_CODE)
        };
        let code = task.child("code");
        let found = code.is_some_and(|code| code.children("coding").iter().any(ours));
        if !found {
            let words = format!(
                "is not that of a health information request: a request has the code {TASK_CODE} \
                 of the system {system}"
            );
            self.issues.add(Cause::NotOurs, task.path_of("code"), words);
        }
        found
    }

    pub(crate) fn request(&mut self, task: &Node<'a>) -> Option<Request> {
        if !self.is_request(task) {
            return None;
        }
        let standing = self.standing(task);
        let purpose = self.must(task, "reasonCode", "give the purpose");
        let system = self.systems.code_system(name::PURPOSE);
        let purpose: Option<gateway_core::Purpose> =
            purpose.and_then(|purpose| self.coded(&purpose, &system));
        let urgency = self.urgency(task);
        let requester = self.must(task, "requester", "refer to the person who asks");
        let requester = requester.and_then(|r| self.resolve(&r, &["PractitionerRole"]));
        let requester = requester.and_then(|role| self.requester(&role));
        let owner = self.owner(task);
        let patient = self.must(task, "for", "refer to the patient");
        let patient = patient.and_then(|patient| self.resolve(&patient, &["Patient"]));
        let subject = patient.as_ref().and_then(|patient| self.subject(patient));
        let deadline = self.deadline(task);
        let due = deadline.flatten();
        let details = self.details(task);
        let asked = self.must(task, "focus", "refer to the CommunicationRequest");
        let asked = asked.and_then(|asked| self.resolve(&asked, &["CommunicationRequest"]));
        if let Some(asked) = &asked {
            self.same_patient(asked, patient.as_ref());
            let state = standing.as_ref().map(|standing| standing.state);
            self.same_state(asked, state.filter(|_| self.created.is_none()));
            self.same_deadline(asked, due);
        }
        let questions = asked.and_then(|asked| self.questions(&asked));
        let details = details?;
        let (trust, owner) = owner?;
        let standing = standing?;
        Some(Request {
            id: standing.id,
            sent: standing.sent,
            changed: standing.changed,
            state: standing.state,
            refusal: standing.refusal,
            answer: None,
            partly: false,
            area: details.area,
            requester: requester?,
            coordinator: details.coordinator,
            subject: subject?,
            mappa: details.mappa,
            need: Need {
                purpose: Some(purpose?),
                ..details.need
            },
            questions: questions?,
            detail: details.detail,
            consent: Some(details.consent),
            consent_words: details.consent_words,
            needed_by: details.needed_by,
            deadline: deadline?,
            urgency: urgency?,
            keeping: details.keeping,
            trust,
            owner,
        })
    }

    /// What the server sets of a request that is created, and a request says of itself else.
    fn standing(&mut self, task: &Node<'a>) -> Option<Standing> {
        let state = self.state(task);
        if let Some(created) = self.created {
            return Some(Standing {
                id: created.id,
                sent: created.at,
                changed: created.at,
                state: State::Sent,
                refusal: None,
            });
        }
        let id = self.identified(task, name::REQUEST_ID);
        let id = id.and_then(|id| self.id(&id));
        let sent = self.must(task, "authoredOn", "say when it was sent");
        let sent = sent.and_then(|sent| self.time(&sent));
        let changed = self.must(task, "lastModified", "say when it last changed");
        let changed = changed.and_then(|changed| self.time(&changed));
        let refusal = state.and_then(|state| self.refusal_of(task, state == State::Refused));
        Some(Standing {
            id: id?,
            sent: sent?,
            changed: changed?,
            state: state?,
            refusal: refusal?,
        })
    }

    /// The value of the identifier of one of the gateway's systems, which must be there.
    pub(crate) fn identified(&mut self, node: &Node<'a>, system: &str) -> Option<Node<'a>> {
        let system = self.systems.identifier(system);
        let found = self.identifier(node, &system);
        if found.is_none() {
            let words = format!("has none of the system {system}: give its id, a UUIDv7");
            self.issues
                .add(Cause::Missing, node.path_of("identifier"), words);
        }
        found
    }

    fn state(&mut self, task: &Node<'a>) -> Option<State> {
        if task.text_of("intent") != Some("order") {
            let words = "is not `order`: a request asks, it does not plan or propose";
            self.issues
                .add(Cause::NotSupported, task.path_of("intent"), words);
        }
        let status = task.child("status")?;
        let state = status.text().and_then(State::find);
        if state.is_none() {
            let words = format!(
                "is no state of a health information request: give one of {}",
                State::choices()
            );
            self.bad(Cause::NotSupported, &status, words);
        }
        state
    }

    /// The refusal in `statusReason`. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    pub(crate) fn refusal_of(&mut self, node: &Node<'a>, needed: bool) -> Option<Option<Refusal>> {
        match (node.child("statusReason"), needed) {
            (Some(reason), true) => self.refusal(&reason).map(Some),
            (None, false) => Some(None),
            (None, true) => {
                let words = "is not there: a refusal gives its reason";
                self.issues
                    .add(Cause::Missing, node.path_of("statusReason"), words);
                None
            }
            (Some(reason), false) => {
                let words = "goes with a refusal alone: leave it out, or say that it is refused";
                self.bad(Cause::Contradiction, &reason, words);
                None
            }
        }
    }

    pub(crate) fn refusal(&mut self, reason: &Node<'a>) -> Option<Refusal> {
        let system = self.systems.code_system(name::REFUSAL);
        let code = self.coded(reason, &system)?;
        let words = match reason.child("text") {
            Some(text) => Some(self.prose(&text, PROSE)?),
            None => None,
        };
        if code == RefusalCode::Other && words.is_none() {
            let words = "is not there: with the code `other`, say why in words";
            self.issues
                .add(Cause::Missing, reason.path_of("text"), words);
            return None;
        }
        Some(Refusal { code, words })
    }

    /// R4 takes a task without priority as routine.
    fn urgency(&mut self, task: &Node<'a>) -> Option<Urgency> {
        match task.child("priority") {
            None => Some(Urgency::Routine),
            Some(priority) => self.code(&priority),
        }
    }

    /// The trust, and its single point of contact where that is named.
    fn owner(&mut self, task: &Node<'a>) -> Option<(Trust, Option<Contact>)> {
        let words = "refer to the health body that is asked, or to its single point of contact";
        let owner = self.must(task, "owner", words)?;
        let (trust, role) = self.trust_and_role(&owner)?;
        let contact = match role {
            Some(role) => Some(self.contact(&role)?),
            None => None,
        };
        Some((trust, contact))
    }

    /// When the answer is due, where that is said. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    fn deadline(&mut self, task: &Node<'a>) -> Option<Option<Timestamp>> {
        let period = task.child("restriction").and_then(|r| r.child("period"));
        let end = period.and_then(|period| period.child("end"));
        settled(end.map(|end| self.time(&end)))
    }

    /// What is asked for must be about the patient of the task.
    fn same_patient(&mut self, asked: &Node<'a>, patient: Option<&Node<'a>>) {
        let Some(subject) = asked.child("subject") else {
            return;
        };
        let Some(found) = self.resolve(&subject, &["Patient"]) else {
            return;
        };
        if patient.is_some_and(|patient| !patient.is(&found)) {
            let words = "is another patient than the task is for: refer to the same one";
            self.bad(Cause::Contradiction, &subject, words);
        }
    }

    /// What was called off or made in error is not asked for.
    fn same_state(&mut self, asked: &Node<'a>, state: Option<State>) {
        if asked.json().get("doNotPerform") == Some(&Json::Bool(true)) {
            let words = "asks that nothing be said: leave it out";
            self.issues
                .add(Cause::Modifier, asked.path_of("doNotPerform"), words);
        }
        let ended = matches!(
            asked.text_of("status"),
            Some("revoked" | "entered-in-error" | "draft")
        );
        let open = state.is_some_and(|state| super::write::asked_status(state) == "active");
        if ended && open {
            let words =
                "says that nothing is asked for, and the task that something is: make them agree";
            self.issues
                .add(Cause::Contradiction, asked.path_of("status"), words);
        }
    }

    fn same_deadline(&mut self, asked: &Node<'a>, deadline: Option<Timestamp>) {
        let Some(node) = asked.child("occurrenceDateTime") else {
            return;
        };
        let Some(found) = self.time(&node) else {
            return;
        };
        if deadline.is_some_and(|deadline| deadline != found) {
            let words = "is another time than the end of the task's period: make them agree";
            self.bad(Cause::Contradiction, &node, words);
        }
    }

    fn questions(&mut self, asked: &Node<'a>) -> Option<Vec<Question>> {
        let payload = asked.children("payload");
        if payload.is_empty() {
            let words = "is not there: ask at least one question";
            self.issues
                .add(Cause::Missing, asked.path_of("payload"), words);
        }
        if let Some(beyond) = payload.get(QUESTIONS) {
            let words = "is one too many: ask at most 50 questions";
            self.bad(Cause::TooMuch, beyond, words);
        }
        let mut seen = BTreeSet::new();
        let mut questions = Vec::new();
        for node in payload.iter().take(QUESTIONS) {
            let Some(question) = self.question(node) else {
                continue;
            };
            if !seen.insert(question.id.clone()) {
                let words = "has the id of an earlier question: give each one of its own";
                self.bad(Cause::Contradiction, node, words);
            }
            questions.push(question);
        }
        (questions.len() == payload.len() && !questions.is_empty()).then_some(questions)
    }

    fn question(&mut self, payload: &Node<'a>) -> Option<Question> {
        let (id, code) = self.asked(payload)?;
        let text = self.must(payload, "contentString", "ask in words")?;
        let text: Personal<String> = self.prose(&text, PROSE)?;
        Some(Question { id, code, text })
    }

    /// The id and the code of a question, in the extensions of a payload.
    pub(crate) fn asked<C: crate::codes::Coded>(
        &mut self,
        payload: &Node<'a>,
    ) -> Option<(String, C)> {
        let id = self.extension(payload, name::QUESTION_ID, "valueId");
        let code = self.extension(payload, name::QUESTION_CODE, "valueCode");
        let code = code.and_then(|code| self.code(&code));
        let id = id?;
        let text = id.text().filter(|text| is_id(text));
        Some((text?.to_owned(), code?))
    }

    /// Whether one of the gateway's extensions is there.
    pub(crate) fn has_extension(&self, node: &Node<'a>, extension: &str) -> bool {
        let url = self.systems.extension(extension);
        let all = node.children("extension");
        all.iter()
            .any(|one| one.text_of("url") == Some(url.as_str()))
    }

    /// The value of one of the gateway's extensions, which must be there once.
    pub(crate) fn extension(
        &mut self,
        node: &Node<'a>,
        extension: &str,
        kind: &str,
    ) -> Option<Node<'a>> {
        let url = self.systems.extension(extension);
        let ours = |one: &Node<'a>| one.text_of("url") == Some(url.as_str());
        let found: Vec<_> = node
            .children("extension")
            .into_iter()
            .filter(ours)
            .collect();
        let value = match found.as_slice() {
            [only] => only.child(kind),
            _ => None,
        };
        if value.is_none() {
            let words = format!("does not have {url} once, with a {kind}: add it");
            self.issues
                .add(Cause::Missing, node.path_of("extension"), words);
        }
        value
    }
}
