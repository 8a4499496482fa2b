//! The hospital at which a flag is set: one, asked before the form is begun and shown again before it
//! is sent. A flag that goes on from another stays at that one's hospital.

use gateway_core::AgencyKind;
use gateway_forms::Definition;
use gateway_store::rows::AgencyRow;

use super::agencies;
use super::content::Content;
use crate::Portal;
use crate::component::{ChoiceItem, Choices, Html as Markup, Pick};
use crate::stop::Stop;
use crate::visitor::Visitor;

/// What is said where none is chosen.
pub(super) const NONE: &str = "Select the hospital that is told";

/// Whether a form sets a flag at a hospital.
pub(super) fn is_told(form: &Definition) -> bool {
    form.says.review_on.is_some()
}

/// The hospitals at which the visitor's agency can set a flag.
pub(super) async fn hospitals(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
) -> Result<Vec<AgencyRow>, Stop> {
    if !is_told(form) {
        return Ok(Vec::new());
    }
    let mut all = agencies(portal, visitor).await?;
    all.retain(|one| one.kind == AgencyKind::Health.as_str());
    Ok(all)
}

/// Asks which one it is.
pub(super) fn question(all: &[AgencyRow], chosen: &str, error: Option<&'static str>) -> Markup {
    let items = all.iter().map(|one| ChoiceItem {
        value: &one.id,
        text: &one.name,
        hint: None,
        checked: one.id == chosen,
    });
    Markup::of(&Choices {
        pick: Pick::One,
        id: "to",
        name: "to",
        legend: "Which hospital is told?",
        legend_classes: "govuk-fieldset__legend--m",
        hint: Some("The flag goes to this hospital and to nobody else"),
        error,
        items: items.collect(),
        ..Choices::default()
    })
}

/// Of a flag that goes on from another: its hospital, where none was chosen.
pub(super) async fn of_earlier(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    content: &mut Content,
) -> Result<(), Stop> {
    let Some(earlier) = content.after.as_ref().filter(|_| is_told(form)) else {
        return Ok(());
    };
    if content.recipients.is_empty() {
        let caller = &visitor.session.caller;
        let flag = portal.flow.hospital_flag(caller, earlier).await?;
        content.recipients = vec![flag.holder];
    }
    Ok(())
}
