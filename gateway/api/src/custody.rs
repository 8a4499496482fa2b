//! Who holds a person: a prison claims it, the prison before answers, the coordination unit
//! settles; and what the prison that has begun to hold somebody owes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use gateway_core::calendar::local_date;
use gateway_flow::custody::{ClaimAnswer, ClaimView, HandOverView};
use gateway_http::{Fault, FieldError, Json, Path};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::request::NominalRequest;
use crate::wire::{read, time};

/// A prison says that a person is with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"nominal": {"identifiers": [{"kind": "PRISON", "value": "A9876XY"}, {"kind": "DOB", "value": "1975-07-30"}]}, "since": "2026-03-03"}))]
pub(crate) struct ClaimRequest {
    /// The person, by reference or by identifiers that match exactly.
    nominal: NominalRequest,
    /// The day since which the person is there; not to come.
    #[schema(format = Date)]
    since: String,
}

/// A claim of custody.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClaimBody {
    /// Its id.
    id: String,
    /// The nominal's reference.
    nominal: String,
    /// How the claim named the person: the first identifier, or the reference.
    named: String,
    /// The prison that claims.
    agency: String,
    /// The prison that was on record.
    holder: Option<String>,
    /// The area's coordination unit.
    unit: String,
    /// Since when the person is there.
    #[schema(format = Date)]
    since: String,
    /// `open`, `disputed`, `confirmed`, `refused` or `withdrawn`.
    state: String,
    /// Whose answer it waits for: `holder`, `unit` or `nobody`.
    waits_for: &'static str,
    /// When it was made.
    claimed: String,
    /// By when it is answered; then it is the unit's to settle.
    due: String,
    /// Nobody answered it in time.
    overdue: bool,
    /// The day the person left the prison that was on record.
    #[schema(format = Date)]
    left_on: Option<String>,
    /// Why it is disputed, for that prison and the unit.
    dispute: Option<String>,
    /// Why the unit settled it so.
    reasons: Option<String>,
    /// When it was closed.
    closed: Option<String>,
}

impl From<ClaimView> for ClaimBody {
    fn from(view: ClaimView) -> Self {
        Self {
            waits_for: view.waits_for.as_str(),
            id: view.id,
            nominal: view.nominal,
            named: view.named.into_inner(),
            agency: view.agency,
            holder: view.holder,
            unit: view.unit,
            since: view.since,
            state: view.state,
            claimed: time(view.claimed),
            due: time(view.due),
            overdue: view.overdue,
            left_on: view.left_on,
            dispute: view.dispute.map(gateway_core::Personal::into_inner),
            reasons: view.reasons.map(gateway_core::Personal::into_inner),
            closed: view.closed.map(time),
        }
    }
}

/// A list of claims.
#[derive(Serialize, ToSchema)]
pub(crate) struct Claims {
    /// What waits first, the oldest before all.
    custody_claims: Vec<ClaimBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// An answer to a claim.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "confirm", "left_on": "2026-03-03"}))]
pub(crate) struct AnswerRequest {
    /// `confirm` or `dispute`, by the prison on record (`confirm` by the unit where there is
    /// none); `settle`, by the unit; `withdraw`, by the prison that claimed.
    answer: String,
    /// Of a confirmation by a prison: the day the person left it.
    #[serde(default)]
    #[schema(format = Date)]
    left_on: Option<String>,
    /// Of a settlement: `claimant` or `holder`.
    #[serde(default, rename = "for")]
    whom: Option<String>,
    /// Of a dispute or a settlement: why.
    #[serde(default)]
    reasons: Option<String>,
}

impl AnswerRequest {
    fn read(self) -> Result<ClaimAnswer, Fault> {
        let mut faults = Vec::new();
        let given = match self.answer.as_str() {
            "confirm" => Some(ClaimAnswer::Confirm {
                left_on: self.left_on.as_deref().and_then(|on| day(on, &mut faults)),
            }),
            "dispute" => reasons(self.reasons.as_deref(), &mut faults)
                .map(|reasons| ClaimAnswer::Dispute { reasons }),
            "settle" => {
                let whom = self.whom.as_deref();
                if !matches!(whom, Some("claimant" | "holder")) {
                    let detail = "is not known: give `claimant` or `holder`";
                    faults.push(FieldError::new("/for", detail));
                }
                reasons(self.reasons.as_deref(), &mut faults).map(|reasons| ClaimAnswer::Settle {
                    for_claimant: whom == Some("claimant"),
                    reasons,
                })
            }
            "withdraw" => Some(ClaimAnswer::Withdraw),
            _ => {
                let detail = "is no answer: give `confirm`, `dispute`, `settle` or `withdraw`";
                faults.push(FieldError::new("/answer", detail));
                None
            }
        };
        match (given, faults.is_empty()) {
            (Some(given), true) => Ok(given),
            _ => Err(Fault::Unprocessable(faults)),
        }
    }
}

/// What a prison owes that has begun to hold a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandOverBody {
    /// Its id.
    id: String,
    /// The nominal's reference.
    nominal: String,
    /// The prison.
    agency: String,
    /// When it began.
    opened: String,
    /// When the prison's first form on the person is due.
    due: String,
    /// It is, or was, late.
    late: bool,
    /// The form that ended it; one that ended without a form ended with the custody.
    exchange: Option<String>,
    /// When it ended.
    ended: Option<String>,
}

impl From<HandOverView> for HandOverBody {
    fn from(view: HandOverView) -> Self {
        Self {
            id: view.id,
            nominal: view.nominal,
            agency: view.agency,
            opened: time(view.opened),
            due: time(view.due),
            late: view.late,
            exchange: view.exchange,
            ended: view.ended.map(time),
        }
    }
}

/// A list of hand-overs.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandOvers {
    /// What waits first, the soonest due before all.
    hand_overs: Vec<HandOverBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// A prison says that a person is with it; the prison on record is told, and answers.
#[utoipa::path(
    post, path = "/api/v1/custody-claims", tag = "custody", operation_id = "claim_custody",
    params(("X-On-Behalf-Of" = String, Header, description = "somebody of the prison")),
    request_body = ClaimRequest,
    responses((status = 201, description = "Claimed; said twice, the same claim", body = ClaimBody), Problems),
)]
pub(crate) async fn claim(
    State(api): State<Api>,
    Called(caller): Called,
    Json(request): Json<ClaimRequest>,
) -> Result<Response, Refused> {
    let today = local_date(api.flow.clock.now());
    let claimed = read::claimed(request.nominal, request.since, today)?;
    let view = api.flow.claim_custody(&caller, &claimed).await?;
    let place = format!("/api/v1/custody-claims#{}", view.id);
    let body = Json(ClaimBody::from(view));
    Ok((StatusCode::CREATED, [(LOCATION, place)], body).into_response())
}

/// Lists the claims that the calling agency made, answers or settles. It names people, so it is
/// logged as read by whoever it is read for.
#[utoipa::path(
    get, path = "/api/v1/custody-claims", tag = "custody", operation_id = "list_custody_claims",
    params(("X-On-Behalf-Of" = String, Header, description = "somebody of the agency")),
    responses((status = 200, description = "All of them", body = Claims), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<Claims>, Refused> {
    let views = api.flow.custody_claims(&caller).await?;
    Ok(Json(Claims {
        custody_claims: views.into_iter().map(ClaimBody::from).collect(),
        next: None,
    }))
}

/// Answers a claim. Confirmed, the custody before ends, the next begins, and what earlier prisons
/// reported is opened to the prison that holds the person now.
#[utoipa::path(
    post, path = "/api/v1/custody-claims/{id}/answer", tag = "custody", operation_id = "answer_custody_claim",
    params(
        ("id" = String, Path, description = "The claim"),
        ("X-On-Behalf-Of" = String, Header, description = "somebody of the prison, or a coordinator of the unit"),
    ),
    request_body = AnswerRequest,
    responses((status = 200, description = "Answered", body = ClaimBody), Problems),
)]
pub(crate) async fn answer(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<ClaimBody>, Refused> {
    let given = request.read()?;
    let view = api.flow.answer_custody(&caller, &id, given).await?;
    Ok(Json(view.into()))
}

/// Lists the hand-overs that the calling prison owes, or those of the calling unit's area.
#[utoipa::path(
    get, path = "/api/v1/hand-overs", tag = "custody", operation_id = "list_hand_overs",
    responses((status = 200, description = "All of them", body = HandOvers), Problems),
)]
pub(crate) async fn hand_overs(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<HandOvers>, Refused> {
    let views = api.flow.hand_overs(&caller).await?;
    Ok(Json(HandOvers {
        hand_overs: views.into_iter().map(HandOverBody::from).collect(),
        next: None,
    }))
}

/// A day, in its one spelling.
fn day(given: &str, faults: &mut Vec<FieldError>) -> Option<Date> {
    let read = given.parse::<Date>().ok();
    let read = read.filter(|date| date.to_string() == given);
    if read.is_none() {
        let detail = "is no date: write it as 2026-03-03";
        faults.push(FieldError::new("/left_on", detail));
    }
    read
}

fn reasons(given: Option<&str>, faults: &mut Vec<FieldError>) -> Option<String> {
    match read::reasons(given) {
        Ok(reasons) => Some(reasons),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClaimAnswer, Vec<String>> {
        let request: AnswerRequest = gateway_http::json::from_slice(text.as_bytes()).unwrap();
        request.read().map_err(|fault| {
            let Fault::Unprocessable(faults) = fault else {
                panic!("{fault:?}")
            };
            faults.into_iter().map(|one| one.pointer).collect()
        })
    }

    #[test]
    fn an_answer_is_one_of_four_words_with_what_it_needs() {
        let given = read(r#"{"answer": "settle", "for": "holder", "reasons": "he is there"}"#);
        assert!(matches!(
            given,
            Ok(ClaimAnswer::Settle {
                for_claimant: false,
                ..
            })
        ));
        for (text, wrong) in [
            (r#"{"answer": "maybe"}"#, vec!["/answer"]),
            (r#"{"answer": "dispute"}"#, vec!["/reasons"]),
            (r#"{"answer": "settle"}"#, vec!["/for", "/reasons"]),
            (
                r#"{"answer": "confirm", "left_on": "3 March"}"#,
                vec!["/left_on"],
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), wrong, "{text}");
        }
    }
}
