//! Asking for a form: which there are to ask for, and of whom.

use gateway_core::AgencyKind;
use gateway_flow::FlowError;
use gateway_flow::dossier::Dossier;
use gateway_flow::form::Asked;
use jiff::civil::Date;

use crate::Portal;

/// What is said where nobody who has a part in the case writes a form.
pub(super) const NOBODY: &str =
    "No agency with a part in this case writes a form: put custody and partners right first";

/// Each form with each agency that writes it and has a part in the case.
pub(super) async fn choices(
    portal: &Portal,
    dossier: &Dossier,
) -> Result<Vec<(String, String)>, FlowError> {
    let record = &dossier.record;
    let now = portal.flow.clock.now().as_microsecond();
    let runs = |until: Option<i64>| until.is_none_or(|until| until > now);
    let partners = record.partners.iter().filter(|part| runs(part.until));
    let mut part: Vec<&str> = partners.map(|part| part.agency.as_str()).collect();
    part.extend(record.lead_agency.as_deref());
    part.extend(record.custody.as_deref());
    let all = portal.flow.active_agencies().await?;
    let mut found = Vec::new();
    for form in portal.flow.forms.forms() {
        for agency in all.iter().filter(|one| part.contains(&one.id.as_str())) {
            let writes = |kind: &AgencyKind| kind.as_str() == agency.kind;
            if form.writers.is_empty() || form.writers.iter().any(writes) {
                let value = format!("{}/{}", form.id, agency.id);
                found.push((value, format!("{}, from {}", form.title, agency.name)));
            }
        }
    }
    Ok(found)
}

/// What was chosen, as the flow takes it.
pub(super) fn read(choice: &str, reference: &str, meeting_on: Option<Date>) -> Option<Asked> {
    let (form, agency) = choice.split_once('/')?;
    Some(Asked {
        form: form.to_owned(),
        nominal: reference.to_owned(),
        agency: Some(agency.parse().ok()?),
        meeting_on: meeting_on?,
        emergency: false,
    })
}
