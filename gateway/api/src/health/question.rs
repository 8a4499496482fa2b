//! Questions of a health information request: given to colleagues at the body that is asked, answered and
//! signed by them, gathered by whoever sends the answer.

use axum::extract::State;
use gateway_flow::health::{Gathered, HealthTaskView};
use gateway_http::{Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::time;

/// A question for a colleague.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"question": "medication", "person": "a.clinician@trust.example"}))]
pub(crate) struct QuestionRequest {
    /// Its code, as the request has it.
    question: String,
    /// The colleague's enrolled address.
    person: String,
}

/// A colleague's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "has not collected it for six weeks"}))]
pub(crate) struct SignedRequest {
    /// The answer, in words; it is signed with this.
    answer: String,
}

/// A question that was given out.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthQuestionBody {
    /// Its id.
    id: String,
    /// The request.
    request: String,
    /// The question's code.
    question: String,
    /// Whom it was given to.
    person: Option<String>,
    /// When.
    given: String,
    /// When it was answered and signed.
    signed: Option<String>,
}

impl From<HealthTaskView> for HealthQuestionBody {
    fn from(task: HealthTaskView) -> Self {
        Self {
            id: task.id,
            request: task.request,
            question: task.question,
            person: task.person,
            given: time(task.given),
            signed: task.signed.map(time),
        }
    }
}

/// Questions that were given out.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthQuestions {
    /// The oldest first.
    health_questions: Vec<HealthQuestionBody>,
    /// Always null: there are few.
    next: Option<String>,
}

impl HealthQuestions {
    fn of(tasks: Vec<HealthTaskView>) -> Json<Self> {
        Json(Self {
            health_questions: tasks.into_iter().map(HealthQuestionBody::from).collect(),
            next: None,
        })
    }
}

/// An answer that a colleague signed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedBody {
    /// The question's code.
    question: String,
    /// The answer.
    answer: String,
    /// Who signed it.
    signed_by: Option<String>,
}

impl From<Gathered> for SignedBody {
    fn from(one: Gathered) -> Self {
        Self {
            question: one.question,
            answer: one.answer,
            signed_by: one.signed_by,
        }
    }
}

/// What colleagues have signed of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedAnswers {
    /// By question.
    signed_answers: Vec<SignedBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// Gives a question of a request to a colleague of the health body, who answers and signs it.
#[utoipa::path(
    post, path = "/api/v1/health-requests/{id}/questions", tag = "health", operation_id = "give_health_question",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = String, Header, description = "the single point of contact of the health body, or the deputy"),
    ),
    request_body = QuestionRequest,
    responses((status = 200, description = "All that were given out", body = HealthQuestions), Problems),
)]
pub(crate) async fn give(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<QuestionRequest>,
) -> Result<Json<HealthQuestions>, Refused> {
    let given = api
        .flow
        .give_question(&caller, &id, &request.question, &request.person)
        .await?;
    Ok(HealthQuestions::of(given))
}

/// The questions of a request that were given out at the calling agency.
#[utoipa::path(
    get, path = "/api/v1/health-requests/{id}/questions", tag = "health", operation_id = "health_questions",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "All of them", body = HealthQuestions), Problems),
)]
pub(crate) async fn given(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<HealthQuestions>, Refused> {
    let given = api.flow.given_questions(&caller, &id).await?;
    Ok(HealthQuestions::of(given))
}

/// What colleagues have signed of a request. It is health information, so it is logged as read.
#[utoipa::path(
    get, path = "/api/v1/health-requests/{id}/signed-answers", tag = "health", operation_id = "signed_answers",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = String, Header, description = "the single point of contact of the health body, or the deputy"),
    ),
    responses((status = 200, description = "All of them", body = SignedAnswers), Problems),
)]
pub(crate) async fn gathered(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<SignedAnswers>, Refused> {
    let gathered = api.flow.gathered(&caller, &id).await?;
    Ok(Json(SignedAnswers {
        signed_answers: gathered.into_iter().map(SignedBody::from).collect(),
        next: None,
    }))
}

/// The questions that wait for a person.
#[utoipa::path(
    get, path = "/api/v1/health-questions", tag = "health", operation_id = "own_health_questions",
    params(("X-On-Behalf-Of" = String, Header, description = "whose they are")),
    responses((status = 200, description = "All of them", body = HealthQuestions), Problems),
)]
pub(crate) async fn own(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<HealthQuestions>, Refused> {
    Ok(HealthQuestions::of(api.flow.own_questions(&caller).await?))
}

/// Answers and signs a question.
#[utoipa::path(
    post, path = "/api/v1/health-questions/{id}/answer", tag = "health", operation_id = "sign_health_answer",
    params(
        ("id" = String, Path, description = "The question that was given"),
        ("X-On-Behalf-Of" = String, Header, description = "whom it was given to"),
    ),
    request_body = SignedRequest,
    responses((status = 200, description = "Signed", body = HealthQuestionBody), Problems),
)]
pub(crate) async fn sign(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<SignedRequest>,
) -> Result<Json<HealthQuestionBody>, Refused> {
    let signed = api.flow.sign_answer(&caller, &id, &request.answer).await?;
    Ok(Json(signed.into()))
}
