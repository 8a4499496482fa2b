//! MOJ Frontend's components against what its own macros render: `moj.mjs` made `moj.json`.

use serde_json::Value;

use super::super::*;
use super::html::normal;
use super::{content, text};

fn fixtures(component: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("moj.json")).unwrap();
    file[component].as_array().unwrap().clone()
}

fn strings(value: &Value, key: &str) -> String {
    text(value, key).to_owned()
}

#[test]
fn timelines_are_the_packages() {
    for fixture in fixtures("timeline") {
        let options = &fixture["options"];
        let items = options["items"].as_array().unwrap();
        let timeline = Timeline {
            items: items
                .iter()
                .map(|item| TimelineItem {
                    label: strings(&item["label"], "text"),
                    byline: item["byline"]["text"].as_str().map(str::to_owned),
                    timestamp: strings(&item["datetime"], "timestamp"),
                    time: format!("at {}", text(&item["datetime"], "timestamp")),
                    html: content(item).unwrap(),
                })
                .collect(),
            heading_level: options["headingLevel"]
                .as_u64()
                .map_or(2, |n| n.try_into().unwrap()),
            classes: text(options, "classes"),
        };
        let theirs = normal(fixture["html"].as_str().unwrap());
        assert_eq!(normal(&timeline.to_string()), theirs, "{}", fixture["name"]);
    }
}

#[test]
fn filters_are_the_packages() {
    for fixture in fixtures("filter") {
        let options = &fixture["options"];
        let selected = options["selectedFilters"]
            .as_object()
            .map(|selected| SelectedFilters {
                heading: "Selected filters",
                clear_href: strings(&selected["clearLink"], "href"),
                clear_text: "Clear filters",
                categories: selected["categories"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .zip(["Kind", "Agency"])
                    .map(|(category, heading)| SelectedCategory {
                        heading,
                        items: items(category),
                    })
                    .collect(),
            });
        let filter = Filter {
            heading: "Filter",
            selected,
            submit: options["submit"]["text"]
                .as_str()
                .unwrap_or("Apply filters"),
            options: Html(strings(options, "optionsHtml")),
        };
        let theirs = normal(fixture["html"].as_str().unwrap());
        assert_eq!(normal(&filter.to_string()), theirs, "{}", fixture["name"]);
    }
}

fn items(category: &Value) -> Vec<SelectedItem> {
    let items = category["items"].as_array().unwrap().iter();
    items
        .map(|item| SelectedItem {
            href: strings(item, "href"),
            text: strings(item, "text"),
        })
        .collect()
}
