//! Choices, texts, files and dates against the package's fixtures.

use serde_json::Value;

use super::super::*;
use super::{compared, has_only, only, text};

fn expect(names: &[String], wanted: &[&str]) {
    for name in wanted {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

/// Hint and error are texts and nothing more, or not there.
fn plain(options: &Value) -> bool {
    has_only(options, "hint", "text") && has_only(options, "errorMessage", "text")
}

/// A value as it would be typed.
fn typed(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn choices(pick: Pick, options: &Value) -> Option<String> {
    const KEYS: [&str; 8] = [
        "name",
        "idPrefix",
        "classes",
        "fieldset",
        "hint",
        "errorMessage",
        "items",
        "value",
    ];
    let fieldset = &options["fieldset"];
    let legend = &fieldset["legend"];
    if !only(options, &KEYS)
        || !plain(options)
        || !options["value"].is_null()
        || !only(fieldset, &["legend"])
        || !only(legend, &["text", "classes"])
    {
        return None;
    }
    let values: Vec<String> = options["items"]
        .as_array()?
        .iter()
        .map(|i| typed(&i["value"]))
        .collect();
    let mut items = Vec::new();
    for (item, value) in options["items"].as_array()?.iter().zip(&values) {
        if !only(item, &["value", "text", "hint", "checked"]) || !has_only(item, "hint", "text") {
            return None;
        }
        items.push(ChoiceItem {
            value,
            text: item["text"].as_str()?,
            hint: item["hint"]["text"].as_str(),
            checked: item["checked"] == Value::Bool(true),
        });
    }
    let name = options["name"].as_str()?;
    let choices = Choices {
        pick,
        id: options["idPrefix"].as_str().unwrap_or(name),
        name,
        legend: text(legend, "text"),
        legend_classes: text(legend, "classes"),
        classes: text(options, "classes"),
        hint: options["hint"]["text"].as_str(),
        error: options["errorMessage"]["text"].as_str(),
        items,
    };
    Some(choices.to_string())
}

#[test]
fn choices_are_the_packages() {
    let names = compared("radios", |options| choices(Pick::One, options));
    expect(
        &names,
        &[
            "default",
            "with hint",
            "inline",
            "with hint and error message",
        ],
    );
    let names = compared("checkboxes", |options| choices(Pick::Any, options));
    expect(
        &names,
        &[
            "default",
            "with hint",
            "with error message",
            "with error message and hint",
        ],
    );
}

#[test]
fn selects_are_the_packages() {
    let names = compared("select", |options| {
        let known = only(
            options,
            &["id", "name", "label", "hint", "errorMessage", "items"],
        );
        (known && plain(options) && only(&options["label"], &["text"])).then_some(())?;
        let all = options["items"].as_array()?;
        let values: Vec<String> = all.iter().map(|item| typed(&item["value"])).collect();
        let mut items = Vec::new();
        for (item, value) in all.iter().zip(&values) {
            only(item, &["value", "text", "selected"]).then_some(())?;
            (!item["value"].is_null()).then_some(())?;
            items.push(ChoiceItem {
                value,
                text: item["text"].as_str()?,
                hint: None,
                checked: item["selected"] == Value::Bool(true),
            });
        }
        let name = options["name"].as_str()?;
        let select = Select {
            id: options["id"].as_str().unwrap_or(name),
            name,
            label: text(&options["label"], "text"),
            hint: options["hint"]["text"].as_str(),
            error: options["errorMessage"]["text"].as_str(),
            items,
        };
        Some(select.to_string())
    });
    expect(&names, &["with hint text and error message", "error", "id"]);
}

#[test]
fn texts_and_files_are_the_packages() {
    let names = compared("textarea", |options| {
        let keys = [
            "id",
            "name",
            "label",
            "hint",
            "errorMessage",
            "value",
            "rows",
        ];
        (only(options, &keys) && plain(options)).then_some(())?;
        only(&options["label"], &["text", "classes"]).then_some(())?;
        let name = options["name"].as_str()?;
        let area = Textarea {
            id: options["id"].as_str().unwrap_or(name),
            name,
            label: text(&options["label"], "text"),
            label_classes: text(&options["label"], "classes"),
            hint: options["hint"]["text"].as_str(),
            error: options["errorMessage"]["text"].as_str(),
            value: text(options, "value"),
            rows: options["rows"]
                .as_u64()
                .map_or(Some(5), |rows| u8::try_from(rows).ok())?,
        };
        Some(area.to_string())
    });
    expect(
        &names,
        &[
            "default",
            "with default value",
            "with custom rows",
            "with hint and error message",
        ],
    );
    let names = compared("file-upload", |options| {
        let keys = ["id", "name", "label", "hint", "errorMessage", "multiple"];
        (only(options, &keys) && plain(options)).then_some(())?;
        only(&options["label"], &["text"]).then_some(())?;
        let name = options["name"].as_str()?;
        let upload = FileUpload {
            id: options["id"].as_str().unwrap_or(name),
            name,
            label: text(&options["label"], "text"),
            hint: options["hint"]["text"].as_str(),
            error: options["errorMessage"]["text"].as_str(),
            multiple: options["multiple"] == Value::Bool(true),
        };
        Some(upload.to_string())
    });
    expect(
        &names,
        &[
            "default",
            "with error message and hint",
            "allows multiple files",
        ],
    );
}

#[test]
fn dates_are_the_packages() {
    let names = compared("date-input", |options| {
        let keys = [
            "id",
            "namePrefix",
            "fieldset",
            "hint",
            "errorMessage",
            "values",
        ];
        let legend = &options["fieldset"]["legend"];
        let known =
            only(options, &keys) && plain(options) && only(&options["fieldset"], &["legend"]);
        (known && only(legend, &["text", "classes"])).then_some(())?;
        let prefix = text(options, "namePrefix");
        let value = |word: &str| {
            let name = match prefix {
                "" => word.to_owned(),
                prefix => format!("{prefix}-{word}"),
            };
            let value = &options["values"][name];
            if value.is_null() {
                String::new()
            } else {
                typed(value)
            }
        };
        let (day, month, year) = (value("day"), value("month"), value("year"));
        let date = DateInput {
            id: options["id"].as_str()?,
            prefix,
            legend: text(legend, "text"),
            legend_classes: text(legend, "classes"),
            hint: options["hint"]["text"].as_str(),
            error: options["errorMessage"]["text"].as_str(),
            values: [&day, &month, &year],
        };
        Some(date.to_string())
    });
    expect(
        &names,
        &[
            "default",
            "with values",
            "with values and name prefix",
            "with error message and hint",
        ],
    );
}
