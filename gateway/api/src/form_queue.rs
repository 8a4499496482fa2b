//! The forms that wait for a person's countersignature or release: listed, and decided many at once.

use axum::extract::State;
use gateway_flow::form::{AT_ONCE, Became, FormMeasure, FormWaiting};
use gateway_flow::hold::WaitKind;
use gateway_http::{Fault, FieldError, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::{read, time};

/// A form that waits for the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormWaitingBody {
    /// The exchange.
    exchange: String,
    /// What waits of it, in short: it is given back with the decision, and is another one where
    /// something came or went meanwhile.
    mark: String,
    /// The holds that wait: each part is opened at `/api/v1/holds/{id}/document`.
    holds: Vec<String>,
    /// About whom, by reference; null where nobody is found yet.
    nominal: Option<String>,
    /// The agency that sent it.
    from: String,
    /// The form's id.
    form: Option<String>,
    /// The code of the kind of report.
    report: Option<String>,
    /// How many questions are answered, of the parts that wait.
    answered: usize,
    /// Of how many.
    asked: usize,
    /// The roles in which the person decides.
    roles: Vec<String>,
    /// `routine`; `emergency`; or `after`: an emergency has sent it already.
    #[schema(pattern = "^(routine|emergency|after)$")]
    kind: &'static str,
    /// It is past its time.
    late: bool,
    /// The person has opened every part that waits, and so may decide.
    opened: bool,
    /// Why the person may not decide it, where they may not.
    hindrance: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// By when.
    #[schema(format = DateTime)]
    due: String,
}

impl From<FormWaiting> for FormWaitingBody {
    fn from(view: FormWaiting) -> Self {
        let (answered, asked) = view.measure.as_ref().map_or((0, 0), FormMeasure::score);
        let (form, report) = view
            .measure
            .map_or((None, None), |one| (Some(one.form), one.report));
        Self {
            exchange: view.exchange,
            mark: view.mark,
            holds: view.holds,
            nominal: view.nominal,
            from: view.from,
            form,
            report,
            answered,
            asked,
            roles: view.roles.into_iter().collect(),
            kind: match view.kind {
                WaitKind::Routine => "routine",
                WaitKind::Emergency => "emergency",
                WaitKind::After => "after",
            },
            late: view.late,
            opened: view.opened,
            hindrance: view.hindrance,
            since: time(view.since),
            due: time(view.due),
        }
    }
}

/// The forms that wait for the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormsWaiting {
    /// The first due first, 500 at most.
    forms: Vec<FormWaitingBody>,
    /// Always null: all there are, are here.
    next: Option<String>,
}

/// One of the forms that are decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChosenForm {
    /// The exchange.
    exchange: String,
    /// The mark that it was listed with.
    mark: String,
}

/// One decision on many forms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "approve", "reasons": "read, and right", "forms": [{"exchange": "019c08fb-2250-71fe-bb91-f8aec9167004", "mark": "5c1f0a9be2d34786"}]}))]
pub(crate) struct DecideForms {
    /// `approve` or `refuse`.
    #[schema(pattern = "^(approve|refuse)$")]
    decision: String,
    /// Why, in words; cannot be empty.
    #[schema(min_length = 1)]
    #[serde(default)]
    reasons: Option<String>,
    /// Which: 50 at most.
    #[schema(min_items = 1, max_items = 50)]
    forms: Vec<ChosenForm>,
}

impl DecideForms {
    /// Yes or no, and why.
    fn read(&self) -> Result<(bool, String), Fault> {
        let mut faults = Vec::new();
        let approve = self.decision == "approve";
        if !approve && self.decision != "refuse" {
            let detail = "is no decision: give `approve` or `refuse`";
            faults.push(FieldError::new("/decision", detail));
        }
        if self.forms.is_empty() {
            faults.push(FieldError::new("/forms", "is empty: give at least one"));
        }
        if self.forms.len() > AT_ONCE {
            let detail = format!("has more than {AT_ONCE}: decide them in turns");
            faults.push(FieldError::new("/forms", detail));
        }
        match read::reasons(self.reasons.as_deref()) {
            Ok(reasons) if faults.is_empty() => return Ok((approve, reasons)),
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
        Err(Fault::Unprocessable(faults))
    }
}

/// What became of one of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormBecame {
    /// The exchange.
    exchange: String,
    /// `decided`; `already`, decided or withdrawn before; `changed` since it was listed;
    /// `not-opened` by this person; `hindered`.
    #[schema(pattern = "^(decided|already|changed|not-opened|hindered)$")]
    became: &'static str,
    /// Why the person may not decide it, where they may not.
    why: Option<String>,
}

/// What became of each, in the order of the request.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormsDecided {
    /// A line each.
    forms: Vec<FormBecame>,
}

/// Lists the forms that wait for the person's countersignature or release.
#[utoipa::path(
    get, path = "/api/v1/form-queue", tag = "forms", operation_id = "list_forms_waiting",
    params(("X-On-Behalf-Of" = String, Header, description = "the enrolled address of whom they wait for")),
    responses((status = 200, description = "All of them", body = FormsWaiting), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<FormsWaiting>, Refused> {
    let waiting = api.flow.forms_waiting(&caller).await?;
    Ok(Json(FormsWaiting {
        forms: waiting.into_iter().map(FormWaitingBody::from).collect(),
        next: None,
    }))
}

/// Decides many forms, each by itself: what cannot be decided stands in no other's way.
///
/// A countersignature says that the person has read it: of what they have not opened, part by part,
/// the answer is `not-opened` and nothing is decided.
#[utoipa::path(
    post, path = "/api/v1/form-queue", tag = "forms", operation_id = "decide_forms",
    params(("X-On-Behalf-Of" = String, Header, description = "the enrolled address of whom they wait for")),
    request_body = DecideForms,
    responses((status = 200, description = "What became of each", body = FormsDecided), Problems),
)]
pub(crate) async fn decide(
    State(api): State<Api>,
    Called(caller): Called,
    Json(request): Json<DecideForms>,
) -> Result<Json<FormsDecided>, Refused> {
    let (approve, reasons) = request.read()?;
    let chosen = request
        .forms
        .into_iter()
        .map(|one| (one.exchange, one.mark));
    let chosen: Vec<(String, String)> = chosen.collect();
    let became = api
        .flow
        .decide_forms(&caller, &chosen, approve, &reasons)
        .await?;
    Ok(Json(FormsDecided {
        forms: became.into_iter().map(said).collect(),
    }))
}

fn said((exchange, became): (String, Became)) -> FormBecame {
    let (became, why) = match became {
        Became::Decided => ("decided", None),
        Became::Already => ("already", None),
        Became::Changed => ("changed", None),
        Became::NotOpened => ("not-opened", None),
        Became::Hindered(why) => ("hindered", Some(why)),
    };
    FormBecame {
        exchange,
        became,
        why,
    }
}

#[cfg(test)]
mod tests {
    use gateway_http::json::from_slice;
    use serde_json::json;

    use super::*;

    fn read(forms: usize, decision: &str, reasons: &str) -> Result<(bool, String), Vec<String>> {
        let one = json!({"exchange": "x", "mark": "m"});
        let forms = vec![one; forms];
        let text = json!({"decision": decision, "reasons": reasons, "forms": forms}).to_string();
        let request = from_slice::<DecideForms>(text.as_bytes()).unwrap();
        request.read().map_err(|fault| {
            let Fault::Unprocessable(faults) = fault else {
                panic!("{fault:?}");
            };
            faults.into_iter().map(|one| one.pointer).collect()
        })
    }

    #[test]
    fn one_decision_with_reasons_is_on_one_form_to_fifty() {
        assert_eq!(read(1, "refuse", "why"), Ok((false, "why".to_owned())));
        assert_eq!(read(50, "approve", "why"), Ok((true, "why".to_owned())));
        assert_eq!(read(51, "approve", "why"), Err(vec!["/forms".to_owned()]));
        let all = ["/decision", "/forms", "/reasons"].map(str::to_owned);
        assert_eq!(read(0, "yes", " "), Err(all.to_vec()));
    }
}
