//! Writes an answer.

use crate::codes::{BasisCode, HealthCategory};
use crate::json::{Attachment, Json, Object};
use crate::model::{Answer, Answered, Document, Kind};
use crate::systems::{ANSWER_EVENT, CONFIDENTIALITY, NHS_NUMBER, PARTICIPANT, name};
use crate::write::{Places, Writer, coding, concept, identifier, subsetted, time};

/// Where documents are that are not in what is written.
type Link<'a> = Option<&'a dyn Fn(&Document) -> Option<String>>;

impl Writer {
    /// An answer as one `Communication` that contains all that it refers to, documents and all.
    /// The documents' bytes are written by [`Json::write_to`].
    pub fn communication(&self, answer: &Answer) -> Json {
        self.contained(answer, None)
    }

    /// An answer as one `Communication` whose documents are elsewhere, at the addresses that `link`
    /// gives; nowhere, where it gives none: for whoever may not have the documents.
    pub fn linked_communication(
        &self,
        answer: &Answer,
        link: &dyn Fn(&Document) -> Option<String>,
    ) -> Json {
        self.contained(answer, Some(link))
    }

    fn contained(&self, answer: &Answer, link: Link<'_>) -> Json {
        let mut places = Places::contained();
        let elements = self.communication_elements(answer, &mut places, link);
        let own = Object::new()
            .with("reference", "#")
            .with("type", "Communication");
        self.provenance(answer, &mut places, own.into());
        Object::resource("Communication")
            .with("id", answer.id.to_string())
            .with("meta", self.marked(answer))
            .with("contained", places.into_contained())
            .and(elements)
            .into()
    }

    /// An answer as a message: a `Bundle` that begins with a `MessageHeader`.
    pub fn answer_message(&self, answer: &Answer) -> Json {
        let mut places = Places::bundled(answer.id);
        let elements = self.communication_elements(answer, &mut places, None);
        let elements = Object::new()
            .with("meta", self.marked(answer))
            .and(elements);
        let focus = places.put("communication", "Communication", elements);
        self.provenance(answer, &mut places, focus.clone());
        let sender = places.reference("trust", "Organization");
        self.message(
            (answer.id, ANSWER_EVENT, answer.sent),
            (focus, sender, &answer.trust.agency.name),
            places,
        )
    }

    fn communication_elements(
        &self,
        answer: &Answer,
        places: &mut Places,
        link: Link<'_>,
    ) -> Object {
        let trust = self.trust(places, &answer.trust);
        let sender = match &answer.clinician {
            None => trust,
            Some(name) => {
                let person = (name.reveal().as_str(), Some("Clinician"));
                self.role(places, "clinician", person, Vec::new(), trust)
            }
        };
        let mut payload: Vec<Json> = answer.answers.iter().map(|a| self.answered(a)).collect();
        payload.extend(
            answer
                .clinical
                .as_ref()
                .map(|words| self.clinical(words.reveal())),
        );
        for (n, document) in answer.documents.iter().enumerate() {
            let attachment = self.attachment(document, link);
            let reference = self.document(places, n, (document, attachment), answer);
            payload.push(Object::new().with("contentReference", reference).into());
        }
        let id = answer.id.to_string();
        let subject = number(answer).map(|number| {
            Object::new()
                .with("type", "Patient")
                .with("identifier", number)
        });
        let code = answer.kind.code();
        let category = self.concept(name::ANSWER, code.as_str(), code.words());
        Object::new()
            .with_list("extension", self.extensions(answer))
            .with(
                "identifier",
                vec![self.identifier(name::ANSWER_ID, &id).into()],
            )
            .with("basedOn", vec![self.based_on(answer)])
            .with("status", status(answer))
            .with_some("statusReason", self.withheld(&answer.kind))
            .with("category", vec![category.into()])
            .with_some("subject", subject)
            .with_list("about", self.consented(answer, places))
            .with("sent", time(answer.sent))
            .with("sender", sender)
            .with_list("reasonCode", self.basis(answer))
            .with_list("payload", payload)
    }

    /// The request, by its id: the answer does not repeat it.
    fn based_on(&self, answer: &Answer) -> Json {
        let request = answer.request.to_string();
        Object::new()
            .with("type", "CommunicationRequest")
            .with("identifier", self.identifier(name::REQUEST_ID, &request))
            .into()
    }

    fn extensions(&self, answer: &Answer) -> Vec<Json> {
        let to = match &answer.kind {
            Kind::Redirected(to) => Some(to),
            Kind::Full
            | Kind::Partial(_)
            | Kind::NilHeld
            | Kind::NotKnownToService
            | Kind::Refused(_) => None,
        };
        let to = to.map(|to| self.extension(name::REDIRECTED, "valueString", to));
        let by = answer.answered_by.as_ref();
        let by = by.map(|by| self.extension(name::ANSWERED_BY, "valueString", by.reveal()));
        let basis = answer.basis.as_ref();
        let consent = basis.filter(|basis| basis.code() == BasisCode::PublicInterest);
        let consent = consent.and_then(|basis| basis.consent);
        let consent = consent.map(|c| self.extension(name::CONSENT, "valueCode", c.as_str()));
        [to, by, consent].into_iter().flatten().collect()
    }

    fn withheld(&self, kind: &Kind) -> Option<Object> {
        match kind {
            Kind::Refused(refusal) | Kind::Partial(Some(refusal)) => Some(self.refusal(refusal)),
            Kind::Full
            | Kind::Partial(None)
            | Kind::NilHeld
            | Kind::NotKnownToService
            | Kind::Redirected(_) => None,
        }
    }

    fn basis(&self, answer: &Answer) -> Vec<Json> {
        let basis = answer.basis.as_ref().map(|basis| {
            let code = basis.code();
            let words = basis.public_interest.as_ref();
            self.concept(name::BASIS, code.as_str(), code.words())
                .with_some("text", words.map(|words| words.reveal().as_str()))
                .into()
        });
        basis.into_iter().collect()
    }

    fn consented(&self, answer: &Answer, places: &mut Places) -> Vec<Json> {
        let basis = answer.basis.as_ref();
        match basis.filter(|basis| basis.code() == BasisCode::Consent) {
            Some(basis) => {
                let patient = number(answer).map(|number| {
                    let patient = Object::new().with("type", "Patient");
                    patient.with("identifier", number).into()
                });
                vec![crate::consent::write(self, places, patient, basis.given)]
            }
            None => Vec::new(),
        }
    }

    /// The answer is as confidential as what is most so in it.
    fn marked(&self, answer: &Answer) -> Object {
        let texts = answer.answers.iter().map(|answered| answered.category);
        let files = answer.documents.iter().map(|document| document.category);
        let clinical = answer.clinical.as_ref().map(|_| HealthCategory::Clinical);
        let most = texts
            .chain(files)
            .chain(clinical)
            .max()
            .unwrap_or(HealthCategory::Risk);
        let (code, words) = confidentiality(most);
        Object::new()
            .with_list("profile", self.profile("Communication"))
            .with(
                "security",
                vec![coding(CONFIDENTIALITY, code, words).into()],
            )
            .with_list("tag", answer.partly.then(subsetted).into_iter().collect())
    }

    fn answered(&self, answered: &Answered) -> Json {
        let extensions = vec![
            self.extension(name::QUESTION_ID, "valueId", &answered.question),
            self.extension(name::QUESTION_CODE, "valueCode", answered.code.as_str()),
            self.extension(name::CATEGORY, "valueCode", answered.category.as_str()),
        ];
        Object::new()
            .with("extension", extensions)
            .with("contentString", answered.text.reveal().as_str())
            .into()
    }

    /// What answers no one question.
    fn clinical(&self, words: &str) -> Json {
        let category = HealthCategory::Clinical.as_str();
        Object::new()
            .with(
                "extension",
                vec![self.extension(name::CATEGORY, "valueCode", category)],
            )
            .with("contentString", words)
            .into()
    }

    fn document(
        &self,
        places: &mut Places,
        n: usize,
        (document, attachment): (&Document, Object),
        answer: &Answer,
    ) -> Json {
        let category = document.category;
        let elements = self
            .profiled("DocumentReference")
            .with("status", "current")
            .with(
                "category",
                vec![
                    self.concept(name::CATEGORY, category.as_str(), category.words())
                        .into(),
                ],
            )
            .with("date", time(answer.sent))
            .with("securityLabel", vec![label(category).into()])
            .with(
                "content",
                vec![Object::new().with("attachment", attachment).into()],
            );
        places.put(&format!("document-{n}"), "DocumentReference", elements)
    }

    fn attachment(&self, document: &Document, link: Link<'_>) -> Object {
        let hash = document.sha256.as_ref();
        let hash = hash.map(|hash| self.extension(name::SHA256, "valueString", hash));
        let attachment = Object::new()
            .with_list("extension", hash.into_iter().collect())
            .with("contentType", document.media_type.as_str());
        let attachment = match link {
            Some(link) => attachment.with_some("url", link(document)),
            None => attachment.with("data", Json::Attachment(data(document))),
        };
        attachment
            .with("size", document.size)
            .with("title", document.title.reveal().as_str())
    }

    /// Who says so: the clinician, or the trust where none is named.
    fn provenance(&self, answer: &Answer, places: &mut Places, communication: Json) {
        let trust = places.reference("trust", "Organization");
        let who = match answer.clinician {
            Some(_) => places.reference("clinician", "PractitionerRole"),
            None => trust.clone(),
        };
        let documents = (0..answer.documents.len())
            .map(|n| places.reference(&format!("document-{n}"), "DocumentReference"));
        let mut targets = vec![communication];
        targets.extend(documents);
        let agent = Object::new()
            .with("type", concept(PARTICIPANT, "author", "Author"))
            .with("who", who)
            .with("onBehalfOf", trust);
        let entity = Object::new()
            .with("role", "source")
            .with("what", self.based_on(answer));
        let elements = self
            .profiled("Provenance")
            .with("target", targets)
            .with("recorded", time(answer.sent))
            .with("agent", vec![agent.into()])
            .with("entity", vec![entity.into()]);
        places.put("provenance", "Provenance", elements);
    }
}

fn data(document: &Document) -> Attachment {
    Attachment {
        index: document.index,
        size: document.size,
        sha256: document.sha256.clone().unwrap_or_default(),
    }
}

fn number(answer: &Answer) -> Option<Object> {
    let number = answer.nhs_number.as_ref();
    number.map(|number| identifier(NHS_NUMBER, number.reveal()))
}

fn label(category: HealthCategory) -> Object {
    let (code, words) = confidentiality(category);
    concept(CONFIDENTIALITY, code, words)
}

const fn confidentiality(category: HealthCategory) -> (&'static str, &'static str) {
    let words = match category {
        HealthCategory::Risk => "restricted",
        HealthCategory::Clinical => "very restricted",
    };
    (category.confidentiality(), words)
}

/// R4, event-status: a refusal is `not-done`.
const fn status(answer: &Answer) -> &'static str {
    if answer.called_back {
        return "entered-in-error";
    }
    match answer.kind {
        Kind::Refused(_) => "not-done",
        Kind::Full
        | Kind::Partial(_)
        | Kind::NilHeld
        | Kind::NotKnownToService
        | Kind::Redirected(_) => {
            if answer.interim {
                "in-progress"
            } else {
                "completed"
            }
        }
    }
}
