//! Writes a request.

use gateway_core::{Id, Personal};

use crate::codes::{Detail, State};
use crate::json::{Json, Object};
use crate::model::{Consent, Keeping, Mappa, Need, Question, Refusal, Request, Subject};
use crate::party::{contact_detail, reached};
use crate::systems::{TASK_CODE, name};
use crate::write::{Places, Writer, subsetted, time};

impl Writer {
    /// A request as one `Task` that contains all that it refers to: what the REST interface serves.
    pub fn task(&self, request: &Request) -> Json {
        let mut places = Places::contained();
        let task = self.task_elements(request, &mut places);
        let left_out = request.partly.then(|| vec![subsetted()]);
        Object::resource("Task")
            .with("id", request.id.to_string())
            .with_some("meta", left_out.map(|tag| Object::new().with("tag", tag)))
            .with("contained", places.into_contained())
            .and(task)
            .into()
    }

    /// A request that is not asked yet, as its sender reads it: a `Task` in the state `draft`, whose
    /// `statusReason` says in words what is missing.
    pub fn draft(&self, request: &Request, missing: &str) -> Json {
        let request = Request {
            state: State::Draft,
            deadline: None,
            refusal: None,
            ..request.clone()
        };
        let mut places = Places::contained();
        let task = self.task_elements(&request, &mut places);
        let left_out = request.partly.then(|| vec![subsetted()]);
        Object::resource("Task")
            .with("id", request.id.to_string())
            .with_some("meta", left_out.map(|tag| Object::new().with("tag", tag)))
            .with("contained", places.into_contained())
            .and(task)
            .with("statusReason", Object::new().with("text", missing))
            .into()
    }

    /// A request as a message: a `Bundle` that begins with a `MessageHeader`.
    pub fn request_message(&self, request: &Request) -> Json {
        self.message_of(request, request.id)
    }

    /// That a request was withdrawn, as a message of its own, which `about` names: the request's
    /// `Task` as it stands, under the request's identifier.
    pub fn withdrawal_message(&self, request: &Request, about: Id) -> Json {
        self.message_of(request, about)
    }

    fn message_of(&self, request: &Request, seed: Id) -> Json {
        let mut places = Places::bundled(seed);
        let task = self.task_elements(request, &mut places);
        let focus = places.put("task", "Task", task);
        let sender = places.reference("requester-agency", "Organization");
        self.message(
            (seed, crate::systems::REQUEST_EVENT, request.changed),
            (focus, sender, &request.requester.agency.name),
            places,
        )
    }

    fn task_elements(&self, request: &Request, places: &mut Places) -> Object {
        let known = request.subject != Subject::default();
        let patient = known.then(|| self.patient(places, &request.subject));
        let (requester, _) = self.requester(places, &request.requester);
        let trust = self.trust(places, &request.trust);
        let owner = match &request.owner {
            None => trust.clone(),
            Some(spoc) => {
                let person = (spoc.name.reveal().as_str(), None);
                self.role(places, "owner", person, reached(spoc), trust.clone())
            }
        };
        let inputs = self.inputs(request, places, patient.as_ref());
        let asked = self.communication_request(request, (patient.as_ref(), &requester, trust));
        let focus = places.put("request", "CommunicationRequest", asked);
        let period = Object::new()
            .with("start", time(request.sent))
            .with_some("end", request.deadline.map(time));
        let refusal = request
            .refusal
            .as_ref()
            .map(|refusal| self.refusal(refusal));
        self.profiled("Task")
            .with("identifier", self.request_identifier(request))
            .with("status", request.state.as_str())
            .with_some("statusReason", refusal)
            .with("intent", "order")
            .with("priority", request.urgency.as_str())
            .with(
                "code",
                self.concept(name::TASK, TASK_CODE, "Health information request"),
            )
            .with("focus", focus)
            .with_some("for", patient)
            .with("authoredOn", time(request.sent))
            .with("lastModified", time(request.changed))
            .with("requester", requester)
            .with("owner", owner)
            .with_some("reasonCode", self.purpose(request))
            .with("restriction", Object::new().with("period", period))
            .with_list("input", inputs)
            .with_list("output", self.output(request))
    }

    fn request_identifier(&self, request: &Request) -> Vec<Json> {
        let id = request.id.to_string();
        vec![self.identifier(name::REQUEST_ID, &id).into()]
    }

    fn purpose(&self, request: &Request) -> Option<Object> {
        let purpose = request.need.purpose?.as_str();
        Some(self.concept(name::PURPOSE, purpose, purpose))
    }

    /// The answer that stands, where it is to be read.
    fn output(&self, request: &Request) -> Vec<Json> {
        let answer = request.answer.map(|answer| {
            let reference = Object::new()
                .with("reference", format!("Communication/{answer}"))
                .with("type", "Communication");
            Object::new()
                .with(
                    "type",
                    self.concept(name::ANSWER_TASK, "answer", "The answer"),
                )
                .with("valueReference", reference)
                .into()
        });
        answer.into_iter().collect()
    }

    pub(crate) fn refusal(&self, refusal: &Refusal) -> Object {
        let words = refusal.words.as_ref().map(|words| words.reveal().as_str());
        self.concept(name::REFUSAL, refusal.code.as_str(), refusal.code.words())
            .with_some("text", words)
    }

    fn communication_request(
        &self,
        request: &Request,
        (patient, requester, trust): (Option<&Json>, &Json, Json),
    ) -> Object {
        let questions = request.questions.iter().map(|q| self.question(q)).collect();
        Object::new()
            .with("identifier", self.request_identifier(request))
            .with("status", asked_status(request.state))
            .with("priority", request.urgency.as_str())
            .with_some("subject", patient.cloned())
            .with_list("payload", questions)
            .with_some("occurrenceDateTime", request.deadline.map(time))
            .with("authoredOn", time(request.sent))
            .with("requester", requester.clone())
            .with("recipient", vec![requester.clone()])
            .with("sender", trust)
            .with_list(
                "reasonCode",
                self.purpose(request).map(Json::from).into_iter().collect(),
            )
    }

    fn question(&self, question: &Question) -> Json {
        let extensions = vec![
            self.extension(name::QUESTION_ID, "valueId", &question.id),
            self.extension(name::QUESTION_CODE, "valueCode", question.code.as_str()),
        ];
        Object::new()
            .with("extension", extensions)
            .with("contentString", question.text.reveal().as_str())
            .into()
    }

    fn input(&self, detail: Detail, kind: &str, value: impl Into<Json>) -> Json {
        Object::new()
            .with(
                "type",
                self.concept(name::DETAIL, detail.as_str(), detail.words()),
            )
            .with(kind, value)
            .into()
    }

    fn text(&self, detail: Detail, value: Option<&str>) -> Option<Json> {
        value.map(|value| self.input(detail, "valueString", value))
    }

    fn words(&self, detail: Detail, value: Option<&Personal<String>>) -> Option<Json> {
        self.text(detail, value.map(|value| value.reveal().as_str()))
    }

    fn inputs(&self, request: &Request, places: &mut Places, patient: Option<&Json>) -> Vec<Json> {
        let mut all: Vec<Json> = Vec::new();
        all.extend(self.text(Detail::Area, request.area.as_deref()));
        all.extend(self.mappa_inputs(&request.mappa, places));
        all.extend(self.need_inputs(&request.need));
        all.extend(self.words(Detail::QuestionsDetail, request.detail.as_ref()));
        all.extend(request.coordinator.as_ref().map(|coordinator| {
            let detail = contact_detail(coordinator);
            self.input(Detail::Coordinator, "valueContactDetail", detail)
        }));
        let needed = request.needed_by.map(|day| day.to_string());
        all.extend(needed.map(|day| self.input(Detail::NeededBy, "valueDate", day)));
        all.extend(self.keeping_inputs(&request.keeping));
        all.extend(self.consent_inputs(request, places, patient));
        all
    }

    fn mappa_inputs(&self, mappa: &Mappa, places: &mut Places) -> Vec<Json> {
        let number =
            |detail, n: Option<u8>| n.map(|n| self.input(detail, "valuePositiveInt", u64::from(n)));
        let lead = mappa.lead.as_ref().map(|lead| {
            let lead = self.agency(places, "lead-agency", lead);
            self.input(Detail::LeadAgency, "valueReference", lead)
        });
        let meeting = mappa.next_meeting.map(|day| {
            let day = day.to_string();
            self.input(Detail::NextMeeting, "valueDate", day)
        });
        let all = [
            number(Detail::MappaCategory, mappa.category),
            number(Detail::MappaLevel, mappa.level),
            self.words(Detail::LevelReason, mappa.level_reason.as_ref()),
            lead,
            meeting,
        ];
        all.into_iter().flatten().collect()
    }

    fn need_inputs(&self, need: &Need) -> Vec<Json> {
        let at_risk = need.at_risk.iter();
        let mut all: Vec<Json> = at_risk
            .filter_map(|one| self.words(Detail::AtRisk, Some(one)))
            .collect();
        all.extend(self.words(Detail::Necessity, need.why_now.as_ref()));
        all.extend(self.words(Detail::Decision, need.decision.as_ref()));
        let bases = need.bases.iter();
        all.extend(bases.map(|one| self.input(Detail::LegalBasis, "valueCode", one.as_str())));
        all
    }

    fn keeping_inputs(&self, keeping: &Keeping) -> Vec<Json> {
        let readers = keeping.readers.iter();
        let mut all: Vec<Json> = readers
            .filter_map(|one| self.text(Detail::Reader, Some(one)))
            .collect();
        all.extend(self.text(Detail::Retention, keeping.retention.as_deref()));
        let told = keeping.may_be_told;
        all.extend(told.map(|told| self.input(Detail::MayBeTold, "valueBoolean", told)));
        all.extend(self.words(Detail::WhyNotTold, keeping.why_not_told.as_ref()));
        all
    }

    fn consent_inputs(
        &self,
        request: &Request,
        places: &mut Places,
        patient: Option<&Json>,
    ) -> Vec<Json> {
        let mut all = Vec::new();
        if let Some(consent) = &request.consent {
            all.push(self.input(Detail::Consent, "valueCode", consent.code().as_str()));
            all.extend(match consent {
                Consent::Given(day) => {
                    let consent = crate::consent::write(self, places, patient.cloned(), *day);
                    Some(self.input(Detail::ConsentRecord, "valueReference", consent))
                }
                Consent::NotSought(reason) => {
                    Some(self.input(Detail::NotSought, "valueCode", reason.as_str()))
                }
                Consent::Sought | Consent::Refused => None,
            });
        }
        all.extend(self.words(Detail::ConsentWords, request.consent_words.as_ref()));
        all
    }
}

/// The state of what is asked for, as R4's request-status has it: `CommunicationRequest.status`.
pub(super) const fn asked_status(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Sent | State::Opened | State::Accepted | State::Interim => "active",
        State::WithCaldicott => "on-hold",
        State::Answered => "completed",
        State::Refused | State::Withdrawn => "revoked",
        State::WrongPatient => "entered-in-error",
    }
}
