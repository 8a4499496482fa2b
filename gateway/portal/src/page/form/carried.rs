//! A form that goes on from one of an earlier prison, which went with the person (report 3.10):
//! each section says whose it was, and the earlier prison is in the list of earlier ones.

use std::collections::BTreeMap;

use gateway_core::calendar::local_date;
use gateway_flow::custody::EarlierForm;
use gateway_forms::{Definition, Kind};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::content::{Content, Earlier};
use super::list::{self, LISTED, Sent};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Where a form says where the person is, and its fields that are the earlier prison's own.
const CUSTODY: &str = "custody";
const ITS_OWN: [&str; 3] = ["establishment", "wing", "arrived_on"];
/// Its list of earlier prisons.
const PREVIOUS: &str = "previous";
/// Who wrote it.
const AUTHOR: &str = "author";

/// What earlier prisons sent of a form about those who are here now.
pub(super) async fn sent(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    names: &mut BTreeMap<String, Option<String>>,
) -> Result<Vec<Sent>, Stop> {
    let caller = &visitor.session.caller;
    let mut sent = Vec::new();
    let all = portal.flow.earlier_forms(caller, &form.id).await?;
    for one in all.into_iter().take(LISTED) {
        let prison = portal.flow.agency_row(&one.agency).await?.name;
        let about = list::whom(portal, visitor, Some(&one.nominal), names).await?;
        let by = format!("{} by {prison}", words::day(one.sent_at));
        sent.push(Sent::new(one.exchange, about, &by));
    }
    Ok(sent)
}

/// Takes up what an earlier prison's form said, as far as this one may read it; whether it is
/// one. That it was opened is a reading in the log.
pub(super) async fn from(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    exchange: &str,
    content: &mut Content,
) -> Result<bool, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let mut all = flow.earlier_forms(caller, &form.id).await?.into_iter();
    let Some(earlier) = all.find(|one| one.exchange == exchange) else {
        return Ok(false);
    };
    let read = flow.read_form(caller, exchange).await?;
    let read = read.ok_or(Stop::NotFound)?;
    let answers = serde_json::to_value(&read.body).map_err(|error| Stop::fault(&error))?;
    content.answers = answers.as_object().cloned().unwrap_or_default();
    let sections = written_by(portal, visitor, form, &earlier, &answers).await?;
    content.begun_from = Some(Earlier {
        sent_at: earlier.sent_at,
        sections,
        answers,
        from: Some(flow.agency_row(&earlier.agency).await?.name),
    });
    content.answers.remove(AUTHOR);
    moved(form, &earlier, content);
    content.after = Some(earlier.exchange);
    content.nominal = Some(earlier.nominal);
    Ok(true)
}

/// The prisons that wrote sections of an earlier form before it did: those whose own form, further
/// back, says the same in them. That those were opened is a reading in the log.
async fn written_by(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    earlier: &EarlierForm,
    answers: &Value,
) -> Result<BTreeMap<String, String>, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let mut open: Vec<&str> = form.sections.iter().map(|one| &*one.id).collect();
    open.retain(|id| answers.get(*id).is_some());
    let mut sections = BTreeMap::new();
    for one in flow.earlier_line(caller, earlier).await? {
        let Some(read) = flow.read_form(caller, &one.exchange).await? else {
            break;
        };
        let said = serde_json::to_value(&read.body).map_err(|error| Stop::fault(&error))?;
        // What was changed since is the later prison's.
        open.retain(|id| said.get(*id) == answers.get(*id));
        let prison = flow.agency_row(&one.agency).await?.name;
        for id in &open {
            match one.agency == earlier.agency {
                true => sections.remove(*id),
                false => sections.insert((*id).to_owned(), prison.clone()),
            };
        }
        if open.is_empty() {
            break;
        }
    }
    Ok(sections)
}

/// The person is at another prison now: where they were goes to the list of earlier ones.
fn moved(form: &Definition, earlier: &EarlierForm, content: &mut Content) {
    let at = |field: &str| content.typed(CUSTODY, field).clone();
    let (code, arrived) = (at("establishment"), at("arrived_on"));
    for field in ITS_OWN {
        content.put(CUSTODY, field, Value::Null);
    }
    let place = format!("{CUSTODY}.{PREVIOUS}");
    let lists = form.field(&place).filter(|(_, one)| one.kind == Kind::Rows);
    if let (Some(_), Some((_, until))) = (lists, earlier.held) {
        let mut rows = content.rows(CUSTODY, PREVIOUS);
        rows.push(json!({
            "code": code,
            "from": arrived,
            "to": day(until),
            "annex_f": format!("Sent on {}, {}", words::day(earlier.sent_at), earlier.exchange),
        }));
        content.put_rows(CUSTODY, PREVIOUS, &rows, false);
    }
    if form.field(&format!("{CUSTODY}.arrived_on")).is_some() {
        content.put(CUSTODY, "arrived_on", day(earlier.since));
    }
}

/// A day in London, ISO.
fn day(at: i64) -> Value {
    let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    Value::from(local_date(at).to_string())
}
