//! Writes a request.

use crate::codes::{Detail, State};
use crate::json::{Json, Object};
use crate::model::{Consent, Question, Refusal, Request};
use crate::party::contact_detail;
use crate::systems::{TASK_CODE, name};
use crate::write::{Places, Writer, time};

impl Writer {
    /// A request as one `Task` that contains all that it refers to: what the REST interface serves.
    pub fn task(&self, request: &Request) -> Json {
        let mut places = Places::contained();
        let task = self.task_elements(request, &mut places);
        Object::resource("Task")
            .with("id", request.id.to_string())
            .with("contained", places.into_contained())
            .and(task)
            .into()
    }

    /// A request as a message: a `Bundle` that begins with a `MessageHeader`.
    pub fn request_message(&self, request: &Request) -> Json {
        let mut places = Places::bundled(request.id);
        let task = self.task_elements(request, &mut places);
        let focus = places.put("task", "Task", task);
        let sender = places.reference("requester-agency", "Organization");
        self.message(
            (request.id, crate::systems::REQUEST_EVENT, request.changed),
            (focus, sender, &request.requester.agency.name),
            places,
        )
    }

    fn task_elements(&self, request: &Request, places: &mut Places) -> Object {
        let patient = self.patient(places, &request.subject);
        let (requester, _) = self.requester(places, &request.requester);
        let trust = self.trust(places, &request.trust);
        let owner = match &request.owner {
            None => trust.clone(),
            Some(spoc) => {
                let address = Some(spoc.address.reveal().as_str());
                let person = (spoc.name.reveal().as_str(), None, address);
                self.role(places, "owner", person, trust.clone())
            }
        };
        let inputs = self.inputs(request, places, &patient);
        let asked = self.communication_request(request, (&patient, &requester, trust));
        let focus = places.put("request", "CommunicationRequest", asked);
        let period = Object::new()
            .with("start", time(request.sent))
            .with("end", time(request.deadline));
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
            .with("for", patient)
            .with("authoredOn", time(request.sent))
            .with("lastModified", time(request.changed))
            .with("requester", requester)
            .with("owner", owner)
            .with("reasonCode", self.purpose(request))
            .with("restriction", Object::new().with("period", period))
            .with("input", inputs)
    }

    fn request_identifier(&self, request: &Request) -> Vec<Json> {
        let id = request.id.to_string();
        vec![self.identifier(name::REQUEST_ID, &id).into()]
    }

    fn purpose(&self, request: &Request) -> Object {
        let purpose = request.purpose.as_str();
        self.concept(name::PURPOSE, purpose, purpose)
    }

    pub(crate) fn refusal(&self, refusal: &Refusal) -> Object {
        let words = refusal.words.as_ref().map(|words| words.reveal().as_str());
        self.concept(name::REFUSAL, refusal.code.as_str(), refusal.code.words())
            .with_some("text", words)
    }

    fn communication_request(
        &self,
        request: &Request,
        (patient, requester, trust): (&Json, &Json, Json),
    ) -> Object {
        let questions = request.questions.iter().map(|q| self.question(q)).collect();
        Object::new()
            .with("identifier", self.request_identifier(request))
            .with("status", asked_status(request.state))
            .with("priority", request.urgency.as_str())
            .with("subject", patient.clone())
            .with_list("payload", questions)
            .with("occurrenceDateTime", time(request.deadline))
            .with("authoredOn", time(request.sent))
            .with("requester", requester.clone())
            .with("recipient", vec![requester.clone()])
            .with("sender", trust)
            .with("reasonCode", vec![self.purpose(request).into()])
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

    fn inputs(&self, request: &Request, places: &mut Places, patient: &Json) -> Vec<Json> {
        let text = |detail, value: &str| self.input(detail, "valueString", value);
        let number = |detail, n: u8| self.input(detail, "valuePositiveInt", u64::from(n));
        let mappa = &request.mappa;
        let lead = self.agency(places, "lead-agency", &mappa.lead);
        let meeting = mappa.next_meeting.map(|day| day.to_string());
        let mut all = vec![
            text(Detail::Area, &request.area),
            number(Detail::MappaCategory, mappa.category),
            number(Detail::MappaLevel, mappa.level),
            self.input(Detail::LeadAgency, "valueReference", lead),
            text(Detail::Necessity, request.necessity.reveal()),
            self.input(
                Detail::Coordinator,
                "valueContactDetail",
                contact_detail(&request.coordinator),
            ),
            text(Detail::Retention, &request.retention),
            self.input(Detail::MayBeTold, "valueBoolean", request.may_be_told),
        ];
        all.extend(meeting.map(|day| self.input(Detail::NextMeeting, "valueDate", day)));
        all.extend(
            request
                .bases
                .iter()
                .map(|one| text(Detail::LegalBasis, one)),
        );
        all.extend(request.readers.iter().map(|one| text(Detail::Reader, one)));
        all.extend(self.consent_inputs(request, places, patient));
        all
    }

    fn consent_inputs(&self, request: &Request, places: &mut Places, patient: &Json) -> Vec<Json> {
        let code = request.consent.code();
        let mut all = vec![self.input(Detail::Consent, "valueCode", code.as_str())];
        match request.consent {
            Consent::Given(day) => {
                let consent = crate::consent::write(self, places, Some(patient.clone()), day);
                all.push(self.input(Detail::ConsentRecord, "valueReference", consent));
            }
            Consent::NotSought(reason) => {
                all.push(self.input(Detail::NotSought, "valueCode", reason.as_str()));
            }
            Consent::Sought | Consent::Refused => {}
        }
        let words = request.consent_words.as_ref();
        all.extend(
            words.map(|words| {
                self.input(Detail::ConsentWords, "valueString", words.reveal().as_str())
            }),
        );
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
