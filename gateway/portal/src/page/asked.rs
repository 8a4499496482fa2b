//! What is asked of a list of events: in the address, so that a list can be kept, shared and
//! gone through in pages without a script; and the form it is asked by.

use gateway_core::AgencyId;
use gateway_core::event::EventKind;
use jiff::civil::Date;

use crate::component::{
    ChoiceItem, Choices, DateInput, ErrorItem, ErrorSummary, Filter, Html, Pick, Select,
    SelectedCategory, SelectedFilters, SelectedItem,
};
use crate::happened::{Group, chosen};
use crate::visitor::Fields;
use crate::words;

/// What is asked.
pub(crate) struct Asked {
    groups: Vec<&'static Group>,
    /// Names this agency.
    pub(crate) agency: Option<AgencyId>,
    /// Names this person, by id.
    pub(crate) person: Option<String>,
    from: [String; 3],
    until: [String; 3],
    /// The page: what is older than this event.
    pub(crate) before: Option<String>,
}

const WRONG: &str = "Enter a real date, such as 27 3 2026";

impl Asked {
    /// What an address asks for; words that it cannot mean ask nothing.
    pub(crate) fn of(fields: &Fields, groups: &[&'static Group]) -> Self {
        let words: Vec<String> = fields.all("kind").map(str::to_owned).collect();
        let id = |name| {
            Some(fields.one(name))
                .filter(|id| is_id(id))
                .map(str::to_owned)
        };
        let date = |prefix: &str| {
            ["day", "month", "year"].map(|part| fields.one(&format!("{prefix}-{part}")).to_owned())
        };
        Self {
            groups: chosen(groups, &words),
            agency: fields.one("agency").parse().ok(),
            person: id("person"),
            from: date("from"),
            until: date("until"),
            before: id("before"),
        }
    }

    /// The kinds of event asked for; empty, all.
    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        let kinds = self.groups.iter().flat_map(|group| group.kinds);
        kinds.copied().collect()
    }

    /// The first day.
    pub(crate) fn from(&self) -> Option<Date> {
        date(&self.from).ok().flatten()
    }

    /// The last day.
    pub(crate) fn until(&self) -> Option<Date> {
        date(&self.until).ok().flatten()
    }

    /// What is wrong with it.
    pub(crate) fn summary(&self) -> Option<ErrorSummary<'static>> {
        let fault = |values: &[String; 3], href| {
            let wrong = date(values).is_err();
            wrong.then_some(ErrorItem { text: WRONG, href })
        };
        let from = fault(&self.from, "#from-day");
        let errors: Vec<_> = from
            .into_iter()
            .chain(fault(&self.until, "#until-day"))
            .collect();
        (!errors.is_empty()).then_some(ErrorSummary {
            title: "There is a problem",
            errors,
        })
    }

    /// The pairs of the address, but for which page.
    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = self
            .groups
            .iter()
            .map(|group| ("kind".to_owned(), group.word.to_owned()))
            .collect();
        let mut push = |name: &str, value: &str| {
            if !value.is_empty() {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        };
        push("agency", self.agency.as_ref().map_or("", AgencyId::as_str));
        push("person", self.person.as_deref().unwrap_or_default());
        for (prefix, values) in [("from", &self.from), ("until", &self.until)] {
            for (part, value) in ["day", "month", "year"].iter().zip(values) {
                push(&format!("{prefix}-{part}"), value);
            }
        }
        pairs
    }

    /// The address of the same, without those pairs that are left out.
    fn without(&self, path: &str, out: impl Fn(&str, &str) -> bool) -> String {
        let mut pairs = self.pairs();
        pairs.retain(|(name, value)| !out(name, value));
        address(path, &pairs)
    }

    /// The address of the same elsewhere: of a file, or of the first page.
    pub(crate) fn address(&self, path: &str) -> String {
        address(path, &self.pairs())
    }

    /// The address of what is older than an event.
    pub(crate) fn older(&self, path: &str, than: &str) -> String {
        let mut pairs = self.pairs();
        pairs.push(("before".to_owned(), than.to_owned()));
        address(path, &pairs)
    }

    /// The form. `agencies` are ids and names; `person` is the name of the person asked for.
    pub(crate) fn filter(
        &self,
        path: &str,
        groups: &[&'static Group],
        agencies: &[(String, String)],
        person: Option<&str>,
    ) -> Filter<'static> {
        Filter {
            heading: "Filter",
            selected: self.selected(path, agencies, person),
            submit: "Apply filters",
            options: self.options(groups, agencies),
        }
    }

    fn options(&self, groups: &[&'static Group], agencies: &[(String, String)]) -> Html {
        let kinds = Choices {
            pick: Pick::Any,
            id: "kind",
            name: "kind",
            legend: "What happened",
            legend_classes: "govuk-fieldset__legend--s",
            classes: "govuk-checkboxes--small",
            items: groups
                .iter()
                .map(|group| ChoiceItem {
                    value: group.word,
                    text: group.name,
                    checked: self.groups.iter().any(|g| g.word == group.word),
                    ..ChoiceItem::default()
                })
                .collect(),
            ..Choices::default()
        };
        let all = ChoiceItem {
            text: "All agencies",
            ..ChoiceItem::default()
        };
        let agency = Select {
            id: "agency",
            name: "agency",
            label: "Agency",
            items: std::iter::once(all)
                .chain(agencies.iter().map(|(id, name)| ChoiceItem {
                    value: id,
                    text: name,
                    checked: self.agency.as_ref().is_some_and(|a| a.as_str() == id),
                    ..ChoiceItem::default()
                }))
                .collect(),
            ..Select::default()
        };
        let [from, until] = self.days();
        [
            Html::of(&kinds),
            Html::of(&agency),
            Html::of(&from),
            Html::of(&until),
        ]
        .into_iter()
        .collect()
    }

    /// The fields of the days.
    pub(crate) fn days(&self) -> [DateInput<'_>; 2] {
        [
            ("from", "From this day on", &self.from),
            ("until", "Until this day", &self.until),
        ]
        .map(|(prefix, legend, values)| DateInput {
            id: prefix,
            prefix,
            legend,
            legend_classes: "govuk-fieldset__legend--s",
            error: date(values).is_err().then_some(WRONG),
            values: values.each_ref().map(String::as_str),
            ..DateInput::default()
        })
    }

    fn selected(
        &self,
        path: &str,
        agencies: &[(String, String)],
        person: Option<&str>,
    ) -> Option<SelectedFilters> {
        let mut categories = Vec::new();
        let mut push = |heading, items: Vec<SelectedItem>| {
            if !items.is_empty() {
                categories.push(SelectedCategory { heading, items });
            }
        };
        let kinds = self.groups.iter().map(|group| SelectedItem {
            href: self.without(path, |name, value| name == "kind" && value == group.word),
            text: group.name.to_owned(),
        });
        push("What happened", kinds.collect());
        let agency = self.agency.iter().map(|agency| SelectedItem {
            href: self.without(path, |name, _| name == "agency"),
            text: agencies
                .iter()
                .find(|(id, _)| id == agency.as_str())
                .map_or_else(|| agency.to_string(), |(_, name)| name.clone()),
        });
        push("Agency", agency.collect());
        let person = self.person.iter().map(|_| SelectedItem {
            href: self.without(path, |name, _| name == "person"),
            text: person.unwrap_or("One person").to_owned(),
        });
        push("Person", person.collect());
        for (prefix, heading, day) in [
            ("from-", "From", self.from()),
            ("until-", "Until", self.until()),
        ] {
            let item = day.map(|day| SelectedItem {
                href: self.without(path, |name, _| name.starts_with(prefix)),
                text: words::date(&day.to_string()),
            });
            push(heading, item.into_iter().collect());
        }
        (!categories.is_empty()).then(|| SelectedFilters {
            heading: "Selected filters",
            clear_href: path.to_owned(),
            clear_text: "Clear filters",
            categories,
        })
    }
}

/// The opaque ids of the gateway, and nothing else that could come in an address.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A date of three fields; none where all are empty.
pub(crate) fn date(values: &[String; 3]) -> Result<Option<Date>, ()> {
    if values.iter().all(|value| value.trim().is_empty()) {
        return Ok(None);
    }
    let [day, month, year] = values.each_ref().map(|value| value.trim());
    let (Ok(day), Ok(month), Ok(year)) = (day.parse(), month.parse(), year.parse::<i16>()) else {
        return Err(());
    };
    // A year of two digits is a slip; dates outside these say nothing of a gateway's events.
    let date = (1900..=2999).contains(&year).then_some(year).ok_or(())?;
    Date::new(date, month, day).map(Some).map_err(|_| ())
}

fn address(path: &str, pairs: &[(String, String)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", query.join("&")),
    }
}

fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([byte]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::happened::OF_LOG;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let pairs = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Asked::of(&Fields::from(pairs.collect::<Vec<_>>()), &OF_LOG)
    }

    #[test]
    fn what_is_asked_is_in_the_address_and_can_be_asked_no_longer() {
        let asked = asked(&[
            ("kind", "readings"),
            ("kind", "sharing"),
            ("kind", "nonsense"),
            ("agency", "met-police"),
            ("from-day", "2"),
            ("from-month", "3"),
            ("from-year", "2026"),
        ]);
        assert_eq!(asked.from(), Some(jiff::civil::date(2026, 3, 2)));
        let whole = "/a?kind=sharing&kind=readings&agency=met-police&from-day=2&from-month=3&from-year=2026";
        assert_eq!(asked.address("/a"), whole);
        assert_eq!(asked.older("/a", "e-1"), format!("{whole}&before=e-1"));
        let filter = asked.filter("/a", &OF_LOG, &[], None).to_string();
        let less = whole.replace("kind=sharing&", "").replace('&', "&#38;");
        assert!(filter.contains(&less), "{filter}");
        assert!(filter.contains("2 March 2026"));
    }

    #[test]
    fn what_cannot_be_meant_asks_nothing_and_a_wrong_date_is_said() {
        let odd = asked(&[("agency", "NO SUCH\""), ("person", "a b"), ("before", "%")]);
        assert_eq!(odd.address("/a"), "/a");
        assert!(odd.before.is_none() && odd.summary().is_none());
        for bad in [
            ["31", "2", "2026"],
            ["1", "", "2026"],
            ["1", "1", "26"],
            ["x", "1", "2026"],
        ] {
            let wrong = asked(&[
                ("until-day", bad[0]),
                ("until-month", bad[1]),
                ("until-year", bad[2]),
            ]);
            assert!(
                wrong.summary().is_some() && wrong.until().is_none(),
                "{bad:?}"
            );
        }
    }
}
