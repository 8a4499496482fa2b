//! The components against the package's own fixtures: whatever a component can say, it says as
//! the package does. A fixture with an option that no page needs is passed over, by name.

mod forms;
mod html;
mod moj;
mod tasks;

use std::path::Path;

use serde_json::Value;

use self::html::normal;
use super::*;

/// Renders each fixture that `render` can, and compares; gives the names of those.
fn compared(component: &str, render: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("node_modules/govuk-frontend/dist/govuk/components")
        .join(component)
        .join("fixtures.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut names = Vec::new();
    for fixture in file["fixtures"].as_array().unwrap() {
        let name = fixture["name"].as_str().unwrap();
        if let Some(html) = render(&fixture["options"]) {
            let theirs = fixture["html"].as_str().unwrap();
            assert_eq!(normal(&html), normal(theirs), "{component}: {name}");
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether an object has no other keys than these.
fn only(value: &Value, keys: &[&str]) -> bool {
    value
        .as_object()
        .is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// An option that is an object with this key and nothing more, or is not given.
fn has_only(value: &Value, key: &str, part: &str) -> bool {
    value[key].is_null() || only(&value[key], &[part])
}

/// Text, or markup of the fixture's, which here is taken at its word.
fn content(value: &Value) -> Option<Html> {
    match (value["html"].as_str(), value["text"].as_str()) {
        (Some(html), _) => Some(Html(html.to_owned())),
        (None, Some(text)) => Some(Html::text(text)),
        (None, None) => None,
    }
}

#[test]
fn buttons_are_the_packages() {
    let names = compared("button", |options| {
        const KEYS: [&str; 6] = [
            "text",
            "href",
            "classes",
            "name",
            "value",
            "preventDoubleClick",
        ];
        if !only(options, &KEYS) {
            return None;
        }
        if options["preventDoubleClick"] == Value::Bool(false) {
            return None;
        }
        let button = Button {
            text: text(options, "text"),
            href: options["href"].as_str(),
            classes: text(options, "classes"),
            name: text(options, "name"),
            value: text(options, "value"),
            prevent_double_click: options["preventDoubleClick"] == Value::Bool(true),
        };
        Some(button.to_string())
    });
    for name in [
        "default",
        "link",
        "classes",
        "name",
        "value",
        "prevent double click",
    ] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn inputs_are_the_packages() {
    const KEYS: [&str; 10] = [
        "id",
        "name",
        "type",
        "label",
        "classes",
        "hint",
        "errorMessage",
        "value",
        "autocomplete",
        "inputmode",
    ];
    let names = compared("input", |options| {
        if !only(options, &KEYS)
            || !only(&options["label"], &["text", "classes"])
            || !has_only(options, "hint", "text")
            || !has_only(options, "errorMessage", "text")
            || !(options["value"].is_null() || options["value"].is_string())
        {
            return None;
        }
        let name = options["name"].as_str()?;
        let input = Input {
            id: options["id"].as_str().unwrap_or(name),
            name,
            kind: options["type"].as_str().unwrap_or("text"),
            label: text(&options["label"], "text"),
            label_classes: text(&options["label"], "classes"),
            classes: text(options, "classes"),
            hint: options["hint"]["text"].as_str(),
            error: options["errorMessage"]["text"].as_str(),
            value: options["value"].as_str(),
            autocomplete: options["autocomplete"].as_str(),
            autocapitalize: None,
            inputmode: options["inputmode"].as_str(),
        };
        Some(input.to_string())
    });
    for name in [
        "default",
        "with error and hint",
        "value",
        "inputmode",
        "with autocomplete attribute",
    ] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn password_inputs_are_the_packages() {
    let names = compared("password-input", |options| {
        if !only(options, &["id", "name", "label", "classes", "errorMessage"])
            || !only(&options["label"], &["text"])
            || !has_only(options, "errorMessage", "text")
        {
            return None;
        }
        let name = options["name"].as_str()?;
        let input = PasswordInput {
            id: options["id"].as_str().unwrap_or(name),
            name,
            label: text(&options["label"], "text"),
            classes: text(options, "classes"),
            error: options["errorMessage"]["text"].as_str(),
        };
        Some(input.to_string())
    });
    for name in ["default", "with input width class"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn error_summaries_are_the_packages() {
    let names = compared("error-summary", |options| {
        if !only(options, &["titleText", "errorList"]) {
            return None;
        }
        let list = options["errorList"].as_array()?;
        if !list.iter().all(|item| only(item, &["text", "href"])) {
            return None;
        }
        let errors = list.iter().map(|item| ErrorItem {
            text: text(item, "text"),
            href: text(item, "href"),
        });
        let summary = ErrorSummary {
            title: options["titleText"].as_str()?,
            errors: errors.collect(),
        };
        Some(summary.to_string())
    });
    for name in ["default", "without links", "mixed with and without links"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn frames_are_the_packages() {
    let names = compared("skip-link", |options| {
        only(options, &["href", "text"]).then_some(())?;
        let href = options["href"].as_str().filter(|href| !href.is_empty());
        let link = SkipLink {
            href: href.unwrap_or("#content"),
            text: options["text"].as_str()?,
        };
        Some(link.to_string())
    });
    assert!(names.len() >= 3, "{names:?}");
    let names = compared("generic-header", |options| {
        only(options, &["url", "logoText", "logoHtml"]).then_some(())?;
        let logo = match options["logoHtml"].as_str() {
            Some(html) => Html(html.to_owned()),
            None => Html::text(options["logoText"].as_str()?),
        };
        let url = options["url"].as_str().unwrap_or("/");
        Some(GenericHeader { url, logo }.to_string())
    });
    assert!(names.contains(&"custom url".to_owned()), "{names:?}");
    let names = compared("back-link", |options| {
        only(options, &["href", "text"]).then_some(())?;
        let link = BackLink {
            href: options["href"].as_str().unwrap_or("#"),
            text: options["text"].as_str().unwrap_or("Back"),
        };
        Some(link.to_string())
    });
    assert!(
        names.contains(&"with custom text and link".to_owned()),
        "{names:?}"
    );
    let names = compared("pagination", |options| {
        only(options, &["previous", "next"]).then_some(())?;
        let plain = |key| has_only(options, key, "href");
        (plain("previous") && plain("next")).then_some(())?;
        let href = |key: &str| options[key]["href"].as_str().map(str::to_owned);
        let pages = Pagination {
            previous: href("previous"),
            next: href("next"),
        };
        Some(pages.to_string())
    });
    assert!(names.len() >= 3, "{names:?}");
}

#[test]
fn service_navigation_is_the_packages() {
    let names = compared("service-navigation", |options| {
        if !only(
            options,
            &["serviceName", "serviceUrl", "navigation", "slots"],
        ) || !(options["slots"].is_null() || only(&options["slots"], &["end"]))
        {
            return None;
        }
        let none = Vec::new();
        let items = options["navigation"].as_array().unwrap_or(&none);
        if !items
            .iter()
            .all(|item| only(item, &["href", "text", "current", "active"]))
        {
            return None;
        }
        let within = items.iter().any(|item| item["active"] == Value::Bool(true));
        let navigation = items.iter().map(|item| NavigationItem {
            href: text(item, "href"),
            text: text(item, "text"),
            current: item["current"] == Value::Bool(true) || item["active"] == Value::Bool(true),
        });
        let service = ServiceNavigation {
            service_name: options["serviceName"].as_str()?,
            service_url: options["serviceUrl"].as_str()?,
            navigation: navigation.collect(),
            end: Html(text(&options["slots"], "end").to_owned()),
        };
        let html = service.to_string();
        // An `active` item holds the page and is not it: only that is said otherwise of it.
        Some(match within {
            true => html.replace("aria-current=\"page\"", "aria-current=\"true\""),
            false => html,
        })
    });
    for name in [
        "with service link",
        "with a single navigation item",
        "with service name and navigation",
    ] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn notices_are_the_packages() {
    let names = compared("notification-banner", |options| {
        only(options, &["text", "type"]).then_some(())?;
        let success = match options["type"].as_str() {
            None => false,
            Some("success") => true,
            Some(_) => return None,
        };
        let text = options["text"].as_str()?;
        Some(NotificationBanner { text, success }.to_string())
    });
    for name in ["default", "with type as success", "html as text"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
    let names = compared("warning-text", |options| {
        only(options, &["text", "iconFallbackText"]).then_some(())?;
        matches!(options["iconFallbackText"].as_str(), None | Some("Warning")).then_some(())?;
        let text = options["text"].as_str()?;
        Some(WarningText { text }.to_string())
    });
    assert!(names.contains(&"default".to_owned()), "{names:?}");
    let names = compared("inset-text", |options| {
        only(options, &["text"]).then_some(())?;
        let text = options["text"].as_str()?;
        Some(InsetText { text }.to_string())
    });
    assert!(names.contains(&"html as text".to_owned()), "{names:?}");
    let names = compared("details", |options| {
        only(options, &["summaryText", "text", "html"]).then_some(())?;
        let details = Details {
            summary: options["summaryText"].as_str()?,
            content: content(options)?,
        };
        Some(details.to_string())
    });
    assert!(names.contains(&"with html".to_owned()), "{names:?}");
}

#[test]
fn what_shows_facts_is_the_packages() {
    let names = compared("tag", |options| {
        only(options, &["text", "classes"]).then_some(())?;
        let tag = Tag {
            text: options["text"].as_str()?,
            classes: text(options, "classes"),
        };
        Some(tag.to_string())
    });
    assert!(names.len() >= 9, "{names:?}");
}

#[test]
fn summary_lists_are_the_packages() {
    // The package's own example, in the words of its fixture: what can be done about a row is ours,
    // and fixed.
    let names = compared("summary-list", |options| {
        only(options, &["rows", "classes"]).then_some(())?;
        let mut rows = Vec::new();
        for row in options["rows"].as_array()? {
            let plain = only(row, &["key", "value", "actions"])
                && only(&row["key"], &["text"])
                && only(&row["value"], &["text", "html"])
                && has_only(row, "actions", "items");
            plain.then_some(())?;
            let leaked = |text: &str| &*Box::leak(text.to_owned().into_boxed_str());
            let mut made = Row::new(
                text(&row["key"], "text").to_owned(),
                content(&row["value"])?,
            );
            for action in row["actions"]["items"].as_array().into_iter().flatten() {
                only(action, &["href", "text", "visuallyHiddenText"]).then_some(())?;
                made.actions.push(Action {
                    href: text(action, "href").to_owned(),
                    text: leaked(text(action, "text")),
                    hidden: text(action, "visuallyHiddenText").to_owned(),
                });
            }
            rows.push(made);
        }
        let list = SummaryList {
            rows,
            classes: text(options, "classes"),
        };
        Some(list.to_string())
    });
    for name in ["value with html", "with actions", "with some actions"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn tables_are_the_packages() {
    let names = compared("table", |options| {
        only(
            options,
            &[
                "caption",
                "captionClasses",
                "classes",
                "firstCellIsHeader",
                "head",
                "rows",
            ],
        )
        .then_some(())?;
        (options["firstCellIsHeader"] == Value::Bool(true)).then_some(())?;
        let numeric = |cell: &Value| cell["format"].as_str() == Some("numeric");
        let mut head = Vec::new();
        for cell in options["head"].as_array()? {
            only(cell, &["text", "format"]).then_some(())?;
            head.push(Head {
                text: text(cell, "text"),
                numeric: numeric(cell),
            });
        }
        let mut rows = Vec::new();
        for row in options["rows"].as_array()? {
            let mut cells = Vec::new();
            for cell in row.as_array()? {
                only(cell, &["text", "html", "format"]).then_some(())?;
                cells.push(Cell {
                    html: content(cell)?,
                    numeric: numeric(cell),
                });
            }
            rows.push(cells);
        }
        let table = Table {
            caption: options["caption"].as_str()?,
            caption_classes: text(options, "captionClasses"),
            classes: text(options, "classes"),
            head,
            rows,
        };
        Some(table.to_string())
    });
    assert!(
        names.contains(&"with head and caption".to_owned()),
        "{names:?}"
    );
}

#[test]
fn text_is_escaped_and_a_difference_is_seen() {
    let tag = Tag {
        text: "<script>alert(1)</script>",
        classes: "\" onclick=\"x",
    };
    let html = tag.to_string();
    assert!(
        !html.contains("<script") && !html.contains("\" onclick"),
        "{html}"
    );
    assert_ne!(
        normal("<a href=\"/x\">y</a>"),
        normal("<a href=\"/z\">y</a>")
    );
    assert_eq!(
        normal("<a  b=\"1\" a>\n  y </a>"),
        normal("<a a b=\"1\">y</a>")
    );
}
