//! Forms: their schemas, and a filled-in one in.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gateway_core::calendar::local_date;
use gateway_flow::Caller;
use gateway_flow::form::FormGiven;
use gateway_forms::{Body, Definition};
use gateway_http::json::from_slice;
use gateway_http::{Fault, Json, Path, Query};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::exchange::body::Taken;
use crate::exchange::post::PostQuery;
use crate::exchange::{idempotency, pair};
use crate::openapi::Problems;
use crate::scan;
use crate::wire::answer::AnswerBody;

/// The media type of a JSON Schema.
const SCHEMA: &str = "application/schema+json";
/// The media type of a Word file.
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// How far away a review is in an example, weeks.
const EXAMPLE_REVIEW: i32 = 12;

/// The prison's report to a MAPPA meeting: the form `annex-f`.
///
/// The answers are checked by the form's definition: what is wrong or missing is named by its JSON
/// Pointer below `/answers`, all at once, and nothing is recorded then. What the record of the
/// person has (the family name, numbers, the date of birth) may be left out where `nominal` names it.
#[utoipa::path(
    post, path = "/api/v1/annex-f", tag = "forms", operation_id = "send_annex_f",
    params(
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who wrote it, and so may not countersign it; needed for an emergency"),
    ),
    request_body(content = Object, content_type = "application/json", description = "by the schema at /schemas/{form}.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
            ("Ledger-Checkpoint" = String, description = "base64 of the newest signed note"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn annex_f(
    state: State<Api>,
    called: Called,
    query: Query<PostQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    take(state, called, ("annex-f", None), query, &headers, &body).await
}

/// A form, by its id.
#[utoipa::path(
    post, path = "/api/v1/forms/{form}", tag = "forms", operation_id = "send_form",
    params(
        ("form" = String, Path, description = "The form's id"),
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who wrote it, and so may not countersign it; needed for an emergency"),
    ),
    request_body(content = Object, content_type = "application/json", description = "by the schema at /schemas/{form}.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
            ("Ledger-Checkpoint" = String, description = "base64 of the newest signed note"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn one(
    state: State<Api>,
    called: Called,
    Path(form): Path<String>,
    query: Query<PostQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    take(state, called, (&form, None), query, &headers, &body).await
}

/// Takes a filled-in form; one that answers an exchange, where the address names that.
pub(crate) async fn take(
    State(api): State<Api>,
    Called(caller): Called,
    (form, answers): (&str, Option<String>),
    Query(query): Query<PostQuery>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Refused> {
    if api.flow.forms.form(form).is_none() {
        return Err(Fault::NotFound.into());
    }
    let taken = Taken::alone(from_slice(body)?);
    let dry_run = query.dry_run.unwrap_or_default();
    let key = idempotency::key(headers)?.filter(|_| !dry_run);
    taken_in(&api, caller, (form, answers), (dry_run, key), taken).await
}

/// Takes a filled-in form, and the documents that came with it.
pub(crate) async fn taken_in(
    api: &Api,
    caller: Caller,
    (form, answers): (&str, Option<String>),
    (dry_run, key): (bool, Option<String>),
    mut taken: Taken<FormGiven>,
) -> Result<Response, Refused> {
    if let Some(answers) = answers {
        let request = &mut taken.request;
        if request
            .in_reply_to
            .as_ref()
            .is_some_and(|id| *id != answers)
        {
            let detail = "is not the request in the address: leave it out";
            return Err(Fault::field("/in_reply_to", detail).into());
        }
        request.in_reply_to = Some(answers);
    }
    let idempotency = key.map(|key| idempotency::of_form(key, form, &taken));
    let idempotency = idempotency.transpose()?;
    let given = taken.request.documents.take().unwrap_or_default();
    let today = local_date(api.flow.clock.now());
    let mut sent = taken.request.read(form, today)?;
    sent.idempotency = idempotency;
    let absent = dry_run && !taken.form;
    let paired = pair::of_form(api, given, taken.documents, absent).await?;
    let addressed = sent.recipients.iter();
    let addressed = addressed.map(|to| to.agency.clone()).collect();
    let (documents, warnings) =
        scan::passed_of_form(api, &caller, addressed, paired, dry_run).await?;
    sent.documents = documents;
    if dry_run {
        let mut answer = api.flow.preview_form(caller, sent).await?;
        answer.warnings.extend(warnings);
        return Ok(Json(AnswerBody::of(answer)?).into_response());
    }
    let mut answer = api.flow.submit_form(caller, sent).await?;
    answer.warnings.extend(warnings);
    let answer = AnswerBody::of(answer)?;
    let place = format!(
        "/api/v1/exchanges/{}",
        answer.id.as_deref().unwrap_or_default()
    );
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(answer)).into_response())
}

/// The JSON Schema (2020-12) of what is posted for a form, with an example; with `.docx` in place
/// of `.json`, the form as a Word file to fill in and to send by mail.
///
/// In the example `$NOMINAL` stands for a person's reference, and `$AGENCY` for an agency's id.
#[utoipa::path(
    get, path = "/schemas/{form}.json", tag = "forms", operation_id = "form_schema", security(()),
    params(("form" = String, Path, description = "The form's id")),
    responses(
        (status = 200, description = "The schema", body = Object, content_type = "application/schema+json"),
        Problems,
    ),
)]
pub(crate) async fn schema(
    State(api): State<Api>,
    Path(file): Path<String>,
) -> Result<Response, Refused> {
    let today = local_date(api.flow.clock.now());
    let (id, kind) = file.rsplit_once('.').ok_or(Fault::NotFound)?;
    let form = api.flow.forms.form(id).ok_or(Fault::NotFound)?;
    match kind {
        "json" => Ok(([(CONTENT_TYPE, SCHEMA)], posted(form, today).to_string()).into_response()),
        "docx" => word(form),
        _ => Err(Fault::NotFound.into()),
    }
}

/// The form as a Word file to fill in, offline, and to send by mail.
fn word(form: &Definition) -> Result<Response, Refused> {
    let file = gateway_annex_f::write(form, &Body::default());
    let file = file.map_err(|error| Fault::internal(&error))?;
    let named = format!("attachment; filename=\"{}.docx\"", form.id);
    let headers = [
        (CONTENT_TYPE, WORD.to_owned()),
        (CONTENT_DISPOSITION, named),
    ];
    Ok((headers, file).into_response())
}

/// What is posted: the answers, and beside them about whom and for whom.
fn posted(form: &Definition, today: Date) -> Value {
    let mut answers = form.schema();
    if let Some(answers) = answers.as_object_mut() {
        for own in ["$schema", "$id", "examples"] {
            answers.remove(own);
        }
    }
    let text = |what: &str| json!({"type": "string", "minLength": 1, "description": what});
    let recipient = json!({"oneOf": [
        text("an agency's id"),
        {"type": "object", "required": ["agency"], "additionalProperties": false, "properties": {
            "agency": text("an agency's id"),
            "person": text("an enrolled address of that agency"),
            "reason": text("why this agency is likely to hold or to need it"),
        }},
    ]});
    let category = gateway_core::Category::ALL.iter().map(|word| word.as_str());
    let category: Vec<&str> = category.collect();
    let documents = json!({"type": "array", "items": {
        "type": "object", "required": ["title", "category", "document"], "additionalProperties": false,
        "properties": {
            "title": text("its title"),
            "category": {"enum": category, "description": "its kind of information"},
            "document": text("the name of the part of the multipart body that it is in; the form itself is the part `form`"),
        },
    }});
    let purposes: Vec<&str> = gateway_core::Purpose::ALL
        .iter()
        .map(|word| word.as_str())
        .collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("/schemas/{}.json", form.id),
        "title": form.title,
        "description": form.about,
        "type": "object",
        "properties": {
            "nominal": {
                "type": "object", "required": ["ref"], "additionalProperties": false,
                "properties": {"ref": text("the person's reference at this gateway; without it the person is looked for by what the form says")},
            },
            "recipients": {"type": "array", "maxItems": 50, "items": recipient,
                "description": "for whom; left out, whom the form is for: the coordination unit and the partners that the form names"},
            "purpose": {"enum": purposes, "description": "why, where it is not what the form is for"},
            "necessity": text("why it is necessary, where the form's own words do not say"),
            "emergency": {
                "type": "object", "required": ["statement"], "additionalProperties": false,
                "properties": {
                    "statement": text("what is imminent"),
                    "confirm_recipients": {"type": "array", "items": text("an agency's id")},
                },
            },
            "in_reply_to": text("the exchange that it answers"),
            "after": text("the exchange of the earlier form that it goes on from"),
            "corrects": text("the exchange of the earlier form that it puts right: all who have that one get this one"),
            "answers": answers,
        },
        "required": ["answers"],
        "additionalProperties": false,
        "examples": [{
            "nominal": {"ref": "$NOMINAL"},
            "recipients": ["$AGENCY"],
            "answers": example(form, today),
        }],
    });
    if let (true, Some(properties)) = (form.documents, schema["properties"].as_object_mut()) {
        properties.insert("documents".to_owned(), documents);
    }
    schema
}

/// A form's example, which holds on the day it is asked for: a review is to come.
fn example(form: &Definition, today: Date) -> Value {
    let mut answers = form.example();
    let place = form.says.review_on.as_ref();
    let place = place.map(|path| format!("/{}", path.replace('.', "/")));
    let review = place.and_then(|place| answers.pointer_mut(&place));
    if let (Some(review), Ok(day)) = (review, today.checked_add(EXAMPLE_REVIEW.weeks())) {
        *review = day.to_string().into();
    }
    answers
}
